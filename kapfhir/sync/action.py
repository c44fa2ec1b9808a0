"""What a plan says of one resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kapfhir.mapping.units import Place


class Sign(StrEnum):
    """As plans are printed."""

    UNCHANGED = "="
    CREATE = "+"
    UPDATE = "*"
    GONE = "-"  # from the source; told, never applied
    REFUSED = "!"  # can't be sent


@dataclass(frozen=True, slots=True)
class Action:
    """One resource, and what is to be done with it.

    `place` is the first row of its record, None where the export no longer has one. `changed` are the paths of elements;
    `reason` says why it can't be sent. The record's key is for programs: it is a cell of the source, so it stands in no message.
    """

    sign: Sign
    type: str
    id: str
    concept: str
    key: str
    place: Place | None = None
    changed: tuple[str, ...] = ()
    code: str = ""  # of a refusal, as problems have it
    reason: str = ""

    def __str__(self) -> str:
        where = f"  {self.place.table}:{self.place.row}" if self.place else ""
        more = ", ".join(self.changed) or self.reason
        return f"{self.sign} {self.type}/{self.id}  {self.concept}{where}" + (f"  {more}" if more else "")
