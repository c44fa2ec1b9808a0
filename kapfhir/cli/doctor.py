"""`kapfhir doctor`: what a server says that it can do, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import click

from kapfhir.errors import ConfigError, Exit

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.server.capability import Capability
    from kapfhir.server.client import Client

# what the shipped maps make
TYPES = """
AdverseEvent CarePlan Condition Encounter EpisodeOfCare Location MedicationAdministration Observation Organization Patient
Practitioner PractitionerRole Procedure QuestionnaireResponse
"""
SIGNS = {"ok": "[x]", "note": "[-]", "bad": "[ ]"}


class Finding(NamedTuple):
    status: str  # ok | note | bad
    text: str
    hint: str = ""


@click.command(
    "doctor", short_help="Ask a FHIR server what it can do.", epilog="Example: kapfhir doctor --server http://127.0.0.1:8095/fhir"
)
@options.server
@pass_app
def command(app: App, *, server: str | None) -> Exit:
    """Ask a FHIR server what it can do, and tell how a sync would write to it and why.

    Nothing is written. Ends with 3 if there is no way to write to it.
    """
    client = app.client(server)
    worst = Exit.DONE
    for finding in examine(client):
        app.output.line("finding", **finding._asdict())
        app.output.answer(f"{SIGNS[finding.status]} {finding.text}" + (f"; {finding.hint}" if finding.hint else ""))
        if finding.status == "bad":
            worst = Exit.CONFIG
    app.output.counts["requests"] = client.meter.requests
    return worst


def examine(client: Client) -> Iterator[Finding]:
    """The checklist. Raises the errors of a server that can't be reached or is none."""
    from kapfhir.server.known import find_public

    said = client.capability
    yield Finding("ok", f"{client.base} answers: {said.software}")
    yield Finding("ok", f"it speaks FHIR {said.fhir_version}")
    public = find_public(client.base)
    if public:
        yield Finding("note", f"{public.hosts[0]} is public: it gets only data marked as synthetic")
        for note in public.notes:
            yield Finding("note", note)
    try:
        strategy = client.strategy(TYPES.split())
    except ConfigError as error:
        yield Finding("bad", error.text, error.hint)
        return
    what = {"ids": "PUT Type/id in transactions", "conditional": "conditional updates in transactions"}[strategy.kind]
    yield Finding("ok", f"a sync would write by {what}")
    for reason in strategy.reasons:
        yield Finding("ok", f"because {reason}")
    yield from _types(said)


def _types(said: Capability) -> Iterator[Finding]:
    missing = [name for name in TYPES.split() if not said.takes(name)]
    if missing:
        yield Finding("bad", f"it takes no {', '.join(missing)}", "what would be of these types is refused in a plan")
    elif said.types:
        yield Finding("ok", f"it takes all {len(TYPES.split())} types that the shipped maps make")
    else:
        yield Finding("note", "it lists no types: whether it takes ours is seen when they are sent")
    blind = [name for name in TYPES.split() if said.takes(name) and not said.finds_by_identifier(name)]
    if blind:
        yield Finding("note", f"{', '.join(blind)}: no search by identifier; found by id, or by a tag where ids can't be chosen")
