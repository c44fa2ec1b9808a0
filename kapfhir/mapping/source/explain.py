"""One row of an export: which column fills which field, by which line of which map, and what became of it. No values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.located import near
from kapfhir.mapping.units import Found, Known, Nothing, Place, Rejected, Same
from kapfhir.model.concepts import Record
from kapfhir.sources.export import Export
from kapfhir.sources.table import Dialect, Row, Table

from .check import SourceMaps
from .fill import INACTIVE, Cell, Plan, first_field
from .formats import Bad
from .grammar import ROW, Line
from .reading import read_records
from .rows import mark_typed

TAKEN, EMPTY, CONSTANT, UNWANTED, UNUSED, LOST = "taken", "empty", "constant", "unwanted", "unused", "lost"
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a map and this row.

    `column`: the name of a column, several joined by ` + `; or `= constant`. `field`: as in `DosingSession.doses[1].dose`; empty
    for a column that no map uses. `place`: file:line of the map. `fate`: taken, empty, constant, unwanted (by `where`), unused,
    todo, a problem's code, elsewhere (another row has the record, for which this one could stand in), or lost: readable, and yet
    not in the record.
    """

    column: str
    field: str
    place: str
    fate: str


@dataclass(frozen=True, slots=True)
class Explained:
    """All that is known of a row: its lines, its problems, and the records that it took part in."""

    told: tuple[Told, ...]
    problems: tuple[Problem, ...]
    records: tuple[Record, ...]


def explain(maps: SourceMaps, export: Export, table: str, row: int, known: Known | None = None) -> Explained:
    """What becomes of one row; the whole export is read for it.

    ConfigError if there is no such table or row, or no map reads the table.
    """
    source = export.tables.get(table)
    if source is None:
        raise ConfigError(f"the export has no table '{table}'", near(table, export.tables))
    plans = [p for p in maps.plans if p.table == table]
    left = [b for b in maps.blocked if b.table == table]
    if not plans and not left:
        raise ConfigError(f"no map of '{maps.source}' reads {table}", "add a map, or choose another --source")
    dialect = plans[0].dialect if plans else Dialect()
    header, cells = source.header(dialect), _find(source, dialect, table, row)
    place = Place(table, row)
    problems, records = [], []
    for unit in read_records(maps, export, known or Nothing()):
        if isinstance(unit, Problem):
            if (unit.file, unit.line) in ((table, row), (table, 0)):
                problems.append(unit)
        elif isinstance(unit, Found) and place in unit.places:
            records.append(unit.record)
        else:
            assert isinstance(unit, Found | Same | Rejected), "nothing else is read"
    made = {type(record).__name__: record for record in records}
    told = [t for plan in plans for t in _tell(plan, cells, problems, made.get(plan.concept))]
    told += [Told("", b.concept, f"{b.file}:{b.line}", "todo") for b in left]
    used = {c for p in plans for c in p.columns}
    told += [Told(c, "", "", UNUSED) for c in header if c not in used and c]
    return Explained(tuple(told), tuple(problems), tuple(records))


def _find(source: Table, dialect: Dialect, table: str, row: int) -> Row:
    for item in source.rows(dialect):
        if isinstance(item, Problem):
            if item.line == row:
                return ()
        elif item[0] == row:
            return item[1]
    raise ConfigError(
        f"no row of {table} starts on line {row}", "the header is line 1; a row with line breaks counts from its first"
    )


def _tell(plan: Plan, row: Row, problems: list[Problem], record: Record | None) -> Iterator[Told]:
    cells = mark_typed(tuple(row[p] if p < len(row) else "" for p in plan.places))
    if plan.wanted is not None and not plan.wanted(cells):
        at = plan.where[0][0].line
        yield Told(" + ".join(str(c) for c, _ in plan.where), plan.concept, f"{plan.file}:{at}", UNWANTED)
        return
    compiled = {cell.line.at: cell for cell in (plan.key, *plan.root.walk())}
    hidden = list(plan.root.hidden(cells))
    for line in plan.lines:
        place, field = f"{plan.file}:{line.at.line}", f"{plan.concept}.{line.at}"
        code = next((p.code for p in problems if p.severity == "error" and _meets(p, place, line)), "")
        column = f"= {line.constant}" if line.constant is not None else " + ".join(line.columns)
        if any(line.path[: len(path)] == path for path in hidden):
            yield Told(column, field, place, EMPTY)
            continue
        fate = code or (CONSTANT if line.constant is not None else _fate(plan, compiled[line.at], cells))
        if fate in (TAKEN, CONSTANT) and (record is None or not _holds(record, line.path)):
            other = ELSEWHERE if plan.stand_in and record is None else LOST
            fate = next((p.code for p in problems if p.severity == "error" and _names(p, line)), other)
        yield Told(column, field, place, fate)


def _names(problem: Problem, line: Line) -> bool:
    """Does the problem name a column of this line?"""
    return not {*problem.column.split(" + ")}.isdisjoint(map(str, line.columns))


def _holds(record: Record, path: tuple[str, ...]) -> bool:
    """Is there something of the record at the path? Which of the items that rows gave is not asked."""
    value: Any = record
    steps = iter(path)
    for step in steps:
        value = getattr(value, step, None)
        if isinstance(value, tuple) and (key := next(steps, None)) is not None:
            if key == ROW:
                return value != ()
            name = first_field(value[0].__class__) if value else ""
            value = next((item for item in value if getattr(item, name) == key), None)
        if value is None or value == ():
            return False
    return True


def _meets(problem: Problem, place: str, line: Line) -> bool:
    """Was this line the one, or one of several, of which the problem tells?"""
    if problem.place == place or not line.columns:
        return problem.place == place
    named = set(problem.column.split(" + "))
    return problem.place.partition(":")[0] == place.partition(":")[0] and set(map(str, line.columns)) < named


def _fate(plan: Plan, cell: Cell, cells: Row) -> str:
    if cell in plan.references:  # what it points to was asked, and told, while the export was read
        return TAKEN if any(cells[plan.columns.index(c)].strip() for c in cell.line.columns) else EMPTY
    try:
        value = cell.get(cells)
    except Bad as bad:
        return bad.code
    return UNWANTED if value is INACTIVE else EMPTY if value is None else TAKEN
