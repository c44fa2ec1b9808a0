"""The files of an export: which hold resources, and the names under which they may leave.

A file's own name can be a person's, and digits in it a number of theirs. So a name is made of what the file holds and a count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kapfhir.errors import ConfigError
from kapfhir.fhir.exact import loads
from kapfhir.outfolder import MANIFEST

LINES = (".ndjson", ".jsonl")
KINDS = (*LINES, ".json")
REPORTS = (".csv", ".txt", ".md")  # what `kapfhir map` writes beside the resources
NOT_RESOURCES = (MANIFEST, "rejected.ndjson")  # where there is a manifest
ENDINGS = frozenset([".gz", ".zip", ".tar", ".7z", ".xml", ".xlsx", ".parquet", ".pdf"])  # an unknown one may be a name


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and its number among those of the folder by name."""

    path: Path
    number: int

    @property
    def has_lines(self) -> bool:
        return self.path.suffix.lower() in LINES


@dataclass(slots=True)
class Names:
    """The names of the files that are written, one after the other."""

    counts: Counter[str] = field(default_factory=Counter)

    def next(self, kinds: set[str], source: Source) -> str:
        """A name by the types of the resources in a file: `Patient.ndjson`, `Patient-0002.ndjson`, `bundle-0001.json`."""
        kind = next(iter(kinds)) if len(kinds) == 1 else "file"
        stem = "bundle" if kind == "Bundle" else kind
        self.counts[stem] += 1
        number = self.counts[stem]
        alone = number == 1 and stem not in ("bundle", "file")
        return f"{stem}{'' if alone else f'-{number:04}'}{source.path.suffix.lower()}"


def list_sources(where: Path) -> list[Source]:
    """The files of a folder, or the one file, by name. ConfigError if there is none."""
    if not where.exists():
        raise ConfigError("the folder to de-identify does not exist", "check its path")
    try:
        paths = sorted(where.iterdir()) if where.is_dir() else [where]
    except OSError as error:
        raise ConfigError(f"the folder to de-identify can't be read: {error.strerror}", "check its rights") from None
    strange = [p for p in paths if not p.is_file() or p.suffix.lower() not in (*KINDS, *REPORTS)] if where.is_dir() else []
    if strange:
        kinds = ", ".join(sorted({_sort(path) for path in strange}))
        raise ConfigError(
            f"the folder to de-identify holds {len(strange)} files that would not be read ({kinds})",
            "unpack them, or take them out: nothing is left out in silence",
        )
    managed = where.is_dir() and (where / MANIFEST).is_file()
    paths = [p for p in paths if p.is_file() and p.suffix.lower() in KINDS and not (managed and p.name in NOT_RESOURCES)]
    if not paths:
        raise ConfigError(
            "there is no .ndjson, .jsonl or .json to de-identify", "name what `kapfhir map` wrote, or a Bulk Data export"
        )
    return [Source(path, number) for number, path in enumerate(paths, 1)]


def list_left_out(where: Path) -> list[str]:
    """What is in the folder and holds no resources of its export: reports, a manifest, rejected rows."""
    if not where.is_dir():
        return []
    read = {source.path for source in list_sources(where)}
    return [
        f"(file {path.name if path.name in NOT_RESOURCES else path.suffix.lower()})"
        for path in where.iterdir()
        if path not in read
    ]


def _sort(path: Path) -> str:
    ending = path.suffix.lower()
    return "folder" if path.is_dir() else ending if ending in ENDINGS else "of another ending" if ending else "without an ending"


def read_nodes(source: Source) -> Iterator[Any]:
    """Each JSON value of a file; None for a text that is none. ConfigError if the file can't be read."""
    try:
        with source.path.open("rb") as file:
            for text in file if source.has_lines else [file.read()]:
                if text.strip():
                    yield _parse(text)
    except OSError as error:
        raise ConfigError(
            f"file {source.number} of the folder, by name, can't be read: {error.strerror}", "check its rights"
        ) from None


def _parse(text: bytes) -> Any:
    try:
        return loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
