"""Folders of maps laid over each other: the shipped ones below, the clinic's own above; the same path replaces the whole file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from kapfhir.data import mappings_folder
from kapfhir.errors import ConfigError, Problem

READ = re.compile(
    r"(?:fhir|scales)/[^/]+\.yaml|codes/(?:terminology/)?[^/]+\.csv|sources/[^/]+/[^/]+\.yaml|sources/[^/]+/codes/[^/]+\.csv"
)
LAYOUT = "maps are fhir/*.yaml, scales/*.yaml, codes/*.csv, sources/NAME/*.yaml and sources/NAME/codes/*.csv"
DEPTH, MOST_STRAYS = 5, 20


@dataclass(frozen=True, slots=True)
class MapFolder:
    """Maps by their path (`fhir/patient.yaml`); a later layer wins."""

    layers: tuple[Path, ...]

    @staticmethod
    def over(own: Path | None = None) -> MapFolder:
        """The shipped maps, with a folder of one's own over them. ConfigError if that is no folder, or holds no maps."""
        if own is not None and not own.is_dir():
            raise ConfigError(f"the maps folder {own} does not exist", "check --mappings")
        if own is not None and next(_like_maps(own), None) is None:
            raise ConfigError(f"the maps folder {own} holds no maps", LAYOUT)
        return MapFolder((mappings_folder(), *([own] if own else [])))

    def files(self, under: str, suffix: str) -> dict[str, Path]:
        """The files of one folder by their path, sorted."""
        found = {f"{under}/{p.name}": p for layer in self.layers for p in (layer / under).glob(f"*{suffix}") if p.is_file()}
        return dict(sorted(found.items()))

    def own(self, under: str, suffix: str) -> list[str]:
        """The files of one folder that are not the shipped ones, by their path."""
        shipped = mappings_folder()
        return [name for name, path in self.files(under, suffix).items() if not path.is_relative_to(shipped)]

    def sources(self) -> list[str]:
        """The names of the sources that have maps."""
        return sorted({p.name for layer in self.layers for p in (layer / "sources").glob("*") if any(p.glob("*.yaml"))})

    def strays(self) -> list[Problem]:
        """The files that look like maps and code tables, but stand where none are read: the first of them."""
        found = (name for layer in self.layers for name in _like_maps(layer) if not READ.fullmatch(name))
        text = "no map or code table is read from here"
        return [Problem(name, 1, "1", "stray-file", text, LAYOUT) for name in islice(found, MOST_STRAYS)]

    def digest(self, source: str) -> str:
        """A hash of every file that a run with this source uses: records mapped by other maps are not the same."""
        whole = sha256()
        for under, suffix in (
            ("codes", ".csv"),
            ("scales", ".yaml"),
            ("fhir", ".yaml"),
            (f"sources/{source}", ".yaml"),
            (f"sources/{source}/codes", ".csv"),
        ):
            for name, path in self.files(under, suffix).items():
                whole.update(name.encode() + b"\0" + sha256(path.read_bytes()).digest())
        return whole.hexdigest()


def _like_maps(folder: Path) -> Iterator[str]:
    """The paths within the folder, not too deep, of what is a map or a code table by its name."""
    for depth in range(1, DEPTH + 1):
        for path in sorted(folder.glob("/".join("*" * depth))):
            if path.suffix.lower() in (".yaml", ".yml", ".csv") and path.is_file():
                yield path.relative_to(folder).as_posix()
