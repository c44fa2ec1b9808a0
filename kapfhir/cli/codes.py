"""`kapfhir codes`: the lists of codes, what is wrong with them, and what of an export they lack."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.mapping.source.unmapped import Column, Unmapped


@click.group(
    "codes",
    short_help="Check codes, and find those that are missing.",
    epilog="Example: kapfhir codes unmapped example:clinic",
    invoke_without_command=True,
)
@click.pass_context
def command(context: click.Context) -> Exit | None:
    """List the codes of ours, check every code, or find what an export says that no code table has.

    Without a subcommand: the lists, each with the number of its codes and the systems that they are sent in.
    """
    return _list(context.obj) if context.invoked_subcommand is None else None


def _list(app: App) -> Exit:
    from kapfhir.mapping.codes import Codes
    from kapfhir.mapping.folder import MapFolder

    from .tally import align

    codes = Codes(MapFolder.over(app.settings(needs_clinic=False).mappings))
    aliases = {uri: alias for alias, uri in codes.systems.items()}
    rows = [("list", "codes", "systems")]
    for name, table in codes.tables().items():
        count = len({row.code for row in table})
        systems = list(dict.fromkeys(aliases.get(row.system, row.system) for row in table))
        app.output.line("list", name=name, count=count, systems=systems)
        rows.append((name, str(count), " ".join(systems)))
    for line in align(rows):
        app.output.answer(line)
    return Exit.DONE


@command.command("check", short_help="Check every code.", epilog="Example: kapfhir codes check my-maps")
@click.argument("mappings", metavar="[MAPPINGS]", required=False, type=options.PATH)
@pass_app
def check(app: App, *, mappings: Path | None) -> Exit:
    """Check every standard code of the maps, code tables and scales, each with file and line. No data, no network.

    Looked at are check digits (SNOMED CT, LOINC), the form of other codes, codes that circulate and are wrong, rows that
    stand twice, one standard code for two of ours, and displays that differ from those of the terminology tables. The last
    two are warnings. Ends with 4 if there are faults.
    """
    from kapfhir.mapping.code_check import check_codes
    from kapfhir.mapping.folder import MapFolder

    found = check_codes(MapFolder.over(app.settings(needs_clinic=False, mappings=mappings).mappings))
    app.output.problems(found.problems)
    faults = sum(p.severity == "error" for p in found.problems)
    told = f"{faults} fault{'s' * (faults > 1)}" if faults else "no faults"
    app.output.say(f"checked {len(found.uses):,} codes in {len(found.files)} files: {told}")
    return Exit.MAPPING if faults else Exit.DONE


@command.command(
    "unmapped", short_help="Find what no code table has.", epilog="Example: kapfhir codes unmapped export/ > missing.csv"
)
@options.export
@options.source
@options.mappings
@pass_app
def unmapped(app: App, *, export: str, source: str | None, mappings: Path | None) -> Exit:
    """Find the texts of coded columns that no code table has, most frequent first.

    The answer has the lines of a code table, `text,TODO`, with remarks between them: paste them into the file that the
    remark names, and write our code instead of each TODO. No code is filled in; where a code of ours has just the name
    that stands in the column, the remark says so. Shown are short terms of columns that a map reads through a code table,
    and nothing of tables that hold names; the rest is counted. A map with TODO lines is not looked at. Ends with 5 if
    there is something to map.
    """
    from kapfhir.job import open_job
    from kapfhir.mapping.codes import Codes
    from kapfhir.mapping.folder import MapFolder
    from kapfhir.mapping.source.unmapped import find_unmapped

    settings = app.settings(needs_clinic=options.is_own(export), source=source, mappings=mappings)
    with open_job(export, settings) as job:
        folder = MapFolder.over(job.settings.mappings)
        columns = find_unmapped(job.maps, job.export, folder, Codes(folder))
        for left in job.maps.blocked:
            app.output.say(f"{left.table} is not looked at: its map, {left.file}, has TODO lines")
    for column in columns:
        for text in column.texts:
            app.output.line("unmapped", **_fields(column), text=text.text, count=text.rows, row=text.first, meant=text.meant)
        if column.hidden:
            app.output.line("unmapped", **_fields(column), text="", count=column.hidden, row=column.first, meant="")
        app.output.answer(_pasted(column))
    texts = sum(len(column.texts) + column.hidden for column in columns)
    app.output.say(f"{texts:,} texts in {len(columns)} columns have no code" if columns else "every text has its code")
    return Exit.ROWS if columns else Exit.DONE


def _fields(column: Column) -> dict[str, str]:
    return {"file": column.file, "place": column.place, "table": column.table, "column": column.column}


def _pasted(column: Column) -> str:
    """Lines for the code table; a remark is a row of one cell."""
    remarks = [
        f"# {column.file or column.place}: {column.table} {column.column}; {_count(column.rows)}; the first is row {column.first}"
    ]
    if not column.file:
        remarks.append(f"# {column.hidden} that are no codes of ours: give the line a code table (`codes: NAME`)")
    elif column.hidden:
        remarks.append(f"# {column.hidden} more that are not shown: names, or texts too long for a term; see the rows")
    return _csv([*([remark] for remark in remarks), *(row for text in column.texts for row in _rows(text))])


def _rows(text: Unmapped) -> Iterable[list[str]]:
    meant = f"; did you mean {text.meant}?" if text.meant else ""
    yield [f"# {_count(text.rows)}; the first is row {text.first}{meant}"]
    yield [text.text, "TODO"]


def _count(rows: int) -> str:
    return f"{rows:,} rows".replace(",", " ") if rows != 1 else "1 row"


def _csv(rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
