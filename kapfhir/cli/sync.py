"""`kapfhir sync`: bring a FHIR server in step with an export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kapfhir.errors import Exit, severest

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.sync.plan import Plan
    from kapfhir.sync.report import Progress, Report

MOST_REFUSALS = 10


@click.command(
    "sync",
    short_help="Bring a FHIR server in step with an export.",
    epilog="Example: kapfhir sync example:clinic --server http://127.0.0.1:8095/fhir",
)
@options.export
@options.server
@options.source
@options.mappings
@options.realm
@options.ledger
@click.option("--dry-run", is_flag=True, help="Show the plan, write nothing, end as `plan` does.")
@click.option("--max-errors", metavar="N", type=click.IntRange(1), help="Stop after so many refusals; without it, never.")
@pass_app
def command(
    app: App,
    *,
    export: str,
    server: str | None,
    source: str | None,
    mappings: Path | None,
    ledger: Path | None,
    dry_run: bool,
    max_errors: int | None,
) -> Exit:
    """Bring a FHIR server in step with an export: plan, then apply.

    What is unchanged is not sent. What the server refuses is told, and the rest goes in. A run that was stopped is taken
    up by the next one. What is gone from the source is told and stays on the server. Ends with 5 if rows were rejected,
    or if something stays there that another record stands for now, with 8 if the server refused something.
    """
    from kapfhir.sync.action import Sign

    from .failure import tell_error
    from .planning import WHERE, count_line, end_of_plan, open_plan, show_actions, tell_left

    settings = app.settings(
        needs_server=True, needs_clinic=options.is_own(export), server=server, source=source, mappings=mappings, ledger=ledger
    )
    with open_plan(app, export, settings) as (plan, tally):
        if dry_run:
            show_actions(app, plan)
            return end_of_plan(app, plan, tally)
        show_actions(app, plan, (Sign.GONE, Sign.REFUSED))
        app.output.answer(count_line(plan.counts))
        report = _apply(app, plan, max_errors)
        for problem in report.problems:
            tally.add(problem)
        _tell(app, report)
        _tell_refusals(app, report)
        if report.unsent:
            app.output.complain(f"{report.unsent:,} resource{'s' * (report.unsent > 1)} not sent: the next run goes on there")
        if report.stopped:
            app.output.complain(
                f"stopped after {max_errors} refusal{'s' * (max_errors != 1)} (--max-errors); what went in is in the ledger"
            )
        tally.tell_left_out()
        tally.tell(WHERE)
        tell_left(app, plan)
        if report.error:
            tell_error(report.error, app.output)
        return severest([tally.exit, report.exit])


def _apply(app: App, plan: Plan, max_errors: int | None) -> Report:
    import kapfhir
    from kapfhir.sync.report import InterruptedApply

    def show(progress: Progress) -> None:
        app.output.tick(lambda: _progress(progress))

    try:
        return kapfhir.apply(plan, show, max_errors=max_errors)
    except InterruptedApply as stopped:
        _tell(app, stopped.report)
        raise


def _tell_refusals(app: App, report: Report) -> None:
    """The first refusals in full: what the server says of them differs from one to the next."""
    if not report.problems or app.output.as_json or app.verbose:
        return
    app.output.complain("\nrefused by the server:")
    for problem in report.problems[:MOST_REFUSALS]:
        app.output.complain(f"  {problem}")
    if len(report.problems) > MOST_REFUSALS:
        app.output.complain(f"  and {len(report.problems) - MOST_REFUSALS:,} more")


def _progress(progress: Progress) -> str:
    from .tally import clock

    share = f"{100 * progress.done // progress.total} %" if progress.total else "-"
    left = f", about {clock(progress.left_s)} left" if progress.left_s is not None else ""
    return f"sync: {progress.done:,} of {progress.total:,} resources, {share}, {clock(progress.seconds)}{left}"


def _tell(app: App, report: Report) -> None:
    """The end table, and the counts of the summary."""
    told = report.to_dict()
    app.output.counts.update({name: told[name] for name in app.output.counts.keys() & told.keys()})
    if not app.output.quiet:
        app.output.answer(f"\n{report}")
