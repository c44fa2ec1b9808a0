"""The numbers that a cohort is made of, each with its source: parameters.csv beside this file."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "parameters.csv"


@cache
def parameters() -> dict[str, tuple[int, ...]]:
    """Every parameter by its name; most are one number."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: tuple(map(int, row["value"].split())) for row in csv.DictReader(file)}


def number(name: str) -> int:
    """A parameter of one number."""
    (value,) = parameters()[name]
    return value


def span(name: str) -> tuple[int, int]:
    """A parameter from .. to."""
    low, high = parameters()[name]
    return low, high
