"""`kapfhir validate`: is it R4?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click

from kapfhir.errors import ConfigError, Exit

from . import options
from .context import App, pass_app

KINDS = (".json", ".ndjson", ".jsonl")


@click.command("validate", short_help="Check FHIR files against R4.", epilog="Example: kapfhir validate out")
@click.argument("files", metavar="FILES...", nargs=-1, required=True, type=options.PATH)
@options.realm
@pass_app
def command(app: App, *, files: tuple[Path, ...]) -> Exit:
    """Check FHIR files against R4 (4.0.1); with --realm us-core-6.1.0 also against the profiles of US Core that they claim.

    FILES are JSON resources or Bundles, NDJSON, or folders of these. Every problem is told with its file, line and
    element, none with a value. Ends with 6 if a resource is not R4.
    """
    from kapfhir.fhir.profile_check import check_file_claims
    from kapfhir.fhir.validate import check_file
    from kapfhir.realms import US_CORE

    app.require_profile()
    severities = {"error": 0, "warning": 0, "information": 0}
    checked = 0
    for file in _each(files):
        checked += 1
        app.output.counts["resources"] += _count(file)
        for problem in chain(check_file(file), check_file_claims(file) if app.realm == US_CORE else ()):
            severities[problem.severity] += 1
            app.output.problems([problem])
    told = {name: count for name, count in severities.items() if count and name != "information"}
    found = ", ".join(f"{count:,} {name}{'s' * (count != 1)}" for name, count in told.items())
    files_told = f"{checked:,} file{'s' * (checked != 1)}, {app.output.counts['resources']:,} resources"
    app.output.say(f"{files_told}: {found or 'no problems'}")
    return Exit.RESOURCES if severities["error"] else Exit.DONE


def _each(files: tuple[Path, ...]) -> Iterator[Path]:
    """The files, and those in the folders; what `map` writes beside resources is left out."""
    from kapfhir.delivery import REJECTED
    from kapfhir.outfolder import MANIFEST

    for file in files:
        if not file.exists():
            raise ConfigError(f"{file} does not exist", "check its path")
        inner = sorted(p for p in file.iterdir() if p.suffix.lower() in KINDS) if file.is_dir() else [file]
        if file.is_dir() and not inner:
            raise ConfigError(f"the folder {file} holds no .json and no .ndjson", "check its path")
        for path in inner:
            if path.name in (MANIFEST, REJECTED) and (path.parent / MANIFEST).is_file():
                continue
            yield path


def _count(file: Path) -> int:
    if file.suffix.lower() == ".json":
        return 1
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())
