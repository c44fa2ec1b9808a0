"""Dosing: how much, how fast, how often; each rule on both sides of each boundary."""

from datetime import date
from decimal import Decimal

import pytest
from rules_desk import (
    after,
    amount,
    both_sides,
    dose,
    esketamine,
    judged_in,
    mg,
    patient,
    per_kg,
    rules,
    session,
    vital,
)

from kapfhir.model.course import Course
from kapfhir.model.dose_limits import use_limits
from kapfhir.model.doses import DoseEvent
from kapfhir.model.people import BodyMeasurement
from kapfhir.model.protocol import Protocol
from kapfhir.model.values import Absent, ImpossibleError, Key, Ref
from kapfhir.rules.settings import RuleSettings, limits_of, rules_of


def given(number, route="iv", *, kg=None, drug="ketamine", minutes=40, **rest):
    """A session with one dose; `kg` is the weight of the day."""
    vitals = [vital(-10, 120, 80, kg=kg)]
    return session(dose(number, route, drug=drug, minutes=minutes, **rest), vitals=vitals)


def stated(number, route):
    """A dose per kg, without a weight."""
    return given(10, route, dose_per_kg=per_kg(number))


def infusion(minutes, **rest):
    return session(dose(minutes=minutes, **rest))


def course_of(*days, kind=None, status="active", **rest):
    """Sessions on these days, and their course."""
    frame = Course(Key("C"), Ref("P"), Ref("S"), status, after().date(), **rest)
    return (frame, *(session(dose(days=d), days=d, course="C", kind=kind) for d in days))


def sprays(*days, number=56):
    return tuple(esketamine(number, days=d, course="C") for d in days)


def steps(*numbers, route="iv", stated=None):
    """A dose a week, of these mg, or of these mg/kg."""
    given = [dose(n, route, days=7 * w, **({"dose_per_kg": per_kg(stated[w])} if stated else {})) for w, n in enumerate(numbers)]
    return tuple(session(one, days=7 * w) for w, one in enumerate(given))


def supplement(start, order="supplemental"):
    return session(dose(50, "im", minutes=None), dose(30, "im", minutes=None, start=start, key="2", order=order))


def per_week(*counts):
    """So many sessions in each week."""
    return tuple(
        d
        for week, count in enumerate(counts)
        for d in (session(dose(days=7 * week + 2 * n), days=7 * week + 2 * n, course="C") for n in range(count))
    )


def beside_unread(number, route="iv", *, kg=None, drug="ketamine", **rest):
    """A dose, and one of the same day and way whose amount nobody can read."""
    unread = DoseEvent(Key("2"), drug, "completed", after(30), dose=Absent("error"), route=route, **rest)
    return session(dose(number, route, drug=drug), unread, vitals=[vital(-10, 120, 80, kg=kg)])


def twice(route, number, other="", *, kg=None):
    """A dose of so much, and one of 50 mg."""
    doses = dose(number, route, minutes=None), dose(50, other or route, minutes=None, start=30, key="2")
    return session(*doses, vitals=[vital(-10, 120, 80, kg=kg)])


def weighed(*days, kg=(70, 70), **rest):
    """A patient who was weighed so many days after the first dose."""
    at = [(BodyMeasurement(Key(str(n)), after(days=d), weight=amount(w, "kg"), **rest)) for n, (d, w) in enumerate(zip(days, kg))]
    return patient(measurements=tuple(at))


