"""What came of it: adverse events (entity 14). Rating scales: see assessments.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from .before import EventAction, EventCategory, Grade, SeriousCriterion
from .dosing import DosingSession
from .fields import present_with
from .people import Patient, Practitioner
from .values import (
    Causality,
    ConditionStatus,
    Doubt,
    Event,
    EventOutcome,
    Key,
    Ref,
    Seriousness,
    Severity,
    require,
)

BLANK = re.compile(r"\s")
NOT_SERIOUS = Seriousness("non-serious")


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """An unwanted effect, judged by a clinician. `meddra`: the MedDRA id that the source gives; `grade`: by CTCAE."""

    key: Key
    patient: Ref[Patient]
    event: Event
    onset: datetime | date
    severity: Severity
    seriousness: Seriousness = NOT_SERIOUS
    outcome: EventOutcome | None = None
    causality: Causality | None = None
    during: Ref[DosingSession] | None = None
    recorder: Ref[Practitioner] | None = None
    resolved: datetime | date | None = None
    recorded: date | None = None
    label: str | None = None
    meddra: str | None = None
    category: EventCategory | None = None
    grade: Grade | None = None
    criteria: tuple[SeriousCriterion, ...] = ()
    expected: bool | None = None
    actions: tuple[EventAction, ...] = ()

    def __post_init__(self) -> None:
        require(not (self.meddra and BLANK.search(self.meddra)), "not-a-code", "a MedDRA id has no blanks", "meddra")
        require(
            self.causality is None or self.during is not None,
            "causality-without-session",
            "a cause is judged of a dosing session",
            "causality",
        )
        if self.resolved is not None:
            require(
                _day(self.resolved) >= _day(self.onset), "ends-before-it-starts", "it was resolved before its onset", "resolved"
            )
            if isinstance(self.resolved, datetime) and isinstance(self.onset, datetime):
                require(self.resolved >= self.onset, "ends-before-it-starts", "it was resolved before its onset", "resolved")

    @property
    @present_with("resolved")
    def lasting(self) -> bool | None:
        """True for an event that lasted, so that it is a condition too: it took time to resolve, or has not resolved."""
        return True if self.resolved is not None or self.outcome in ("ongoing", "recovering", "resolved-with-sequelae") else None

    @property
    @present_with("grade", "expected", "actions")
    def assessed(self) -> bool | None:
        """True where something is said that R4's AdverseEvent has no element for."""
        return True if self.grade or self.expected is not None or self.actions else None

    @property
    def cause(self) -> Ref[DosingSession] | None:
        """The session where it was judged to be the cause: certain or probable, not just possible."""
        return self.during if self.causality in ("certain", "probable") else None

    def doubts(self) -> Iterator[Doubt]:
        serious = self.seriousness != NOT_SERIOUS
        if serious and not self.criteria:
            yield Doubt("serious-without-criterion", "the event is serious, but no criterion says why", "seriousness")
        if self.criteria and not serious:
            yield Doubt(
                "criterion-yet-not-serious", "a criterion of seriousness is named for an event that is not serious", "criteria"
            )
        if self.grade == "5" and self.outcome not in (None, "fatal"):
            yield Doubt("grade-disagrees", "grade 5 is death, but the outcome is another one", "grade")
        if self.resolved is not None and self.outcome in ("ongoing", "recovering"):
            yield Doubt("resolved-yet-ongoing", "the event has a time of resolution, and an outcome that has none", "outcome")

    @property
    def condition_status(self) -> ConditionStatus:
        return ConditionStatus("active" if self.resolved is None else "resolved")


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
