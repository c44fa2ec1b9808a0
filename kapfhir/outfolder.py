"""A folder that a run fills as a whole: what it writes lies aside first, and is moved to its place when all of it is whole.

A manifest says which files are ours: those of an earlier run that are not written again go, and a folder with anything else in it
is left alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import ConfigError

MANIFEST = "manifest.json"
PARTIAL = ".kapfhir-partial"


@dataclass(frozen=True, slots=True)
class Maker:
    """Who fills a folder. `mark`: what stands in the extension of its manifests; `done`: `write`; `command`: `kapfhir map`."""

    mark: str
    done: str
    command: str


@contextmanager
def filling(folder: Path, maker: Maker) -> Iterator[Path]:
    """Where to write the files and the manifest that names them.

    ConfigError if the folder holds anything of others, or can't be written; then it is as before, as it is after any other
    exception.
    """
    earlier = _earlier(folder, maker)
    made = not folder.exists()
    partial = folder / PARTIAL
    try:
        with _telling(folder):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            yield partial
            written = _named(partial, maker)
            for name in (*sorted(written), MANIFEST):
                (partial / name).replace(folder / name)
            for name in earlier - written:
                (folder / name).unlink(missing_ok=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if made and not (folder / MANIFEST).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _earlier(folder: Path, maker: Maker) -> set[str]:
    """The files of our last run in this folder. ConfigError if there is anything in it, and no manifest of ours."""
    if not folder.exists():
        return set()
    hint = f"name an empty folder with -o, or one that `{maker.command}` wrote"
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder", hint)
    try:
        if not any(path.name != PARTIAL for path in folder.iterdir()):
            return set()
        return _named(folder, maker)
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"the folder {folder} holds files that kapfhir did not {maker.done}", hint) from None


def _named(folder: Path, maker: Maker) -> set[str]:
    """The files that its manifest names."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    names = [entry["url"] for entry in (*manifest["output"], *manifest["extension"][maker.mark]["files"])]
    return {name for name in names if isinstance(name, str) and Path(name).name == name}


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # who read our lines has gone; the folder is well
    except OSError as error:
        raise ConfigError(
            f"the folder {folder} can't be written: {error.strerror}", "make room, or name another one with -o"
        ) from None
