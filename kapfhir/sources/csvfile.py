"""CSV as it comes: any size, any of the usual dialects; a row that can't be read is told, and the rest goes on."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from kapfhir.errors import Problem

from .header import first_cells, read_names, says_again, tell_repeated
from .lines import READ_ERRORS, Opener, physical_lines, require_encoding
from .records import Fault, Records
from .sniffing import HEAD, require_text, sniff, sniff_delimiter
from .table import LONGEST_CELL, Dialect, Row, TableError, fit

NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
FAULTS = {
    "undecodable-byte": (
        "the row has a byte that is no {encoding}",
        "say the table's `encoding` in its map: `encoding: {other}`",
    ),
    "nul-byte": ("the row has a NUL byte: the file is damaged here", "export the table again"),
    "giant-cell": (f"the row has a cell of more than {LONGEST_CELL:,} characters", "shorten the cell, or look for a lost quote"),
    "unclosed-quote": (
        "a quote opens a cell and is never closed{lost}",
        "close the quote, or double it if it is part of the text",
    ),
    "stray-quote": ("text follows the quote that closes a cell{lost}", "double the quotes that are part of a text"),
}


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV, TSV or the like; `opener` opens its bytes anew for each reading."""

    name: str
    file: str
    opener: Opener
    default: str = ","  # the delimiter where no map names one

    def header(self, dialect: Dialect) -> tuple[str, ...]:
        """The names of the columns. TableError if the file is no text, in another encoding or with another delimiter."""
        return self._open(dialect)[0]

    def rows(self, dialect: Dialect) -> Iterator[tuple[int, Row] | Problem]:
        """The rows with their lines, or what is wrong with them. TableError as `header`."""
        header, records = self._open(dialect)
        width = len(header)
        first = first_cells(records.head) if isinstance(records.head, tuple) else ()
        try:
            for line, record in records:
                if isinstance(record, Fault):
                    yield self._problem(line, record, header, dialect)
                elif record[0] in first and says_again(header, record):
                    yield tell_repeated(self.file, line)
                elif len(record) > width:
                    yield line, fit(record, width)
                else:
                    yield line, record
        except READ_ERRORS as error:
            raise unreadable(self.file, error) from None

    def sniff(self) -> Dialect:
        """The dialect that the file seems to be in."""
        try:
            return sniff(self.opener, self.file, self.default)
        except READ_ERRORS as error:
            raise unreadable(self.file, error) from None

    def _open(self, dialect: Dialect) -> tuple[tuple[str, ...], Records]:
        encoding = require_encoding(dialect.encoding or "utf-8")
        try:
            with self.opener() as file:
                head = file.read(HEAD)
            require_text(head, self.file)
            if head.startswith(codecs.BOM_UTF8) and codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
                raise TableError(
                    "wrong-encoding",
                    f"{self.file} is marked as UTF-8, but is read as {encoding}",
                    "leave out the map's `encoding`",
                )
            records = Records(physical_lines(self.opener, encoding), _delimiter(dialect.delimiter), self.default)
        except READ_ERRORS as error:
            raise unreadable(self.file, error) from None
        if isinstance(records.head, Fault):
            raise self._bad_header(records.head, encoding)
        header = read_names(records.head)
        if len(header) == 1 and dialect.delimiter is None:
            self._require_delimiter(header[0], records.delimiter)
        return header, records

    def _require_delimiter(self, header: str, used: str) -> None:
        found = sniff_delimiter(header, used)
        if found != used:
            word = '"\\t"' if found == "\t" else f'"{found}"'
            raise TableError(
                "wrong-delimiter",
                f"the header of {self.file} is one cell: {NAMES[found]} divides it",
                f"say `delimiter: {word}` in its map",
            )

    def _bad_header(self, fault: Fault, encoding: str) -> TableError:
        if fault.code == "undecodable-byte":
            other = _other(encoding)
            return TableError(
                "wrong-encoding",
                f"the header of {self.file} is not {encoding}",
                f"say its encoding in its map: `encoding: {other}`",
            )
        return TableError(fault.code, f"the header of {self.file} can't be read: {_text(fault, encoding)}", FAULTS[fault.code][1])

    def _problem(self, line: int, fault: Fault, header: tuple[str, ...], dialect: Dialect) -> Problem:
        encoding = dialect.encoding or "utf-8"
        column = header[fault.cell] if fault.cell is not None and fault.cell < len(header) else ""
        hint = FAULTS[fault.code][1].format(other=_other(encoding))
        return Problem(self.file, line, column, fault.code, _text(fault, encoding), hint, effect="row")


def unreadable(file: str, error: Exception) -> TableError:
    """What is said of a file whose bytes can't be got."""
    reason = (error.strerror if isinstance(error, OSError) else None) or "it is damaged"
    return TableError("unreadable-table", f"{file} can't be read: {reason}", "check the file and its permissions")


def _text(fault: Fault, encoding: str) -> str:
    lost = f": {fault.lines} lines are lost with it" if fault.lines > 1 else ""
    return FAULTS[fault.code][0].format(encoding=encoding.upper() if encoding == "utf-8" else encoding, lost=lost)


def _other(encoding: str) -> str:
    """The encoding to try next."""
    return "cp1252" if codecs.lookup(encoding).name.startswith("utf") else "utf-8"


def _delimiter(text: str | None) -> str | None:
    if text is not None and (len(text) != 1 or text in '"\r\n'):
        raise TableError("bad-delimiter", "a delimiter is one character", 'a comma, a semicolon, a tab ("\\t") or a bar')
    return text
