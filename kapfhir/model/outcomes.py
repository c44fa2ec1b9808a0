"""What came of it: adverse events (entity 14). Rating scales: see assessments.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from .dosing import DosingSession
from .fields import present_with
from .people import Patient, Practitioner
from .values import (
    Causality,
    ConditionStatus,
    Event,
    EventOutcome,
    Key,
    Ref,
    Seriousness,
    Severity,
    require,
)

NOT_SERIOUS = Seriousness("non-serious")


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """An unwanted effect, judged by a clinician."""

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

    def __post_init__(self) -> None:
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
    def condition_status(self) -> ConditionStatus:
        return ConditionStatus("active" if self.resolved is None else "resolved")


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
