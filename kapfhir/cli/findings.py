"""`kapfhir findings`: what a person should look at, by published rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.job import Job
    from kapfhir.review import Shelf

FORMS = ("csv", "fhir")


@click.command(
    "findings", short_help="Show what a person should look at.", epilog="Example: kapfhir findings example:clinic -o findings.csv"
)
@options.export
@click.option("-o", "--output", "file", metavar="FILE", type=options.PATH, help="Write the findings to this file.")
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    default="csv",
    show_default=True,
    help="What FILE holds: a row per finding, or DetectedIssue and Flag as NDJSON.",
)
@options.source
@options.mappings
@pass_app
def command(
    app: App, *, export: str, file: Path | None, form: Literal["csv", "fhir"], source: str | None, mappings: Path | None
) -> Exit:
    """Show what a person should look at: safety first, then errors, warnings and information, each with table:row and the id
    of its rule.

    Rules look, they correct nothing. Their levels and numbers can be set in the configuration; what was set is told. The
    texts hold the numbers of the rules and no value of a patient. Findings alone end with 0; ends with 5 if rows were
    rejected.
    """
    from kapfhir import pipeline, review
    from kapfhir.delivery import time_of_delivery
    from kapfhir.job import open_job

    from .tally import Tally

    if form == "fhir" and file is None:
        raise click.UsageError("--as fhir needs a file: give -o FILE")
    settings = app.settings(needs_clinic=options.is_own(export), source=source, mappings=mappings)
    tally = Tally(app.output)
    with open_job(export, settings) as job:
        tally.count_rows(job)
        made = time_of_delivery(job.export.newest)
        with review.Shelf(job.rules) as shelf:
            tally.engine = job.engine(shelf.put, made)
            for _ in tally.watch(pipeline.read(job, findings=tally.engine)):
                pass
            _show(app, job, shelf)
            if file is not None:
                found = shelf.ordered()
                names = review.Names(job)
                fhir = form == "fhir"
                if fhir:
                    count, left = review.write_fhir(found, job, made, file)
                else:
                    count, left = review.write_csv(found, job.rules, names, file), 0
                app.output.line("file", path=str(file), resource="", count=count)
                app.output.say(f"{file}: {count:,} {'resources' if fhir else 'findings'}")
                if left:
                    app.output.complain(
                        f"{left:,} findings are not in it: they are about no patient, or it is not known about whom"
                    )
    tally.tell_left_out()
    tally.tell("`kapfhir map` writes problems.csv, which says what to do")
    return tally.exit


def _show(app: App, job: Job, shelf: Shelf) -> None:
    """A line for each."""
    from kapfhir.review import Names

    names = Names(job)
    for found in shelf.ordered():
        changed = bool(job.rules[found.rule].changed)
        at = found.table + (f":{found.row}" if found.row else "") + (f" {found.column}" if found.column else "")
        app.output.line(
            "rule",
            rule=found.rule,
            severity=found.severity,
            table=found.table,
            row=found.row,
            column=found.column,
            patient=names.patient(found),
            text=found.text,
            advice=found.advice,
            changed=changed,
        )
        app.output.answer(f"{found.severity:<7}  {at}  {found.text} [{found.rule}]{' (changed)' if changed else ''}")
