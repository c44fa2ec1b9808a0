"""`kapfhir init`: a configuration and draft maps for an export."""

from __future__ import annotations

from pathlib import Path

import click

from kapfhir.errors import ConfigError, Exit

from . import options
from .context import App, pass_app


@click.command("init", short_help="Look at an export and draft its maps.", epilog="Example: kapfhir init my-export -o my-clinic")
@options.export
@options.folder("Where to write; the working folder if not given.", required=False, default=Path())
@pass_app
def command(app: App, *, export: str, folder: Path) -> Exit:
    """Look at every table of an export, and write kapfhir.toml, draft maps and code tables.

    A fresh namespace is made for the clinic. What can't be known from the tables stays a TODO line: `kapfhir check`
    lists them, and each blocks its own table only. Nothing is overwritten, and no cell is shown; code tables hold the
    distinct texts of columns that look like codes.
    """
    from kapfhir.config import Settings
    from kapfhir.job import locate
    from kapfhir.mapping.codes import Codes
    from kapfhir.mapping.folder import MapFolder
    from kapfhir.mapping.source.check import check_source
    from kapfhir.mapping.source.draft import draft, source_name
    from kapfhir.sources.export import open_export

    app.require_profile()
    path, _ = locate(export, Settings())
    with open_export(path) as opened:
        for problem in opened.problems:
            app.output.problem(problem)
            app.output.say(str(problem))
        try:
            files = draft(opened, folder, Codes(MapFolder.over()))
        except OSError as error:
            raise ConfigError(f"the folder {folder} can't be written: {error.strerror}", "name another one with -o") from None
        own = MapFolder.over(folder / "mappings")
        faults = check_source(own, source_name(opened), opened, Codes(own), "UTC")
        tables = len(opened.tables)
    for file in files:
        app.output.line("file", path=str(file), resource="", count=1)
        app.output.answer(str(file))
    maps = sum(file.suffix == ".yaml" for file in files)
    todos = sum(p.code == "todo" for p in faults)
    app.output.say(f"{tables} tables, {maps} draft maps, {todos} TODO lines in them")
    config = "" if folder == Path() else f"--config {folder / 'kapfhir.toml'} "
    app.output.say(f"now fill in kapfhir.toml, then run `kapfhir {config}check`: it lists what is still to do")
    return Exit.DONE
