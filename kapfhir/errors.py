"""Every exception, every exit code, and the one shape of a problem. The class says what the caller must do.

KapfhirError
├── ConfigError               stop: nothing was written                           exit 3
├── MappingError              stop: the maps have faults; carries all of them      exit 4
├── RowError                  skip the row, go on                                  exit 5 at the end
├── ResourceError             skip the resource, go on                             exit 6 at the end
└── ServerError
    ├── TemporaryServerError  retry with backoff and Retry-After                   exit 7 if it lasts
    ├── RefusedError          skip the entry; says what the server said              exit 8 at the end
    └── AccessError           stop: 401 or 403                                     exit 9

A `Problem` is data: what was wrong with a line of a map, a row of a table or an element of a resource. It never holds the value
of a cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """What a command ends with. An exit code that is not in this list is a failure."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIG = 3
    MAPPING = 4
    ROWS = 5
    RESOURCES = 6
    TEMPORARY = 7
    REFUSED = 8
    ACCESS = 9
    DIFFERS = 10
    INTERRUPTED = 130


SEVEREST_FIRST = (
    Exit.INTERRUPTED,
    Exit.UNEXPECTED,
    Exit.USAGE,
    Exit.CONFIG,
    Exit.MAPPING,
    Exit.ACCESS,
    Exit.TEMPORARY,
    Exit.REFUSED,
    Exit.RESOURCES,
    Exit.ROWS,
    Exit.DIFFERS,
    Exit.DONE,
)


def severest(codes: Iterable[Exit]) -> Exit:
    """The exit code of a run in which all of these were due."""
    return min(codes, key=SEVEREST_FIRST.index, default=Exit.DONE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, told with its place.

    `file`, `line`, `column`: a map with line and column number; a table with row and column name (row 1 is the header); or a
    resource (`Observation/id`, 0) and the path of its element. `place` is the map line that met it (`dose_log.yaml:12`), `effect`
    what was lost by it, `hint` what to do.
    """

    file: str
    line: int
    column: str
    code: str
    text: str
    hint: str = ""
    severity: str = "error"  # error | warning | information
    place: str = ""
    effect: str = ""

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, str(self.line or ""), self.column) if part)
        place = f" ({self.place})" if self.place else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{where}: {self.text}{hint} [{self.code}]{place}"

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sorts by place; a column number by its value."""
        return (self.file, self.line, int(self.column) if self.column.isdigit() else 0, self.column, self.code)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class KapfhirError(Exception):
    """The root; `exit` is what a command ends with, `hint` what to do."""

    exit = Exit.UNEXPECTED

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.requests = 0  # that were sent before it, where somebody counted

    def __str__(self) -> str:
        return f"{self.text}; {self.hint}" if self.hint else self.text


class ConfigError(KapfhirError):
    """Nothing was written: a setting, a file, a ledger or a server is not what it must be, or an export changed meanwhile."""

    exit = Exit.CONFIG


class MappingError(KapfhirError):
    """The maps have faults; `problems` holds all of them, in the order of their places."""

    exit = Exit.MAPPING

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: p.order))
        super().__init__("\n".join(map(str, self.problems)))


class RowError(KapfhirError):
    """A row can't become a record."""

    exit = Exit.ROWS


class ResourceError(KapfhirError):
    """A resource is not R4, or says something that no record can hold."""

    exit = Exit.RESOURCES


class ServerError(KapfhirError):
    """A FHIR server did not do what was asked; `status` is its HTTP status, 0 if there was no answer."""

    def __init__(self, text: str, hint: str = "", status: int = 0) -> None:
        super().__init__(text, hint)
        self.status = status


class TemporaryServerError(ServerError):
    """Worth another try; `retry_after_s` is the wait that the server asked for, if it did."""

    exit = Exit.TEMPORARY

    def __init__(self, text: str, hint: str = "", status: int = 0, retry_after_s: float | None = None) -> None:
        super().__init__(text, hint, status)
        self.retry_after_s = retry_after_s


class RefusedError(ServerError):
    """The server refuses this content: skip it, go on."""

    exit = Exit.REFUSED


class AccessError(ServerError):
    """The server does not let us in: stop."""

    exit = Exit.ACCESS
