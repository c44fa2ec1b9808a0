"""Units of UCUM: their canonical form, and amounts in other units, to the last digit."""

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapfhir.fhir.quantities import canonical, conversion, decimal_of, places_of, product


@pytest.mark.parametrize(
    ("value", "source", "target", "other"),
    [
        ("154.5", "[lb_av]", "kg", "70.080021165"),
        ("70.080021165", "kg", "[lb_av]", "154.500000000"),
        ("11", "[stone_av]", "kg", "69.85322498"),
        ("65", "[in_i]", "cm", "165.1"),
        ("5", "[ft_i]", "cm", "152.4"),
        ("98.6", "[degF]", "Cel", "37.0"),
        ("36.50", "Cel", "[degF]", "97.70"),
        ("-40", "[degF]", "Cel", "-40"),
        ("310.15", "K", "Cel", "37.00"),
        ("100", "ug", "mg", "0.1"),
        ("0.5", "mg", "ug", "500.0"),
        ("1.50", "mL", "L", "0.0015"),
        ("70", "kg", "g", "70000"),
        ("120", "mm[Hg]", "kPa", "15.99864"),
        ("30", "/min", "/s", "0.5"),
        ("30", "mg/h", "mg/min", "0.5"),
        ("1", "mg/kg/h", "ug/kg/min", "16.6666666666667"),
        ("90", "min", "h", "1.5"),
        ("2", "wk", "d", "14"),
        ("98", "%", "1", "0.98"),
        ("5", "10*3/uL", "10*9/L", "5"),
        ("72", "{beats}/min", "/min", "72"),
        ("8", "g%", "g/dL", "8"),
    ],
)
def test_conversions(value, source, target, other):
    found = conversion(source, target)
    assert found is not None
    assert str(found.of(Decimal(value))) == other


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("mg", "mL"),
        ("mg/kg", "mg"),
        ("[iU]", "mg"),
        ("[iU]", "1"),
        ("[iU]", "[arb'U]"),
        ("[pH]", "mol/L"),
        ("B[SPL]", "Pa"),
        ("mmHg", "kPa"),
        ("mcg", "mg"),
        ("kg", "lbs"),
        ("Cel", "kg"),
        ("mCel", "K"),
        ("", "mg"),
        ("m999999999", "m"),
    ],
)
def test_what_can_not_be_converted(source, target):
    assert conversion(source, target) is None


@pytest.mark.parametrize(
    ("unit", "factor", "base"),
    [
        ("mg", "1/1000", "g"),
        ("mg/mL", "1000", "g.m-3"),
        ("mL.mg/mL", "1/1000", "g"),
        ("/min.kg", "50/3", "g.s-1"),
        ("[lb_av]/16", "45359237/1600000", "g"),
        ("(8.h)/d", "1/3", "1"),
        ("mm[Hg]", "133322", "g.m-1.s-2"),
        ("{score}", "1", "1"),
        ("mg{ret}/kg", "1/1000000", "1"),
    ],
)
def test_canonical_forms(unit, factor, base):
    found = canonical(unit)
    assert found is not None
    assert (found.factor, found.unit) == (Fraction(factor), base)


def test_the_zero_of_a_temperature():
    assert (canonical("Cel").shift, canonical("[degF]").unit) == (Fraction("273.15"), "K")


@pytest.mark.parametrize(
    ("first", "second", "target"), [("mL", "mg/mL", "mg"), ("mg/kg", "kg", "mg"), ("1", "mg", "mg"), ("mg", "/min", "mg/min")]
)
def test_the_unit_of_a_product(first, second, target):
    assert conversion(product(first, second), target).slope == 1


NUMBERS = st.decimals("0.001", "99999", places=3)


@given(NUMBERS, st.sampled_from([("[lb_av]", "kg"), ("[degF]", "Cel"), ("ug", "mg"), ("[in_i]", "cm"), ("mm[Hg]", "kPa")]))
def test_there_and_back(number, units):
    source, target = units
    there, back = conversion(source, target), conversion(target, source)
    exact = (Fraction(number) * there.slope + there.shift) * back.slope + back.shift
    assert exact == Fraction(number)
    assert abs(back.of(there.of(number)) - number) < Decimal("1e-9")


@given(st.integers(-(10**12), 10**12), st.integers(0, 12), st.integers(0, 6))
def test_decimals_are_exact_and_written_plainly(digits, places, least):
    number = Fraction(digits, 10**places)
    found = decimal_of(number, least)
    assert Fraction(found) == number
    assert places_of(found) >= least and "E" not in str(found).replace("E-", "")


def test_what_no_decimal_is_is_rounded_to_fifteen_digits():
    assert str(decimal_of(Fraction(2, 3))) == "0.666666666666667"
    assert str(decimal_of(Fraction(10**30, 7))) == "142857142857143000000000000000"


def test_nothing_is_loaded_before_it_is_asked_for():
    ask = "import sys, kapfhir.fhir.quantities as q; q.conversion('mg', 'mg'); print('ucumvert' in sys.modules or 'pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout == "False\n"
