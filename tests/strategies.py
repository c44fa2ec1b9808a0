"""Records by chance, for laws that hold for every record: one strategy per type of a field, and a few where types alone do not make sense."""

from __future__ import annotations

import typing
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

from dosing_sense import make_dosing
from frame_sense import make_frame
from hypothesis import strategies as st

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.model.care import ENDED, Diagnosis, TraumaHistory
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.consent import Consent
from kapfhir.model.fields import Field, fields_of
from kapfhir.model.assessments import Answer, OutcomeAssessment, SubscaleScore
from kapfhir.model.history import Allergy, MedicationHistory, Reaction, TreatmentHistory
from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.scales import Item, Part, Scale
from kapfhir.model.shipped import SCALES
from kapfhir.model.screening import Baseline, Screening
from kapfhir.model.values import Absent, Amount, Code, ImpossibleError, Key, Limits, Period, Rate, Ref

CODES = Codes(MapFolder.over())
WORDS = st.text("abcdefghijkXYZ <>&'\"äöüß漢é-.", min_size=1, max_size=12).map(str.strip).filter(bool)
KEYS = st.text("abcXYZ0123456789-_. ", min_size=1, max_size=8).map(str.strip).filter(bool)
RECORD_KEYS = st.one_of(KEYS, st.tuples(KEYS, KEYS).map("/".join))
OFFSETS = st.integers(-12 * 4, 14 * 4).map(lambda q: timezone(timedelta(minutes=15 * q)))
MOMENTS = st.builds(
    lambda moment, zone: moment.replace(tzinfo=zone),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda d: d.replace(microsecond=0, fold=0)),
    OFFSETS,
)
DAYS = st.dates(date(1920, 1, 1), date(2090, 1, 1))
NUMBERS = st.builds(lambda n, places: Decimal(n).scaleb(-places), st.integers(1, 99999), st.integers(0, 4))

WRITTEN = st.sampled_from([None, None, None, "154.5 [lb_av]", "0.7 mL x 50 mg/mL"])


def amounts(units: tuple[str, ...]) -> st.SearchStrategy[Amount]:
    return st.builds(Amount, NUMBERS, st.sampled_from(units or ("mg", "mL", "min")), WRITTEN)


def _within_limits(one: Limits) -> st.SearchStrategy[Amount]:
    numbers = st.builds(
        lambda n, places: Decimal(n).scaleb(-places), st.integers(int(one.lowest) * 10, int(one.highest) * 10), st.just(1)
    )
    return st.builds(Amount, numbers, st.just(one.unit))


@st.composite
def periods(draw: st.DrawFn, *, ends: bool | None = None, days: bool = True) -> Period:
    has_end = draw(st.booleans()) if ends is None else ends
    if days and draw(st.integers(0, 3)) == 0:
        day = draw(DAYS)
        return Period(day, day + timedelta(days=draw(st.integers(0, 9))) if has_end else None)
    start = draw(MOMENTS)
    return Period(start, start + timedelta(minutes=draw(st.integers(0, 10_000))) if has_end else None)


def values(kind: type, field: Field) -> st.SearchStrategy:
    if kind is Key or kind is Ref:
        return RECORD_KEYS.map(kind)
    if issubclass(kind, Code):
        return st.sampled_from(CODES.own(kind)).map(kind)
    if kind is Amount:
        return st.one_of([_within_limits(one) for one in field.limits]) if field.limits else amounts(field.units)
    if kind is Rate:
        return st.builds(Rate, amounts(("mg", "mL")), amounts(("min", "h")))
    if kind is Period:
        return periods()
    if kind is datetime:
        return MOMENTS
    if kind is date:
        return DAYS
    if kind is bool:
        return st.booleans()
    if kind is Decimal:
        return NUMBERS
    if kind is int:
        return st.integers(int(field.limits[0].lowest), int(field.limits[0].highest)) if field.limits else st.integers(1, 500)
    if kind is str:
        return WORDS
    return items(kind)


@cache
def items(kind: type) -> st.SearchStrategy:
    return _built(kind).filter(lambda made: made is not None)


