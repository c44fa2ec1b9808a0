"""Monitoring on the day of a dose (domain D.4): was it watched as it should be, and what was seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from kapfhir.model.moments import day_of
from kapfhir.model.values import Amount
from kapfhir.model.vitals import VitalSet

from .day import BEFORE, LOZENGE, PARENTERAL, Day, minutes
from .story import Found, Story
from .table import Numbers

TALKERS = ("lead-therapist", "co-therapist", "guide-sitter")


def no_pressure_before(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    return bool(day.given) and not day.nasal and _has_no_pressure_before(day)


def no_pressure_before_esketamine(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    return day.nasal and _has_no_pressure_before(day)


def high_before(story: Story, n: Numbers) -> Found:
    """Needs the age, so the whole patient."""
    for dose in story.doses:
        age = story.age(dose.day)
        systolic = n["systolic_older"] if age is not None and age >= n["older"] else n["systolic"]
        high = (dose.systolic is not None and dose.systolic > systolic) or (
            dose.diastolic is not None and dose.diastolic > n["diastolic"]
        )
        if high and not dose.overridden:
            yield dose


def severe_pressure(day: Day, n: Numbers) -> bool:
    high, low = day.systolic, day.diastolic
    return (bool(high) and max(high) >= n["systolic"]) or (bool(low) and max(low) >= n["diastolic"])


def steep_rise(day: Day, n: Numbers) -> bool:
    before, after = day.before, day.after
    if before is None or not after:
        return False
    high = [p.systolic for p in after if p.systolic is not None]
    if before.systolic is not None and high and max(high) - before.systolic >= n["systolic"]:
        return True
    low = [p.diastolic for p in after if p.diastolic is not None]
    return before.diastolic is not None and bool(low) and max(low) - before.diastolic >= n["diastolic"]


def no_pressure_at_40(day: Day, n: Numbers) -> bool:
    start = day.start
    if not day.nasal or start is None:
        return False
    return not any(abs(minutes(start, p.taken) - float(n["at"])) <= n["margin"] for p in day.pressures)


def no_pressure_at_end(day: Day, n: Numbers) -> bool:
    start = day.start
    if not day.nasal or start is None:
        return False
    return not any(minutes(start, p.taken) >= n["after"] for p in day.pressures)


def short_monitoring(day: Day, n: Numbers) -> bool:
    start, left = day.start, day.session.visit.end
    if not day.nasal or start is None or not isinstance(left, datetime):
        return False
    return minutes(start, left) < n["minutes"]


def late_form(day: Day, n: Numbers) -> bool:
    form = day.session.rems
    if form is None or form.submitted is None:
        return False
    return (form.submitted.date() - day_of(day.session.visit.start)).days > n["days"]


def few_vitals(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    """One set before, one after the start, and one more after that; each of the three measured in all of them."""
    start = day.start
    if start is None:
        return False
    sets = [0, 0, 0, 0, 0, 0]
    for vital in day.vitals:
        late = 0 if _is_before(vital, start) else 3
        sets[late] += vital.blood_pressure is not None
        sets[late + 1] += vital.heart_rate is not None
        sets[late + 2] += vital.oxygen_saturation is not None
    return min(sets[:3]) < 1 or min(sets[3:]) < 2


def long_gap(day: Day, n: Numbers) -> bool:
    most = timedelta(minutes=float(n["minutes"]))
    for start, end in day.infusions:
        last = start
        for vital in day.vitals:
            if start < vital.taken < end:
                if vital.taken - last > most:
                    return True
                last = vital.taken
        if end - last > most:
            return True
    return False


def low_oxygen(day: Day, n: Numbers) -> bool:
    return bool(day.oxygen) and min(day.oxygen) < n["percent"]


def odd_heart_rate(day: Day, n: Numbers) -> bool:
    return bool(day.rates) and (min(day.rates) < n["lowest"] or max(day.rates) > n["highest"])


def high_heart_rate(day: Day, n: Numbers) -> bool:
    return bool(day.rates) and max(day.rates) > n["highest"]


def deep_sedation(day: Day, n: Numbers) -> bool:
    cuts = {"rass": n["rass"], "moaa-s": n["moaas"]}
    return any(s.scale in cuts and s.value <= cuts[s.scale] for s in day.session.sedation)


def left_early(day: Day, n: Numbers) -> bool:
    return bool(day.routes & set(PARENTERAL)) and _left_before(day, n)


def left_early_after_lozenge(day: Day, n: Numbers) -> bool:
    return bool(day.routes & set(LOZENGE)) and _left_before(day, n)


def high_at_discharge(day: Day, n: Numbers) -> bool:
    after = [p for p in day.after if p.systolic is not None]
    if not day.given or not after:
        return False
    last, before = after[-1].systolic, day.before.systolic if day.before else None
    assert last is not None
    return last > n["systolic"] or (before is not None and last * 100 > before * (100 + n["percent"]))


def not_falling(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    """The last one is the highest since the dose, and above that before it; one alone since the dose shows no course."""
    after = [p.systolic for p in day.after if p.systolic is not None]
    before = day.before.systolic if day.before else None
    if not day.given or before is None or len(after) < 2:
        return False
    return before < after[-1] >= max(after[:-1])


def left_unresolved(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    leaving = day.session.discharge
    return leaving is not None and (leaving.sedation_resolved is False or leaving.dissociation_resolved is False)


def left_alone(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    leaving = day.session.discharge
    return bool(day.given) and leaving is not None and leaving.escort_present is False


def no_driving_advice(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    leaving = day.session.discharge
    return bool(day.given) and leaving is not None and "no-driving" not in leaving.instructions


def no_chaperone(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    remote = day.session.remote
    return _is_remote(day) and (remote is None or remote.chaperone is None)


def few_looks(day: Day, n: Numbers) -> bool:
    start, end = day.start, day.session.session.end
    if not _is_remote(day) or start is None or not isinstance(end, datetime):
        return False
    looks = day.session.remote.checks if day.session.remote else ()
    moments = [start, *sorted(c.checked for c in looks if start < c.checked < end), end]
    return any(minutes(a, b) > n["minutes"] for a, b in pairwise(moments))


def no_vitals_at_home(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    start = day.start
    if not _is_remote(day) or start is None:
        return False
    early = sum(_is_before(v, start) for v in day.vitals)
    return early == 0 or early == len(day.vitals)


def not_fasted(day: Day, n: Numbers) -> bool:
    check = day.session.pre_dose
    return check is not None and (_below(check.food_fasting, n["food"]) or _below(check.liquid_fasting, n["liquid"]))


def nobody_said(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    return "ketamine" in day.drugs and not tells_of_therapist(day)


def tells_of_therapist(day: Day) -> bool:
    """Whether it is on record that a therapist was there, or was not."""
    session = day.session
    told = session.therapy is not None or (session.setting is not None and session.setting.therapist is not None)
    return told or any(s.role in TALKERS for s in session.staff)


def two_drugs(day: Day, n: Numbers) -> bool:  # noqa: ARG001
    return len(day.drugs) > 1


def _has_no_pressure_before(day: Day) -> bool:
    """Where the dose has no time of day, only that there is none at all can be told."""
    return day.before is None and (day.start is not None or not day.pressures)


def _is_remote(day: Day) -> bool:
    return bool(day.given) and day.remote


def _is_before(vital: VitalSet, start: datetime) -> bool:
    return vital.timepoint in BEFORE or vital.taken <= start


def _left_before(day: Day, n: Numbers) -> bool:
    end, left = day.end or day.start, day.session.visit.end
    return end is not None and isinstance(left, datetime) and minutes(end, left) < n["minutes"]


def _below(amount: Amount | None, least: Decimal) -> bool:
    return amount is not None and amount.value < least


DAY: dict[str, Callable[[Day, Numbers], bool]] = {
    "M01": no_pressure_before,
    "M01-esketamine": no_pressure_before_esketamine,
    "M03": severe_pressure,
    "M03-rise": steep_rise,
    "M04": no_pressure_at_40,
    "M04-end": no_pressure_at_end,
    "M04-length": short_monitoring,
    "M05": late_form,
    "M06": few_vitals,
    "M06-interval": long_gap,
    "M07": low_oxygen,
    "M07-low": low_oxygen,
    "M08": odd_heart_rate,
    "M08-high": high_heart_rate,
    "M09": deep_sedation,
    "M10": left_early,
    "M10-lozenge": left_early_after_lozenge,
    "M11": high_at_discharge,
    "M11-falling": not_falling,
    "M11-state": left_unresolved,
    "M11-escort": left_alone,
    "M11-driving": no_driving_advice,
    "M12": no_chaperone,
    "M12-checks": few_looks,
    "M12-vitals": no_vitals_at_home,
    "M13": not_fasted,
    "M14": nobody_said,
    "M15": two_drugs,
}
STORY: dict[str, Callable[[Story, Numbers], Found]] = {"M02": high_before}
