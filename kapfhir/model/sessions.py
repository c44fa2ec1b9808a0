"""Talking sessions: preparation before a dose, integration after it (entity 10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated

from .care import Course, Diagnosis
from .dosing import Anchor, DosingSession, visit_status_of
from .people import Patient, Practitioner
from .values import Amount, Delivery, Doubt, Key, Modality, Period, Ref, SessionStatus, StopReason, Units, VisitStatus, Window
from .windows import hours_since, windows_met


def length_of(session: Period) -> Amount | None:
    """Whole minutes; None without an end."""
    return None if session.end is None else Amount(Decimal(int((session.end - session.start).total_seconds()) // 60), "min")


@dataclass(frozen=True, slots=True)
class PreparationSession:
    """Prepares a patient for dosing; points forward to the session that it prepares, where that is known."""

    key: Key
    patient: Ref[Patient]
    therapist: Ref[Practitioner]
    status: SessionStatus
    session: Period
    delivery: Delivery
    reason: StopReason | None = None
    course: Ref[Course] | None = None
    modalities: tuple[Modality, ...] = ()
    indications: tuple[Ref[Diagnosis], ...] = ()

    @property
    def visit_status(self) -> VisitStatus:
        return visit_status_of(self.status, self.reason)

    @property
    def cancelled_for(self) -> StopReason | None:
        return self.reason if self.visit_status == "cancelled" else None

    @property
    def length(self) -> Amount | None:
        return length_of(self.session)


@dataclass(frozen=True, slots=True)
class IntegrationSession:
    """Works with what a dosing session brought up; follows one dosing session, and no other."""

    key: Key
    patient: Ref[Patient]
    therapist: Ref[Practitioner]
    follows: Ref[DosingSession]
    status: SessionStatus
    session: Period
    delivery: Delivery
    reason: StopReason | None = None
    course: Ref[Course] | None = None
    modalities: tuple[Modality, ...] = ()
    indications: tuple[Ref[Diagnosis], ...] = ()
    since_dose: Annotated[Amount, Units("h")] | None = None  # joined in from the dosing session, from the start of its dose

    @property
    def visit_status(self) -> VisitStatus:
        return visit_status_of(self.status, self.reason)

    @property
    def cancelled_for(self) -> StopReason | None:
        return self.reason if self.visit_status == "cancelled" else None

    @property
    def length(self) -> Amount | None:
        return length_of(self.session)

    @property
    def windows(self) -> tuple[Window, ...]:
        return windows_met(self.since_dose) if self.status != "not-done" else ()

    def joined(self, anchor: Anchor) -> IntegrationSession:
        """The same session with its hours since the dose; without them where it does not come after the dose (see doubts)."""
        hours = hours_since(anchor.start, self.session.start)
        return self if hours.value <= 0 else replace(self, since_dose=hours)

    def doubts(self) -> Iterator[Doubt]:
        if self.since_dose is None:
            yield Doubt(
                "not-after-dose", "no dose of the session that it follows was given before it; its hours are not told", "follows"
            )
