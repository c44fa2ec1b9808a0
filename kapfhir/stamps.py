"""Whether files are what they were while they were read: by what the system says of them, never by what is in them.

A table is read more than once. Where it is written meanwhile, what was seen of it first and what is read of it later are two
tables, and a record may be lost between them, or be there twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from .errors import ConfigError

Stamp = tuple[int, int, int, int]  # device, inode, bytes, when it was last written (ns)
MOST_NAMED = 3  # files in a message


def take_stamps(paths: Iterable[Path]) -> dict[Path, Stamp]:
    """Those of the files that are there. To be taken before the first byte is read."""
    found: dict[Path, Stamp] = {}
    for path in paths:
        try:
            said = path.stat()
        except OSError:  # who reads it tells why it can't be
            continue
        found[path] = (said.st_dev, said.st_ino, said.st_size, said.st_mtime_ns)
    return found


def require_same(what: str, before: Mapping[Path, Stamp], now: Mapping[Path, Stamp]) -> None:
    """ConfigError if a file was written, came or went between two times."""
    changed = sorted({path.name for path, _ in before.items() ^ now.items()})
    if changed:
        rest = f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
        text = f"{what} changed while it was read: {', '.join(changed[:MOST_NAMED])}{rest}"
        raise ConfigError(text, "start again once all of it is written")