ELDERLY, YOUNGER = patient(birth_date=date(1961, 1, 5)), patient(birth_date=date(1961, 1, 6))
WEIGHED = session(dose(days=7), days=7, vitals=[vital(-10, 120, 80, days=7, kg=70)])
ADULT = patient(birth_date=date(1980, 1, 1))
PROTOCOL = Protocol(Key("PR"), "Ten sessions", "ketamine", sessions=10, sessions_most=12)
CASES = [
    ("P01", given("7.0", kg=70), False),
    ("P01", given("6.9", kg=70), True),
    ("P01", given("70", kg=70), False),
    ("P01", given("70.1", kg=70), True),
    ("P01", given("100", kg=110), False),
    ("P01", given("100.1", kg=110), True),
    ("P01", stated("1.0", "iv"), False),
    ("P01", stated("1.1", "iv"), True),
    ("P01", given("110", "im", kg=110), False),
    ("P01", beside_unread("100"), False),
    ("P01", beside_unread("100.1"), True),
    ("P01", beside_unread("70", kg=70), False),
    ("P01", beside_unread("70.1", kg=70), True),
    ("P01", beside_unread("1", kg=70), False),  # the rest may make up for it
    ("P01", beside_unread("35", kg=70, dose_per_kg=per_kg("0.5")), False),
    ("P01", beside_unread("35", kg=70, dose_per_kg=per_kg("0.51")), True),
    ("P01-unread", beside_unread("35"), True),
    ("P01-unread", beside_unread("35", dose_per_kg=per_kg("0.5")), True),
    ("P01-unread", beside_unread("35", kg=70, dose_per_kg=per_kg("0.5")), False),
    ("P01-unread", beside_unread("100", "buccal"), True),
    ("P01-unread", beside_unread("56", "intranasal", drug="esketamine"), True),
    ("P01-unread", beside_unread("56", "iv", drug="esketamine"), False),
    ("P01-unread", beside_unread("100", "rectal"), False),
    ("P01-unread", infusion(40), False),
    *(
        case
        for rule, route, all_of_it in [
            ("P01-total", "iv", 500),
            ("P04-total", "sublingual", 1000),
            ("P05-total", "oral", 1000),
            ("P06-total", "intranasal", 400),
        ]
        for case in (
            (rule, twice(route, all_of_it - 50), False),
            (rule, twice(route, all_of_it - 49), True),
            (rule, twice("rectal", all_of_it), False),
        )
    ),
    *(
        case
        for rule, route, most in [("P01-total", "iv", "225"), ("P02-total", "im", "650"), ("P03-total", "subcutaneous", "250")]
        for case in (
            (rule, twice(route, Decimal(most) - 50, kg=50), False),
            (rule, twice(route, Decimal(most) - Decimal("49.9"), kg=50), True),
            (rule, twice(route, Decimal(most) - Decimal("49.9")), False),  # of which weight nobody knows
        )
    ),
    ("P04-total", twice("sublingual", 990, "buccal"), True),
    *(
        case
        for rule, route, low, high in [
            ("P01-earlier", "iv", "7", "70"),
            ("P02-earlier", "im", "7", "105"),
            ("P03-earlier", "subcutaneous", "7", "70"),
            ("P05-earlier", "oral", "", "490"),
        ]
        for case in (
            (rule, (weighed(-30), given(high, route)), False),
            (rule, (weighed(-30), given(Decimal(high) + 1, route)), True),
            (rule, (weighed(-31), given(Decimal(high) + 1, route)), False),
            (rule, (weighed(1), given(Decimal(high) + 1, route)), False),
            (rule, (weighed(-1, method="stated"), given(Decimal(high) + 1, route)), False),
            (rule, (weighed(-1), given(Decimal(high) + 1, route, kg=70)), False),  # the day has a weight, and a rule, of its own
            (rule, (weighed(-1), given(low or high, route)), False),
            (rule, (weighed(-1), given(Decimal(low or high) - 1, route)), bool(low)),
        )
    ),
    ("P01-earlier", (weighed(-20, -10, kg=(100, 70)), given("71")), True),
    ("P01-earlier", (weighed(-20, -10, kg=(70, 100)), given("71")), False),
    ("P01-earlier", (weighed(-1), stated("1.1", "iv")), False),  # its own dose per kg is judged
    ("P01-earlier", (weighed(-1), beside_unread("6")), False),  # the rest may make up for it
    ("P01-weight", weighed(-1), False),
    ("P01-weight", (weighed(-1), given("35", "subcutaneous")), True),
    ("P01-weight", (given("35", "subcutaneous"), WEIGHED), True),
    ("P01-weight", (given("35", "subcutaneous", kg=70), WEIGHED), False),
    ("P01-weight", (stated("0.5", "im"), WEIGHED), False),
    ("P01-weight", (given("100", "sublingual"), WEIGHED), False),
    ("P01-weight", given("35", "subcutaneous"), False),  # a clinic that writes down no weight at all
    ("P02", beside_unread("150.1", "im"), True),
    ("P03", beside_unread("70.1", "subcutaneous", kg=70), True),
    ("P04", beside_unread("400.1", "sublingual"), True),
    ("P04", beside_unread("24", "sublingual"), False),
    ("P05", beside_unread("300.1", "oral"), True),
    ("P06", beside_unread("150.1", "intranasal"), True),
    ("P07", beside_unread(84, "intranasal", drug="esketamine"), False),
    ("P07", beside_unread(112, "intranasal", drug="esketamine"), True),
    ("P07-start", beside_unread(84, "intranasal", drug="esketamine"), False),
    ("P02", given("7.0", "im", kg=70), False),
    ("P02", given("6.9", "im", kg=70), True),
    ("P02", given("105", "im", kg=70), False),
    ("P02", given("105.1", "im", kg=70), True),
    ("P02", given("150", "im"), False),
    ("P02", given("150.1", "im"), True),
    ("P03", given("70", "subcutaneous", kg=70), False),
    ("P03", given("70.1", "subcutaneous", kg=70), True),
    ("P03", given("6.9", "subcutaneous", kg=70), True),
    ("P04", given("25", "sublingual"), False),
    ("P04", given("24.9", "sublingual"), True),
    ("P04", given("400", "buccal"), False),
    ("P04", given("400.1", "buccal"), True),
    ("P05", given("300", "oral"), False),
    ("P05", given("300.1", "oral"), True),
    ("P05", given("280", "oral", kg=40), False),
    ("P05", given("280.1", "oral", kg=40), True),
    ("P06", given("150", "intranasal"), False),
    ("P06", given("150.1", "intranasal"), True),
    ("P07", esketamine(84), False),
    ("P07", esketamine(112), True),
    ("P07-start", (YOUNGER, esketamine(56)), False),
    ("P07-start", (YOUNGER, esketamine(28)), True),
    ("P07-start", (ELDERLY, esketamine(28)), False),
    ("P07-start", (ELDERLY, esketamine(56)), True),
    ("P07-start", esketamine(28), False),
    ("P07-start", esketamine(84), True),
    ("P07-low", (ADULT, esketamine(28), esketamine(28, days=3)), True),
    ("P07-low", (ADULT, esketamine(56), esketamine(28, days=3)), False),
    ("P07-low", (ELDERLY, esketamine(28), esketamine(28, days=3)), False),
    ("P08", infusion(30), False),
    ("P08", infusion(29), True),
    ("P08", infusion(60), False),
    ("P08", infusion(61), True),
    ("P08-bolus", infusion(5), False),
    ("P08-bolus", infusion(4), True),
    ("P08-bolus", infusion(1, order="bolus"), False),
    ("P09", (session(), session(dose(days=1), days=1)), False),
    ("P09", (session(), session(dose(days=0.99), days=0.99)), True),
    ("P09-week", course_of(0, 2, 4, 7), False),
    ("P09-week", course_of(0, 2, 4, 6), True),
    ("P10", per_week(*[2] * 8, 1), False),
    ("P10", per_week(*[2] * 9), True),
    ("P10", per_week(*[2] * 5, 1, *[2] * 5), False),
    ("P11", course_of(0, 3, 7, 10, status="completed"), False),
    ("P11", course_of(0, 3, 7, status="completed"), True),
    ("P11", course_of(0, 3, 7, status="active"), False),
    ("P11", course_of(*range(0, 24, 3), status="completed"), False),
    ("P11", course_of(*range(0, 27, 3), status="completed"), True),
    ("P11", course_of(0, 9, 18, 28, status="completed"), False),
    ("P11", course_of(0, 9, 18, 29, status="completed"), True),
    ("P11", course_of(0, 2, 4, 6, status="completed"), True),
    ("P11", (PROTOCOL, *course_of(*range(0, 30, 3), status="completed", protocol_ref=Ref("PR"))), False),
    ("P11", (PROTOCOL, *course_of(*range(0, 27, 3), status="completed", protocol_ref=Ref("PR"))), True),
    ("P12", sprays(0, 3, 7, 10, 14, 17, 21, 24, 28, 35, 42, 49, 63), False),
    ("P12", sprays(0, 2, 4), True),
    ("P12", sprays(0, 7, 10), True),
    ("P12", sprays(0, 3, 7, 10, 14, 17, 21, 24, 28, 30), True),
    ("P13", steps(40, 60), False),
    ("P13", steps(40, 61), True),
    ("P13", steps(35, 50, stated=("0.5", "0.75")), False),
    ("P13", steps(50, 70, stated=("0.75", "1.01")), True),
    ("P13", steps(50, 25), False),
    ("P13", (*steps(40), session(dose(90, "im", days=7), days=7)), False),
    ("P14", supplement(10), False),
    ("P14", supplement(9), True),
    ("P14", supplement(9, order="primary"), False),
    ("P15", course_of(0, 7, kind="maintenance"), False),
    ("P15", course_of(0, 6, kind="maintenance"), True),
    ("P15", course_of(0, 120, kind="maintenance"), False),
    ("P15", course_of(0, 121, kind="maintenance"), True),
    ("P15", course_of(0, 121, kind="induction"), False),
    ("P16", course_of(*range(0, 24 * 15, 15)), False),
    ("P16", course_of(*range(0, 25 * 14, 14)), True),
    ("P16", course_of(*range(0, 25 * 16, 16)), False),
]


