"""Free text that many clinics write in one way."""

import pytest
from kapfhir.mapping.source.formats import Bad
from kapfhir.mapping.source.parsers import dose_text, pressure_text


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
    assert [str(a.value) if a else None for a in (found["dose"], found["dose_per_kg"])] == [mg, per_kg]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("35", "not-a-dose"),
        ("3.5 mL", "volume-without-concentration"),
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
