import pytest

from kapfhir.luhn import is_npi, luhn


@pytest.mark.parametrize("text", ["1234567893", "1245319599", "1999999984"])
def test_npis(text):
    assert is_npi(text)


@pytest.mark.parametrize("text", ["1234567890", "123456789", "3234567893", "12345678931", "123456789a", "", " 1234567893"])
def test_what_is_no_npi(text):
    assert not is_npi(text)


def test_luhn_of_a_number_that_everybody_knows():
    assert luhn("79927398713") and not luhn("79927398710")
