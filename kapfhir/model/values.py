"""The values that records hold. The type of a field says what its value means; that is what maps go by.

Each subclass of Code is one list of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from .moments import is_day, precedes

T = TypeVar("T")


class Key(str):
    """Names a record among those of its concept, or an item among those of its list (then without `/`)."""

    __slots__ = ()


class Ref(str, Generic[T]):
    """The key of another record, or of an item of the same record."""

    __slots__ = ()


class Code(str):
    """A code of ours; each subclass is one list, kept in mappings/codes/<name of the subclass>.csv."""

    __slots__ = ()


class Gender(Code): ...


class Profession(Code): ...


class Disorder(Code): ...


class ConditionStatus(Code): ...


class CourseStatus(Code): ...


class CoursePhase(Code): ...


class SessionStatus(Code): ...


class VisitStatus(Code):
    """What became of a visit, whatever became of the session: a patient may come, and not be dosed."""


class DoseStatus(Code): ...


class StopReason(Code):
    """Why a session or dose was stopped, or did not take place."""


class Drug(Code): ...


class Route(Code): ...


class BodySite(Code): ...


class Absent(Code):
    """Stands for a value that is known to be missing, and says why (FHIR's data-absent-reason)."""


class Delivery(Code): ...


class Modality(Code):
    """A way of psychotherapy: EMDR, IFS, ..."""


class Timepoint(Code):
    """Where in a session or course something was measured."""


class Window(Code):
    """A named span after a dose, in which an integration session may fall."""


class Instrument(Code):
    """A rating scale, its version included."""


class Question(Code): ...


class Choice(Code): ...


class AssessmentStatus(Code):
    """How whole an assessment is: complete, partial, prorated, invalid."""


class ResultStatus(Code):
    """How final what was computed of an assessment is."""


class Standing(Code):
    """What the source itself says of an assessment: prorated, invalid, not yet verified."""


class RatingMode(Code):
    """Who answered: the patient, a clinician who asked, somebody in the patient's stead."""


class Language(Code): ...


class TotalMethod(Code):
    """How a total is made of the items; some scales have several ways under one name."""


class Subscale(Code):
    """A part of a scale, by one named map of its items."""


class SeverityBand(Code):
    """A severity, by the scheme of one source."""


class Definition(Code):
    """When an outcome is met, by one source: `madrs-remission-10`."""


class OutcomeKind(Code):
    """Response, remission, worsening, relapse, reliable change."""


class BaselineRule(Code):
    """Which of several assessments is the one to compare with."""


class Event(Code):
    """What happened to a patient: nausea, dissociation, ..."""


class Severity(Code): ...


class Seriousness(Code): ...


class EventOutcome(Code): ...


class Causality(Code): ...


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its UCUM unit; the number keeps its written precision.

    `written`: what stood in the source, where the number was reckoned from it: `154.5 [lb_av]`, `0.7 mL x 50 mg/mL`.
    """

    value: Decimal
    unit: str
    written: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """So much in so long, as programmed."""

    amount: Amount
    over: Amount


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment, perhaps to another one; moments carry their zone. Or in days alone, where no time was written down."""

    start: datetime | date
    end: datetime | date | None = None

    def __post_init__(self) -> None:
        if self.end is None:
            return
        if is_day(self.start) != is_day(self.end):  # R4 can't order the two: per-1 of Period would not hold
            raise ImpossibleError("day-beside-moment", "one end of it is a day without a time, the other a moment", "end")
        if precedes(self.end, self.start):
            raise ImpossibleError("ends-before-it-starts", "it ends before it starts", "end")


@dataclass(frozen=True, slots=True)
class Units:
    """Mark of an Amount's type: the UCUM units that it may have. `Annotated[Amount, Units("mg")]`."""

    allowed: tuple[str, ...]

    def __init__(self, *allowed: str) -> None:
        object.__setattr__(self, "allowed", allowed)


@dataclass(frozen=True, slots=True)
class Limits:
    """Mark of a number's type: from `lowest` to `highest`, both included; of an amount, in this unit."""

    lowest: Decimal
    highest: Decimal
    unit: str = ""

    def __init__(self, lowest: int | str, highest: int | str, unit: str = "") -> None:
        object.__setattr__(self, "lowest", Decimal(lowest))
        object.__setattr__(self, "highest", Decimal(highest))
        object.__setattr__(self, "unit", unit)


class ImpossibleError(ValueError):
    """What makes a record, part or item impossible; `fields` are those that can't stand together (never their values)."""

    def __init__(self, code: str, text: str, *fields: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.fields = fields


class ImpossibleItemsError(ImpossibleError):
    """What makes fields of some items of a list impossible, though not by themselves: the items stay, without them.

    `instead`: what stands for these items of `owner`, by their names.
    """

    def __init__(self, code: str, text: str, owner: str, instead: Mapping[str, object], *fields: str) -> None:
        super().__init__(code, text, *fields)
        self.owner = owner
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a record says that is possible, yet unexpected: it goes through, and is told."""

    code: str
    text: str
    field: str = ""
    severity: str = "warning"


def require(fact: object, code: str, text: str, *fields: str) -> None:
    """Refuse unless the fact holds."""
    if not fact:
        raise ImpossibleError(code, text, *fields)
