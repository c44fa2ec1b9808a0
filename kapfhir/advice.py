"""What each problem code means, and what to do about it: one table, `advice.csv`, for people at the keyboard and for the docs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path


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
    return found.advice if found else ""
