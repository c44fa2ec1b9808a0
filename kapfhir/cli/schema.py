"""`kapfhir schema`: JSON Schemas of the files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kapfhir.errors import ConfigError, Exit

from . import options
from .context import App, pass_app


@click.command("schema", short_help="Write JSON Schemas of the files.", epilog="Example: kapfhir schema -o schemas")
@options.folder("Where to write them; without it, to stdout as one object.", required=False)
@pass_app
def command(app: App, *, folder: Path | None) -> Exit:
    """Write JSON Schemas of source maps, resource maps, kapfhir.toml, rejected.ndjson, manifest.json and the --json lines.

    An editor that knows the schema of a map completes its keys and underlines what is wrong.
    """
    from .schemas import build_schemas

    app.require_profile()
    schemas = build_schemas()
    if folder is None:
        app.output.answer(json.dumps(schemas, indent=2))
        for name, schema in schemas.items():
            app.output.line("schema", name=name, content=schema)
        return Exit.DONE
    for name, schema in schemas.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"the folder {folder} can't be written: {error.strerror}", "name another one with -o") from None
        app.output.line("file", path=str(folder / name), resource="", count=1)
        app.output.answer(str(folder / name))
    return Exit.DONE
