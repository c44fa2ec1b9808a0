"""What each problem code means, and what to do about it: one table, `advice.csv`, for people at the keyboard and for the docs."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

INVARIANT = re.compile(
    r"[a-z]{2,3}-[0-9]{1,2}b?|sqty-1|us-core-[0-9]{1,2}(-attachment)?"
)  # a rule of FHIR R4 or US Core itself, by its own name
INVARIANT_ADVICE = "This is a rule of FHIR R4 or US Core itself: correct the resource as the message says."


@dataclass(frozen=True, slots=True)
class Advice:
    """One row of the table. `about` says where the problem is found: map, file, row, record, resource, run."""

    code: str
    about: str
    meaning: str
    advice: str


@cache
def all_advice() -> dict[str, Advice]:
    """Every problem code with its row, in the order of the table."""
    with Path(__file__).with_name("advice.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: Advice(**row) for row in csv.DictReader(file)}


def advice(code: str) -> str:
    """What to do about a problem of this code; empty for a code that has no row."""
    found = all_advice().get(code)
    if found is None:
        return INVARIANT_ADVICE if INVARIANT.fullmatch(code) else ""
    return found.advice
