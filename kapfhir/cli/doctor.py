"""`kapfhir doctor`: what a server says that it can do, and what follows."""

from __future__ import annotations

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app

SIGNS = {"ok": "[x]", "warning": "[!]", "error": "[ ]"}


@click.command(
    "doctor",
    short_help="Ask a FHIR server what it can do.",
    epilog="Example: kapfhir doctor --server http://127.0.0.1:8095/fhir",
)
@options.server
@pass_app
def command(app: App, *, server: str | None) -> Exit:
    """Ask a FHIR server what it can do, and tell how a sync would write to it and why.

    Nothing is written. Ends with 3 if there is no way to write to it.
    """
    from kapfhir.sync.doctor import doctor

    from .tally import align

    client = app.client(server)
    findings = doctor(client)
    app.output.counts["requests"] = client.meter.requests
    for finding in findings:
        app.output.line("finding", **finding.to_dict())
    texts = [f"{f.text}; {f.hint}" if f.hint else f.text for f in findings]
    for line in align([(SIGNS[f.level], f.name, text) for f, text in zip(findings, texts, strict=True)]):
        app.output.answer(line)
    return Exit.CONFIG if any(f.level == "error" for f in findings) else Exit.DONE
