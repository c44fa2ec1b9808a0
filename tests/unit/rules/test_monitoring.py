"""Monitoring on the day of a dose: each rule on both sides of each boundary."""

from datetime import date

import pytest
from rules_desk import (
    after,
    amount,
    both_sides,
    dose,
    esketamine,
    find,
    integration,
    judged_in,
    patient,
    rules,
    session,
    vital,
    whole,
)

from kapfhir.model.discharge import Discharge
from kapfhir.model.dosing import ChaperoneCheck, RemoteVisit, StaffMember
from kapfhir.model.experience import InSessionTherapy
from kapfhir.model.pre_dose import PreDoseCheck
from kapfhir.model.rems import RemsForm
from kapfhir.model.surroundings import Setting
from kapfhir.model.values import Key, Ref
from kapfhir.model.vitals import SedationScore


def pressures(*sets, **rest):
    """Blood pressures as (minute, systolic, diastolic)."""
    return session(vitals=[vital(minute, systolic, diastolic) for minute, systolic, diastolic in sets], **rest)


def before(systolic, diastolic, **rest):
    return pressures((-10, systolic, diastolic), (30, 130, 85), **rest)


def check(**rest):
    return PreDoseCheck(after(-20), **rest)


def measured(**rest):
    return session(vitals=[vital(10, 120, 80, **rest)])


def asleep(scale, value):
    return session(sedation=(SedationScore(Key("1"), scale, value, after(20)),))


def at_home(looks=(), **rest):
    checks = tuple(ChaperoneCheck(Key(str(n)), after(m)) for n, m in enumerate(looks))
    rest.setdefault("vitals", [whole(-10), whole(50)])
    return session(remote=RemoteVisit(platform="video", chaperone="yes", checks=checks), delivery="home", **rest)


def leaving(**rest):
    return session(discharge=Discharge(oriented=True, **rest))


