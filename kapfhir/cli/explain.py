"""`kapfhir explain`: what becomes of one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from kapfhir.errors import Exit, Problem, severest

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.job import Job
    from kapfhir.mapping.resource.routes import Route
    from kapfhir.mapping.source.explain import Told
    from kapfhir.model.concepts import Record

LONGEST_ROW = 15  # digits of the number of a row
FATES = {  # of a cell, where it is not a problem's code
    "taken": "",
    "empty": "empty",
    "constant": "",
    "unwanted": "the map's `where` does not want it",
    "unused": "no map uses it",
    "todo": "its map has TODO lines",
    "elsewhere": "another row has the record",
    "lost": "nothing came of it",
    "private": "stays with the clinic",
}


class Cell(NamedTuple):
    """One line of the answer."""

    column: str
    field: str
    field_line: str
    element: str
    element_line: str
    fate: str
    value: str


@click.command("explain", short_help="Show what becomes of one row.", epilog="Example: kapfhir explain example:clinic IV:6")
@options.export
@click.argument("place", metavar="TABLE:ROW")
@options.source
@options.mappings
@options.realm
@click.option("--show-values", is_flag=True, help="Show what stands in the cells, too. This is patient data.")
@pass_app
def command(app: App, *, export: str, place: str, source: str | None, mappings: Path | None, show_values: bool) -> Exit:
    """Show what becomes of one row: column, field, element, each with its line of the maps.

    TABLE is the file's stem, or the sheet; ROW is the line on which the record starts, the header being 1. What is left
    out is told with the reason, and so are columns that no map uses. Values are not shown unless --show-values is given.
    """
    from kapfhir.job import open_job
    from kapfhir.mapping.source.explain import explain
    from kapfhir.model.privacy import withheld

    from .tally import exit_of

    table, _, row = place.rpartition(":")
    if not table or not row.isdecimal() or len(row) > LONGEST_ROW:
        raise click.UsageError("the second argument is TABLE:ROW, such as dose_log:12", click.get_current_context())
    settings = app.settings(needs_clinic=options.is_own(export), source=source, mappings=mappings)
    if show_values:
        app.output.complain("warning: --show-values shows patient data; mind who sees this screen, and where it is logged")
    with open_job(export, settings) as job:
        found = explain(job.maps, job.export, table, int(row))
        values = dict(_values(job, table, int(row))) if show_values else {}
        job.export.require_unchanged()
        private = {type(record).__name__ for record in found.records if withheld(record)}
        built = {type(record).__name__: _slots(job, record) for record in found.records}
        cells = [cell for told in found.told for cell in _follow(job, told, values, private, built)]
    app.output.counts["rows"] = 1
    app.output.counts["records"] = len(found.records)
    for cell in cells:
        line = cell._asdict()
        app.output.line("cell", table=table, row=int(row), **line)
    _print(app, cells, show_values=show_values)
    _tell(app, found.problems, [f"{type(r).__name__}" for r in found.records])
    for problem in found.problems:
        app.output.line("problem", **problem.to_dict())
    return severest(map(exit_of, found.problems))


def _slots(job: Job, record: Record) -> set[str]:
    """The lines of the slots of which this record has a resource: a row is not told of resources that nothing is said for."""
    return {job.library.place_of(resource) for resource in job.library.build(record)}


def _follow(job: Job, told: Told, values: dict[str, str], private: set[str], built: dict[str, set[str]]) -> Iterator[Cell]:
    """A line for each element that the field goes to; one without if it goes nowhere."""
    value = " + ".join(values[c] for c in told.column.split(" + ") if c in values)
    fate = FATES.get(told.fate, f"left out: {told.fate}")
    concept, _, field = told.field.partition(".")
    if concept in private or _stays(concept, field):
        yield Cell(told.column, told.field, told.place, "", "", FATES["private"], "")
        return
    routes = list(_routes(job, concept, field)) if field else []
    routes = [route for route in routes if route.slot in built.get(concept, {route.slot})]
    if not routes or fate:
        yield Cell(told.column, told.field, told.place, "", "", fate, value)
        return
    for number, route in enumerate(routes):
        first = number == 0
        yield Cell(told.column, told.field, told.place, route.element, route.place, fate, value if first else "")


def _stays(concept: str, field: str) -> bool:
    """Whether a field, or a part on the way to it, is kept in the record and not sent."""
    from kapfhir.model.concepts import CONCEPTS
    from kapfhir.model.fields import fields_of

    kind = CONCEPTS.get(concept)
    for step in field.split("."):
        f = fields_of(kind).get(step.partition("[")[0]) if kind is not None and is_dataclass(kind) else None
        if f is None:
            return False
        if f.stays:
            return True
        kind = f.types[0]
    return False


def _routes(job: Job, concept: str, field: str) -> Iterator[Route]:
    from kapfhir.mapping.folder import MapFolder
    from kapfhir.mapping.resource.routes import find_routes

    path = tuple(step.partition("[")[0] for step in field.split("."))
    for route in find_routes(MapFolder.over(job.settings.mappings), concept):
        if route.takes(path):
            yield route


def _values(job: Job, table: str, row: int) -> Iterator[tuple[str, str]]:
    from kapfhir.sources.table import Dialect

    dialect = next((p.dialect for p in job.maps.plans if p.table == table), Dialect())
    source = job.export.tables[table]
    for item in source.rows(dialect):
        if not isinstance(item, Problem) and item[0] == row:
            yield from zip(source.header(dialect), item[1], strict=False)


def _print(app: App, cells: list[Cell], *, show_values: bool) -> None:
    from .tally import align

    rows: list[tuple[str, ...]] = []
    shown = [cell for cell in cells if cell.fate != FATES["unused"]]
    for _, lines in groupby(shown, key=lambda c: (c.column, c.field, c.field_line)):
        told = list(lines)
        ways = _ways(told) or [(f"({told[0].fate or 'no element of its own'})", "")]
        for number, (element, place) in enumerate(ways):
            value = (told[0].value,) if show_values else ()
            left = (told[0].column, *value, told[0].field, told[0].field_line)
            rows.append((*(left if number == 0 else [""] * len(left)), element, place))
    head = ("column", *(("value",) if show_values else ()), "field", "source map", "element", "resource map")
    for line in align([head, *rows]):
        app.output.answer(line)
    unused = [f"{cell.column}" for cell in cells if cell.fate == FATES["unused"]]
    if unused:
        app.output.answer(f"\ncolumns that no map uses: {', '.join(unused)}")


def _ways(cells: list[Cell]) -> list[tuple[str, str]]:
    """The elements, each once, with all lines that fill it: `fhir/patient.yaml:6, 18`."""
    ways: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.element:
            file, _, line = cell.element_line.rpartition(":")
            ways.setdefault((cell.element, file), []).append(line)
    return [(element, f"{file}:{', '.join(lines)}") for (element, file), lines in ways.items()]


def _tell(app: App, problems: tuple[Problem, ...], concepts: list[str]) -> None:
    if problems:
        app.output.answer("\nproblems of this row:")
    for problem in problems:
        app.output.answer(f"  {problem}" + (f": {problem.effect}" if problem.effect else ""))
    app.output.answer(f"\nit takes part in: {', '.join(concepts) or 'no record'}")
