"""What is to keep a patient well after the course: relapse prevention, maintenance, referrals, next appointments (entity 15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .before import Sensitivity
from .course import Course
from .frame import AppointmentKind, AppointmentState, LifestyleArea, ReferralKind, ReferralStatus, SupportKind, TimeUnit
from .goals import TreatmentGoal
from .keys import require_key_order, require_labels_once
from .people import Patient, Practitioner
from .values import CourseStatus, Doubt, Key, Ref, require

ACTIVE, ORDERED = CourseStatus("active"), ReferralStatus("active")


@dataclass(frozen=True, slots=True)
class Support:
    """Somebody, or something, to turn to."""

    kind: SupportKind
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class LifestyleAid:
    """What helps in daily life: sleep, exercise, nutrition, company, practice."""

    area: LifestyleArea
    text: str


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Further doses after the course: when they are due, how often, on what condition."""

    criteria: str | None = None
    interval_days: Decimal | None = None
    last: date | None = None
    next_due: date | None = None

    def __post_init__(self) -> None:
        said = (self.criteria, self.interval_days, self.last, self.next_due)
        require(any(one is not None for one in said), "empty-part", "a plan of maintenance says something")
        some = self.interval_days is None or self.interval_days > 0
        require(some, "out-of-range", "an interval is more than nothing", "interval_days")

    @property
    def interval_unit(self) -> TimeUnit | None:
        return None if self.interval_days is None else TimeUnit("d")


@dataclass(frozen=True, slots=True)
class Referral:
    """To whom a patient was sent on, and why."""

    key: Key
    kind: ReferralKind
    status: ReferralStatus = ORDERED
    to: str | None = None
    reason: str | None = None
    ordered: date | None = None


@dataclass(frozen=True, slots=True)
class NextAppointment:
    """A visit to come. R4 takes a booked appointment only with its end: one without an end is sent as proposed."""

    key: Key
    starts: datetime | date
    ends: datetime | None = None
    kind: AppointmentKind | None = None
    practitioner: Ref[Practitioner] | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.ends is not None:
            timed = isinstance(self.starts, datetime)
            require(timed, "end-without-start", "an appointment with an end has a time of its start", "ends")
            in_order = not isinstance(self.starts, datetime) or self.ends >= self.starts
            require(in_order, "ends-before-it-starts", "the appointment ends before it starts", "ends")

    @property
    def from_moment(self) -> datetime | None:
        return self.starts if self.ends is not None and isinstance(self.starts, datetime) else None

    @property
    def to_moment(self) -> datetime | None:
        return self.ends

    @property
    def booked(self) -> AppointmentState:
        """In FHIR's words: booked where start and end are known, else proposed."""
        return AppointmentState("booked" if self.ends is not None else "proposed")


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a course for the time after it. A safety plan is a document about this plan."""

    key: Key
    patient: Ref[Patient]
    course: Ref[Course]
    status: CourseStatus = ACTIVE
    started: date | None = None
    author: Ref[Practitioner] | None = None
    warning_signs: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    supports: tuple[Support, ...] = ()
    crisis_contacts: tuple[str, ...] = ()
    maintenance_criteria: str | None = None
    maintenance: Maintenance | None = None
    lifestyle: tuple[LifestyleAid, ...] = ()
    goals: tuple[TreatmentGoal, ...] = ()
    referrals: tuple[Referral, ...] = ()
    appointments: tuple[NextAppointment, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()

    def __post_init__(self) -> None:
        require_key_order(self.goals, self.referrals, self.appointments)
        require_labels_once(self.sensitivity)

    def doubts(self) -> Iterator[Doubt]:
        last, due = (self.maintenance.last, self.maintenance.next_due) if self.maintenance else (None, None)
        if last and due and due < last:
            yield Doubt("due-before-last", "maintenance is due before its last session", "maintenance")
