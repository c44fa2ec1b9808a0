"""A dosing session: the visit in which ketamine was given, and all that belongs to its day (entity 11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from .before import TeamRole
from .care import Diagnosis
from .course import Course
from .discharge import Discharge
from .dose_limits import BEYOND, TO_KG
from .doses import AdjunctMedication, DoseEvent
from .dosing_codes import DoseSetting, SessionKind
from .experience import Experience, InSessionTherapy, Phase, TimelineEvent
from .fields import present_with, require_content
from .keys import require_key_order
from .labs import Lab
from .moments import earliest, latest, precedes
from .people import Clinic, Patient, Practitioner
from .pre_dose import PreDoseCheck
from .rems import RemsForm, fill_form, form_doubts
from .surroundings import Mindset, Setting
from .values import Delivery, Doubt, ImpossibleItemsError, Key, Period, Ref, Route, SessionStatus, StopReason, require
from .visits import Visited
from .vitals import SedationScore, VitalSet

IN_PERSON = Delivery("in-person")
INFUSED = Route("iv")


@dataclass(frozen=True, slots=True)
class Anchor:
    """When the ketamine of a session started and ended: what integration sessions count their hours from. A day alone where no
    time is known: then days are counted.
    """

    start: datetime | date
    end: datetime | date | None
    patient: str = field(default="", compare=False)  # whose; empty where that is not known


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Who else was there, and as what."""

    practitioner: Ref[Practitioner]
    role: TeamRole


@dataclass(frozen=True, slots=True)
class ChaperoneCheck:
    """A look at how a patient at home is doing, by the chaperone's word."""

    key: Key
    checked: datetime
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteVisit:
    """A session at home over video, with a chaperone at the patient's side."""

    platform: str | None = None
    chaperone: str | None = None
    checks: tuple[ChaperoneCheck, ...] = ()

    def __post_init__(self) -> None:
        require_content(self)
        require_key_order(self.checks)

    @property
    @present_with("platform", "chaperone")
    def described(self) -> bool | None:
        return True if self.platform or self.chaperone else None


