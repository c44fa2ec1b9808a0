"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kapfhir.realms import REALMS

PATH = click.Path(path_type=Path)
EMPTY = "Where to write: an empty folder, or one of an earlier run."

export = click.argument("export", metavar="EXPORT")
source = click.option("--source", metavar="NAME", help="The source whose maps read the export; without it, the headers tell.")
mappings = click.option(
    "--mappings", metavar="DIR", type=PATH, help="Maps of your own: a file here replaces the shipped one of its path."
)
server = click.option(
    "--server", metavar="URL", help="A FHIR base address, a profile's name, or a public server: hapi-public, ..."
)
ledger = click.option(
    "--ledger", metavar="FILE", type=PATH, help="The ledger; by default one for each server in your state folder."
)


def folder(told: str, *, required: bool = True, default: Path | None = None) -> Callable[[Any], Any]:
    """`-o DIR`, told in these words."""
    kept: dict[str, Any] = {} if default is None else {"default": default}
    return click.option("-o", "--output", "folder", metavar="DIR", type=PATH, required=required, help=told, **kept)


def _take_realm(ctx: click.Context, param: click.Parameter, value: str | None) -> None:  # noqa: ARG001  click's own signature
    ctx.obj.realm = value


realm = click.option(
    "--realm",
    type=click.Choice(REALMS),
    expose_value=False,
    callback=_take_realm,
    help="Whose profiles resources claim; without it, the configuration's.",
)


def is_own(export: str) -> bool:
    """Whether an export is the user's: an example and a synthetic cohort bring a clinic of their own."""
    from kapfhir.job import brings_clinic

    return not brings_clinic(export)
