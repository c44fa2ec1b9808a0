"""Realms: whose profiles resources follow beyond R4 itself."""

from __future__ import annotations

from typing import Literal, get_args

from .errors import ConfigError

Realm = Literal["international", "us-core-6.1.0"]
INTERNATIONAL: Realm = "international"
US_CORE: Realm = "us-core-6.1.0"
REALMS: tuple[Realm, ...] = get_args(Realm)


def parse_realm(name: str) -> Realm:
    """The realm of this name; ConfigError names the realms that there are."""
    for realm in REALMS:
        if realm == name:
            return realm
    raise ConfigError("there is no realm of the name that was given", f"give one of: {', '.join(REALMS)}")