@pytest.mark.parametrize(("rule", "records", "found"), CASES)
def test_rule(rule, records, found):
    assert (rule in rules(*(records if isinstance(records, tuple) else (records,)))) is found


def test_every_rule_is_tried_on_both_sides():
    assert both_sides(CASES) == (judged_in("P"), judged_in("P"))


BEYOND = [
    ("iv", {"number": 500}, True),
    ("iv", {"number": "500.1"}, False),
    ("iv", {"dose_per_kg": per_kg("4.5")}, True),
    ("iv", {"dose_per_kg": per_kg("4.51")}, False),
    ("im", {"dose_per_kg": per_kg("13")}, True),
    ("im", {"dose_per_kg": per_kg("13.1")}, False),
    ("subcutaneous", {"dose_per_kg": per_kg("5")}, True),
    ("subcutaneous", {"dose_per_kg": amount(5001, "ug/kg")}, False),
    ("sublingual", {"number": 1000}, True),
    ("buccal", {"number": 1001}, False),
    ("oral", {"number": 1000}, True),
    ("oral", {"number": 1001}, False),
    ("intranasal", {"number": 400}, True),
    ("intranasal", {"number": 401}, False),
    ("rectal", {"number": 4000}, True),
]


@pytest.mark.parametrize(("route", "what", "stands"), BEYOND)
def test_a_dose_beyond_anaesthesia_is_withheld(route, what, stands):
    rest = dict(what)
    number = rest.pop("number", 10)
    if stands:
        assert dose(number, route, **rest).dose == mg(number)
        return
    with pytest.raises(ImpossibleError) as error:
        dose(number, route, **rest)
    assert error.value.code == "dose-beyond-anaesthesia"
    assert error.value.fields == (("dose_per_kg",) if "dose_per_kg" in rest else ("dose",))


def test_nasal_esketamine_comes_in_devices():
    assert [dose(n, "intranasal", drug="esketamine").dose for n in (28, 56, 84)] == [mg(28), mg(56), mg(84)]
    for number in (27, 29, 50, "28.5"):
        with pytest.raises(ImpossibleError) as error:
            dose(number, "intranasal", drug="esketamine")
        assert (error.value.code, error.value.fields) == ("not-whole-devices", ("dose",))
    assert dose(50, "iv", drug="esketamine").dose == mg(50)


def test_a_clinic_sets_the_limit_of_the_record():
    try:
        use_limits(
            limits_of(rules_of({"P05-slip": RuleSettings(numbers={"mg": 1200}), "P01-slip": RuleSettings(severity="off")}))
        )
        assert dose(1200, "oral").dose == mg(1200)
        assert dose(5000, "iv").dose == mg(5000)
        with pytest.raises(ImpossibleError):
            dose(1201, "oral")
    finally:
        use_limits({})
