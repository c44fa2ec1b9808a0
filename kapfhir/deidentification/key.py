"""The key file: 32 random bytes as hexadecimal text. Made when it is missing, refused when others can read it."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from kapfhir.errors import ConfigError

FORM = re.compile(rb"[0-9a-f]{64}\s*")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def load_key(path: Path) -> tuple[bytes, bool]:
    """The key, and whether it was made now. ConfigError where the file is none of ours, or open to others."""
    try:
        if not path.exists():
            return _make_key(path), True
        if not path.is_file():
            raise ConfigError(f"the key {path} is no file", "name a file with --key; it is made if it is not there")
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & OTHERS:
            raise ConfigError(f"the key file {path} can be read by others than its owner", f"chmod 600 {path}")
        with path.open("rb") as file:
            text = file.read(100)
    except OSError as error:
        raise ConfigError(f"the key file {path} can't be read or made: {error.strerror}", "name another one with --key") from None
    if not FORM.fullmatch(text):
        raise ConfigError(
            f"the file {path} is no key of kapfhir: it does not hold 64 hexadecimal digits",
            "name another file with --key; it is made if it is not there",
        )
    return bytes.fromhex(text.decode().strip()), False


def _make_key(path: Path) -> bytes:
    key = secrets.token_bytes(32)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return key
