"""Dosing (domain D.3): how much by which way, how fast, how often."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

from kapfhir.model.values import Period

from .day import BY_WEIGHT, LOZENGE, PARENTERAL, Day, minutes
from .facts import Dose
from .story import DAY_S, Found, Story, hours_between, induction_of
from .table import Numbers

WEEK, YEAR = 7, 365
SPRAYED = ("intranasal",)
LIMITED = (*PARENTERAL, *LOZENGE, "oral", *SPRAYED)
FIRST_PHASE, LATER = 2, 1  # esketamine: sessions a week


def _outside(*routes: str) -> Callable[[Day, Numbers], bool]:
    """Ketamine of the session by these ways outside of the usual range; numbers that a rule does not have are not asked.

    Where a dose can't be read, the others may be too much by themselves; that they are too little says nothing.
    """

    def found(day: Day, n: Numbers) -> bool:
        total = day.total("ketamine", *routes)
        if total is None:
            return False
        if ("most" in n and total.mg > n["most"]) or ("high" in n and total.per_kg > n["high"]):
            return True
        return "low" in n and total.whole_per_kg and total.per_kg < n["low"]

    return found


def _far_beyond(*routes: str) -> Callable[[Day, Numbers], bool]:
    """Ketamine of the session by these ways that is too much for anaesthesia, though no dose is by itself."""

    def found(day: Day, n: Numbers) -> bool:
        total = day.total("ketamine", *routes)
        return total is not None and (("mg" in n and total.mg > n["mg"]) or ("per_kg" in n and total.per_kg > n["per_kg"]))

    return found


def _outside_by_last_weight(route: str) -> Callable[[Story, Numbers], Found]:
    """As `_outside`, per kg, where the day has no weight, by the last one that was measured not too long before."""

    def found(story: Story, n: Numbers) -> Found:
        for dose in story.doses:
            mg, whole = next(((Decimal(mg), whole) for way, mg, whole in dose.unweighed if way == route), (None, False))
            kg = story.last_weight(dose.day, int(n["days"])) if mg is not None else None
            if mg is not None and kg and (mg / kg > n["high"] or ("low" in n and whole and mg / kg < n["low"])):
                yield dose

    return found


def lozenges_outside(day: Day, n: Numbers) -> bool:
    total = day.total("ketamine", *LOZENGE)
    return total is not None and (total.mg > n["most"] or (total.whole and total.mg < n["low"]))


def much_esketamine(day: Day, n: Numbers) -> bool:
    total = day.total("esketamine", "intranasal")
    return total is not None and total.mg > n["most"]


def unread_dose(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    """Of a drug and a way that have a limit a day."""
    return any(
        d.route in (LIMITED if d.drug == "ketamine" else SPRAYED if d.drug == "esketamine" else ()) and day.milligrams(d) is None
        for d in day.given
    )


def no_weight(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    """Of a way with a limit per kg; a dose that can't be read at all has a rule of its own."""
    return any(
        d.drug == "ketamine" and d.route in BY_WEIGHT and day.milligrams(d) is not None and day.per_kg(d) is None
        for d in day.given
    )


def unusual_start(story: Story, n: Numbers) -> Found:
    """Where the age is not known, either start will do."""
    dose = next((d for d in story.doses if d.nasal), None)
    if dose is None or dose.mg is None:
        return
    age = story.age(dose.day)
    starts = {n["start"]} if age is None or age < n["older"] else set()
    starts |= {n["start_older"]} if age is None or age >= n["older"] else set()
    if Decimal(dose.mg) not in starts:
        yield dose


def low_esketamine(story: Story, n: Numbers) -> Found:
    """After the first session, which has a rule of its own; the first that is low is told."""
    higher = False
    for number, dose in enumerate(d for d in story.doses if d.nasal and d.mg):
        mg, age = Decimal(dose.mg or 0), story.age(dose.day)
        if number and mg <= n["low"] and not higher and (age is None or age < n["older"]):
            yield dose
            return
        higher = higher or mg > n["low"]


def unusual_infusion(day: Day, n: Numbers) -> bool:
    return any(not n["shortest"] <= minutes(start, end) <= n["longest"] for start, end in day.infusions)


def fast_infusion(day: Day, n: Numbers) -> bool:
    return any(minutes(start, end) < n["shortest"] for start, end in day.infusions)


def short_interval(story: Story, n: Numbers) -> Found:
    for one, other in pairwise(story.doses):
        hours = hours_between(one, other)
        if (hours is not None and hours < n["hours"]) or (hours is None and one.day == other.day):
            yield other


def many_in_a_week(story: Story, n: Numbers) -> Found:
    most = int(n["sessions"])
    for dose, earlier in zip(story.doses[most:], story.doses, strict=False):
        hours = hours_between(earlier, dose)
        if dose.day - earlier.day < WEEK or (hours is not None and hours < WEEK * 24):
            yield dose


