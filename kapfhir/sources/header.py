"""The names of a table's columns, and the rows that only say them again: somebody pasted two exports together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kapfhir.errors import Problem

from .table import Row

BOM = "\ufeff"  # begins the second of two files that were put into one
REPEATED = "repeated-header"


def read_names(cells: Iterable[str]) -> Row:
    """The names, stripped and on one line; trailing blank ones are cut."""
    names = [_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def first_cells(cells: Sequence[str]) -> Row:
    """What the first cell of a repeated header may be: no other row is looked at further."""
    return (cells[0], BOM + cells[0], f'{BOM}"{cells[0]}"') if cells else ()


def says_again(names: Row, cells: Sequence[str]) -> bool:
    """Whether each cell of the row is the name of its column."""
    first = cells[0].removeprefix(BOM)
    if first is not cells[0] and len(first) > 1 and first[0] == first[-1] == '"':
        first = first[1:-1]  # a quote after the mark opens nothing
    return read_names([first, *cells[1:]]) == names


def tell_repeated(file: str, line: int) -> Problem:
    text = "the row says the names of the columns again"
    return Problem(file, line, "", REPEATED, text, "take it out, if it is no record", "warning", effect="row left out")


def _name(cell: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", cell.strip())
