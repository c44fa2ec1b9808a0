"""Counts what goes over the wire: requests, bytes, status codes, latencies."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from threading import Lock


@dataclass(slots=True)
class Meter:
    """Shared by the threads of a run; one entry per attempt, so a repeated request counts twice."""

    requests: int = 0
    writes: int = 0
    repeats: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    statuses: Counter[str] = field(default_factory=Counter)  # "200", or "no answer"
    latencies_s: array[float] = field(default_factory=lambda: array("d"))
    _lock: Lock = field(default_factory=Lock, repr=False)

    def count(self, status: int, seconds: float, sent: int, received: int, *, write: bool, repeat: bool) -> None:
        """One attempt; status 0 says that no answer came."""
        with self._lock:
            self.requests += 1
            self.writes += write
            self.repeats += repeat
            self.bytes_out += sent
            self.bytes_in += received
            self.statuses[str(status) if status else "no answer"] += 1
            self.latencies_s.append(seconds)

    def percentile(self, percent: float) -> float:
        """The latency in seconds that so many of a hundred attempts did not pass; 0 without any."""
        with self._lock:
            ordered = sorted(self.latencies_s)
        return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0
