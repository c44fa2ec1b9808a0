"""Structure and arithmetic: each rule on both sides of each boundary."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from rules_desk import (
    AT,
    ZONE,
    after,
    amount,
    both_sides,
    consent,
    dose,
    esketamine,
    find,
    integration,
    judged_in,
    patient,
    per_kg,
    rules,
    score,
    screening,
    session,
    vital,
)

from kapfhir.model.discharge import Discharge
from kapfhir.model.doses import DoseEvent
from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.people import BodyMeasurement
from kapfhir.model.pre_dose import PreDoseCheck
from kapfhir.model.screening import Baseline
from kapfhir.model.values import Absent, Choice, ImpossibleError, Key, Period, Question, Ref

BORN = patient(birth_date=date(2026, 1, 5))


def reckoned(number, by, *, kg=70):
    """A dose in mg and in mg/kg, and the weight."""
    return session(dose(number, dose_per_kg=per_kg(by), weighed=Ref("w")), vitals=[vital(-10, 120, 80, key="w", kg=kg)])


def drawn(number, volume, concentration, **rest):
    return session(dose(number, volume=amount(volume, "mL"), concentration=amount(concentration, "mg/mL"), **rest))


def emptied(number, wasted, unit="mg", **rest):
    rest.setdefault("new_vial", True)
    return session(
        dose(
            number,
            vial="V-1",
            wasted=amount(wasted, unit),
            waste_witness=Ref("RN"),
            dose_per_kg=None,
            route="intranasal" if number > 500 else "iv",
            **rest,
        )
    )


def weighed(days):
    body = BodyMeasurement(Key("1"), after(days=days).date(), weight=amount(70, "kg"))
    return (patient(measurements=(body,)), session(dose(35, dose_per_kg=per_kg("0.5"))))


def event(day):
    return AdverseEvent(Key("E"), Ref("P"), "nausea", day, "mild")


def numbered(*numbers, course="C"):
    return tuple(session(dose(days=d), days=d, number=n, course=course) for d, n in enumerate(numbers))


def gaps(count, total=20):
    """A PHQ-9 with a total, in which so many items have no answer."""
    given = [(Question(f"phq9-{n}"), Choice("not-at-all")) for n in range(1, 10 - count)]
    return score(total, answers=given)


def lasting(left):
    return session(left=left)


CASES = [
    ("S01-route", session(dose(None, None, minutes=None)), True),
    ("S01-route", session(), False),
    ("S02", session(), False),
    ("S02", session(pre_dose=PreDoseCheck(after(0))), False),
    ("S02", session(pre_dose=PreDoseCheck(after(1))), True),
    ("S02", session(pre_dose=PreDoseCheck(after(-31))), True),
    ("S02", session(left=39, session=Period(after(-5), after(39))), True),
    ("S02", session(left=60, session=Period(after(-5), after(60))), False),
    ("S02", session(left=59, session=Period(after(-5), after(60))), True),
    ("S02", session(visit=Period(AT, after(120)), pre_dose=PreDoseCheck(after(-15))), False),
    ("S02", session(visit=Period(after(1), after(120))), True),
    ("S02-long", lasting(24 * 60 - 30), False),
    ("S02-long", lasting(24 * 60 - 29), True),
    ("S01", session(dose(35)), False),
    ("S01", session(DoseEvent(Key("1"), "ketamine", "completed", AT, dose=Absent("error"), route="iv")), True),
    ("S01", session(DoseEvent(Key("1"), "ketamine", "completed", AT)), True),
    ("S01", session(dose(None, None, status="not-done"), status="not-done"), False),
    ("S03", (BORN, session()), False),
    ("S03", (BORN, session(dose(days=-1), days=-1)), True),
    ("S03", (BORN, score(5, days=-1)), True),
    ("S03", (BORN, event(date(2026, 1, 4))), True),
    ("S03", (BORN, screening(days=-1)), True),
    ("S03", (BORN, screening(days=0)), False),
    ("S03", (BORN, consent(-1)), True),
    ("S03", (BORN, consent(None, status="proposed")), False),
    ("S03-death", (patient(deceased=date(2026, 1, 5)), consent(1)), True),
    ("S03-death", (patient(deceased=date(2026, 1, 5)), screening(days=1)), True),
    ("S03-future", screening(days=1000), True),
    ("S03-death", (patient(deceased=date(2026, 1, 5)), session()), False),
    ("S03-death", (patient(deceased=date(2026, 1, 4)), session()), True),
    ("S03-future", score(5, day=date(2027, 6, 2)), False),
    ("S03-future", score(5, day=date(2027, 6, 3)), True),
    ("S06-total", gaps(2), False),
    ("S06-total", gaps(3), True),
    ("S06-total", gaps(3, total=None), False),
    ("S09", reckoned(35, "0.5"), False),
    ("S09", reckoned("37.5", "0.5"), False),
    ("S09", reckoned("37.6", "0.5"), True),
    ("S09", reckoned(84, "1.0", kg=80), False),
    ("S09", reckoned("84.1", "1.0", kg=80), True),
    ("S09-slip", reckoned(210, "0.3"), True),
    ("S09-slip", reckoned("3.5", "0.5"), True),
    ("S09-slip", reckoned(35, "0.5", kg=154), True),
    ("S09-slip", reckoned(70, "0.5"), False),
    ("S09-slip", reckoned("0.035", "0.5"), True),
    ("S10", drawn(50, 1, 50), False),
    ("S10", drawn(51, 1, 50), False),
    ("S10", drawn("51.1", 1, 50), True),
    ("S10", drawn("48.9", 1, 50), True),
    ("S10-strength", drawn(50, 1, 50, form="vial"), False),
    ("S10-strength", drawn(20, 1, 20, form="vial"), True),
    ("S10-strength", drawn(20, 1, 20, form="infusion-bag"), False),
    ("S11", session(dose(minutes=10)), False),
    ("S11", session(dose(minutes=9)), True),
    ("S11", session(dose(minutes=180)), False),
    ("S11", session(dose(minutes=181)), True),
    ("S13-vial", emptied(400, 100), False),
    ("S13-vial", emptied(400, 101), True),
    ("S13-vial", emptied(400, 101, new_vial=False), False),
    ("S13-vial", emptied(400, 2, "mL", concentration=amount(50, "mg/mL")), False),
    ("S13-vial", emptied(400, 3, "mL", concentration=amount(50, "mg/mL")), True),
    ("S15-old", weighed(-30), False),
    ("S15-old", weighed(-31), True),
    ("S16", (score(10, key="1"), score(11, key="2", minutes=5)), True),
    ("S16", (score(10, key="1"), score(11, key="2", minutes=6)), False),
    ("S16", (score(10, key="1"), score(10, key="2", minutes=5)), False),
    ("S16", (score(10, key="1", day=AT.date()), score(11, key="2", day=AT.date())), True),
    (
        "S16",
        (
            score(1, "cadss", key="1", day=AT.date(), timepoint="pre-dose"),
            score(9, "cadss", key="2", day=AT.date(), timepoint="min-40"),
        ),
        False,
    ),
    ("S17", (patient(chart_number="7"), patient(key="Q", chart_number="7")), True),
    ("S17", (patient(chart_number="7"), patient(key="Q", chart_number="8")), False),
    ("S17", (patient(chart_number="7"), patient(key="Q", ehr_number="7")), False),
    (
        "S17-birth",
        (patient(chart_number="7", birth_date=date(1990, 1, 1)), patient(key="Q", chart_number="7", birth_date=date(1990, 1, 2))),
        True,
    ),
    (
        "S17-birth",
        (patient(chart_number="7", birth_date=date(1990, 1, 1)), patient(key="Q", chart_number="7", birth_date=date(1990, 1, 1))),
        False,
    ),
    ("S18", numbered(1, 2, 3), False),
    ("S18", numbered(3, 4), False),
    ("S18", numbered(1, 3), True),
    ("S18", numbered(1, 1), True),
    ("S18", numbered(1, 3, course=None), True),
    ("S18", numbered(1, 2, 2, course=None), True),
    ("S18", numbered(1, 2, 1, 2, course=None), False),  # two courses that the log does not name
    ("S18-order", numbered(1, 3, 2, course=None), True),
    ("S18-order", numbered(1, 2, 1, 2, course=None), False),
    ("S18-order", numbered(1, 2), False),
    ("S18-order", numbered(2, 1), True),
    ("S19", (session(), score(9, day=AT.date())), True),
    ("S19", (session(), score(9, day=AT.date(), timepoint="pre-dose")), False),
    ("S19", (session(), score(9, day=date(2026, 1, 4))), False),
    ("S19", (session(), score(9, minutes=-60)), False),
    ("S21", integration(23), True),
    ("S21", integration(22.9), False),
    ("S21", integration(49), True),
    ("S21", integration(49.1), False),
    ("S25-usual", esketamine(84), False),
    ("S25-usual", esketamine(112), True),
    ("S26", session(dose(28, "intranasal", form="nasal-device")), True),
    ("S26", session(dose(30, "intranasal", form="nasal-device")), False),
    ("S26", session(dose(28, "intranasal", form="compounded-nasal-spray")), False),
    ("S29", score(9, standing="unverified"), True),
    ("S29", score(9), False),
]


@pytest.mark.parametrize(("rule", "records", "found"), CASES)
def test_rule(rule, records, found):
    assert (rule in rules(*(records if isinstance(records, tuple) else (records,)))) is found


def test_every_rule_is_tried_on_both_sides():
    assert both_sides(CASES) == (judged_in("S"), judged_in("S"))


@pytest.mark.parametrize(
    ("what", "unit", "stands", "refused"),
    [
        ("weight", "kg", (25, 300), (24, 301)),
        ("weight", "[lb_av]", (55, 662), (54, 663)),
        ("height", "cm", (100, 250), (99, 251)),
        ("height", "[in_i]", (39, 99), (38, 100)),
    ],
)
def test_what_no_body_has_is_withheld(what, unit, stands, refused):
    """Rule S15, outside of a session too: in a chart, and in a screening."""
    for make in (lambda **m: BodyMeasurement(Key("1"), AT, **m), lambda **m: Baseline(AT, **m)):
        for number in stands:
            assert getattr(make(**{what: amount(number, unit)}), what).value == number
        for number in refused:
            with pytest.raises(ImpossibleError) as error:
                make(**{what: amount(number, unit)})
            assert (error.value.code, error.value.fields) == ("out-of-range", (what,))


def test_a_baseline_has_the_limits_of_a_vital_sign():
    assert Baseline(AT, systolic=amount(300, "mm[Hg]")).systolic
    for name, number, unit in (("systolic", 301, "mm[Hg]"), ("heart_rate", 19, "/min"), ("oxygen_saturation", 101, "%")):
        with pytest.raises(ImpossibleError) as error:
            Baseline(AT, **{name: amount(number, unit)})
        assert error.value.fields == (name,)


def test_both_who_share_a_number_are_told():
    pair = (patient(chart_number="7"), patient(key="Q", chart_number="7"))
    assert [(f.rule, f.patient, f.row) for f in find(*pair)] == [("S17", "P", 1), ("S17", "Q", 2)]


def test_what_was_not_done_has_no_order_of_doses():
    undone = replace(session(discharge=Discharge(oriented=True)), status="stopped")
    assert "S02" not in rules(undone)


def test_a_change_of_the_clock_counts_in_absolute_time():
    assert "S02-long" not in rules(session(visit=Period(after(-30), datetime(2026, 1, 6, 9, 29, tzinfo=ZONE))))
