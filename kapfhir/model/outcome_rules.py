"""From the assessments of one patient to derived outcomes: baselines and definitions as the scales name them.

Undefined, so left out: percent where the baseline is 0, a definition that the baseline already meets, anything between
versions of a scale, relapse without a response before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from .derived import DerivedOutcome, Determination
from .making import maker_of
from .moments import day_of, order_of
from .scales import Rule, Scale
from .shipped import SCALES
from .values import Amount, BaselineRule, Instrument, Key, Ref

LAST, WORST = BaselineRule("last-before-first-dose"), BaselineRule("worst-30-days")
BASELINE_DAYS = 30
AFTER = frozenset({"during", "min-40", "min-90", "post-dose", "discharge", "day-1", "week-1", "week-2", "week-4", "week-12"})
PLACES = Decimal("0.01")
_outcome, _determination, _amount = maker_of(DerivedOutcome), maker_of(Determination), maker_of(Amount)


class Measured(NamedTuple):
    """What of an assessment is compared. `edition`: instrument, version, method of the total, recall."""

    key: str
    instrument: str
    edition: str
    assessed: datetime | date
    score: Decimal
    safety: int | None = None
    timepoint: str | None = None
    course: str | None = None

    @property
    def day(self) -> date:
        return self.assessed.date() if isinstance(self.assessed, datetime) else self.assessed


@dataclass(frozen=True, slots=True)
class Treated:
    """A course: when its first dose was given, and which assessment is its baseline."""

    course: str | None
    first_dose: datetime | date
    baseline_rule: BaselineRule = LAST


def derive(patient: str, courses: Iterable[Treated], measured: Iterable[Measured]) -> Iterator[DerivedOutcome]:
    """Each assessment after the first dose of a course against the baseline of that course."""
    begun = sorted(courses, key=lambda c: order_of(c.first_dose))
    editions: dict[str, list[Measured]] = {}
    for one in sorted(measured, key=_order):
        scale = SCALES.get(one.instrument)
        if scale is not None and scale.follows:
            editions.setdefault(one.edition, []).append(one)
    for number, course in enumerate(begun):
        until = begun[number + 1].first_dose if number + 1 < len(begun) else None
        for same in editions.values():
            before: list[Measured] = []
            after: list[Measured] = []
            for one in same:
                if _is_before(one, course.first_dose):
                    if one.course in (None, course.course):
                        before.append(one)
                elif one.course == course.course if one.course else until is None or _is_before(one, until):
                    after.append(one)
            baseline = choose_baseline(before, course, SCALES[same[0].instrument])
            if baseline is not None:
                yield from _follow(patient, course, baseline, after)


def choose_baseline(before: Sequence[Measured], course: Treated, scale: Scale) -> Measured | None:
    """By the named rule, of assessments before the first dose, in the order of time; None where there is none."""
    if course.baseline_rule == WORST:
        day = day_of(course.first_dose)
        near = [m for m in before if (day - m.day).days <= BASELINE_DAYS]
        worse = min if scale.rises else max
        return worse(reversed(near), key=lambda m: m.score, default=None)
    return before[-1] if before else None


def meets(rule: Rule, baseline: Decimal, score: Decimal, best: Decimal | None = None) -> bool | None:
    """Whether a definition is met by one score; None where that is undefined. `best`: the lowest since the first dose."""
    if rule.measure == "score":
        return rule.cut.holds(score)
    gained = baseline - score
    if rule.measure == "lost":
        if best is None or best >= baseline:
            return None
        lost, whole = score - best, baseline - best
    else:
        lost, whole = (gained if rule.measure == "drop" else -gained), baseline
    if not rule.percent:
        return rule.cut.holds(lost)
    return None if whole <= 0 else rule.cut.holds(lost * 100 / whole)


def _follow(patient: str, course: Treated, baseline: Measured, after: Sequence[Measured]) -> Iterator[DerivedOutcome]:
    scale = SCALES[baseline.instrument]
    response = next((r for r in scale.rules if r.kind == "response" and r.measure == "drop"), None)
    responded: Measured | None = None
    held: Measured | None = None  # the last one of an unbroken response
    best = baseline.score
    rules = [r for r in scale.rules if r.kind != "remission" or not meets(r, best, best)]  # else the baseline meets it already
    for number, now in enumerate(after):
        seen = after[: number + 1]
        best = min(best, now.score)
        broken = held is not None and held is not after[number - 1]
        if response is not None and meets(response, baseline.score, now.score):
            responded = responded or now
            held = now if not broken else held
        found = [d for rule in rules if (d := _determine(rule, baseline, seen, best, responded)) is not None]
        change = now.score - baseline.score
        yield _outcome(
            Key(now.key),
            Ref(patient),
            Instrument(baseline.instrument),
            now.assessed,
            (Ref(baseline.key), Ref(now.key)),
            course.baseline_rule,
            _amount(change, "{score}"),
            _amount((change * 100 / baseline.score).quantize(PLACES), "%") if baseline.score > 0 else None,
            Ref(course.course) if course.course else None,
            tuple(sorted(found, key=lambda d: d.key)),
            _since(course.first_dose, responded.assessed) if responded else None,
            _amount(Decimal((held.day - responded.day).days), "d") if responded and held else None,
            now.safety - baseline.safety if now.safety is not None and baseline.safety is not None else None,
        )


def _determine(
    rule: Rule, baseline: Measured, seen: Sequence[Measured], best: Decimal, responded: Measured | None
) -> Determination | None:
    """None where the definition says nothing: there was no response to lose, or the baseline is 0."""
    if rule.kind == "relapse" and (responded is None or responded is seen[-1]):
        return None
    row = seen[-rule.in_a_row :]
    said = [meets(rule, baseline.score, m.score, best) for m in row]
    if said[-1] is None:
        return None
    met = len(row) == rule.in_a_row and all(said)
    if rule.kind == "relapse" and responded is not None:  # the row begins after the response
        met = met and all(_order(m) > _order(responded) for m in row)
    at = row[0].assessed if rule.kind == "relapse" and met else None
    return _determination(Key(rule.definition), rule.definition, met, at)


def _is_before(one: Measured, dose: date) -> bool:
    """On a day without a time of day, an assessment of the day of the dose is before it, unless it says that it is not."""
    if isinstance(one.assessed, datetime) and isinstance(dose, datetime):
        return one.assessed < dose
    return one.day < day_of(dose) or (one.day == day_of(dose) and one.timepoint not in AFTER)


def _order(one: Measured) -> tuple[date, int, float, str]:
    """By day; those without a time of day first, as `_is_before` takes them."""
    if isinstance(one.assessed, datetime):
        return (one.day, 1, one.assessed.timestamp(), one.key)
    return (one.day, 1 if one.timepoint in AFTER else 0, float("inf"), one.key)


def _since(dose: date, assessed: date) -> Amount:
    """Hours where both moments are known, else days."""
    if isinstance(assessed, datetime) and isinstance(dose, datetime):
        hours = Decimal((assessed - dose) // timedelta(microseconds=1)) / Decimal(3_600_000_000)
        return _amount(hours.quantize(PLACES), "h")
    return _amount(Decimal((day_of(assessed) - day_of(dose)).days), "d")
