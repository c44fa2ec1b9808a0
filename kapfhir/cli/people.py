"""`kapfhir people`: the questions that only the clinic can answer."""

from __future__ import annotations

from pathlib import Path

import click

from kapfhir.errors import ConfigError, Exit

from . import options
from .context import App, pass_app


@click.command("people", short_help="Ask who stands behind a name.", epilog="Example: kapfhir people example:minimal -o asked")
@options.export
@options.folder("Where to write, instead of where the configuration says.", required=False)
@options.source
@options.mappings
@pass_app
def command(app: App, *, export: str, folder: Path | None, source: str | None, mappings: Path | None) -> Exit:
    """Ask who stands behind a name, and which rows of two tables are one session.

    Writes people.csv, a line per name that a map reads with `people`, and pairs.csv, a line per two sessions that may be one.
    Write the key into `key`, yes or no into `confirmed`: the next run reads them, and what you answered stays. Candidates are
    proposals, and never taken by themselves. Both files hold names and keys (0600): keep them where the export is.
    """
    from kapfhir import pipeline
    from kapfhir.confirmation import ask
    from kapfhir.job import open_job

    settings = app.settings(needs_clinic=options.is_own(export), source=source, mappings=mappings)
    with open_job(export, settings) as job:
        where = _place(export, job.settings.people, folder)
        for done, what in zip(ask(job, pipeline.read(job), where), ("names", "pairs"), strict=True):
            app.output.line("file", path=str(done.path), resource="", count=done.count)
            app.output.answer(str(done.path))
            app.output.say(f"{done.count:,} {what}, {done.waiting:,} wait for an answer")
    return Exit.DONE


def _place(export: str, configured: Path | None, folder: Path | None) -> Path:
    """Where people.csv goes. What an example brings stays as it is."""
    from kapfhir.job import EXAMPLE

    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / "people.csv"
    if export.startswith(EXAMPLE):
        raise ConfigError("an example's own files stay as they are", "name a folder with -o")
    return configured or Path("people.csv")
