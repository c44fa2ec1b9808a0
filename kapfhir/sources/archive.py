"""Zips that come from outside: nothing is written where a name points, and nothing is unpacked that would fill a disk."""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO, cast
from zipfile import ZipFile, ZipInfo

from kapfhir.errors import ConfigError

from .lines import READ_ERRORS
from .table import TableError

MOST_BYTES = 2 << 30  # unpacked, all entries together
MOST_ENTRIES = 10_000
BOMB_BYTES, BOMB_RATIO = 100 << 20, 200  # so large and so dense is no table
ENCRYPTED = 0x1
HIDDEN = (".", "~$")  # starts of the names of files that no person put there


def bomb(entries: Iterable[ZipInfo]) -> str | None:
    """The name of the entry with which the archive becomes too large to unpack; None if it is harmless."""
    total = 0
    for number, entry in enumerate(entries, 1):
        total += entry.file_size
        dense = entry.file_size > BOMB_BYTES and entry.file_size > BOMB_RATIO * max(entry.compress_size, 1)
        if dense or total > MOST_BYTES or number > MOST_ENTRIES:
            return entry.filename
    return None


def read_entries(archive: ZipFile) -> Iterator[ZipInfo]:
    """The files of an export's zip, but not what macOS adds. ConfigError for any entry that should not be in one."""
    entries = archive.infolist()
    for entry in entries:
        _require_honest(entry)
    if name := bomb(entries):
        raise ConfigError(
            f"the zip unpacks to too much, with its entry '{_printable(name)}'", "unzip it yourself, and name the folder"
        )
    for entry in entries:
        parts = parts_of(entry)
        if not entry.is_dir() and parts and "__MACOSX" not in parts and not any(p.startswith(HIDDEN) for p in parts):
            yield entry


def _require_honest(entry: ZipInfo) -> None:
    name = f"'{_printable(entry.filename)}'"
    parts = parts_of(entry)
    if entry.filename.startswith(("/", "\\")) or ".." in parts or re.match("[A-Za-z]:", entry.filename):
        raise ConfigError(f"the zip's entry {name} points outside of the zip", "do not trust this file")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ConfigError(f"the zip's entry {name} is a link", "zip the files themselves")
    if entry.flag_bits & ENCRYPTED:
        raise ConfigError(f"the zip's entry {name} is encrypted", "unzip it yourself, and name the folder")
    if entry.filename.lower().endswith(".zip"):
        raise ConfigError(f"the zip's entry {name} is a zip itself", "unzip it yourself, and name the folder")


def open_entry(archive: ZipFile, entry: ZipInfo) -> BinaryIO:
    """The bytes of an entry, streamed."""
    return cast("BinaryIO", archive.open(entry))


def copy_entry(archive: ZipFile, entry: ZipInfo) -> BinaryIO:
    """The entry as a file that can seek: a temporary one without a name, gone with its last reader."""
    copy = tempfile.TemporaryFile(prefix="kapfhir-")  # noqa: SIM115 - the caller closes it
    try:
        with archive.open(entry) as file:
            shutil.copyfileobj(file, copy)
    except READ_ERRORS:
        copy.close()
        raise TableError(
            "unreadable-table", f"the zip's entry '{_printable(entry.filename)}' is damaged", "zip the files again"
        ) from None
    copy.seek(0)
    return cast("BinaryIO", copy)


def time_of(entry: ZipInfo) -> datetime:
    """When the entry was written; a zip knows no zone, so that UTC gives the same everywhere."""
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=UTC)


def parts_of(entry: ZipInfo) -> tuple[str, ...]:
    """The path of the entry, whichever slash its writer used."""
    return tuple(part for part in re.split(r"[/\\]", entry.filename) if part not in ("", "."))


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)
