"""What can be wrong with a ledger's file, as our errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kapfhir.errors import ConfigError


@contextmanager
def reading(path: Path | None) -> Iterator[None]:
    """Around values that were read: ConfigError where none of ours can be what stands there."""
    try:
        yield
    except (ValueError, TypeError, AttributeError):
        raise broken(path) from None


def broken(path: Path | None) -> ConfigError:
    """What stands in it can't be."""
    where = f"the ledger {path}" if path else "the ledger"
    return ConfigError(f"{where} is broken, or no ledger", "move it away: the next run compares with the server instead")


@contextmanager
def telling(path: Path | None) -> Iterator[None]:
    """SQLite's and the file system's errors as ours."""
    where = f"the ledger {path}" if path else "the ledger"
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error).lower()
        if "locked" in text or "busy" in text:
            raise ConfigError(f"{where} is in use: another run holds it", "wait until that one has ended") from None
        if "full" in text:
            raise ConfigError(
                f"{where} can't grow: the disk is full", "make room, then run again: it goes on where it was"
            ) from None
        if "readonly" in text or "unable to open" in text or "disk i/o" in text:
            raise ConfigError(f"{where} can't be written", "check its folder, or name another file with --ledger") from None
        raise broken(path) from None
    except OSError as error:
        raise ConfigError(f"{where} can't be made ({type(error).__name__})", "name another file with --ledger") from None
