"""What was asked of the sandbox, and what it is to fail at next: for tests of clients."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kapfhir.fhir.exact import loads


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; `status` is the answer's, 0 if the connection was closed without one."""

    method: str
    path: str  # below the base, with a slash: `/Patient/1`, `/` for the base itself
    query: str
    headers: dict[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    status: int

    @property
    def body(self) -> Any:
        """The body as JSON with exact decimals; None without one."""
        return loads(self.content) if self.content else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A write that will not be answered as it should: with `status`, or 0 for a closed connection."""

    status: int
    after_commit: bool = False  # the write is stored, only its answer is lost


class Journal:
    """The requests so far, if `recording`, and the planned failures."""

    def __init__(self, *, recording: bool = False, on_request: Callable[[Request], None] | None = None) -> None:
        self.recording = recording
        self.on_request = on_request
        self.requests: list[Request] = []
        self.failures: deque[Failure] = deque()
        self.writes = 0

    def clear(self) -> None:
        self.requests.clear()
        self.failures.clear()
        self.writes = 0

    def note(self, request: Request) -> None:
        if self.recording:
            self.requests.append(request)
        if self.on_request:
            self.on_request(request)

    def next_failure(self, fails_every: int) -> Failure | None:
        """The failure that this write is to meet; counts the write."""
        self.writes += 1
        if self.failures:
            return self.failures.popleft()
        return Failure(503) if fails_every and self.writes % fails_every == 0 else None
