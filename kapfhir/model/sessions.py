"""Talking sessions: preparation before a dose, integration after it, and other psychotherapy beside it (entity 10).

Psychotherapy within a dosing session is part of that session; these here are sessions of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self

from .before import Sensitivity
from .care import Diagnosis
from .course import Course
from .dosing import Anchor, DosingSession
from .fields import STAYS, present_with
from .frame import Fidelity, Theme, TherapyKind
from .keys import require_labels_once
from .making import changer_of
from .people import Patient, Practitioner
from .values import Amount, Delivery, Doubt, Key, Modality, Period, Ref, SessionStatus, StopReason, Units, Window, require
from .visits import Visited
from .windows import DAYS, time_since, windows_met

PRIVATE = "what was said in psychotherapy stays with the clinic (45 CFR 164.501); `kapfhir archive` writes it to local files"
NOT_AFTER = "no dose of the session that it follows was given before it; its hours are not told"
DAY_ALONE = "the dose or the session has a day and no time of day: days are counted, windows in hours are not told"
Distance = Annotated[Amount, Units("h", "d")]  # days where the dose or the session has no time of day
Minutes = Annotated[Amount, Units("min")]
SAID = ("drug_free", "themes", "fidelity", "minutes")


def length_of(session: Period, minutes: Amount | None = None) -> Amount | None:
    """Whole minutes from start to end; without an end or times of day, those that were written down."""
    if not isinstance(session.end, datetime) or not isinstance(session.start, datetime):
        return minutes
    return Amount(Decimal(int((session.end - session.start).total_seconds()) // 60), "min")


def _length_doubts(session: Period, minutes: Amount | None) -> Iterator[Doubt]:
    length = length_of(session)
    if minutes is not None and length is not None and abs(minutes.value - length.value) > 1:
        yield Doubt("length-disagrees", "the length as written is not that from start to end; both are kept", "minutes")


def _day_doubts(since: Amount | None) -> Iterator[Doubt]:
    if since is not None and since.unit == DAYS:
        yield Doubt("hours-not-known", DAY_ALONE, "follows", "information")


@dataclass(frozen=True, slots=True)
class TargetMemory:
    """A memory that was worked with: distress (SUDS, 0 to 10) before and after, validity of the new belief (VoC, 1 to 7)."""

    activated: bool | None = None
    reframed: bool | None = None
    distress_before: int | None = None
    distress_after: int | None = None
    validity: int | None = None

    def __post_init__(self) -> None:
        said = (self.activated, self.reframed, self.distress_before, self.distress_after, self.validity)
        require(any(one is not None for one in said), "empty-part", "a target memory says something")
        for name in ("distress_before", "distress_after"):
            value = getattr(self, name)
            require(value is None or 0 <= value <= 10, "out-of-range", "distress (SUDS) is 0 to 10", name)
        require(self.validity is None or 1 <= self.validity <= 7, "out-of-range", "validity (VoC) is 1 to 7", "validity")


@dataclass(frozen=True, slots=True)
class PreparationSession(Visited):
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
    prepares: Ref[DosingSession] | None = None
    co_therapists: tuple[Ref[Practitioner], ...] = ()
    minutes: Minutes | None = None
    drug_free: bool | None = None
    fidelity: Fidelity | None = None
    themes: tuple[Theme, ...] = ()
    homework: tuple[str, ...] = ()
    memory: TargetMemory | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    insights: str | None = field(default=None, compare=False, repr=False, metadata={STAYS: PRIVATE})

    def __post_init__(self) -> None:
        require_labels_once(self.sensitivity)

    @property
    def length(self) -> Amount | None:
        return length_of(self.session, self.minutes)

    @property
    @present_with(*SAID)
    def told(self) -> bool | None:
        """True where something is said of the session's content."""
        return True if self.themes or self.drug_free is not None or self.fidelity or self.minutes else None

    def doubts(self) -> Iterator[Doubt]:
        yield from _length_doubts(self.session, self.minutes)


