"""The closed list of named parsers: free text that many clinics write in one way, each giving named parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kapfhir.model.values import Amount

from .formats import Bad


@dataclass(frozen=True, slots=True)
class Parser:
    """`units`: the parts, all amounts, with the unit that each has."""

    units: Mapping[str, str]
    parse: Callable[[str], Mapping[str, Amount | None]]


DOSE = re.compile(r"(?<![\w.,-])([0-9]{1,6}(?:\.{1,2}[0-9]{1,6})?)\s*(mg\s*/\s*kg|mg|ml)\b(?!\s*/)", re.IGNORECASE)
RANGE = re.compile(r"[0-9]\s*(?:-|\u2013|to)\s*[0-9]", re.IGNORECASE)
PRESSURE = re.compile(r"([0-9]{2,3})\s*/\s*([0-9]{2,3})")


def dose_text(cell: str) -> Mapping[str, Amount | None]:
    """`35 mg = 0.5 mg/kg`, `(0.5 mg/kg) 35mg`, `40 mg --> 35 mg` (what was given counts). mL, ranges and the rest are refused."""
    text = re.split(r"-+>|\u2192", cell)[-1]
    if RANGE.search(text):
        raise Bad("dose-range")
    found: dict[str, Amount] = {}
    for number, written in DOSE.findall(text):
        unit = re.sub(r"\s", "", written.lower())
        if unit == "ml":
            raise Bad("volume-without-concentration")
        if unit in found:
            raise Bad("dose-said-twice")
        found[unit] = Amount(Decimal(number.replace("..", ".")), unit)
    rest = re.sub(r"[\s()=,;@]", "", DOSE.sub("", text))
    if not found or rest:
        raise Bad("not-a-dose")
    return {"dose": found.get("mg"), "dose_per_kg": found.get("mg/kg")}


def pressure_text(cell: str) -> Mapping[str, Amount | None]:
    """`128/82`."""
    found = PRESSURE.fullmatch(cell)
    if found is None:
        raise Bad("not-a-blood-pressure")
    return {"systolic": Amount(Decimal(found[1]), "mm[Hg]"), "diastolic": Amount(Decimal(found[2]), "mm[Hg]")}


PARSERS = {
    "dose-text": Parser({"dose": "mg", "dose_per_kg": "mg/kg"}, dose_text),
    "pressure-text": Parser({"systolic": "mm[Hg]", "diastolic": "mm[Hg]"}, pressure_text),
}
