"""The declared tables: what becomes of each datatype and element, and which systems, extensions and addresses are public.

A type or element that stands in no table is dropped, and a resource type that stands in none is withheld.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from kapfhir.fhir.check_digits import fault
from kapfhir.fhir.facts import Element
from kapfhir.fhir.rules.ucum import SYSTEM as UCUM
from kapfhir.fhir.rules.ucum import is_unit

HERE = Path(__file__).parent
ANNOTATIONS = frozenset(
    ["{score}", "{count}", "{beats}", "{breaths}", "{sessions}", "{doses}", "{tablet}", "{capsule}", "{spray}"]
)
CHECKED = frozenset(
    ["http://snomed.info/sct", "https://www.meddra.org", "http://loinc.org", "http://hl7.org/fhir/sid/ndc"]
)  # long by nature
NOTE = re.compile(r"\{[^}]*\}")
TELLING = re.compile(r"(?:\d\D*){7}")  # as many digits as a telephone or chart number, a day or an IP address
HL7_NAME = re.compile(r"(v2-\d{4}|v3-[A-Z][A-Za-z]{2,40}|([A-Za-z][a-z0-9]*[/-]?){1,6})")
PUBLIC = re.compile(
    r"https://kapfhir\.org/fhir/(Questionnaire|StructureDefinition|ValueSet|CodeSystem)/[a-z0-9-]{1,60}(\|[0-9.]{1,10})?"
    r"|http://hl7\.org/fhir/(StructureDefinition|ValueSet|CodeSystem|Questionnaire|SearchParameter)/[a-z0-9-]{1,60}(\|4\.0\.1)?"
    r"|http://loinc\.org/q/\d{1,6}-\d"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of table.csv. `element`: a resource type, a datatype, or `Type.element`; `classes`: letters of the identifiers."""

    element: str
    action: str
    classes: str
    why: str


@cache
def load_rows() -> dict[str, Row]:
    return {row["element"]: Row(**row) for row in _rows("table")}


def action_of(owner: str, element: Element, kind: str) -> tuple[str, bool]:
    """What becomes of an element of a type, and whether a value that goes leaves the mark that it was there."""
    rows = load_rows()
    row = rows.get(f"{owner}.{element.choice or element.name}") or rows.get(kind)
    if row is None:
        return ("walk" if "." in kind else "drop"), False
    action, _, masked = row.action.partition(" ")
    return action, bool(masked)


@cache
def passes() -> frozenset[str]:
    """The resource types that may leave."""
    return frozenset(row.element for row in load_rows().values() if row.action == "pass")


@cache
def extensions() -> frozenset[str]:
    return frozenset(row["url"] for row in _rows("extensions"))


@cache
def small_zips() -> frozenset[str]:
    return frozenset(row["zip3"] for row in _rows("zips"))


@cache
def states() -> frozenset[str]:
    return frozenset(text for row in _rows("states") for text in (row["code"], row["name"]))


@cache
def telling_codes() -> dict[str, str]:
    """Codes of ages and of birth dates, whatever system they are said to be of -> `age` or `birth`."""
    return {row["code"]: row["tells"] for row in _rows("ages")}


@cache
def age_elements() -> frozenset[str]:
    """The elements that may hold an age, as `Type.element` or `Type.element[x]`."""
    return frozenset(row["element"] for row in _rows("age_elements"))


@lru_cache(maxsize=65536)
def is_public_code(system: str, code: str) -> bool:
    """Is this a code by form of a system that everybody may know?"""
    if system == UCUM:
        return is_plain_unit(code)
    pattern = _form(system)
    if pattern is None or not pattern.fullmatch(code) or fault(system, code):
        return False
    return system in CHECKED or not TELLING.search(code)


@lru_cache(maxsize=4096)
def is_plain_unit(code: str) -> bool:
    """A unit of UCUM whose notes in braces say nothing of anybody."""
    return is_unit(code) and ANNOTATIONS.issuperset(NOTE.findall(code)) and not TELLING.search(code)


def is_public_address(uri: str) -> bool:
    """A canonical that HL7, LOINC or kapfhir published."""
    return PUBLIC.fullmatch(uri) is not None and not TELLING.search(uri)


@cache
def _systems() -> tuple[dict[str, re.Pattern[str]], tuple[tuple[str, re.Pattern[str]], ...]]:
    exact: dict[str, re.Pattern[str]] = {}
    begins: list[tuple[str, re.Pattern[str]]] = []
    for row in _rows("systems"):
        pattern = re.compile(row["code"])
        if row["system"].endswith("*"):
            begins.append((row["system"][:-1], pattern))
        else:
            exact[row["system"]] = pattern
    return exact, tuple(begins)


@lru_cache(maxsize=1024)
def _form(system: str) -> re.Pattern[str] | None:
    exact, begins = _systems()
    if system in exact:
        return exact[system]
    for start, pattern in begins:
        if system.startswith(start) and HL7_NAME.fullmatch(system[len(start) :]) and not TELLING.search(system):
            return pattern
    return None


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_identifiers() -> list[dict[str, str]]:
    """The eighteen identifiers of 45 CFR 164.514(b)(2)(i), each with what is done."""
    return _rows("identifiers")
