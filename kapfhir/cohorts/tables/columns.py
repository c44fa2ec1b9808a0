"""The tables of a cohort, their columns and how their files are written: columns.txt beside this file, a table a line."""

from __future__ import annotations

from functools import cache
from pathlib import Path

Row = tuple[object, ...] | list[object]
FILE = Path(__file__).parent / "columns.txt"
DIALECTS = {"moniteur": ("cp1252", ";", "\r\n"), "clients": ("utf-8-sig", ",", "\r\n")}  # as the programs that they come from
PLAIN = ("utf-8", ",", "\n")


@cache
def columns() -> dict[str, tuple[str, ...]]:
    """The columns of every table, the tables in the order in which they are written."""
    lines = [line.split("|") for line in FILE.read_text(encoding="utf-8").splitlines()]
    return {line[0]: tuple(line[1:]) for line in lines}


def dialect(table: str) -> tuple[str, str, str]:
    """Encoding, delimiter and end of line of a table's file."""
    return DIALECTS.get(table, PLAIN)
