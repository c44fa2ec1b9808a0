"""Records of one made-up patient for the tests of rules, and what the rules find in them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from kapfhir.model.assessments import Answer, OutcomeAssessment
from kapfhir.model.consent import Consent
from kapfhir.model.doses import DoseEvent
from kapfhir.model.dosing import DosingSession
from kapfhir.model.history import MedicationHistory
from kapfhir.model.people import Patient
from kapfhir.model.screening import Finding as Criterion
from kapfhir.model.screening import Screening
from kapfhir.model.sessions import IntegrationSession
from kapfhir.model.values import Amount, Key, Period, Question, Ref
from kapfhir.model.vitals import BloodPressure, VitalSet
from kapfhir.rules import catalogue
from kapfhir.rules.engine import Engine
from kapfhir.rules.settings import RuleSettings, rules_of

ZONE = timezone(timedelta(hours=-8))
AT = datetime(2026, 1, 5, 10, tzinfo=ZONE)  # when the first dose begins
LATER = datetime(2027, 6, 1, tzinfo=ZONE)  # when the export was made


def after(minutes: float = 0, *, days: float = 0) -> datetime:
    return AT + timedelta(minutes=minutes, days=days)


def amount(number: object, unit: str) -> Amount:
    return Amount(Decimal(str(number)), unit)


def mg(number: object) -> Amount:
    return amount(number, "mg")


def per_kg(number: object) -> Amount:
    return amount(number, "mg/kg")


def vital(minute: float, systolic=None, diastolic=None, *, days: float = 0, key: str = "", kg=None, **rest) -> VitalSet:
    """Measured so many minutes after the start of the dose."""
    pressure = None
    if systolic or diastolic:
        pressure = BloodPressure(systolic and amount(systolic, "mm[Hg]"), diastolic and amount(diastolic, "mm[Hg]"))
    units = {"heart_rate": "/min", "oxygen_saturation": "%", "temperature": "Cel"}
    measured = {name: amount(value, units[name]) if name in units else value for name, value in rest.items()}
    weight = amount(kg, "kg") if kg is not None else None
    return VitalSet(
        Key(key or f"v{int(minute) + 1000}"), after(minute, days=days), blood_pressure=pressure, weight=weight, **measured
    )


def whole(minute: float, *, days: float = 0) -> VitalSet:
    """A set with everything that is watched, and nothing odd in it."""
    return vital(minute, 120, 80, days=days, heart_rate=70, oxygen_saturation=98)


def dose(
    amount_mg=35, route="iv", *, drug="ketamine", start: float = 0, minutes: float | None = 40, days: float = 0, key="1", **rest
):
    begun = after(start, days=days)
    given = Period(begun, begun + timedelta(minutes=minutes)) if minutes is not None else begun
    status = rest.pop("status", "completed")
    return DoseEvent(Key(key), drug, status, given, dose=None if amount_mg is None else mg(amount_mg), route=route, **rest)


def session(*doses: DoseEvent, days: float = 0, key: str = "", left: float | None = 120, vitals=None, **rest) -> DosingSession:
    """A day on which nothing is odd, but for what is given. `left`: minutes after the start of the dose."""
    rest.setdefault("status", "completed")
    visit = rest.pop("visit", Period(after(-30, days=days), None if left is None else after(left, days=days)))
    given = doses or (dose(days=days),)
    taken = [whole(m, days=days) for m in (-10, 15, 30, 45)] if vitals is None else vitals
    span = rest.pop("session", Period(after(-5, days=days), after(60, days=days)))
    taken = tuple(sorted(taken, key=lambda v: v.key))
    return DosingSession(
        Key(key or f"D{int(days)}"), Ref("P"), clinician=Ref("MD"), visit=visit, session=span, doses=given, vitals=taken, **rest
    )


def esketamine(number=56, *, days: float = 0, left: float | None = 130, minutes=(-10, 40, 110), **rest) -> DosingSession:
    vitals = [whole(m, days=days) for m in minutes]
    given = dose(number, "intranasal", drug="esketamine", minutes=None, days=days)
    return session(given, days=days, left=left, vitals=vitals, **rest)


def patient(**rest) -> Patient:
    return Patient(Key(rest.pop("key", "P")), "Test", **rest)


def screening(*criteria: str, days: float = -7, decision="cleared", **rest) -> Screening:
    found = tuple(sorted((Criterion(Key(c), c, "present") for c in criteria), key=lambda f: f.key))
    return Screening(Key("SC"), Ref("P"), Ref("MD"), Period(after(days=days)), decision=decision, findings=found, **rest)


def consent(days: float | None = -7, **rest) -> Consent:
    rest = {"type": "ketamine-off-label", "status": "signed", **rest}
    return Consent(Key(rest.pop("key", "C")), Ref("P"), signed=None if days is None else after(days=days), **rest)


def taking(label="", *, drug_class=None, purpose="current", status="active", key="M", **rest) -> MedicationHistory:
    return MedicationHistory(Key(key), Ref("P"), purpose, status, label=label or None, drug_class=drug_class, **rest)


def integration(hours: float = 24, *, minutes: float | None = 75, key="I", follows="D0", **rest) -> IntegrationSession:
    begun = after(hours * 60)
    status = rest.pop("status", "completed")
    span = Period(begun, None if minutes is None else begun + timedelta(minutes=minutes))
    since = amount(hours, "h") if hours > 0 else None
    return IntegrationSession(
        Key(key),
        Ref("P"),
        therapist=Ref("T"),
        follows=Ref(follows),
        status=status,
        session=span,
        delivery="in-person",
        since_dose=since,
        **rest,
    )


def score(
    total=None,
    instrument="phq-9",
    *,
    days: float | None = None,
    minutes: float = 0,
    key="",
    day: date | None = None,
    answers=(),
    **rest,
):
    """An assessment by its total, or by answers as (number of the item, value)."""
    assessed = day or after(minutes, days=days or 0)
    given = tuple(Answer(Question(q), v) for q, v in answers)
    return OutcomeAssessment(
        Key(key or f"A{assessed}"),
        Ref("P"),
        instrument,
        assessed,
        given,
        None if total is None else amount(total, "{score}"),
        **rest,
    )


def find(*records, until: datetime | None = LATER, **changes) -> list:
    """The findings of these records, in the order in which they were made. `changes`: rule id with _ for - and its settings."""
    own = {name.replace("_", "-"): RuleSettings(**what) for name, what in changes.items()}
    found: list = []
    engine = Engine(rules_of(own), found.append, until)
    for number, record in enumerate(records, 1):
        engine.see(record, "t", number)
    engine.finish()
    return found


def rules(*records, **more) -> set[str]:
    """The ids of the rules that find something."""
    return {f.rule for f in find(*records, **more)}


def judged_in(*letters: str) -> set[str]:
    """The ids of the rules of these themes that have a predicate."""
    every = {*catalogue.DAY, *catalogue.STORY, *catalogue.PROTOCOL, *catalogue.PATIENTS}
    return {rule for rule in every if rule[0] in letters}


def both_sides(cases: list) -> tuple[set[str], set[str]]:
    """The rules of which a case is found, and those of which one is not."""
    return {rule for rule, _, found in cases if found}, {rule for rule, _, found in cases if not found}
