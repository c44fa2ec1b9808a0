"""A dosing session: the visit, each dose as it was given, and what was measured meanwhile (entity 11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from .care import Course, Diagnosis
from .keys import require_key_order
from .people import Clinic, Patient, Practitioner
from .values import (
    Absent,
    Amount,
    BodySite,
    DoseStatus,
    Doubt,
    Drug,
    Key,
    Period,
    Rate,
    Ref,
    Route,
    SessionStatus,
    StopReason,
    Timepoint,
    Units,
    require,
)

COMPLETED = DoseStatus("completed")
Pressure = Annotated[Amount, Units("mm[Hg]")]
Mass = Annotated[Amount, Units("mg", "ug", "g")]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an infusion that ran at one rate."""

    key: Key
    ran: Period
    dose: Mass
    rate: Rate
    status: DoseStatus = COMPLETED

    def __post_init__(self) -> None:
        require(self.ran.end is not None, "missing-field", "a segment has an end", "ran")


@dataclass(frozen=True, slots=True)
class BloodPressure:
    """Systolic and diastolic, taken together; one of them may be missing."""

    systolic: Pressure | None = None
    diastolic: Pressure | None = None

    @property
    def systolic_absent(self) -> Absent | None:
        return Absent("unknown") if self.systolic is None else None

    @property
    def diastolic_absent(self) -> Absent | None:
        return Absent("unknown") if self.diastolic is None else None

    def __post_init__(self) -> None:
        require(self.systolic or self.diastolic, "empty-part", "a blood pressure has a systolic or a diastolic value")
        if self.systolic and self.diastolic:  # domain D.1, S14: which of the two is wrong can't be told
            require(
                self.diastolic.value < self.systolic.value,
                "diastolic-not-below-systolic",
                "the diastolic value is not below the systolic one",
                "systolic",
                "diastolic",
            )


@dataclass(frozen=True, slots=True)
class VitalSet:
    """What was measured at one moment. `nominal`: the moment is the protocol's (start + 40 min), nobody read a clock."""

    key: Key
    taken: datetime
    nominal: bool | None = None
    timepoint: Timepoint | None = None
    blood_pressure: BloodPressure | None = None
    heart_rate: Annotated[Amount, Units("/min")] | None = None
    oxygen_saturation: Annotated[Amount, Units("%")] | None = None
    respiratory_rate: Annotated[Amount, Units("/min")] | None = None
    weight: Annotated[Amount, Units("kg", "[lb_av]", "g")] | None = None

    def __post_init__(self) -> None:
        measured = (self.blood_pressure, self.heart_rate, self.oxygen_saturation, self.respiratory_rate, self.weight)
        require(any(measured), "empty-part", "a vital set holds a measurement")


@dataclass(frozen=True, slots=True)
class DoseEvent:
    """One injection, lozenge, spray or infusion; one whose rate changed, or that was interrupted, has segments with their rates.

    `dose` is the absolute amount; `dose_per_kg` is kept apart, with the weight that was used (`weighed`). A dose that can't be
    read is Absent, with the reason: the event itself is never lost.
    """

    key: Key
    drug: Drug
    status: DoseStatus
    given: datetime | Period
    reason: StopReason | None = None
    dose: Mass | Absent | None = None
    dose_per_kg: Annotated[Amount, Units("mg/kg", "ug/kg")] | None = None
    weighed: Ref[VitalSet] | None = None
    rate: Rate | None = None
    route: Route | None = None
    site: BodySite | None = None
    segments: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        rest = self.dose_per_kg or self.rate or self.route or self.site
        require(
            self.dose is not None or not rest,
            "missing-dose",
            "a dose with a route, site or rate has an amount, or a reason why it is absent",
        )
        # R4 of MedicationAdministration.dosage.rate[x]: "not used to convey an average rate"; segments keep each rate
        require(
            not (self.rate and self.segments), "rate-beside-segments", "an infusion in segments has no rate of its own", "rate"
        )
        if self.status == "not-done":
            require(not isinstance(self.dose, Amount), "dose-not-given", "a dose that was not given has no amount", "dose")
        if isinstance(self.dose, Amount):
            require(self.dose.value > 0, "out-of-range", "a dose is more than nothing", "dose")
        require_key_order(self.segments)

    @classmethod
    def complete(cls, given: dict[str, Any]) -> None:
        """Before the event is made: where no amount was written down, that it is absent, and why."""
        if given.get("dose") is None and any(given.get(name) is not None for name in ("dose_per_kg", "rate", "route", "site")):
            given["dose"] = Absent("not-performed" if given.get("status") == "not-done" else "unknown")

    def doubts(self) -> Iterator[Doubt]:
        if self.dose == "unknown":
            yield Doubt("missing-dose", "the dose event has no amount; it is sent as absent", "dose")
        ends = [s.ran.end for s in self.segments]
        if any(e is not None and e > s.ran.start for e, s in zip(ends, self.segments[1:], strict=False)):
            yield Doubt("overlapping-segments", "segments of the infusion overlap", "segments")
        if self.segments and isinstance(self.dose, Amount) and sum(s.dose.value for s in self.segments) != self.dose.value:
            yield Doubt("segments-disagree", "the doses of the segments do not add up to the dose", "segments")


