"""`kapfhir check`: every fault of the maps at once."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kapfhir.errors import ConfigError, Exit, MappingError, Problem, severest

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.config import Settings
    from kapfhir.mapping.folder import MapFolder

ANY_ZONE = "UTC"  # where no clinic is configured, its zone can't be what is wrong with a map


@click.command("check", short_help="Find every fault of the maps.", epilog="Example: kapfhir check my-maps")
@click.argument("mappings", metavar="[MAPPINGS]", required=False, type=options.PATH)
@click.option("--source", metavar="NAME", help="Check the maps of this source only; without it, those of all sources.")
@pass_app
def command(app: App, *, mappings: Path | None, source: str | None) -> Exit:
    """Find every fault of the maps and code tables, each with file:line:column. No data, no network.

    MAPPINGS is a folder of your own maps, laid over the shipped ones; without it, the configured one. A TODO that is
    left counts as a fault. Ends with 4 if there are any.
    """
    from kapfhir.mapping.folder import MapFolder

    settings, ends = _settings(app, mappings)
    folder = MapFolder.over(settings.mappings)
    sources = [source] if source else folder.sources()
    faulty = {*_resource_faults(folder), *_source_faults(folder, sources, settings), *_code_faults(folder)}
    found = sorted(faulty, key=lambda p: p.order)
    app.output.problems(found)
    faults = sum(p.severity == "error" for p in found)
    what = f"{_count(folder, 'fhir', '.yaml')} resource maps, {_count(folder, 'codes', '.csv')} code tables"
    for name in sources:
        maps, tables = _count(folder, f"sources/{name}", ".yaml"), _count(folder, f"sources/{name}/codes", ".csv")
        what += f", source '{name}' ({maps} maps, {tables} code tables)"
    app.output.say(f"checked {what}: {f'{faults} fault' + 's' * (faults > 1) if faults else 'no faults'}")
    return severest([*ends, Exit.MAPPING if faults else Exit.DONE])


def _settings(app: App, mappings: Path | None) -> tuple[Settings, list[Exit]]:
    """The settings; faults of the configuration file are told, and the maps are checked all the same."""
    from kapfhir.config import Settings

    from .failure import tell_error

    try:
        return app.settings(mappings=mappings), []
    except ConfigError as error:
        tell_error(error, app.output)
        return Settings(mappings=mappings or _named_mappings(app)), [error.exit]


def _named_mappings(app: App) -> Path | None:
    """The folder of maps that a configuration file with faults names all the same."""
    from kapfhir.config import find_file

    with suppress(ConfigError, OSError, ValueError, KeyError, TypeError):
        file = find_file(app.config)
        if file is not None:
            named = file.parent / Path(tomllib.loads(file.read_text("utf-8-sig"))["mappings"]).expanduser()
            return named if named.is_dir() else None
    return None


def _resource_faults(folder: MapFolder) -> tuple[Problem, ...]:
    from kapfhir.fhir.facts import load_facts
    from kapfhir.fhir.identity import Origin
    from kapfhir.mapping.codes import Codes
    from kapfhir.mapping.resource.library import load_library

    try:
        load_library(folder, Codes(folder), load_facts(), Origin("check", "https://clinic.example"))
    except MappingError as error:
        return error.problems
    return ()


def _code_faults(folder: MapFolder) -> list[Problem]:
    """What `kapfhir codes check` finds, without its warnings."""
    from kapfhir.mapping.code_check import check_codes

    return [problem for problem in check_codes(folder).problems if problem.severity == "error"]


def _source_faults(folder: MapFolder, sources: list[str], settings: Settings) -> list[Problem]:
    from kapfhir.mapping.codes import Codes
    from kapfhir.mapping.source.check import check_source

    zone = settings.clinic.zone if settings.clinic else ANY_ZONE
    codes = Codes(folder)
    return [problem for name in sources for problem in check_source(folder, name, None, codes, zone)]


def _count(folder: MapFolder, under: str, suffix: str) -> int:
    return len(folder.files(under, suffix))
