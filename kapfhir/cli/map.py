"""`kapfhir map`: an export to FHIR files, without a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.mapping.source.unused import UnusedColumn

MOST_COLUMNS = 20  # on the terminal


@click.command("map", short_help="Turn an export into FHIR files.", epilog="Example: kapfhir map example:clinic -o out")
@options.export
@options.folder(options.EMPTY)
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "bundle"]),
    default="ndjson",
    show_default=True,
    help="A file per type, or a transaction per patient.",
)
@options.source
@options.mappings
@options.realm
@pass_app
def command(
    app: App, *, export: str, folder: Path, form: Literal["ndjson", "bundle"], source: str | None, mappings: Path | None
) -> Exit:
    """Turn an export into FHIR files.

    Writes a file per resource type (or a transaction per patient), manifest.json, rejected.ndjson with every problem of
    the rows, problems.csv, which counts them and says what to do, unused.csv, the columns that no map uses, and
    completeness.csv, how many records have each field of the least one. No server is needed. Ends with 5 if rows were
    rejected, with 6 if resources were withheld.
    """
    from kapfhir import pipeline
    from kapfhir.delivery import BASE, Delivery, deliver, time_of_delivery
    from kapfhir.job import open_job
    from kapfhir.mapping.source.unused import count_unused

    from .tally import Tally, align

    settings = app.settings(needs_clinic=options.is_own(export), source=source, mappings=mappings)
    tally = Tally(app.output)
    with open_job(export, settings) as job:
        tally.count_rows(job)
        request = f"kapfhir map {Path(export).name} --format {form}"
        base = job.origin.system if job.origin.system.startswith("http") else BASE
        to = Delivery(folder, form, time_of_delivery(job.export.newest), request, base)
        unused: list[UnusedColumn] = []
        tally.engine = job.engine(until=to.made_at)
        files = deliver(
            tally.watch(pipeline.map(job, findings=tally.engine)), to, _keep(count_unused(job.maps, job.export), unused)
        )
    for file in files:
        app.output.line("file", path=str(folder / file.name), resource=file.type, count=file.count)
    for line in align([(str(folder / file.name), f"{file.count:>9,}") for file in files]):
        app.output.answer(line)
    app.output.say(tally.counted())
    _tell_unused(app, unused)
    tally.tell(f"{folder / 'problems.csv'} says what to do, {folder / 'rejected.ndjson'} tells each of them")
    return tally.exit


def _keep(columns: Iterable[UnusedColumn], kept: list[UnusedColumn]) -> Iterator[UnusedColumn]:
    for column in columns:
        kept.append(column)
        yield column


def _tell_unused(app: App, unused: list[UnusedColumn]) -> None:
    """Columns with something in them that stays where it is."""
    from .tally import align

    filled = [column for column in unused if column.count]
    for column in unused:
        app.output.line("unused", table=column.table, column=column.column, count=column.count)
    if filled:
        app.output.say(f"no map uses {len(filled)} column{'s' * (len(filled) > 1)}: what stands there is not sent")
    for line in align([(f"{c.table}: {c.column}", f"{c.count:>9,} cells") for c in filled[:MOST_COLUMNS]]):
        app.output.say(f"  {line}")
    if len(filled) > MOST_COLUMNS:
        app.output.say(f"  and {len(filled) - MOST_COLUMNS} more in unused.csv")
