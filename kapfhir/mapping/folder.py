"""Folders of maps laid over each other: the shipped ones below, the clinic's own above; the same path replaces the whole file."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kapfhir.data import mappings_folder
from kapfhir.errors import ConfigError


@dataclass(frozen=True, slots=True)
class MapFolder:
    """Maps by their path (`fhir/patient.yaml`); a later layer wins."""

    layers: tuple[Path, ...]

    @staticmethod
    def over(own: Path | None = None) -> MapFolder:
        """The shipped maps, with a folder of one's own over them. ConfigError if that is no folder."""
        if own is not None and not own.is_dir():
            raise ConfigError(f"the maps folder {own} does not exist", "check --mappings")
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
        return sorted({p.name for layer in self.layers for p in (layer / "sources").glob("*") if p.is_dir()})

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
