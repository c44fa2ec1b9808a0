"""From records to facts: what the rules of a whole patient need of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.model.care import Diagnosis
from kapfhir.model.consent import Consent
from kapfhir.model.course import Course
from kapfhir.model.derived import DerivedOutcome
from kapfhir.model.flags import SafetyFlag
from kapfhir.model.history import Allergy, MedicationHistory
from kapfhir.model.moments import day_of, is_day, order_of
from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.people import Patient
from kapfhir.model.screening import Screening
from kapfhir.model.sessions import IntegrationSession, PsychotherapySession
from kapfhir.model.shipped import SCALES

from .day import Day, kilograms
from .facts import (
    KINDS,
    Change,
    Check,
    Dose,
    Fact,
    Form,
    Frame,
    Handled,
    Illness,
    Intolerance,
    Medicine,
    Person,
    Score,
    Talk,
    Trouble,
)
from .interactions import ANTIDEPRESSANTS, WORD, is_stabilizer, meets, meets_form

Raw = tuple[Any, ...]
NUMBER = {kind: number for number, kind in enumerate(KINDS)}
CONSENTS = ("ketamine-off-label", "esketamine-rems")
BADLY = {"not", "never", "poorly", "badly", "inadequately", "insufficiently", "incompletely", "partially", "partly"}
TO_KETAMINE = ("ketamine", "esketamine")


def note_dose(day: Day, pending: Sequence[str] = ()) -> Raw:
    """Of a dosing session, whose day was looked at before; `pending` are the rules that wait for the end."""
    session = day.session
    anchor = day.anchor
    begun = anchor.start if anchor is not None else session.session.start
    ended = anchor.end if anchor is not None and anchor.end is not None else begun
    drug, route = " ".join(sorted(day.drugs)), " ".join(sorted(r or "" for r in day.routes))
    total = day.total(drug, route) if day.given else None
    check, form = day.session.pre_dose, session.rems
    taken: tuple[str, ...] = ()
    if check is not None and (check.medications_taken or check.substances):
        taken = meets(None, None, " ".join((*check.medications_taken, *check.substances)))
    if form is not None:
        taken = (*taken, *meets_form(form))
    before = day.before
    return (
        session.key,
        session.course,
        session.clinic,
        session.number,
        session.kind,
        bool(day.given),
        order_of(begun),
        order_of(ended),
        not is_day(begun),
        day_of(begun).toordinal(),
        drug,
        route,
        day.nasal,
        str(total.mg) if total and total.whole else None,
        str(total.per_kg) if total and total.whole_per_kg else None,
        day.unweighed(),
        day.kg is None and any(d.dose_per_kg is not None for d in day.given),
        (_text(before and before.systolic), _text(before and before.diastolic)),
        check is not None and check.override_reason is not None,
        tuple(dict.fromkeys(taken)),
        session.delivery == "home" or session.remote is not None,
        form is not None and form.enrolled is True,
        check is not None and check.pregnancy in ("pregnant", "lactating"),
        tuple(pending),
    )


def _talk(record: IntegrationSession | PsychotherapySession) -> Raw:
    session, length, since = record.session, record.length, record.since_dose
    return (
        record.key,
        record.course,
        record.follows,
        record.status != "not-done",
        order_of(session.start),
        None if session.end is None else order_of(session.end),
        not is_day(session.start),
        day_of(session.start).toordinal(),
        None if length is None else float(length.value),
        float(since.value) if since is not None and since.unit == "h" else None,
    )


def _score(record: OutcomeAssessment) -> Raw:
    scale, assessed, given = record.scale, record.assessed, record.given
    total = record.total
    score = total if total is not None else scale.compute(given, record.method)
    safety = scale.safety_score(given) if scale.safety is not None else None
    return (
        record.key,
        record.instrument,
        f"{record.version} {record.method}" if record.version or record.method else "",
        scale.follows,
        order_of(assessed),
        not is_day(assessed),
        day_of(assessed).toordinal(),
        record.timepoint,
        record.course,
        record.during,
        None if score is None else str(score.value),
        len(scale.missing(given)) if total is not None and given else 0,
        safety,
        safety is not None and scale.safety is not None and scale.safety.cut.holds(safety),
        _level(record.instrument, given) if record.instrument.startswith("cssrs") else 0,
        record.safety_action is not None,
        record.standing,
    )


def _level(instrument: str, given: dict[Any, Any]) -> int:
    """Ideation of the C-SSRS, 0 to 5: the level itself, or the highest of questions 1 to 5 with a yes."""
    level = 0
    for question, answer in given.items():
        score = SCALES[instrument].item(question).score(answer)
        number = question.rpartition("-")[2]
        if number == "level":
            level = max(level, score)
        elif score > 0 and number.isdigit() and int(number) <= 5:
            level = max(level, int(number))
    return level


def _person(record: Patient) -> Raw:
    died = record.deceased
    weights = [
        (day_of(m.measured).toordinal(), str(kilograms(m.weight)))
        for m in record.measurements
        if m.weight is not None and m.method != "stated"
    ]
    return (
        record.key,
        _ordinal(record.birth_date),
        _ordinal(died) if isinstance(died, date) else None,
        record.rems_number is not None,
        tuple([p.checked.toordinal() for p in record.pregnancy if p.status in ("pregnant", "lactating")]),
        tuple([day_of(m.measured).toordinal() for m in record.measurements if m.weight is not None]),
        tuple(sorted(weights, key=itemgetter(0))),
    )


def _illness(record: Diagnosis) -> Raw:
    found = record.resistance
    return (
        record.key,
        record.disorder,
        record.severity,
        record.status not in ("inactive", "resolved", "remission"),
        min(record.recorded, record.onset or record.recorded).toordinal(),
        found is not None and found.resistant is True,
        found is not None and found.failed_trials is not None,
        _is_controlled(record.label),
    )


def _is_controlled(label: str | None) -> bool | None:
    words = set(WORD.findall(label.lower())) if label else set()
    if "uncontrolled" in words or ("controlled" in words and words & BADLY):
        return False
    return True if "controlled" in words else None


def _medicine(record: MedicationHistory) -> Raw:
    label = record.label or ""
    trial = record.purpose == "prior-trial" and (record.trial is None or record.trial.adequate_dose is not False)
    return (
        record.key,
        record.purpose,
        record.status in ("active", "unknown", "intended", "on-hold"),
        _ordinal(record.started),
        _ordinal(record.ended),
        None if record.last_taken is None else day_of(record.last_taken).toordinal(),
        record.drug_class in ANTIDEPRESSANTS,
        is_stabilizer(record.drug_class, label),
        trial,
        meets(record.drug, record.drug_class, label),
    )


def _form(record: Consent) -> Raw | None:
    if record.type not in CONSENTS:
        return None
    signed = record.signed
    return (
        record.key,
        record.type,
        record.status,
        None if signed is None else order_of(signed),
        isinstance(signed, datetime),
        None if signed is None else day_of(signed).toordinal(),
        _ordinal(record.valid_until),
    )


def _intolerance(record: Allergy) -> Raw | None:
    holds = (
        record.status == "active" and record.substance in TO_KETAMINE and record.certainty not in ("refuted", "entered-in-error")
    )
    return (record.key,) if holds else None


def _frame(record: Course) -> Raw:
    return (record.key, record.clinic, record.status in ("completed", "discontinued"), record.phase, record.protocol_ref)


def _check(record: Screening) -> Raw:
    start = record.visit.start
    present = tuple([str(f.criterion) for f in record.findings if f.presence == "present"])
    absent = tuple([str(f.criterion) for f in record.findings if f.presence == "absent"])
    timed, overridden = not is_day(start), record.override is not None
    return (record.key, order_of(start), timed, day_of(start).toordinal(), record.decision, overridden, present, absent)


def _trouble(record: AdverseEvent) -> Raw:
    mild = record.severity == "mild" and record.seriousness == "non-serious"
    return (record.key, record.event, day_of(record.onset).toordinal(), record.expected is True, mild)


def _change(record: DerivedOutcome) -> Raw:
    worse = -record.change.value if SCALES[record.instrument].rises else record.change.value
    return (record.key, record.instrument, record.course, day_of(record.assessed).toordinal(), str(worse))


def _handled(record: SafetyFlag) -> Raw | None:
    if record.acknowledged is None:
        return None
    return (record.key, tuple([str(key) for key in record.evidence_assessments]), record.acknowledged.date().toordinal())


NOTES: dict[type, tuple[type[tuple[Any, ...]], Callable[[Any], Raw | None]]] = {
    IntegrationSession: (Talk, _talk),
    PsychotherapySession: (Talk, _talk),
    OutcomeAssessment: (Score, _score),
    Patient: (Person, _person),
    Diagnosis: (Illness, _illness),
    MedicationHistory: (Medicine, _medicine),
    Allergy: (Intolerance, _intolerance),
    Consent: (Form, _form),
    Course: (Frame, _frame),
    Screening: (Check, _check),
    AdverseEvent: (Trouble, _trouble),
    DerivedOutcome: (Change, _change),
    SafetyFlag: (Handled, _handled),
}


def facts_of(rows: Iterable[tuple[int, str, str, int, Raw]]) -> Iterator[Fact]:
    """Back from (number of the kind, concept, table, row, what was noted)."""
    for number, concept, table, row, (key, *rest) in rows:
        yield KINDS[number]._make((concept, key, table, row, *rest))  # type: ignore[attr-defined]


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


__all__ = ["NOTES", "NUMBER", "Dose", "facts_of", "note_dose"]
