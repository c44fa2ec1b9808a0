"""Structure and arithmetic (domain D.1): what contradicts itself within a record, or among the records of a patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise

from kapfhir.model.moments import precedes
from kapfhir.model.values import Amount

from .day import Day, milligrams, minutes, per_kg
from .facts import Check, Dose, Form, Score, Talk, Trouble
from .story import Found, Story
from .table import Numbers

Dated = Dose | Score | Trouble | Talk | Check | Form
SLIPS = (Decimal(10), Decimal(1000), Decimal("2.2046"))  # a decimal point, micrograms for milligrams, pounds for kilograms
LEAST_SLIP = Decimal("1.5")
DEVICE = "nasal-device"


def no_route(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    return any(d.route is None for d in day.given)


def out_of_order(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    """A visit that starts with the session or its dose has no arrival of its own: nobody wrote one down."""
    session, check = day.session, day.session.pre_dose
    arrival = None if session.visit.start in (day.start, session.session.start) else session.visit.start
    moments = (arrival, check.checked if check else None, day.start, day.end, session.session.end, session.visit.end)
    known = [m for m in moments if m is not None]
    return any(precedes(later, earlier) for earlier, later in pairwise(known))


def long_visit(day: Day, n: Numbers) -> bool:
    visit = day.session.visit
    return visit.end is not None and (visit.end - visit.start).total_seconds() > n["hours"] * 3600


def dose_disagrees(day: Day, n: Numbers) -> bool:
    return any(abs(given - expected) > max(expected * n["percent"] / 100, n["mg"]) for given, expected in _both_doses(day))


def dose_slipped(day: Day, n: Numbers) -> bool:
    near = n["percent"] / 100
    for given, expected in _both_doses(day):
        ratio = given / expected if given > expected else expected / given
        if ratio < LEAST_SLIP:
            continue
        if any(abs(ratio - slip) <= slip * near for slip in SLIPS):
            return True
    return False


def volume_disagrees(day: Day, n: Numbers) -> bool:
    for dose in day.given:
        mg = milligrams(dose.dose)
        if mg is None or dose.volume is None or dose.concentration is None:
            continue
        product = dose.volume.value * dose.concentration.value
        if abs(mg - product) * 100 > product * n["percent"]:
            return True
    return False


def odd_strength(day: Day, n: Numbers) -> bool:
    known = (n["low"], n["middle"], n["high"])
    return any(
        d.concentration is not None and d.form in (None, "vial") and d.concentration.value not in known and not d.diluent
        for d in day.given
        if d.vial or d.form == "vial"
    )


def odd_duration(day: Day, n: Numbers) -> bool:
    return any(not n["shortest"] <= minutes(start, end) <= n["longest"] for start, end in day.infusions)


def more_than_a_vial(day: Day, n: Numbers) -> bool:
    for dose in day.given:
        given = milligrams(dose.dose)
        if dose.vial is None or given is None or dose.new_vial is False:
            continue
        wasted = dose.wasted
        if wasted is not None and wasted.unit == "mL":
            wasted = Amount(wasted.value * dose.concentration.value, "mg") if dose.concentration else None
        if given + (wasted.value if wasted else 0) > n["mg"]:
            return True
    return False


def odd_devices(day: Day, n: Numbers) -> bool:
    total = day.total("esketamine", "intranasal")
    return total is not None and total.whole and total.mg not in (n["one"], n["two"], n["three"])


def ketamine_from_device(day: Day, n: Numbers) -> bool:
    """The dose tells nothing by itself: only whole devices fit."""
    return any(
        d.drug == "ketamine" and d.route == "intranasal" and d.form == DEVICE and (milligrams(d.dose) or n["mg"]) % n["mg"] == 0
        for d in day.given
    )


def before_birth(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    birth = story.person.birth if story.person else None
    if birth is not None:
        yield from (fact for day, fact in _dated(story) if day < birth)


def after_death(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    died = story.person.died if story.person else None
    if died is not None:
        yield from (fact for day, fact in _dated(story) if day > died)


def in_future(story: Story, n: Numbers) -> Found:
    """A day is left, for clocks and zones."""
    yield from (fact for day, fact in _dated(story) if day - story.around.until_day > n["days"])


def old_weight(story: Story, n: Numbers) -> Found:
    weighed = story.person.weighed if story.person else ()
    for dose in story.doses:
        before = [day for day in weighed if day <= dose.day]
        if dose.by_weight and before and dose.day - max(before) > n["days"]:
            yield dose


def filled_in_twice(story: Story, n: Numbers) -> Found:
    last: dict[tuple[str, str], Score] = {}
    for score in story.scores:
        if score.score is None or score.standing == "invalid":
            continue
        before = last.get((score.instrument, score.edition))
        if before is not None and before.score != score.score and _at_once(before, score, n["minutes"]):
            yield score
        last[score.instrument, score.edition] = score


def numbers_broken(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    """Told on the session after a gap, and on the second of two that have one number."""
    for sessions in _numbered(story):
        known = sorted(sessions, key=lambda d: (d.number or 0, d.start))
        for one, other in pairwise(known):
            if (other.number or 0) - (one.number or 0) != 1:
                yield other


def numbers_backward(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    for sessions in _numbered(story):
        for one, other in pairwise(sessions):
            if one.day != other.day and (other.number or 0) < (one.number or 0):
                yield other


def no_time_on_dose_day(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    days = {d.day for d in story.doses}
    yield from (s for s in story.scores if not s.timed and s.timepoint is None and s.day in days)


def near_an_edge(story: Story, n: Numbers) -> Found:
    margin = float(n["hours"])
    edges = (float(n["inner"]), float(n["outer"]))
    for talk in story.talks:
        if talk.since is not None and talk.done and any(abs(talk.since - edge) <= margin for edge in edges):
            yield talk


def unverified(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    yield from (s for s in story.scores if s.standing == "unverified")


def total_with_gaps(story: Story, n: Numbers) -> Found:
    yield from (s for s in story.scores if s.missing > n["missing"] and s.score is not None)


def _both_doses(day: Day) -> list[tuple[Decimal, Decimal]]:
    """Milligrams as given, and mg by dose per kg and weight."""
    if day.kg is None:
        return []
    both = [(milligrams(d.dose), per_kg(d)) for d in day.given]
    return [(mg, dose * day.kg) for mg, dose in both if mg and dose]


def _dated(story: Story) -> Iterator[tuple[int, Dated]]:
    """What happened to a patient, with its day."""
    facts: tuple[Dated, ...] = (*story.sessions, *story.scores, *story.troubles, *story.talks, *story.checks, *story.forms)
    return ((fact.day, fact) for fact in facts if fact.day is not None)


def _numbered(story: Story) -> list[list[Dose]]:
    """The sessions of each course that have a number, in the order of time. A log without courses counts too: there a number 1 on
    a later day begins the next course.
    """
    found: dict[str | int, list[Dose]] = {}
    begun, first = 0, 0
    for session in story.sessions:
        if session.number is None:
            continue
        if not session.course and session.number == 1 and session.day > first:
            begun, first = begun + 1, session.day
        found.setdefault(session.course or begun, []).append(session)
    return list(found.values())


def _at_once(one: Score, other: Score, most: Decimal) -> bool:
    if one.timed and other.timed:
        return abs(other.at - one.at) <= float(most) * 60
    return one.day == other.day and (one.timepoint, one.during, one.timed) == (other.timepoint, other.during, other.timed)


def no_amount(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    return any(not isinstance(d.dose, Amount) for d in day.given)


DAY: dict[str, Callable[[Day, Numbers], bool]] = {
    "S01": no_amount,
    "S01-route": no_route,
    "S02": out_of_order,
    "S02-long": long_visit,
    "S09": dose_disagrees,
    "S09-slip": dose_slipped,
    "S10": volume_disagrees,
    "S10-strength": odd_strength,
    "S11": odd_duration,
    "S13-vial": more_than_a_vial,
    "S25-usual": odd_devices,
    "S26": ketamine_from_device,
}
STORY: dict[str, Callable[[Story, Numbers], Found]] = {
    "S03": before_birth,
    "S03-death": after_death,
    "S03-future": in_future,
    "S06-total": total_with_gaps,
    "S15-old": old_weight,
    "S16": filled_in_twice,
    "S18": numbers_broken,
    "S18-order": numbers_backward,
    "S19": no_time_on_dose_day,
    "S21": near_an_edge,
    "S29": unverified,
}
