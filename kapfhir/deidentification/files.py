"""The files of an export: which hold resources, and the names under which they may leave. A file's own name can be a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kapfhir.errors import ConfigError
from kapfhir.fhir.exact import loads
from kapfhir.fhir.facts import load_facts

LINES = (".ndjson", ".jsonl")
KINDS = (*LINES, ".json")
MANIFEST = "manifest.json"
REPORTS = (".csv", ".txt", ".md")  # what `kapfhir map` writes beside the resources
NOT_RESOURCES = (MANIFEST, "rejected.ndjson")  # where there is a manifest
BY_TYPE = re.compile(r"([A-Z][A-Za-z]+)([._-]?\d{1,6}){0,2}\.(?:ndjson|jsonl)")
BUNDLE = re.compile(r"bundle-\d{1,6}\.json")


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and its name in the output."""

    path: Path
    name: str

    @property
    def has_lines(self) -> bool:
        return self.path.suffix.lower() in LINES


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
        kinds = ", ".join(sorted({"folder" if p.is_dir() else p.suffix.lower() or "without an ending" for p in strange}))
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
    return [Source(path, _name(path, number)) for number, path in enumerate(paths, 1)]


def _name(path: Path, number: int) -> str:
    match = BY_TYPE.fullmatch(path.name)
    if BUNDLE.fullmatch(path.name) or (match and match[1] in load_facts().resources):
        return path.name
    return f"file-{number:04}{path.suffix.lower()}"


def read_nodes(source: Source) -> Iterator[Any]:
    """Each JSON value of a file; None for a text that is none. ConfigError if the file can't be read."""
    try:
        with source.path.open("rb") as file:
            for text in file if source.has_lines else [file.read()]:
                if text.strip():
                    yield _parse(text)
    except OSError as error:
        raise ConfigError(f"the file of {source.name} can't be read: {error.strerror}", "check its rights") from None


def _parse(text: bytes) -> Any:
    try:
        return loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
