"""`kapfhir sandbox`: the embedded FHIR server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kapfhir.errors import Exit

from . import options
from .context import App, pass_app

if TYPE_CHECKING:
    from kapfhir.sandbox.server import Sandbox


@click.command("sandbox", short_help="Run the embedded FHIR server.", epilog="Example: kapfhir sandbox --port 8095 --load clinic")
@click.option("--port", type=click.IntRange(0, 65535), default=8095, show_default=True, help="0 takes a free one.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen. There is no access control: keep it on loopback."
)
@click.option("--db", metavar="FILE", type=options.PATH, help="Keep the resources in this file; without it they are in memory.")
@click.option("--load", metavar="NAME", help="Start with the resources of an example: clinic.")
@click.option(
    "--quirks",
    metavar="NAME",
    multiple=True,
    help="Behave like a lesser server, such as no-update-create or flaky; several may be given.",
)
@pass_app
def command(app: App, *, port: int, host: str, db: Path | None, load: str | None, quirks: tuple[str, ...]) -> Exit:
    """Run the embedded FHIR R4 server until Ctrl-C.

    Its base address is printed when it answers. It is for trying things out: it checks what it is given, and has no
    access control.
    """
    from kapfhir.data import example_resources
    from kapfhir.sandbox.server import serve

    app.require_profile()
    if load:
        example_resources(load)  # a wrong name is told before anything is started

    def tell(sandbox: Sandbox) -> None:
        loaded = sandbox.load(load) if load else 0
        app.output.counts["resources"] = loaded
        app.output.line("ready", url=sandbox.url, loaded=loaded)
        app.output.answer(f"READY {sandbox.url}")
        kept = f"kept in {db}" if db else "in memory, gone when it stops"
        app.output.say(f"{loaded:,} resources loaded; {kept}; Ctrl-C stops it")

    if host not in ("127.0.0.1", "localhost", "::1"):
        app.output.complain(f"warning: {host} may be reached from other machines, and there is no access control")
    serve(host, port, db, quirks, tell)
    return Exit.DONE
