"""A dosing session as the rules of one day look at it: what was given, how much by which way, the blood pressures in order.

Made once per session, so that each predicate is a comparison or two. Moments without a time of day can't be ordered within the
day: then what needs their order is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from kapfhir.model.doses import DoseEvent
from kapfhir.model.dosing import DosingSession
from kapfhir.model.moments import is_day
from kapfhir.model.values import Amount, Period
from kapfhir.model.vitals import BloodPressure, VitalSet

BEFORE = ("pre-dose", "baseline")
PARENTERAL = ("iv", "im", "subcutaneous")
BY_WEIGHT = (*PARENTERAL, "oral")  # with a limit per kg
LOZENGE = ("sublingual", "buccal")
MILLIGRAMS = {"mg": Decimal(1), "ug": Decimal("0.001"), "g": Decimal(1000)}
PER_KG = {"mg/kg": Decimal(1), "ug/kg": Decimal("0.001")}
KILOGRAMS = {"kg": Decimal(1), "g": Decimal("0.001"), "[lb_av]": Decimal("0.45359237")}
ZERO = Decimal(0)


class Pressure(NamedTuple):
    """A blood pressure in mmHg, and when it was taken."""

    taken: datetime
    timepoint: str | None
    systolic: Decimal | None
    diastolic: Decimal | None


class Total(NamedTuple):
    """All ketamine of the session by one way, in mg and in mg/kg. Where a dose of it can't be read, it is the sum of the others:
    at least so much was given, and `whole` is False.
    """

    mg: Decimal
    whole: bool
    per_kg: Decimal
    whole_per_kg: bool


class Day:
    """One session. `start` and `end` are those of the doses that were given, where they have a time of day."""

    __slots__ = (
        *("_totals", "after", "anchor", "before", "diastolic", "drawn", "drugs", "end", "given", "infusions", "kg", "nasal"),
        *("oxygen", "pressures", "rates", "remote", "routes", "session", "several", "start", "systolic", "vitals"),
    )

    def __init__(self, session: DosingSession) -> None:
        self.session = session
        self.given: tuple[DoseEvent, ...] = tuple([d for d in session.doses if d.status != "not-done"])
        self.anchor = anchor = session.anchor
        self.start: datetime | None = _moment(anchor.start) if anchor and self.given else None
        self.end: datetime | None = _moment(anchor.end) if anchor and self.given else None
        self.drugs = frozenset([d.drug for d in self.given])
        self.routes = frozenset([d.route for d in self.given])
        self.several = len(self.given) > 1
        self.drawn = any(d.volume is not None or d.vial is not None or d.form == "vial" for d in self.given)
        self._totals: dict[tuple[str, ...], Total | None] = {}
        self.vitals: list[VitalSet] = sorted(session.vitals, key=_taken)
        self.kg = _weight(session, self.vitals)
        self.nasal = "esketamine" in self.drugs and "intranasal" in self.routes
        self.remote = session.remote is not None or session.delivery != "in-person"
        self.pressures: list[Pressure] = []
        self.before: Pressure | None = None  # the last blood pressure before the first dose
        self.after: list[Pressure] = []
        self.systolic: list[Decimal] = []
        self.diastolic: list[Decimal] = []
        self.rates: list[Decimal] = []  # of the heart
        self.oxygen: list[Decimal] = []
        for vital in self.vitals:
            if vital.blood_pressure is not None:
                self._add_pressure(vital.taken, vital.timepoint, vital.blood_pressure)
            if vital.heart_rate is not None:
                self.rates.append(vital.heart_rate.value)
            if vital.oxygen_saturation is not None:
                self.oxygen.append(vital.oxygen_saturation.value)
        self.infusions = list(self._infusions()) if "iv" in self.routes else []

    def _add_pressure(self, taken: datetime, timepoint: str | None, pressure: BloodPressure) -> None:
        start, high, low = self.start, pressure.systolic, pressure.diastolic
        found = Pressure(taken, timepoint, None if high is None else high.value, None if low is None else low.value)
        self.pressures.append(found)
        if high is not None:
            self.systolic.append(high.value)
        if low is not None:
            self.diastolic.append(low.value)
        if (start is not None and taken <= start) or timepoint in BEFORE:
            self.before = found
        else:
            self.after.append(found)

    def total(self, drug: str, *routes: str) -> Total | None:
        """What was given of a drug by these ways; None where that is nothing."""
        if drug not in self.drugs or self.routes.isdisjoint(routes):
            return None
        asked = (drug, *routes)
        if asked not in self._totals:
            self._totals[asked] = self._sum(drug, routes)
        return self._totals[asked]

    def _sum(self, drug: str, routes: tuple[str, ...]) -> Total | None:
        doses = [d for d in self.given if d.drug == drug and d.route in routes]
        if not doses:
            return None
        mg = [known for d in doses if (known := self.milligrams(d)) is not None]
        by_weight = [known for d in doses if (known := self.per_kg(d)) is not None]
        return Total(sum(mg, ZERO), len(mg) == len(doses), sum(by_weight, ZERO), len(by_weight) == len(doses))

    def unweighed(self) -> tuple[tuple[str, str, bool], ...]:
        """Route, mg, and whether that is all: ketamine by the ways with a limit per kg, where the day has no weight for it."""
        if self.kg is not None or "ketamine" not in self.drugs:
            return ()
        totals = ((route, self.total("ketamine", route)) for route in BY_WEIGHT)
        return tuple([(route, str(t.mg), t.whole) for route, t in totals if t is not None and t.mg and not t.whole_per_kg])

    def milligrams(self, dose: DoseEvent) -> Decimal | None:
        """As given; else by dose per kg and weight. None where neither says so."""
        mg = milligrams(dose.dose)
        if mg is None and self.kg is not None and (stated := per_kg(dose)) is not None:
            return stated * self.kg
        return mg

    def per_kg(self, dose: DoseEvent) -> Decimal | None:
        """In mg/kg, as recorded; else by the weight of the day. None where neither says so."""
        stated, mg = per_kg(dose), milligrams(dose.dose)
        return stated if stated is not None or mg is None or not self.kg else mg / self.kg

    def _infusions(self) -> Iterator[tuple[datetime, datetime]]:
        """Start and end of each IV dose that has both, a bolus left out."""
        for dose in self.given:
            span = dose.given
            if dose.route == "iv" and dose.order != "bolus" and isinstance(span, Period):
                start, end = _moment(span.start), _moment(span.end)
                if start is not None and end is not None:
                    yield start, end


def minutes(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() / 60


def milligrams(dose: object) -> Decimal | None:
    """None for a dose that is absent, or in a unit that is no mass."""
    if not isinstance(dose, Amount):
        return None
    factor = MILLIGRAMS.get(dose.unit)
    return dose.value * factor if factor else None


def per_kg(dose: DoseEvent) -> Decimal | None:
    """The dose per kg in mg/kg, where it is recorded."""
    stated = dose.dose_per_kg
    return stated.value * PER_KG[stated.unit] if stated is not None and stated.unit in PER_KG else None


def _weight(session: DosingSession, vitals: list[VitalSet]) -> Decimal | None:
    """In kg: the one that the doses name, else the first of the day."""
    named = {str(d.weighed) for d in session.doses}
    weights = [v for v in vitals if v.weight is not None]
    if not weights:
        return None
    chosen = next((v for v in weights if v.key in named), weights[0]).weight
    return None if chosen is None else kilograms(chosen)


def kilograms(weight: Amount) -> Decimal:
    return weight.value * KILOGRAMS[weight.unit]


def _taken(vital: VitalSet) -> datetime:
    return vital.taken


def _moment(when: date | None) -> datetime | None:
    return None if when is None or is_day(when) else when  # type: ignore[return-value]  # a day alone is no datetime
