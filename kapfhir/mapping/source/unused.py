"""The columns that no map uses: they stay where they are, and are told by table, name and count, never by value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kapfhir.errors import Problem
from kapfhir.sources.export import Export
from kapfhir.sources.table import BrokenCell, Dialect, Row, Table, TableError

from .check import SourceMaps


@dataclass(frozen=True, slots=True)
class UnusedColumn:
    """A column of which nothing is sent; `count`: how many of its cells are not empty."""

    table: str
    column: str
    count: int


def count_unused(maps: SourceMaps, export: Export) -> Iterator[UnusedColumn]:
    """Every column that no line and no `where` names, by table and place; those of tables that no map reads, too.

    Tables without such a column are not read for it. One that can't be read is told when it is opened, and left out here.
    ConfigError if the export was written since it was opened.
    """
    for name, table in sorted(export.tables.items()):
        plans = [plan for plan in maps.plans if plan.table == name]
        used = {str(column) for plan in plans for column in plan.columns}
        try:
            dialect = plans[0].dialect if plans else table.sniff()
            header = table.header(dialect)
            left = [place for place, column in enumerate(header) if column not in used]
            counts = _count(table, dialect, left) if left else {}
        except TableError:
            continue
        for place in left:
            yield UnusedColumn(name, header[place] or f"column {place + 1}", counts[place])
    export.require_unchanged()


def _count(table: Table, dialect: Dialect, places: list[int]) -> dict[int, int]:
    counts = dict.fromkeys(places, 0)
    for item in table.rows(dialect):
        if not isinstance(item, Problem):
            for place in places:
                counts[place] += _is_filled(item[1], place)
    return counts


def _is_filled(row: Row, place: int) -> bool:
    return place < len(row) and (row[place].strip() != "" or isinstance(row[place], BrokenCell))
