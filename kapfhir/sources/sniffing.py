"""What a file seems to be, by a look at its bytes: text or not, in which encoding, with which delimiter."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator

from .lines import Opener
from .table import Dialect, TableError

HEAD = 1 << 16  # bytes that are looked at
DELIMITERS = (",", ";", "\t", "|")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
MAGIC = (
    b"PK\x03\x04",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"SQLite format 3",
    b"7z\xbc\xaf",
)
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
SAVE_AS = "save it as CSV UTF-8"


def require_text(head: bytes, file: str) -> None:
    """TableError `utf-16` or `binary-file` unless the file's first bytes are those of a text in a plain encoding."""
    if head.startswith(UTF_16) or _every_other_is_nul(head):
        raise TableError("utf-16", f"{file} is UTF-16 text", SAVE_AS)
    controls = len(CONTROL.findall(head))
    first_line = head[: (head.find(b"\n") + 1) or None]
    if head.startswith(MAGIC) or CONTROL.search(first_line) or controls > max(16, len(head) // 20):
        raise TableError("binary-file", f"{file} is no text, whatever its name says", SAVE_AS)


def sniff(opener: Opener, file: str, default: str = ",") -> Dialect:
    """The dialect that the bytes speak for; the whole file is read for its encoding. TableError as require_text; READ_ERRORS."""
    with opener() as opened:
        head = opened.read(HEAD)
        require_text(head, file)
        decoder, encoding = codecs.getincrementaldecoder("utf-8")(), None
        block = head
        while block:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                encoding = "cp1252"  # what Excel writes on Windows, and undetectable but by that
                break
            block = opened.read(HEAD)
    text = head.removeprefix(codecs.BOM_UTF8).decode(encoding or "utf-8", "replace")
    delimiter = sniff_delimiter(text, default)
    return Dialect(encoding, None if delimiter == default else delimiter)


def sniff_delimiter(text: str, default: str = ",") -> str:
    """The delimiter that cuts the first lines into most cells of equal number."""
    return max(DELIMITERS, key=lambda d: (_score(text, d), d == default))


def _score(text: str, delimiter: str) -> float:
    counts = list(_counts(text, delimiter))
    if not counts or counts[0] < 2:
        return 0.0
    return counts[0] * sum(c == counts[0] for c in counts) / len(counts)


def _counts(text: str, delimiter: str) -> Iterator[int]:
    lines = text.splitlines()[:-1] or text.splitlines()
    try:
        for row in csv.reader(lines[:40], delimiter=delimiter):
            if row:
                yield len(row)
    except csv.Error:
        return


def _every_other_is_nul(head: bytes) -> bool:
    """UTF-16 without a BOM: most Latin characters have a NUL beside them."""
    even, odd = head[0::2], head[1::2]
    return len(head) >= 8 and any(a.count(0) > 0.6 * len(a) and b.count(0) < 0.1 * len(b) for a, b in ((even, odd), (odd, even)))
