"""Free text that many clinics write in one way."""

from decimal import Decimal

import pytest

from kapfhir.mapping.source.formats import Bad
from kapfhir.mapping.source.parsers import PARSERS, dose_text, pressure_text
from kapfhir.model.values import Amount


@pytest.mark.parametrize(
    ("text", "mg", "per_kg"),
    [
        ("35 mg = 0.5 mg/kg", "35", "0.5"),
        ("(0.50 mg/kg) 35.50mg", "35.50", "0.50"),
        ("40 mg --> 35mg", "35", None),
        ("40 mg \u2192 35 mg", "35", None),
        ("0..5 mg/kg", None, "0.5"),
        ("35MG", "35", None),
    ],
)
def test_dose_text(text, mg, per_kg):
    found = dose_text(text)
    assert [str(a.value) if a else None for a in (found.get("dose"), found.get("dose_per_kg"))] == [mg, per_kg]


@pytest.mark.parametrize(
    ("text", "part", "value", "unit"),
    [
        ("500 mcg", "dose", "500", "ug"),
        ("500\u00b5g = 7 mcg/kg", "dose_per_kg", "7", "ug/kg"),
        ("35 mg (0.70 mL)", "volume", "0.70", "mL"),
        ("0.7cc", "volume", "0.7", "mL"),
    ],
)
def test_dose_text_in_other_units(text, part, value, unit):
    assert dose_text(text)[part] == Amount(Decimal(value), unit)


def test_a_volume_stands_for_a_dose_only_where_the_map_says_times_what():
    read = PARSERS["dose-text"].reader("dose", times=False)
    with pytest.raises(Bad) as bad:
        read("3.5 mL")
    assert bad.value.code == "volume-without-concentration"
    assert PARSERS["dose-text"].reader("dose", times=True)("3.5 mL") == Amount(Decimal("3.5"), "mL")
    assert PARSERS["dose-text"].reader("dose_per_kg", times=False)("3.5 mL") is None
    assert read("35 mg (0.7 mL)") == Amount(Decimal("35"), "mg")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("35", "not-a-dose"),
        ("35 mg 500 mcg", "dose-said-twice"),
        ("3.5 mL/kg", "not-a-dose"),
        ("30-40 mg", "dose-range"),
        ("30 to 40 mg", "dose-range"),
        ("35 mg 40 mg", "dose-said-twice"),
        ("35 mg IV push", "not-a-dose"),
        ("mg", "not-a-dose"),
        ("1e400 mg", "not-a-dose"),
        ("NaN mg", "not-a-dose"),
        ("-35 mg", "not-a-dose"),
        ("3,5 mg", "not-a-dose"),
    ],
)
def test_dose_text_refuses(text, code):
    with pytest.raises(Bad) as bad:
        dose_text(text)
    assert bad.value.code == code


@pytest.mark.parametrize("text", ["128", "128/", "128/82/1", "12O/80", "1280/82", "128\\82"])
def test_pressure_text_refuses(text):
    with pytest.raises(Bad, match="not-a-blood-pressure"):
        pressure_text(text)


@pytest.mark.parametrize(
    ("text", "milligrams"),
    [
        ("80mg IM", "80"),
        ("100 mg SL troche", "100"),
        ("two 100 mg troches", "200"),
        ("2 x 100 mg troches", "200"),
        ("3 x 62.5mg lozenges", "187.5"),
        ("1100 mg troche", "1100"),
    ],
)
def test_a_dose_with_its_route_and_so_many_troches(text, milligrams):
    assert dose_text(text)["dose"] == Amount(Decimal(milligrams), "mg")


@pytest.mark.parametrize(
    "text", ["12 100 mg troches", "1.2 100 mg troches", "1/2 100 mg troche", "two troches", "80 mg of something"]
)
def test_how_many_troches_is_not_guessed(text):
    with pytest.raises(Bad):
        dose_text(text)
