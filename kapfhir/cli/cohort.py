"""`kapfhir cohort`: a synthetic export of any size."""

from __future__ import annotations

from pathlib import Path

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app


@click.command("cohort", short_help="Make a synthetic export.", epilog="Example: kapfhir cohort -o demo --patients 100 --seed 1")
@options.folder("Where to write: an empty folder, or an earlier cohort.")
@click.option("--patients", metavar="N", type=click.IntRange(min=1), required=True, help="How many patients.")
@click.option("--seed", metavar="S", default="1", show_default=True, help="The same seed gives the same bytes, on every machine.")
@click.option(
    "--dirty",
    metavar="RATE",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="The share of rows with a fault, 0.01 for one in a hundred; planted.csv names each.",
)
@pass_app
def command(app: App, *, folder: Path, patients: int, seed: str, dirty: float) -> Exit:
    """Make the export of a clinic that never was, to try things out with: `kapfhir map DIR -o OUT` reads it.

    Doses, vital signs, scores, effects and drop-out follow published figures. Nobody in it is real, and it says so: its
    kapfhir.toml marks every resource as a test. Patient k of a seed is the same whatever their number.
    """
    import kapfhir

    app.require_profile()
    done = kapfhir.cohort(folder, patients, seed, dirty)
    for name, count in done.tables:
        app.output.line("file", path=str(folder / f"{name}.csv"), resource="", count=count)
    app.output.answer(str(folder))
    planted = f", {done.planted:,} of them with a fault" if done.planted else ""
    app.output.say(f"{done.rows:,} rows in {len(done.tables)} tables{planted}; all synthetic")
    app.output.say(f"read it: kapfhir map {folder} -o OUT")
    return Exit.DONE
