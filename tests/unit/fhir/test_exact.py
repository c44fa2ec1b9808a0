"""Decimals keep their digits, both ways."""

from decimal import Decimal

import pytest

from kapfhir.fhir.exact import dumps, loads


@pytest.mark.parametrize("text", ["35.50", "35.5", "0.00000001", "123456789.012345678", "0.0", "-1.10"])
def test_digits_stay(text):
    assert dumps({"value": Decimal(text)}) == f'{{"value":{text}}}'.encode()
    assert format(loads(f'{{"value":{text}}}')["value"], "f") == text


def test_exponents_are_written_out():
    assert dumps([Decimal("1E+3")]) == b"[1000]"


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), object()])
def test_what_has_no_form_is_refused(value):
    with pytest.raises(TypeError):
        dumps([value])
