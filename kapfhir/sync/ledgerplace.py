"""Where a ledger lies when nobody names a file, and what those beside it say of a clinic that changed its namespace."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

from kapfhir.errors import ConfigError
from kapfhir.server.http import normalise

from .ledger import Scope


def default_ledger_path(server_url: str, namespace: str) -> Path:
    """In the user's state folder, one per server and clinic namespace."""
    from platformdirs import user_state_path  # noqa: PLC0415

    base = normalise(server_url)
    mark = blake2b(f"{base}|{namespace}".encode(), digest_size=6).hexdigest()
    return user_state_path("kapfhir") / "ledgers" / f"{urlsplit(base).hostname}-{mark}.sqlite"


def require_namespace(path: Path, scope: Scope) -> None:
    """Refuse a first run with another namespace than this clinic had before at this server: all of it would stand there twice.

    `path` is the ledger to come; those beside it tell, but for one that is in use or broken.
    """
    base = normalise(scope.server)
    for other in sorted(path.parent.glob(f"{urlsplit(base).hostname}-*.sqlite")) if not path.exists() else ():
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(other, timeout=0.2)) as connection:
            kept = dict(connection.execute("SELECT name, value FROM scope WHERE EXISTS (SELECT 1 FROM resources)"))
            if (kept.get("server"), kept.get("system")) == (base, scope.system):
                raise ConfigError(
                    f"this clinic's records are at this server under another clinic namespace, says the ledger {other}",
                    "put the namespace back: with a new one every resource would stand there twice; or name a file with --ledger",
                )
