"""`kapfhir deidentify`: FHIR files without what tells who a patient is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app


@click.command(
    "deidentify",
    short_help="Take out of FHIR files what identifies a patient.",
    epilog="Example: kapfhir deidentify out -o shared --key study.key",
)
@click.argument("source", metavar="IN", type=options.PATH)
@options.folder(options.EMPTY)
@click.option(
    "--key", metavar="FILE", type=options.PATH, required=True, help="The key of the pseudonyms; made if the file is not there."
)
@click.option(
    "--dates",
    type=click.Choice(["shift", "year"]),
    default="shift",
    show_default=True,
    help="Shift the dates of each patient by a constant, or cut all to the year.",
)
@click.option(
    "--as-of",
    metavar="DAY",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which ages count, in no year before the data; today by default.",
)
@click.option(
    "--keep-text", metavar="PATH", multiple=True, help="A text that may leave, as Condition.code.text; may be repeated."
)
@pass_app
def command(
    app: App,
    *,
    source: Path,
    folder: Path,
    key: Path,
    dates: Literal["shift", "year"],
    as_of: datetime | None,
    keep_text: tuple[str, ...],
) -> Exit:
    """Write FHIR files without the 18 identifiers of HIPAA's Safe Harbor, 45 CFR 164.514(b)(2).

    IN is what `kapfhir map` wrote, or the Bulk Data export of another server: NDJSON, Bundles, JSON. What the table does not
    know is dropped; ids become keyed pseudonyms that stay the same under the same key. deidentification.csv says what was
    done, by element and without values. Shifted dates are no Safe Harbor by themselves: --dates year is. Ends with 6 if a
    resource was withheld because it, or what would be left of it, is not R4.
    """
    from kapfhir.deidentification.folder import deidentify

    from .tally import align

    app.require_profile()
    done = deidentify(source, folder, key, dates=dates, as_of=as_of.date() if as_of else None, keep_text=keep_text)
    app.output.counts["resources"] = done.resources
    if done.made_key:
        app.output.say(f"a new key was made: {key}; keep it, and give it to nobody who gets the files")
    for file in done.files:
        app.output.line("file", path=str(folder / file.name), resource=file.type, count=file.count)
    for line in align([(str(folder / file.name), f"{file.count:>9,}") for file in done.files]):
        app.output.answer(line)
    for path, action, count in done.rows():
        app.output.line("deidentified", path=path, action=action, count=count)
    withheld = sum(done.withheld.values())
    app.output.say(
        f"{done.resources:,} resources de-identified, {withheld:,} withheld; {folder / 'deidentification.csv'} says what was done"
    )
    if done.unplaced:
        who = f"{done.unplaced:,} resources don't say of which server they are"
        app.output.say(f"{who}: those of another one must be de-identified by themselves, with a key of its own")
    if dates == "shift":
        app.output.say("dates are shifted, not removed: Safe Harbor asks for --dates year, or for the opinion of an expert")
    for path in keep_text:
        app.output.say(f"{path} left as it was written: read it before you share it")
    return Exit.RESOURCES if done.has_faults else Exit.DONE
