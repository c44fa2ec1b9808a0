"""The reference tables of standard codes: each with the display and the source in which it was seen.

codes/terminology/<name>.csv    meaning,system,code,display,source,confidence,note

`confidence` is VERIFIED (an authority has the code with this display) or SEEN (others use it: kapfhir sends none of these).
No map reads these tables: they say what a code is, for `kapfhir codes` and for people.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .folder import MapFolder

UNDER = "codes/terminology"
TAG = re.compile(r" \([a-z/ ]+\)$")  # of a fully specified name of SNOMED CT: `(disorder)`
VERIFIED = "VERIFIED"


@dataclass(frozen=True, slots=True)
class Standard:
    """A row. `system`: an alias of codes/systems.csv, or in full."""

    table: str
    meaning: str
    system: str
    code: str
    display: str
    source: str
    confidence: str
    note: str


def load_terminology(folder: MapFolder) -> tuple[Standard, ...]:
    """Every row of every table, in their order."""
    out: list[Standard] = []
    for name, path in folder.files(UNDER, ".csv").items():
        table = name.removeprefix(f"{UNDER}/").removesuffix(".csv")
        with path.open(encoding="utf-8-sig", newline="") as file:
            out += (Standard(table, **row) for row in csv.DictReader(file))
    return tuple(out)


def displays(rows: Iterable[Standard], systems: Mapping[str, str]) -> dict[tuple[str, str], frozenset[str]]:
    """By system and code, the displays that may be sent; none for a code of which only the number is known."""
    out: dict[tuple[str, str], frozenset[str]] = {}
    for row in rows:
        key = systems.get(row.system, row.system), row.code
        names = {row.display, TAG.sub("", row.display)} if row.display else set()
        out[key] = out.get(key, frozenset()) | names
    return out
