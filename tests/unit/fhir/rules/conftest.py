"""Resources to break."""

from pathlib import Path

import pytest

from kapfhir.fhir import exact
from kapfhir.fhir.rules import fast

RIGHT = Path(__file__).parents[1] / "data" / "right.ndjson"


@pytest.fixture
def right():
    """Resources of our types without any problem; fresh copies."""
    return [exact.loads(line) for line in RIGHT.read_bytes().splitlines()]


@pytest.fixture
def fresh_shapes(monkeypatch):
    """No shape is compiled yet."""
    monkeypatch.setattr(fast, "_shapes", {})
    monkeypatch.setattr(fast, "_sightings", fast.Counter())
