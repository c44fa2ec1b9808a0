"""The closed list of named parsers: free text that many clinics write in one way, each giving named parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from kapfhir.model.values import Amount

from .formats import Bad

Read = Callable[[str], Amount | None]


@dataclass(frozen=True, slots=True)
class Parser:
    """`units`: the parts, all amounts, with the units that each may have. `instead`: the part that may stand where another is
    wanted, if a map says what it is taken times: a volume for a dose.
    """

    units: Mapping[str, tuple[str, ...]]
    parse: Callable[[str], Mapping[str, Amount | None]]
    instead: Mapping[str, str] = field(default_factory=dict)

    def reader(self, part: str, *, times: bool) -> Read:
        """What reads this part of a text. Bad where only its stand-in is there, and the map does not say `times`."""
        parse, other = self.parse, self.instead.get(part, "")

        def read(text: str) -> Amount | None:
            found = parse(text)
            value = found.get(part)
            if value is not None or found.get(other) is None:
                return value
            if not times:
                raise Bad("volume-without-concentration")
            return found[other]

        return read

    def stand_ins(self, part: str) -> tuple[str, ...]:
        """The units in which a stand-in for this part may be."""
        return self.units[self.instead[part]] if part in self.instead else ()


UNITS = {"mg": "mg", "mcg": "ug", "ug": "ug", "\u00b5g": "ug", "\u03bcg": "ug", "ml": "mL", "cc": "mL"}
PARTS = {"mg": "dose", "ug": "dose", "mg/kg": "dose_per_kg", "ug/kg": "dose_per_kg", "mL": "volume"}
DOSE = re.compile(
    r"(?<![\w.,-])([0-9]{1,6}(?:\.{1,2}[0-9]{1,20})?)\s*(mg|mcg|ug|\u00b5g|\u03bcg|ml|cc)(\s*/\s*kg)?\b(?!\s*/)", re.IGNORECASE
)
RANGE = re.compile(r"[0-9]\s*(?:-|\u2013|to)\s*[0-9]", re.IGNORECASE)
PRESSURE = re.compile(r"([0-9]{2,3})\s*/\s*([0-9]{2,3})")
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
PIECE = r"(?:troche|lozenge|tablet|rdt)s?"
COUNTED = re.compile(
    rf"(?<![\w.,/-])({'|'.join(NUMBERS)}|[1-9])(?:\s*[x\u00d7]\s*|\s+)([0-9]{{1,4}}(?:\.[0-9]{{1,3}})?)\s*mg\s+{PIECE}\b",
    re.IGNORECASE,
)
BESIDE = re.compile(rf"\b(?:iv|im|sc|sq|sl|po|{PIECE}|infusion|injection)\b", re.IGNORECASE)  # its route stands elsewhere


def dose_text(cell: str) -> Mapping[str, Amount | None]:
    """`35 mg = 0.5 mg/kg`, `(0.5 mg/kg) 35mg`, `500 mcg`, `0.7 mL`, `40 mg --> 35 mg` (what was given counts). No ranges."""
    text = COUNTED.sub(_times, re.split(r"-+>|\u2192", cell)[-1])
    if RANGE.search(text):
        raise Bad("dose-range")
    found: dict[str, Amount] = {}
    for number, written, per_kg in DOSE.findall(text):
        unit = UNITS[written.casefold()] + ("/kg" if per_kg else "")
        part = PARTS.get(unit)
        if part is None:
            raise Bad("not-a-dose")
        if part in found:
            raise Bad("dose-said-twice")
        found[part] = Amount(Decimal(number.replace("..", ".")), unit)
    rest = re.sub(r"[\s()=,;@]", "", BESIDE.sub("", DOSE.sub("", text)))
    if not found or rest:
        raise Bad("not-a-dose")
    return found


def _times(found: re.Match[str]) -> str:
    """Two troches of 100 mg are 200 mg."""
    count = NUMBERS.get(found[1].casefold()) or int(found[1])
    return f"{count * Decimal(found[2])} mg"


def pressure_text(cell: str) -> Mapping[str, Amount | None]:
    """`128/82`."""
    found = PRESSURE.fullmatch(cell)
    if found is None:
        raise Bad("not-a-blood-pressure")
    return {"systolic": Amount(Decimal(found[1]), "mm[Hg]"), "diastolic": Amount(Decimal(found[2]), "mm[Hg]")}


PARSERS = {
    "dose-text": Parser(
        {"dose": ("mg", "ug"), "dose_per_kg": ("mg/kg", "ug/kg"), "volume": ("mL",)}, dose_text, {"dose": "volume"}
    ),
    "pressure-text": Parser({"systolic": ("mm[Hg]",), "diastolic": ("mm[Hg]",)}, pressure_text),
}