@dataclass(frozen=True, slots=True)
class DosingSession(Visited):
    """A visit in which ketamine was given, or should have been. The visit runs from arrival to discharge, the session within it;
    when the doses start and end follows from the doses. `number` counts in the course, `lifetime_number` in a lifetime.
    """

    key: Key
    patient: Ref[Patient]
    clinician: Ref[Practitioner] | None = field(default=None, kw_only=True)  # a dose log may name nobody
    status: SessionStatus
    visit: Period
    session: Period
    delivery: Delivery = IN_PERSON
    clinic: Ref[Clinic] | None = None
    course: Ref[Course] | None = None
    number: int | None = None
    lifetime_number: int | None = None
    kind: SessionKind | None = None
    scheduled: datetime | None = None
    peak: datetime | None = None
    reason: StopReason | None = None
    indications: tuple[Ref[Diagnosis], ...] = ()
    staff: tuple[StaffMember, ...] = ()
    remote: RemoteVisit | None = None
    pre_dose: PreDoseCheck | None = None
    doses: tuple[DoseEvent, ...] = ()
    adjuncts: tuple[AdjunctMedication, ...] = ()
    phases: tuple[Phase, ...] = ()
    vitals: tuple[VitalSet, ...] = ()
    sedation: tuple[SedationScore, ...] = ()
    labs: tuple[Lab, ...] = ()
    setting: Setting | None = None
    mindset: Mindset | None = None
    therapy: InSessionTherapy | None = None
    experience: Experience | None = None
    timeline: tuple[TimelineEvent, ...] = ()
    discharge: Discharge | None = None
    rems: RemsForm | None = None

    def __post_init__(self) -> None:
        require(self.number is None or self.number > 0, "out-of-range", "sessions are counted from 1", "number")
        lifetime = self.lifetime_number
        require(
            lifetime is None or lifetime >= (self.number or 1),
            "out-of-range",
            "a lifetime has as many sessions as the course",
            "lifetime_number",
        )
        require_key_order(self.doses, self.adjuncts, self.vitals, self.sedation, self.labs, self.timeline)
        weights: set[str] = {v.key for v in self.vitals if v.weight}
        named = all(d.weighed is None or d.weighed in weights for d in self.doses)
        require(named, "no-weight", "a dose names a weight that was not taken", "doses")
        if weights:
            self._require_believable()

    def _require_believable(self) -> None:
        """Of the weight that a dose names; where it names none, of the greatest of the day."""
        taken = {str(v.key): v.weight for v in self.vitals if v.weight is not None}
        greatest = max(taken.values(), key=lambda weight: weight.value * TO_KG[weight.unit])
        slips: dict[tuple[str, tuple[str, ...]], dict[str, DoseEvent]] = {}
        for dose in self.doses:
            if slip := dose.beyond(taken.get(str(dose.weighed), greatest)):
                text, names, instead = slip
                slips.setdefault((text, names), {})[dose.key] = instead
        for (text, names), withheld in slips.items():
            raise ImpossibleItemsError(BEYOND, text, "doses", withheld, *names)

    @classmethod
    def complete(cls, given: dict[str, Any]) -> None:
        """Before the session is made: doses name the weight of a vital set that was taken; the REMS form is filled in."""
        weights = {v.key for v in given.get("vitals", ()) if v.weight}
        if any(d.weighed is not None and d.weighed not in weights for d in given.get("doses", ())):
            given["doses"] = tuple(d if d.weighed in weights else replace(d, weighed=None) for d in given["doses"])
        if given.get("rems") is not None and given.get("visit") is not None:
            given["rems"] = fill_form(given["rems"], given)

    @property
    def anchor(self) -> Anchor | None:
        """From the first dose that was given; where none is written down, the session itself. None if no dose was given."""
        doses = [d for d in self.doses if d.status != "not-done"]
        starts = [d.given.start if isinstance(d.given, Period) else d.given for d in doses]
        # an infusion of which only the start is written down has an end that nobody knows
        open_end = any(d.route == INFUSED and not isinstance(d.given, Period) for d in doses)
        ends = [d.given.end if isinstance(d.given, Period) else d.given for d in doses if not open_end]
        if not starts and (self.doses or self.status == "not-done"):
            return None
        start = earliest(starts)
        if start is None:
            return Anchor(self.session.start, self.session.end, str(self.patient))
        return Anchor(start, latest(e for e in ends if e is not None), str(self.patient))

    @property
    def dose_setting(self) -> DoseSetting:
        return DoseSetting("at-the-clinic" if self.delivery == IN_PERSON else "away-from-it")

    @property
    @present_with("lifetime_number", "scheduled", "peak", "phases")
    def told(self) -> bool | None:
        """True where more is known of the day than when the visit and the session were."""
        return True if self.lifetime_number or self.scheduled or self.peak or self.phases else None

    def doubts(self) -> Iterator[Doubt]:
        if precedes(self.session.start, self.visit.start):
            yield Doubt("session-before-visit", "the session starts before the visit does", "session")
        given = [d for d in self.doses if d.status != "not-done"]
        if self.status == "completed" and not given:
            yield Doubt("completed-without-dose", "the session is completed, but no dose was given", "status")
        if self.status == "not-done" and given:
            yield Doubt("dose-in-session-not-done", "the session did not take place, but a dose was given", "status")
        if self.remote is not None and self.delivery == "in-person":
            yield Doubt("remote-in-person", "the session is said to be in person, but has facts of one at a distance", "delivery")
        for part in (*self.doses, *self.labs, self.pre_dose, self.discharge):
            if part is not None:
                yield from part.doubts()
        if self.pre_dose is not None or self.discharge is not None:
            yield from self._order_doubts()
        if self.rems is not None:
            yield from form_doubts(self.rems, self.doses, self.vitals, self.visit)

    def _order_doubts(self) -> Iterator[Doubt]:
        """Of what comes before the dose, and after it."""
        start = self.anchor.start if self.anchor is not None else None
        if start is not None and self.pre_dose is not None and precedes(start, self.pre_dose.checked):
            yield Doubt("check-after-dose", "the check before the dose comes after it", "pre_dose")
        ready = self.discharge.ready if self.discharge is not None else None
        if start is not None and ready is not None and precedes(ready, start):
            yield Doubt("ready-before-dose", "the patient is ready to leave before the dose", "discharge")
