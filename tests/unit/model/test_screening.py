"""Screenings: criteria, baseline, decision."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from kapfhir.model.before import Criterion, Decision, LabResult, LabTest, Presence
from kapfhir.model.dosing import DosingSession
from kapfhir.model.labs import Lab
from kapfhir.model.screening import Baseline, Finding, Override, Screening
from kapfhir.model.values import Amount, ImpossibleError, Key, Period, Ref

AT = datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=-8)))
SCREENING = Screening(Key("S-1"), Ref("P-1"), Ref("T-1"), Period(AT), Decision("cleared"))


def finding(key, presence, criterion="bipolar"):
    return Finding(Key(key), Criterion(criterion), Presence(presence))


def code_of(act):
    with pytest.raises(ImpossibleError) as refused:
        act()
    return refused.value.code


def codes(**changes):
    return [d.code for d in replace(SCREENING, **changes).doubts()]


@pytest.mark.parametrize(("number", "possible"), [(0, False), (1, True), (6, True), (7, False)])
def test_an_asa_class_is_1_to_6(number, possible):
    if possible:
        assert replace(SCREENING, asa_class=number).asa_class == number
    else:
        assert code_of(lambda: replace(SCREENING, asa_class=number)) == "out-of-range"


def test_a_criterion_is_judged_once_save_other_ones():
    assert code_of(lambda: replace(SCREENING, findings=(finding("a", "absent"), finding("b", "absent")))) == "criterion-twice"
    others = (finding("a", "absent", "other"), finding("b", "absent", "other"))
    assert replace(SCREENING, findings=others).findings == others


def test_findings_stand_in_the_order_of_their_keys():
    found = (finding("b", "absent"), finding("a", "absent", "mania"))
    assert code_of(lambda: replace(SCREENING, findings=found)) == "items-out-of-order"


def test_a_decision_and_its_conditions_agree():
    assert codes() == []
    assert codes(decision=None) == ["missing-decision"]
    assert codes(conditions=("hold lamotrigine",)) == ["conditions-yet-cleared"]
    with_conditions = Decision("cleared-with-conditions")
    assert codes(decision=with_conditions) == ["missing-conditions"]
    assert codes(decision=with_conditions, conditions=("hold lamotrigine",)) == []


def test_cleared_despite_a_finding_is_told_unless_somebody_overrode_it():
    present = (finding("a", "present"),)
    assert codes(findings=present) == ["cleared-despite-finding"]
    assert codes(findings=present, override=Override("reviewed with cardiology")) == []
    assert codes(findings=present, decision=Decision("deferred")) == []
    assert codes(findings=(finding("a", "unknown"),)) == []


def test_a_baseline_measures_something_that_can_be():
    assert code_of(lambda: Baseline(AT)) == "empty-part"
    low, high = Amount(Decimal("80"), "mm[Hg]"), Amount(Decimal("120"), "mm[Hg]")
    assert code_of(lambda: Baseline(AT, systolic=low, diastolic=high)) == "diastolic-not-below-systolic"
    assert code_of(lambda: Baseline(AT, systolic=low, diastolic=low)) == "diastolic-not-below-systolic"
    assert Baseline(AT, systolic=high).diastolic_absent == "unknown"
    assert Baseline(AT, diastolic=low).systolic_absent == "unknown"


def test_the_bmi_is_of_kilograms_and_centimetres_only():
    weight, height = Amount(Decimal("72.5"), "kg"), Amount(Decimal("170"), "cm")
    assert Baseline(AT, weight=weight, height=height).bmi == Amount(Decimal("25.1"), "kg/m2")
    assert Baseline(AT, weight=weight).bmi is None
    assert Baseline(AT, weight=Amount(Decimal("160"), "[lb_av]"), height=height).bmi is None


def test_a_screening_is_judged_where_something_is_said_of_a_decision():
    assert SCREENING.judged is True
    assert replace(SCREENING, decision=None).judged is None
    assert replace(SCREENING, decision=None, rationale="waits for the ECG").judged is True


@pytest.mark.parametrize(
    ("result", "doubted"),
    [
        ("22", True),
        ("7,4", True),
        ("< 0.5", True),
        ("22 U/L", False),
        ("normal", False),
        ("2 of 3", False),
        (LabResult("negative"), False),
        (Amount(Decimal(22), "U/L"), False),
    ],
)
def test_a_number_without_a_unit_is_doubted(result, doubted):
    lab = Lab(Key("1"), LabTest("alt"), AT, result)
    day = DosingSession(Key("D"), Ref("P"), "completed", Period(AT), Period(AT), labs=(lab,))
    for record in (replace(SCREENING, labs=(lab,)), day):
        assert ("lab-without-unit" in {d.code for d in record.doubts()}) is doubted
