"""The physical lines of a text, streamed: bytes that can't be decoded are kept as marks, and no line is held without bound."""

from __future__ import annotations

import codecs
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import BinaryIO
from zipfile import BadZipFile

from .table import TableError

BLOCK = 1 << 18  # bytes
LONGEST_LINE = 1 << 22  # bytes; of a longer line only the start is given
UNDECODABLE = re.compile("[\udc80-\udcff]")  # what `surrogateescape` makes of a byte that can't be decoded

Opener = Callable[[], BinaryIO]
READ_ERRORS = (OSError, EOFError, BadZipFile, zlib.error, NotImplementedError)  # of a file, or of an entry of a zip


class CutLine(str):
    """The start of a line that is longer than LONGEST_LINE."""

    __slots__ = ()


def physical_lines(opener: Opener, encoding: str) -> Iterator[str]:
    """The lines with their ends (LF, CRLF or CR), without a BOM. READ_ERRORS as they come."""
    return chain.from_iterable(_blocks(opener, encoding))


def _blocks(opener: Opener, encoding: str) -> Iterator[Iterable[str]]:
    """Blocks that end at the end of a line; a StringIO splits lines as fast as a file does."""
    with opener() as file:
        rest = file.read(BLOCK).removeprefix(codecs.BOM_UTF8)
        skipping = False
        while True:
            block = file.read(BLOCK)
            rest += block
            cut = _last_line_end(rest) if block else len(rest)
            if skipping:
                first = _first_line_end(rest)
                rest, cut, skipping = rest[first:], max(cut - first, 0), not first
            if skipping:
                rest = rest[-1:]
            elif not cut and len(rest) >= LONGEST_LINE:
                yield (CutLine(rest[:LONGEST_LINE].decode(encoding, "surrogateescape")),)
                rest, skipping = rest[-1:], True
            elif cut:
                yield io.StringIO(rest[:cut].decode(encoding, "surrogateescape"), newline="")
                rest = rest[cut:]
            if not block:
                return


def _last_line_end(data: bytes) -> int:
    """Where the last whole line ends; a CR at the very end may be half of a CRLF."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1


def _first_line_end(data: bytes) -> int:
    found = re.search(rb"\r\n|\n|\r(?!\Z)", data)
    return found.end() if found else 0


def require_encoding(name: str) -> str:
    """The encoding, if it is one in which ASCII stays what it is. TableError `unknown-encoding` otherwise."""
    plain = bytes(range(32, 127)) + b"\r\n"
    try:
        if plain.decode(name) == plain.decode("ascii"):
            return name
    except (LookupError, UnicodeError):
        pass
    raise TableError("unknown-encoding", f"'{name}' is no encoding that can be read", "use utf-8, cp1252 or latin-1")