ELDERLY, YOUNGER = patient(birth_date=date(1961, 1, 5)), patient(birth_date=date(1961, 1, 6))  # 65 on the day, and 64
CASES = [
    ("M01", pressures((5, 130, 85)), True),
    ("M01", pressures((-10, 130, 85)), False),
    ("M01", pressures((0, 130, 85)), False),
    ("M01", esketamine(minutes=(40, 110)), False),
    ("M01-esketamine", esketamine(minutes=(40, 110)), True),
    ("M01-esketamine", esketamine(), False),
    ("M02", before(140, 90), False),
    ("M02", before(141, 90), True),
    ("M02", before(140, 91), True),
    ("M02", before(165, 95, pre_dose=check(override_reason="seen by the prescriber")), False),
    ("M02", (ELDERLY, before(150, 90)), False),
    ("M02", (ELDERLY, before(151, 90)), True),
    ("M02", (YOUNGER, before(150, 90)), True),
    ("M03", pressures((-10, 150, 90), (20, 179, 109)), False),
    ("M03", pressures((-10, 150, 90), (20, 180, 90)), True),
    ("M03", pressures((-10, 150, 90), (20, 150, 110)), True),
    ("M03-rise", pressures((-10, 120, 80), (20, 159, 104)), False),
    ("M03-rise", pressures((-10, 120, 80), (20, 160, 80)), True),
    ("M03-rise", pressures((-10, 120, 80), (20, 120, 105)), True),
    ("M04", esketamine(minutes=(-10, 30, 110)), False),
    ("M04", esketamine(minutes=(-10, 50, 110)), False),
    ("M04", esketamine(minutes=(-10, 29, 110)), True),
    ("M04", esketamine(minutes=(-10, 51, 110)), True),
    ("M04-end", esketamine(minutes=(-10, 40, 50)), False),
    ("M04-end", esketamine(minutes=(-10, 40, 49)), True),
    ("M04-length", esketamine(left=120), False),
    ("M04-length", esketamine(left=119), True),
    ("M05", esketamine(rems=RemsForm(submitted=after(days=7))), False),
    ("M05", esketamine(rems=RemsForm(submitted=after(days=8))), True),
    ("M06", session(), False),
    ("M06", session(vitals=[whole(-10), whole(20)]), True),
    ("M06", session(vitals=[vital(m, 120, 80) for m in (-10, 20, 40)]), True),
    ("M06", session(dose(100, "sublingual"), vitals=[whole(-10)]), False),
    ("M06-interval", session(vitals=[whole(m) for m in (-10, 15, 30)]), False),
    ("M06-interval", session(vitals=[whole(m) for m in (-10, 16, 30)]), True),
    ("M06-interval", session(dose(route="im", minutes=None), vitals=[whole(-10)]), False),
    ("M07", measured(oxygen_saturation=94), False),
    ("M07", measured(oxygen_saturation=93), True),
    ("M07-low", measured(oxygen_saturation=90), False),
    ("M07-low", measured(oxygen_saturation=89), True),
    ("M08", measured(heart_rate=50), False),
    ("M08", measured(heart_rate=49), True),
    ("M08", measured(heart_rate=120), False),
    ("M08", measured(heart_rate=121), True),
    ("M08-high", measured(heart_rate=130), False),
    ("M08-high", measured(heart_rate=131), True),
    ("M09", asleep("rass", -2), False),
    ("M09", asleep("rass", -3), True),
    ("M09", asleep("moaa-s", 3), False),
    ("M09", asleep("moaa-s", 2), True),
    ("M09", asleep("ramsay", 2), False),
    ("M10", session(left=70), False),
    ("M10", session(left=69), True),
    ("M10", session(dose(100, "sublingual", minutes=None), left=10), False),
    ("M10-lozenge", session(dose(100, "sublingual", minutes=None), left=60), False),
    ("M10-lozenge", session(dose(100, "sublingual", minutes=None), left=59), True),
    ("M11", pressures((-10, 140, 80), (90, 160, 80)), False),
    ("M11", pressures((-10, 140, 80), (90, 161, 80)), True),
    ("M11", pressures((-10, 120, 80), (90, 144, 80)), False),
    ("M11", pressures((-10, 120, 80), (90, 145, 80)), True),
    ("M11", pressures((-10, 140, 80), (30, 190, 80), (90, 150, 80)), False),
    ("M11-falling", pressures((-10, 120, 80), (30, 130, 80), (90, 129, 80)), False),
    ("M11-falling", pressures((-10, 120, 80), (30, 130, 80), (90, 130, 80)), True),
    ("M11-falling", pressures((-10, 120, 80), (30, 135, 80), (60, 125, 80), (90, 130, 80)), False),
    ("M11-falling", pressures((-10, 130, 80), (30, 130, 80), (90, 130, 80)), False),
    ("M11-falling", pressures((-10, 120, 80), (90, 130, 80)), False),
    ("M11-falling", pressures((30, 130, 80), (90, 140, 80)), False),
    ("M11-state", leaving(sedation_resolved=True, dissociation_resolved=True), False),
    ("M11-state", leaving(sedation_resolved=False), True),
    ("M11-state", leaving(dissociation_resolved=False), True),
    ("M11-escort", leaving(escort_present=True), False),
    ("M11-escort", leaving(escort_present=False), True),
    ("M11-driving", leaving(instructions=("no-driving",)), False),
    ("M11-driving", leaving(instructions=("no-alcohol",)), True),
    ("M12", at_home(), False),
    ("M12", session(delivery="home"), True),
    ("M12", session(), False),
    ("M12-checks", at_home((15, 30, 45)), False),
    ("M12-checks", at_home((16, 30, 45)), True),
    ("M12-checks", at_home(), True),
    ("M12-vitals", at_home(), False),
    ("M12-vitals", at_home(vitals=[whole(-10)]), True),
    ("M12-vitals", at_home(vitals=[whole(50)]), True),
    ("M13", session(pre_dose=check(food_fasting=amount(4, "h"), liquid_fasting=amount(2, "h"))), False),
    ("M13", session(pre_dose=check(food_fasting=amount("3.9", "h"))), True),
    ("M13", session(pre_dose=check(liquid_fasting=amount("1.9", "h"))), True),
    ("M14", (session(), session(key="X", therapy=InSessionTherapy())), True),
    ("M14", session(), False),
    ("M14", session(setting=Setting(therapist="none")), False),
    ("M14", session(therapy=InSessionTherapy()), False),
    ("M14", session(staff=(StaffMember(Ref("T"), "guide-sitter"),)), False),
    ("M14", esketamine(), False),
    ("M15", session(dose(), dose(drug="esketamine", key="2")), True),
    ("M15", session(dose(), dose(key="2")), False),
]


@pytest.mark.parametrize(("rule", "records", "found"), CASES)
def test_rule(rule, records, found):
    assert (rule in rules(*(records if isinstance(records, tuple) else (records,)))) is found


def test_every_rule_is_tried_on_both_sides():
    assert both_sides(CASES) == (judged_in("M"), judged_in("M"))


def test_a_nominal_pressure_before_the_dose_counts_by_its_time_point():
    told = session(vitals=[vital(0, 141, 80, timepoint="pre-dose"), vital(5, 120, 70)])
    assert {"M02"} <= rules(told)
    assert "M01" not in rules(told)


def test_what_is_found_names_the_record_and_no_value():
    (found,) = (f for f in find(pressures((-10, 150, 90), (20, 193, 117))) if f.rule == "M03")
    assert (found.severity, found.table, found.row, found.concept, found.key, found.patient) == (
        "safety",
        "t",
        1,
        "DosingSession",
        "D0",
        "P",
    )
    assert "193" not in found.text
    assert found.text == "The blood pressure reached 180 systolic or 110 diastolic."


def test_a_session_that_was_not_dosed_is_no_day_of_a_dose():
    skipped = session(
        dose(None, status="not-done", route=None), status="not-done", reason="hypertension", vitals=[vital(-10, 190, 120)]
    )
    assert rules(skipped, integration(12)) == {"M03"}
