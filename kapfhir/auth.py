"""How we show a server who we are. Secrets stay out of every repr, message and log."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NoAuth:
    """An open server."""

    def header(self) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password."""

    user: str
    password: str = field(repr=False)

    def header(self) -> str | None:
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that somebody else got."""

    token: str = field(repr=False)

    def header(self) -> str | None:
        return f"Bearer {self.token}"


Auth = NoAuth | Basic | Bearer
