"""What a body can show, and what a measurement that says more is: withheld (rule S14)."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from kapfhir.model.dosing_codes import SedationScale
from kapfhir.model.fields import fields_of
from kapfhir.model.values import Amount, ImpossibleError, Key
from kapfhir.model.vitals import SCORES, BloodPressure, SedationScore, VitalSet

AT = datetime(2026, 1, 5, 10, tzinfo=timezone.utc)
EDGES = [
    ("heart_rate", "/min", "19.9", "20", "250", "250.1"),
    ("oxygen_saturation", "%", "49", "50", "100", "101"),
    ("respiratory_rate", "/min", "3", "4", "60", "61"),
    ("temperature", "Cel", "29.9", "30", "43", "43.1"),
    ("temperature", "[degF]", "85.9", "86", "109.4", "109.5"),
    ("end_tidal_co2", "mm[Hg]", "-1", "0", "150", "151"),
    ("weight", "kg", "24.9", "25", "300", "300.1"),
    ("weight", "[lb_av]", "54", "55", "662", "663"),
]


@pytest.mark.parametrize(("name", "unit", "below", "lowest", "highest", "above"), EDGES)
def test_limits_of_a_body(name, unit, below, lowest, highest, above):
    for value in (lowest, highest):
        assert getattr(VitalSet(Key("1"), AT, **{name: Amount(Decimal(value), unit)}), name)
    for value in (below, above):
        with pytest.raises(ImpossibleError) as error:
            VitalSet(Key("1"), AT, **{name: Amount(Decimal(value), unit)})
        assert (error.value.code, error.value.fields) == ("out-of-range", (name,))
        assert value not in error.value.text, "a refusal never tells the value"


def mmhg(value: int) -> Amount:
    return Amount(Decimal(value), "mm[Hg]")


@pytest.mark.parametrize(
    ("systolic", "diastolic", "fields"),
    [
        (50, 40, None),
        (49, 20, ("systolic",)),
        (300, 200, None),
        (301, 200, ("systolic",)),
        (60, 20, None),
        (60, 19, ("diastolic",)),
        (300, 201, ("diastolic",)),
        (120, 111, ("systolic", "diastolic")),
        (180, 30, None),
        (180, 29, ("systolic", "diastolic")),
    ],
)
def test_limits_of_a_blood_pressure(systolic, diastolic, fields):
    if fields is None:
        assert BloodPressure(mmhg(systolic), mmhg(diastolic))
    else:
        with pytest.raises(ImpossibleError) as error:
            BloodPressure(mmhg(systolic), mmhg(diastolic))
        assert (error.value.code, error.value.fields) == ("out-of-range", fields)


@pytest.mark.parametrize("scale", SCORES)
def test_a_sedation_score_is_one_of_its_scale(scale):
    lowest, highest = SCORES[scale]
    for value in (lowest, highest):
        assert SedationScore(Key("1"), SedationScale(scale), value, AT).value == value
    for value in (lowest - 1, highest + 1):
        with pytest.raises(ImpossibleError, match="one of its scale"):
            SedationScore(Key("1"), SedationScale(scale), value, AT)


def test_limits_are_facts_of_the_fields():
    assert [(one.lowest, one.highest, one.unit) for one in fields_of(VitalSet)["heart_rate"].limits] == [(20, 250, "/min")]
    assert fields_of(VitalSet)["rhythm"].limits == ()