@st.composite
def _built(draw: st.DrawFn, kind: type) -> object:
    given = {}
    for field in fields_of(kind).values():
        if field.derived:
            continue
        one = st.one_of([values(k, field) for k in field.types])
        if field.name == "key":
            one = (KEYS if kind.__name__ not in CONCEPTS else RECORD_KEYS).map(Key)
        if field.many:
            keyed = is_dataclass(field.types[0]) and fields(field.types[0])[0].name == "key"
            many = st.lists(one, max_size=3, unique_by=(lambda i: i.key) if keyed else None)
            given[field.name] = draw(many.map(lambda l, keyed=keyed: tuple(sorted(l, key=lambda i: i.key) if keyed else l)))
        elif not field.optional or field.defaulted or draw(st.booleans()):
            given[field.name] = draw(one)
    for start, end in (("onset", "abated"), ("started", "ended"), ("valid_from", "valid_until"), ("birth_date", "deceased")):
        _put_in_order(given, start, end)
    if "state" in given:  # of the United States: a realm there checks it
        given["state"] = draw(st.sampled_from(["MA", "OR", "TX"]))
    _make_sense(draw, kind, given)
    try:
        return kind(**given)
    except ImpossibleError:
        return None


def _put_in_order(given: dict, start: str, end: str) -> None:
    both = [given.get(start), given.get(end)]
    if all(isinstance(one, date) and not isinstance(one, datetime) for one in both):
        given[start], given[end] = sorted(both)


def _make_sense(draw: st.DrawFn, kind: type, given: dict) -> None:
    make_frame(draw, kind, given)
    make_dosing(draw, kind, given)
    if kind is Baseline and given.get("systolic") and given.get("diastolic"):
        low, high = sorted((given["systolic"], given["diastolic"]), key=lambda a: a.value)
        given |= {"systolic": high, "diastolic": low}
    elif kind is Diagnosis:
        given.setdefault("label", draw(WORDS))
        if given["status"] not in ENDED:
            given.pop("abated", None)
    elif kind in (MedicationHistory, TreatmentHistory, Allergy, Reaction):
        given.setdefault("label", draw(WORDS))
    elif kind is Consent:
        given["acknowledged"] = tuple(dict.fromkeys(given["acknowledged"]))
    elif kind is TraumaHistory:
        given["ace_score"] = draw(st.integers(0, 10))
    elif kind is Screening:
        if "asa_class" in given:
            given["asa_class"] = draw(st.integers(1, 6))
        given["findings"] = tuple({f.criterion: f for f in given["findings"]}.values())
    elif kind is AdverseEvent:
        if "during" not in given:
            given.pop("causality", None)
        if "meddra" in given:
            given["meddra"] = "".join(given["meddra"].split())
    elif kind is OutcomeAssessment:
        _make_assessment(draw, given)


def _make_assessment(draw: st.DrawFn, given: dict) -> None:
    scale = SCALES[given["instrument"]]
    given["answers"] = tuple(Answer(q, **draw(_answers(scale.item(q)))) for q in draw(_asked(scale)))
    rule = scale.total_of(draw(st.sampled_from([None, *(t.method for t in scale.totals)])))
    if rule is None:
        given.pop("total", None)
    elif "total" in given or not given["answers"]:
        given["total"] = Amount(Decimal(draw(st.integers(int(rule.lowest), int(rule.highest)))), "{score}")
        given["method"] = rule.method
    if "total" not in given:
        given.pop("method", None)
        if given.get("standing") == "prorated":
            given.pop("standing")
    parts = draw(st.lists(st.sampled_from(scale.parts), unique=True, max_size=2)) if scale.parts else []
    given["subscales"] = tuple(SubscaleScore(Key(p.subscale), p.subscale, draw(st.none() | _within(p))) for p in parts)
    OutcomeAssessment.complete(given)


def _within(part: Part) -> st.SearchStrategy:
    return st.integers(int(part.lowest), int(part.highest)).map(lambda n: Amount(Decimal(n), "{score}"))


def _asked(scale: Scale) -> st.SearchStrategy:
    if len(scale.questions) > 40:  # more than a test has time for
        return st.just(scale.questions[:5])
    some = st.lists(st.sampled_from(scale.questions), unique=True) if scale.questions else st.just([])
    return st.one_of(some, st.just(scale.questions))


def _answers(item: Item) -> st.SearchStrategy:
    value = st.sampled_from(list(item.choices)) if item.choices else st.sampled_from(item.numbers)
    text = st.none() | WORDS
    answered = st.fixed_dictionaries({"value": value, "raw_code": text, "raw_label": text})
    absent = st.sampled_from(CODES.own(Absent)).map(Absent)
    return st.one_of(answered, answered, answered, st.fixed_dictionaries({"absent": absent, "raw_code": text}))


def _with(item: object, **changes: object) -> object:
    from dataclasses import replace

    return replace(item, **changes)


def records() -> st.SearchStrategy:
    """A record of any concept."""
    return st.one_of([items(kind) for kind in CONCEPTS.values()])
