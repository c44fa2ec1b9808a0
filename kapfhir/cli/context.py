"""What every command gets: the global options, and from them the settings and where to write."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kapfhir.errors import ConfigError

from .output import Output

if TYPE_CHECKING:
    from kapfhir.config import Settings
    from kapfhir.server.client import Client


@dataclass(slots=True)
class App:
    """The global options of one call."""

    config: Path | None = None
    profile: str | None = None
    verbose: bool = False
    output: Output = field(default_factory=Output)
    realm: str | None = None  # of the command, see options.py

    def settings(self, *, needs_server: bool = False, **flags: str | Path | None) -> Settings:
        """The settings of a command; a command that talks to no server needs no credentials of one."""
        from kapfhir.config import load_settings

        env = dict(os.environ)
        flags = {"realm": self.realm, **flags}
        shipped: dict[str, str] = {}
        if needs_server:
            from kapfhir.server.known import PUBLIC

            shipped = {server.name: server.url for server in PUBLIC}
        else:
            for name in ("KAPFHIR_SERVER", "KAPFHIR_PROFILE"):
                env.pop(name, None)
        found = load_settings(self.config, self.profile if needs_server else None, flags, env, shipped)
        self.output.detail(f"configuration: {found.file or 'no file'}")
        return found

    def client(self, server: str | None) -> Client:
        """A client of the server that is meant. ConfigError if none is."""
        from kapfhir.server.client import Client

        found = self.settings(needs_server=True, server=server).server
        if found is None:
            raise ConfigError("no server is named", "give --server URL, or a profile with --profile")
        self.output.detail(f"server: {found.url}")
        return Client(found.url, found.auth, timeout_s=found.timeout_s)


pass_app = click.make_pass_decorator(App, ensure=True)