@dataclass(frozen=True, slots=True)
class Premedication:
    """What was given beside ketamine: against nausea, high pressure, ..."""

    key: Key
    drug: Drug
    given: datetime
    dose: Mass
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """When the ketamine of a session started and ended: what integration sessions count their hours from."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class DosingSession:
    """A visit in which ketamine was given, or should have been."""

    key: Key
    patient: Ref[Patient]
    clinician: Ref[Practitioner]
    status: SessionStatus
    visit: Period
    session: Period
    clinic: Ref[Clinic] | None = None
    course: Ref[Course] | None = None
    number: int | None = None
    reason: StopReason | None = None
    indications: tuple[Ref[Diagnosis], ...] = ()
    doses: tuple[DoseEvent, ...] = ()
    premedication: tuple[Premedication, ...] = ()
    vitals: tuple[VitalSet, ...] = ()

    def __post_init__(self) -> None:
        require(self.number is None or self.number > 0, "out-of-range", "sessions are counted from 1", "number")
        require_key_order(self.doses, self.premedication, self.vitals)
        weights: set[str] = {v.key for v in self.vitals if v.weight}
        named = all(d.weighed is None or d.weighed in weights for d in self.doses)
        require(named, "no-weight", "a dose names a weight that was not taken", "doses")

    @classmethod
    def complete(cls, given: dict[str, Any]) -> None:
        """Before the session is made: a dose names the weight of a vital set only where one was taken."""
        weights = {v.key for v in given.get("vitals", ()) if v.weight}
        if any(d.weighed is not None and d.weighed not in weights for d in given.get("doses", ())):
            given["doses"] = tuple(d if d.weighed in weights else replace(d, weighed=None) for d in given["doses"])

    @property
    def anchor(self) -> Anchor:
        """From the first dose that was given; without one, the session itself."""
        given = [d.given for d in self.doses if d.status != "not-done"]
        starts = [g.start if isinstance(g, Period) else g for g in given]
        ends = [g.end if isinstance(g, Period) else g for g in given]
        if not starts:
            return Anchor(self.session.start, self.session.end)
        return Anchor(min(starts), max((e for e in ends if e is not None), default=None))

    def doubts(self) -> Iterator[Doubt]:
        if self.session.start < self.visit.start:
            yield Doubt("session-before-visit", "the session starts before the visit does", "session")
        if self.status == "completed" and not any(d.status != "not-done" for d in self.doses):
            yield Doubt("completed-without-dose", "the session is completed, but no dose was given", "status")
        if self.status == "not-done" and any(d.status != "not-done" for d in self.doses):
            yield Doubt("dose-in-session-not-done", "the session did not take place, but a dose was given", "status")
        for dose in self.doses:
            yield from dose.doubts()
