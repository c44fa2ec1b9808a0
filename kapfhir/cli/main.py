"""`kapfhir`: the global options, the commands, and the one place where an error becomes a message and an exit code.

A command's module is imported when the command is called, so that `kapfhir --help` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from kapfhir import __version__
from kapfhir.errors import Exit

from .context import App
from .failure import fail, hush_hooks, usage
from .output import Output, drop_stdout, lost_output

SWEEP_AFTER = 500_000  # new objects: maps, records and resources hold no circles, and looking for them costs a tenth of a run
COMMANDS = {  # in the order in which one meets them
    "init": "Look at an export and draft its maps.",
    "check": "Find every fault of the maps.",
    "codes": "Check codes, and find those that are missing.",
    "explain": "Show what becomes of one row.",
    "people": "Ask who stands behind a name.",
    "map": "Turn an export into FHIR files.",
    "findings": "Show what a person should look at.",
    "validate": "Check FHIR files against R4.",
    "plan": "Show what a sync would change.",
    "sync": "Bring a FHIR server in step with an export.",
    "archive": "Keep what must not leave in local files.",
    "deidentify": "Take out of FHIR files what identifies a patient.",
    "doctor": "Ask a FHIR server what it can do.",
    "sandbox": "Run the embedded FHIR server.",
    "cohort": "Make a synthetic export.",
    "schema": "Write JSON Schemas of the files.",
}


class Root(click.Group):
    """Commands that are imported when they are called; errors end here."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"kapfhir.cli.{cmd_name}").command
        assert isinstance(command, click.Command), "each command's module holds `command`"
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, 1)
            meant = f"; did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"there is no command '{args[0]}'{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx) or Exit.DONE
            ctx.obj.output.close(code)
        except click.exceptions.Exit:
            raise
        except click.ClickException as error:
            return usage(error, _app(ctx).output)
        except BaseException as error:  # noqa: BLE001  the one handler
            app = _app(ctx)
            return fail(error, app.output, verbose=app.verbose)
        return code

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        given = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(given, prog_name or "kapfhir", **extra | {"standalone_mode": False})
        except click.ClickException as error:  # of a global option
            code = usage(error, Output(as_json="--json" in given))
        except OSError as error:  # --help and --version write by themselves
            drop_stdout()
            code = fail(lost_output(error), Output(), verbose=False)
        sys.exit(int(code or 0))


def _app(ctx: click.Context) -> App:
    """The call's own, or one like it where it failed before there was one."""
    return ctx.obj if isinstance(ctx.obj, App) else App(output=Output(as_json=ctx.params["as_json"]))


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: kapfhir sync example:clinic --server http://127.0.0.1:8095/fhir",
)
@click.option(
    "--config", metavar="FILE", type=click.Path(path_type=Path), help="The configuration file, instead of ./kapfhir.toml."
)
@click.option("--profile", metavar="NAME", help="The server's profile in the configuration file.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object a line, the last a summary.")
@click.option("-q", "--quiet", is_flag=True, help="Tell errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Tell more: the configuration file in use, requests, unchanged resources.")
@click.option("--progress/--no-progress", default=True, help="Show progress on a terminal (the default), or don't.")
@click.version_option(__version__, prog_name="kapfhir", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context, *, config: Path | None, profile: str | None, as_json: bool, quiet: bool, verbose: bool, progress: bool
) -> None:
    """Bring the record of a ketamine-assisted psychotherapy clinic to FHIR R4, and keep FHIR servers in step with it.

    EXPORT is a folder, a CSV, an XLSX, a zip of these, or example:clinic.
    """
    if quiet and verbose:
        raise click.UsageError("-q and -v are opposites: give one of them", ctx)
    output = Output(ctx.invoked_subcommand or "", as_json=as_json, quiet=quiet, verbose=verbose, progress=progress)
    ctx.obj = App(config, profile, verbose, output)
    output.start_logging()


def main() -> None:
    """The console script."""
    hush_hooks()
    if "sandbox" not in sys.argv:  # which runs for days
        gc.set_threshold(SWEEP_AFTER)
    if not sys.warnoptions:  # a library's warning may quote a cell
        warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a column's name must not break a message on an old terminal
    try:
        cli()
    except SystemExit as end:
        if end.code == Exit.INTERRUPTED:  # a lock that the interruption left closed would hold up the interpreter's own end
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(Exit.INTERRUPTED)
        raise
