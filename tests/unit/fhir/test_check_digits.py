"""Check digits, against codes that their authorities publish."""

import pytest

from kapfhir.fhir.check_digits import LOINC, NPI, SNOMED, fault, mod_10, verhoeff


@pytest.mark.parametrize("code", ["47625008", "22298006", "251000119105", "65971000052100", "785816006", "1345050000"])
def test_snomed_ids(code):
    assert verhoeff(code) and fault(SNOMED, code) == ""


@pytest.mark.parametrize("code", ["44261-6", "8480-6", "3150-0", "101697-1", "112441-1"])
def test_loinc_codes(code):
    assert mod_10(code) and fault(LOINC, code) == ""


@pytest.mark.parametrize(("system", "code"), [(SNOMED, "47625008"), (LOINC, "44261-6"), (NPI, "1234567893")])
def test_every_single_wrong_digit_is_found(system, code):
    assert fault(system, code) == ""
    for place, digit in enumerate(code):
        for other in "0123456789" if digit.isdecimal() else "":
            if other != digit:
                assert fault(system, code[:place] + other + code[place + 1 :])


def test_verhoeff_finds_every_swap_of_neighbours():
    code = "251000119105"
    for place in range(len(code) - 1):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert swapped == code or not verhoeff(swapped)


def test_loinc_answers_are_checked_otherwise():
    assert fault(LOINC, "LA6568-5") == "" and fault(LOINC, "LL358-3") == ""
    assert fault(LOINC, "LA6568") and fault(LOINC, "44261") and fault(LOINC, "PHQ9")


@pytest.mark.parametrize("code", ["0", "12345", "4762500x", "047625008", "1" * 19])
def test_what_is_no_snomed_id(code):
    assert "6 to 18 digits" in fault(SNOMED, code)


def test_the_id_of_a_description_is_no_concept():
    """744803012 has a right check digit, and partition 01."""
    base = "74480301"
    whole = next(base + digit for digit in "0123456789" if verhoeff(base + digit))
    assert "no concept" in fault(SNOMED, whole)


@pytest.mark.parametrize("text", ["1234567890", "123456789", "3234567893", ""])
def test_what_is_no_npi(text):
    assert fault(NPI, text) == "its check digit is not that of an NPI"


@pytest.mark.parametrize(
    ("system", "right", "wrong"),
    [
        ("http://hl7.org/fhir/sid/icd-10-cm", "T41.295A", "F3220"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "6130", "RX6130"),
        ("http://www.whocc.no/atc", "N06AX27", "N6AX27"),
        ("http://nucc.org/provider-taxonomy", "2084P0800X", "2084P0800"),
        ("https://www.meddra.org", "10028813", "28813"),
    ],
)
def test_the_form_of_codes_without_check_digit(system, right, wrong):
    assert fault(system, right) == "" and fault(system, wrong) == "no code of this system is written so"


def test_of_other_systems_nothing_is_known():
    assert fault("http://example.org/codes", "anything") == ""
