"""Codes in circulation that are wrong, or wrong where they stand: what each of them really is, and what to use instead.

wrong_codes.csv     system,code,display,at,unless,beside,really,instead

`code` may be `*`: every code of the system. `display`: only a display like this is wrong. `at`: only in places like these, and
`unless` in those. `beside`: only where this other code does not stand beside it. A place is `<list>/<code of ours>` of a code
table, or the path of an element; `*` stands for any text, `*/*` for every code table. A clinic calls its codes as it likes: case
does not count, `_` is `-`; where a code is right for one thing only, `unless` names that, and every other place is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from kapfhir.fhir.check_digits import SNOMED, fault

FILE = Path(__file__).with_name("wrong_codes.csv")
ANY = "*"


@dataclass(frozen=True, slots=True)
class WrongCode:
    """A row of the file. `at` and `unless` are patterns of places; no pattern in `at` means every place."""

    system: str
    code: str
    display: str
    at: tuple[str, ...]
    unless: tuple[str, ...]
    beside: str
    really: str
    instead: str

    def stands(self, display: str, place: str, beside: Collection[str] = ()) -> bool:
        """Whether this display, at this place, with these codes beside it, is meant."""
        if self.beside and (not beside or self.beside in beside):
            return False
        if self.display and not fnmatchcase(display.casefold(), self.display):
            return False
        place = _plain(place)
        return (not self.at or _fits(place, self.at)) and not _fits(place, self.unless)


def load_wrong_codes() -> tuple[WrongCode, ...]:
    """The rows of the file; systems by alias, or in full."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            WrongCode(
                r["system"],
                r["code"],
                r["display"],
                tuple(_plain(r["at"]).split()),
                tuple(_plain(r["unless"]).split()),
                r["beside"],
                r["really"],
                r["instead"],
            )
            for r in csv.DictReader(file)
        )


def refusal(
    alias: str, system: str, code: str, display: str, place: str, beside: Collection[str] = ()
) -> tuple[str, str, str] | None:
    """Why a code can't stand at a place: the problem's code, its text, what to do. None if nothing is known against it.

    `beside`: every code that stands there, this one too; where that is not known, nothing is asked of it.
    """
    published = OTHERWISE.get(system, system.rstrip("/").replace("https://loinc", "http://loinc"))
    if published.startswith(SNOMED):
        published = SNOMED  # of one edition, or of one version of it
    names = dict.fromkeys((PUBLISHED.get(published, alias), published))  # a clinic may call a system as it likes
    for wrong in (row for name in names for row in (*_known().get((name, code), ()), *_known().get((name, ANY), ()))):
        if wrong.stands(display, place, beside):
            return ("wrong-display" if wrong.display else "refused-code"), f"{code}: {wrong.really}", f"use {wrong.instead}"
    why = fault(published, code)
    return ("check-digit", f"{code}: {why}", "look the code up: a digit is wrong") if why else None


OTHERWISE = {  # the same systems by the names of HL7 version 2 and 3
    f"urn:oid:2.16.840.1.113883.6.{number}": url
    for number, url in (
        (1, "http://loinc.org"),
        (73, "http://www.whocc.no/atc"),
        (88, "http://www.nlm.nih.gov/research/umls/rxnorm"),
        (90, "http://hl7.org/fhir/sid/icd-10-cm"),
        (96, SNOMED),
        (285, "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
    )
}
PUBLISHED = {  # the systems that the rows of the file name by an alias
    "http://loinc.org": "loinc",
    "http://snomed.info/sct": "snomed",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "http://www.whocc.no/atc": "atc",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "hcpcs",
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "hcpcs",
    "http://terminology.hl7.org/CodeSystem/adverse-event-severity": "event-severity",
}


@cache
def _known() -> Mapping[tuple[str, str], tuple[WrongCode, ...]]:
    out: dict[tuple[str, str], tuple[WrongCode, ...]] = {}
    for row in load_wrong_codes():
        out[row.system, row.code] = (*out.get((row.system, row.code), ()), row)
    return out


def _fits(place: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(place, pattern) for pattern in patterns)


def _plain(text: str) -> str:
    return text.casefold().replace("_", "-")
