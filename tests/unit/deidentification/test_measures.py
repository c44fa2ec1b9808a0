from decimal import Decimal

import pytest

from kapfhir.deidentification.measures import is_short, write_quantity

UCUM = "http://unitsofmeasure.org"


def quantity(value, code, **more):
    return {"value": value, "unit": code, "system": UCUM, "code": code, **more}


@pytest.mark.parametrize("value", [0, -1, 999_999, Decimal("0.123456"), Decimal("35.50")])
def test_short_numbers_stay(value):
    assert is_short(value)


@pytest.mark.parametrize(
    "value",
    [
        1_000_000,
        -9876543,
        Decimal(98765432),
        Decimal("0.98765432"),
        Decimal("1E+9"),
        Decimal("1E+999999999"),
        Decimal("-1E+999999"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        True,
        "12",
        None,
    ],
)
def test_long_numbers_and_what_is_no_number_go(value):
    assert not is_short(value)


def test_a_quantity_stays_to_the_last_zero_and_its_unit_is_its_code():
    out, done = write_quantity(quantity(Decimal("35.50"), "mg", unit="milligrams for Quokka", comparator="<"), age=False)
    assert (out, done) == (quantity(Decimal("35.50"), "mg", comparator="<"), "kept")
    assert str(out["value"]) == "35.50"


def test_a_unit_as_text_stays_if_it_is_one():
    assert write_quantity({"value": 3, "unit": "mg"}, age=False) == ({"value": 3, "unit": "mg"}, "kept")
    assert write_quantity({"value": 3}, age=False) == ({"value": 3}, "kept")
    assert write_quantity({"value": 3, "unit": "mg", "system": UCUM}, age=False) == ({"value": 3, "unit": "mg"}, "kept")


@pytest.mark.parametrize(
    "bad",
    [
        {"value": 3, "unit": "Quokka"},
        {"value": 3, "code": "mg"},
        {"value": 3, "system": "https://clinic.example", "code": "mg"},
        quantity(3, "{Quokka}"),
        quantity(3, "Quokka"),
        quantity(98765432, "mg"),
        quantity(None, "mg"),
        quantity("3", "mg"),
        quantity(3, ["mg"]),
    ],
)
def test_what_could_tell_a_person_is_dropped(bad):
    assert write_quantity(bad, age=False) == (None, "dropped")


@pytest.mark.parametrize(
    ("value", "code", "old"),
    [
        (89, "a", False),
        (90, "a", True),
        (Decimal("89.1"), "a", True),
        (1068, "mo", False),
        (1080, "mo", True),
        (32485, "d", False),
        (32850, "d", True),
    ],
)
def test_ages_above_89_are_not_told(value, code, old):
    for age in (True, False):
        assert (write_quantity(quantity(value, code), age=age)[1] == "aged") == old


def test_what_is_called_an_age_is_one_whatever_its_unit():
    assert write_quantity(quantity(93, "{score}"), age=True)[1] == "aged"
    assert write_quantity({"value": 93}, age=True)[1] == "aged"
    assert write_quantity(quantity(93, "kg"), age=False)[1] == "kept"
