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

    def settings(self, *, needs_server: bool = False, needs_clinic: bool = True, **flags: str | Path | None) -> Settings:
        """The settings of a command; see `load_settings` for what it needs."""
        from kapfhir.config import load_settings

        flags = {"realm": self.realm, **flags}
        shipped: dict[str, str] = {}
        if needs_server:
            from kapfhir.server.known import PUBLIC

            shipped = {server.name: server.url for server in PUBLIC}
        found = load_settings(
            self.config, self.profile, flags, os.environ, shipped, needs_server=needs_server, needs_clinic=needs_clinic
        )
        self.output.detail(f"configuration: {found.file or 'no file'}")
        return found

    def require_profile(self) -> None:
        """Of a command that reads no settings: ConfigError if --profile names none of the configuration."""
        if self.profile:
            from kapfhir.config import require_profile

            require_profile(self.profile, self.config)

    def client(self, server: str | None) -> Client:
        """A client of the server that is meant. ConfigError if none is."""
        from kapfhir.server.client import Client

        found = self.settings(needs_server=True, needs_clinic=False, server=server).server
        if found is None:
            raise ConfigError("no server is named", "give --server URL, or a profile with --profile")
        self.output.detail(f"server: {found.url}")
        return Client(found.url, found.auth, timeout_s=found.timeout_s)


pass_app = click.make_pass_decorator(App, ensure=True)
