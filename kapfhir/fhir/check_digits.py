"""Codes that can be checked by themselves: by a check digit (SNOMED CT: Verhoeff; LOINC: mod 10; NPI: Luhn), or by their form."""

from __future__ import annotations

import re

from kapfhir.luhn import is_npi, luhn

SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
NPI = "http://hl7.org/fhir/sid/us-npi"
SCTID = re.compile(r"[1-9][0-9]{5,17}")
LOINC_TERM = re.compile(r"[0-9]{1,7}-[0-9]")
LOINC_OTHER = re.compile(r"(?:LA|LL|LP|LG)[0-9]{1,9}-[0-9]")  # answers, lists, parts and groups: their digit is made otherwise
CONCEPT = ("00", "10")  # the partition of a SNOMED CT id: 01 and 11 are descriptions, 02 and 12 relationships
FORMS = {
    "http://hl7.org/fhir/sid/icd-10-cm": re.compile(r"[A-TV-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?"),
    "http://www.nlm.nih.gov/research/umls/rxnorm": re.compile(r"[1-9][0-9]{0,7}"),
    "http://www.whocc.no/atc": re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?"),
    "http://nucc.org/provider-taxonomy": re.compile(r"[0-9A-Z]{9}X"),
    "https://www.meddra.org": re.compile(r"1[0-9]{7}"),
}

# Verhoeff's tables: the group of the symmetries of a pentagon, and a permutation of the digits by their place
GROUP = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
TURN = ("0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258")


def fault(system: str, code: str) -> str:
    """What is wrong with a code of this system as it is written; empty where nothing is, or nothing can be told."""
    if system == SNOMED:
        if not SCTID.fullmatch(code):
            return "a SNOMED CT id has 6 to 18 digits"
        if not verhoeff(code):
            return "its check digit is not that of a SNOMED CT id"
        return "" if code[-3:-1] in CONCEPT else "it is the id of a description or a relationship, and no concept"
    if system == LOINC:
        if LOINC_OTHER.fullmatch(code):
            return ""
        if not LOINC_TERM.fullmatch(code):
            return "a LOINC code has digits, a hyphen and a check digit"
        return "" if mod_10(code) else "its check digit is not that of a LOINC code"
    if system == NPI:
        return "" if is_npi(code) else "its check digit is not that of an NPI"
    form = FORMS.get(system)
    return "" if form is None or form.fullmatch(code) else "no code of this system is written so"


def verhoeff(digits: str) -> bool:
    """Whether the last digit of a SNOMED CT id is right."""
    state = 0
    for place, digit in enumerate(reversed(digits)):
        state = int(GROUP[state][int(TURN[place % 8][int(digit)])])
    return state == 0


def mod_10(code: str) -> bool:
    """Whether the digit behind the hyphen of a LOINC code is right."""
    digits, _, check = code.partition("-")
    return luhn(digits + check)
