"""`kapfhir archive`: what stays with the clinic, into local files of its own."""

from __future__ import annotations

from pathlib import Path

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app


@click.command(
    "archive", short_help="Keep what must not leave in local files.", epilog="Example: kapfhir archive example:clinic -o kept"
)
@options.export
@options.folder(options.EMPTY)
@options.source
@options.mappings
@pass_app
def command(app: App, *, export: str, folder: Path, source: str | None, mappings: Path | None) -> Exit:
    """Write what never leaves by any other command to local files: psychotherapy notes, texts whose type the maps do not
    classify, and what is said in psychotherapy.

    The files are patient data: the folder is yours alone (0700, its files 0600), and kapfhir sends them nowhere. Ends with 5
    if rows were rejected.
    """
    from kapfhir import pipeline
    from kapfhir.archive import archive
    from kapfhir.job import open_job

    from .tally import Tally

    settings = app.settings(needs_clinic=options.is_own(export), source=source, mappings=mappings)
    tally = Tally(app.output)
    with open_job(export, settings) as job:
        tally.count_rows(job)
        done = archive(tally.watch(pipeline.read(job)), folder)
    for path, count in done.files:
        app.output.line("file", path=str(path), resource="", count=count)
        app.output.answer(str(path))
    app.output.say(f"{done.records:,} records and {done.fields:,} fields stay with the clinic")
    tally.tell("`kapfhir map` writes problems.csv, which says what to do")
    return tally.exit