def long_and_often(story: Story, n: Numbers) -> Found:
    """Weeks are counted from the first dose of each course."""
    for _, doses in story.courses():
        weeks: dict[int, list[Dose]] = {}
        for dose in doses:
            weeks.setdefault((dose.day - doses[0].day) // WEEK, []).append(dose)
        run = 0
        for week in range(max(weeks) + 1):
            run = run + 1 if len(weeks.get(week, ())) >= n["sessions"] else 0
            if run > n["weeks"]:
                yield weeks[week][0]
                break


def odd_induction(story: Story, n: Numbers) -> Found:
    for course, doses in story.courses():
        induction = induction_of(doses)
        if not induction or not story.is_induction_over(course, doses):
            continue
        plan = story.plan_of(course)
        if plan is not None and plan.fewest is not None:
            fits = plan.fewest <= len(induction) <= (plan.most or plan.fewest)
        else:
            days = induction[-1].day - induction[0].day
            fits = n["fewest"] <= len(induction) <= n["most"] and n["shortest"] <= days <= n["longest"]
        if not fits:
            yield induction[-1]


def off_schedule(story: Story, n: Numbers) -> Found:
    """The first week of a course that differs; too few are told where the course went on after that week."""
    for _, doses in story.courses():
        nasal = [d for d in doses if d.nasal]
        weeks: dict[int, list[Dose]] = {}
        for dose in nasal:
            weeks.setdefault((dose.day - nasal[0].day) // WEEK, []).append(dose)
        for week in range(max(weeks, default=-1) + 1):
            there = weeks.get(week, [])
            wanted = FIRST_PHASE if week < n["first"] else LATER
            if len(there) > wanted:
                yield there[wanted]
                break
            later = [d for w, found in weeks.items() if w > week for d in found]
            if len(there) < wanted and week < n["second"] and later:
                yield min(later, key=lambda d: d.start)
                break


def big_step(story: Story, n: Numbers) -> Found:
    for one, other in pairwise(story.doses):
        if (one.drug, one.route) != (other.drug, other.route) or one.nasal:
            continue
        before, now = (one.per_kg, other.per_kg) if one.per_kg and other.per_kg else (one.mg, other.mg)
        if before is None or now is None:
            continue
        step, base = abs(Decimal(now) - Decimal(before)), Decimal(before)
        if step * 100 > base * n["percent"] or (one.per_kg and other.per_kg and step > n["per_kg"]):
            yield other


def early_supplement(day: Day, n: Numbers) -> bool:
    start = day.start
    if start is None:
        return False
    for dose in day.given:
        begun = dose.given.start if isinstance(dose.given, Period) else dose.given
        if dose.order in ("supplemental", "booster") and 0 <= (begun - start).total_seconds() < n["minutes"] * 60:
            return True
    return False


def odd_maintenance(story: Story, n: Numbers) -> Found:
    for one, other in pairwise(story.doses):
        if other.kind == "maintenance" and not n["shortest"] <= other.day - one.day <= n["longest"]:
            yield other


def many_in_a_year(story: Story, n: Numbers) -> Found:
    most = int(n["sessions"])
    for dose, earlier in zip(story.doses[most:], story.doses, strict=False):
        if dose.start - earlier.start < YEAR * DAY_S:
            yield dose
            return


DAY: dict[str, Callable[[Day, Numbers], bool]] = {
    "P01": _outside("iv"),
    "P01-total": _far_beyond("iv"),
    "P01-unread": unread_dose,
    "P01-weight": no_weight,
    "P02": _outside("im"),
    "P02-total": _far_beyond("im"),
    "P03": _outside("subcutaneous"),
    "P03-total": _far_beyond("subcutaneous"),
    "P04": lozenges_outside,
    "P04-total": _far_beyond(*LOZENGE),
    "P05": _outside("oral"),
    "P05-total": _far_beyond("oral"),
    "P06": _outside("intranasal"),
    "P06-total": _far_beyond("intranasal"),
    "P07": much_esketamine,
    "P08": unusual_infusion,
    "P08-bolus": fast_infusion,
    "P14": early_supplement,
}
STORY: dict[str, Callable[[Story, Numbers], Found]] = {
    "P01-earlier": _outside_by_last_weight("iv"),
    "P02-earlier": _outside_by_last_weight("im"),
    "P03-earlier": _outside_by_last_weight("subcutaneous"),
    "P05-earlier": _outside_by_last_weight("oral"),
    "P07-start": unusual_start,
    "P07-low": low_esketamine,
    "P09": short_interval,
    "P09-week": many_in_a_week,
    "P10": long_and_often,
    "P11": odd_induction,
    "P12": off_schedule,
    "P13": big_step,
    "P15": odd_maintenance,
    "P16": many_in_a_year,
}
