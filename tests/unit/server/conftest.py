"""A clock that waits for nothing and a server that answers what a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import responses

from kapfhir.server.http import Clock


@dataclass
class Still:
    """Time stands still but for the waits, which are noted."""

    waits: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(
            now=lambda: datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC),
            seconds=lambda: 100.0 + sum(self.waits),
            sleep=self.waits.append,
            chance=lambda: 1.0,
        )


@pytest.fixture
def still() -> Still:
    return Still()


@pytest.fixture
def server():
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock
