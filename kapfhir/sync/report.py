"""What an apply did: counts, ratios, bytes, latencies, status codes; as data, as a table, and as one object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kapfhir.errors import Exit, KapfhirError, Problem, severest
from kapfhir.server.meter import Meter

from .action import Sign


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an apply has come, in resources."""

    done: int
    total: int
    seconds: float

    @property
    def left_s(self) -> float | None:
        """The time that is left at this pace; None before anything was done."""
        return self.seconds / self.done * (self.total - self.done) if self.done else None


@dataclass(slots=True)
class Report:
    """The end of an apply.

    `error` is what stopped it before its end (no server, no access, a full disk), `stopped` says that there were as many refusals
    as were allowed. What went in is in the ledger either way: the next run goes on from there.
    """

    planned: Counter[Sign]
    created: int = 0
    updated: int = 0
    refused: int = 0  # by the server
    blocked: int = 0  # pointing to what was refused
    problems: list[Problem] = field(default_factory=list)
    stopped: bool = False
    error: KapfhirError | None = None
    seconds: float = 0.0
    threads: int = 1
    meter: Meter = field(default_factory=Meter)

    @property
    def written(self) -> int:
        return self.created + self.updated

    @property
    def unsent(self) -> int:
        """How many resources it did not come to, as it was ended before."""
        planned = self.planned[Sign.CREATE] + self.planned[Sign.UPDATE]
        return planned - self.written - self.refused - self.blocked

    @property
    def exit(self) -> Exit:
        """What the writing alone ends with."""
        held_back = any(p.severity == "error" for p in self.problems) or self.planned[Sign.REFUSED]
        return severest([self.error.exit if self.error else Exit.DONE, Exit.REFUSED if held_back else Exit.DONE])

    def to_dict(self) -> dict[str, Any]:
        """For `--json`: the counts of the summary, and the figures of the wire."""
        m = self.meter
        return {
            "create": self.created,
            "update": self.updated,
            "unchanged": self.planned[Sign.UNCHANGED],
            "retract": self.planned[Sign.GONE],
            "refused": self.planned[Sign.REFUSED] + self.refused + self.blocked,
            "unsent": self.unsent,
            "requests": m.requests,
            "writes": m.writes,
            "repeats": m.repeats,
            "bytes_out": m.bytes_out,
            "bytes_in": m.bytes_in,
            "statuses": dict(sorted(m.statuses.items())),
            "latency_s": {name: round(m.percentile(p), 4) for name, p in PERCENTILES.items()},
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        m = self.meter
        pace = self.written / self.seconds if self.seconds else 0.0
        tried = self.written + self.refused + self.blocked
        signs = ", ".join(f"{sign} {self.planned[sign]}" for sign in Sign)
        rows = (
            ("Planned", "[= + * - !]", signs),
            ("Written", "[created, updated]", f"{self.created}, {self.updated}"),
            ("Refused", "[by server, blocked]", f"{self.refused}, {self.blocked}"),
            ("Success", "[ratio]", f"{100 * self.written / tried:.2f} %" if tried else "-"),
            ("Resources", "[per second]", f"{pace:.0f}"),
            ("Requests", "[total, writes, repeats, threads]", f"{m.requests}, {m.writes}, {m.repeats}, {self.threads}"),
            ("Duration", "[total]", _time(self.seconds)),
            ("Latencies", "[50, 95, 99, max]", ", ".join(_time(m.percentile(p)) for p in PERCENTILES.values())),
            ("Bytes out", "[total, mean]", f"{_size(m.bytes_out)}, {_size(m.bytes_out / max(1, m.requests))}"),
            ("Bytes in", "[total, mean]", f"{_size(m.bytes_in)}, {_size(m.bytes_in / max(1, m.requests))}"),
            ("Status codes", "[code:count]", ", ".join(f"{code}:{count}" for code, count in sorted(m.statuses.items())) or "-"),
        )
        return "\n".join(f"{name:<13}{what:<35}{value}" for name, what, value in rows)


PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}


class InterruptedApply(KeyboardInterrupt):
    """Ctrl-C: `report` says what had gone in. The ledger can be taken up by the next run."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:04.1f}s" if minutes else f"{rest:.2f}s"


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.2f} {unit}"
        count /= 1024
    return f"{count:.2f} GiB"
