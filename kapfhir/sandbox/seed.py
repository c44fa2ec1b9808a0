"""Resources to start with: those of a shipped example, by its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kapfhir.fhir.exact import loads


def read_named(name: str) -> Iterator[dict[str, Any]]:
    """The resources of a shipped example, `clinic` for one. ConfigError names those that there are."""
    from kapfhir.data import example_resources  # noqa: PLC0415  # only who asks for an example needs them

    return read_ndjson(example_resources(name))


def read_ndjson(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """One resource a line."""
    for file in files:
        with file.open("rb") as lines:
            for line in lines:
                if line.strip():
                    yield loads(line)
