"""What travels with kapfhir: the default maps and the examples, in a wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path

from .errors import ConfigError

_ROOT = next(p for p in (Path(__file__).parent / "_data", Path(__file__).parent.parent) if (p / "mappings").is_dir())


def mappings_folder() -> Path:
    """The shipped maps: `sources/`, `fhir/`, `codes/`."""
    return _ROOT / "mappings"


def example_folder(name: str) -> Path:
    """The folder of a shipped example: `kapfhir.toml`, `input/`, `expected/`. ConfigError names those that there are."""
    fixtures = _ROOT / "fixtures"
    folder = fixtures / name
    if "/" in name or not (folder / "kapfhir.toml").is_file():
        known = ", ".join(sorted(p.parent.name for p in fixtures.glob("*/kapfhir.toml")))
        raise ConfigError("there is no example of this name", f"the examples are: {known}")
    return folder


def example_resources(name: str) -> list[Path]:
    """The NDJSON files of an example's resources, one per type."""
    return sorted((example_folder(name) / "expected" / "resources").glob("*.ndjson"))