class Following(Visited):
    """A session that comes after a dose. No slots: the classes of records have them."""

    __slots__ = ()
    session: Period
    since_dose: Amount | None
    since_dose_end: Amount | None
    minutes: Amount | None
    drug_free: bool | None
    fidelity: Fidelity | None
    themes: tuple[Theme, ...]

    @property
    def length(self) -> Amount | None:
        return length_of(self.session, self.minutes)

    @property
    def windows(self) -> tuple[Window, ...]:
        return windows_met(self.since_dose, self.since_dose_end, self.session.start) if self.status != "not-done" else ()

    @property
    @present_with(*SAID, "since_dose_end")
    def told(self) -> bool | None:
        """True where something is said of the session's content, or of its distance from the end of the dose."""
        said = self.themes or self.drug_free is not None or self.fidelity or self.minutes or self.since_dose_end
        return True if said else None

    def joined(self, anchor: Anchor) -> Self:
        """The same session with its hours since the dose; without them where it does not come after the dose (see doubts)."""
        start, end = _after(anchor.start, self.session), _after(anchor.end, self.session)
        changed = changer_of(type(self), "since_dose", "since_dose_end")
        return changed(self, start or self.since_dose, end or self.since_dose_end)


@dataclass(frozen=True, slots=True)
class IntegrationSession(Following):
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
    since_dose: Distance | None = None  # joined in from the dosing session, from the start of its dose
    since_dose_end: Distance | None = None  # the same from the end of its dose
    co_therapists: tuple[Ref[Practitioner], ...] = ()
    minutes: Minutes | None = None
    drug_free: bool | None = None
    fidelity: Fidelity | None = None
    themes: tuple[Theme, ...] = ()
    homework: tuple[str, ...] = ()
    memory: TargetMemory | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    insights: str | None = field(default=None, compare=False, repr=False, metadata={STAYS: PRIVATE})

    def __post_init__(self) -> None:
        require_labels_once(self.sensitivity)

    def doubts(self) -> Iterator[Doubt]:
        if self.since_dose is None:
            yield Doubt("not-after-dose", NOT_AFTER, "follows")
        yield from _day_doubts(self.since_dose)
        yield from _length_doubts(self.session, self.minutes)


@dataclass(frozen=True, slots=True)
class PsychotherapySession(Following):
    """Psychotherapy that is neither preparation nor integration: a debrief right after the dose, psychotherapy only, group,
    family, follow-up. The hours since the dose that it follows count for the windows, as with integration.
    """

    key: Key
    patient: Ref[Patient]
    therapist: Ref[Practitioner]
    kind: TherapyKind
    status: SessionStatus
    session: Period
    delivery: Delivery
    follows: Ref[DosingSession] | None = None
    reason: StopReason | None = None
    course: Ref[Course] | None = None
    modalities: tuple[Modality, ...] = ()
    indications: tuple[Ref[Diagnosis], ...] = ()
    since_dose: Distance | None = None  # joined in, as with integration
    since_dose_end: Distance | None = None
    co_therapists: tuple[Ref[Practitioner], ...] = ()
    minutes: Minutes | None = None
    drug_free: bool | None = None
    fidelity: Fidelity | None = None
    themes: tuple[Theme, ...] = ()
    homework: tuple[str, ...] = ()
    memory: TargetMemory | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    insights: str | None = field(default=None, compare=False, repr=False, metadata={STAYS: PRIVATE})

    def __post_init__(self) -> None:
        require_labels_once(self.sensitivity)

    def doubts(self) -> Iterator[Doubt]:
        if self.follows is None and self.kind == "immediate-debrief":
            yield Doubt("debrief-without-dose", "a debrief follows a dosing session, and none is named", "kind")
        if self.follows is not None and self.since_dose is None:
            yield Doubt("not-after-dose", NOT_AFTER, "follows")
        yield from _day_doubts(self.since_dose)
        yield from _length_doubts(self.session, self.minutes)


def _after(dose: datetime | date | None, session: Period) -> Amount | None:
    """Time since a moment of the dose, where the session comes after it."""
    return None if dose is None else time_since(dose, session.start)
