"""`kapfhir plan`: what a sync would change."""

from __future__ import annotations

from pathlib import Path

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app

HELP = """Show what it takes to bring a FHIR server in step with an export. Nothing is written.

\b
= unchanged (with -v)    + create    * update, with the elements that differ
- gone from the source   ! can't be sent

Ends with 10 if the server differs, with 5 if rows were rejected, or if the server holds what another record stands for now.
"""


@click.command(
    "plan",
    help=HELP,
    short_help="Show what a sync would change.",
    epilog="Example: kapfhir plan example:clinic --server http://127.0.0.1:8095/fhir",
)
@options.export
@options.server
@options.source
@options.mappings
@options.realm
@options.ledger
@pass_app
def command(app: App, *, export: str, server: str | None, source: str | None, mappings: Path | None, ledger: Path | None) -> Exit:
    """See HELP."""
    from .planning import end_of_plan, open_plan, show_actions

    settings = app.settings(
        needs_server=True, needs_clinic=options.is_own(export), server=server, source=source, mappings=mappings, ledger=ledger
    )
    with open_plan(app, export, settings) as (plan, tally):
        show_actions(app, plan)
        return end_of_plan(app, plan, tally)
