"""From physical lines to records: what a quote opens must be closed, and a fault costs its own record only.

A line without a quote is split as it stands: that is the fast way, and most files go no other. A line whose quotes are not closed
takes the following ones with it, as RFC 4180 says. Where that leads nowhere, the record is lost from its line up to the next line
with which a record with the header's number of cells begins: what follows is not swallowed.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .lines import UNDECODABLE, CutLine
from .table import LONGEST_CELL, Row

LONGEST_RECORD = 1 << 22  # characters; so much is looked at before a quote counts as never closed
CLOSED, OPEN, STRAY = "closed", "open", "stray"
NAMES_DELIMITER = re.compile(r'"?sep=(.)"?\s*')  # Excel's own first line


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record can't be read; `cell` is the place of the bad cell where that is known, `lines` the number of lines lost."""

    code: str
    cell: int | None = None
    lines: int = 1


class Records:
    """The records of a text with the line on which each starts; the first one is the header, `head`. Read once."""

    def __init__(self, lines: Iterable[str], delimiter: str | None, default: str) -> None:
        self._source = iter(lines)
        self._again: deque[str] = deque()  # lines that were looked at and are still to be read
        self._number = 0  # of the last line read
        self._width: int | None = None  # cells of the header, blank ones included; None until it is read
        self.delimiter = delimiter or default
        if (first := next(self._source, None)) is not None:
            if named := NAMES_DELIMITER.fullmatch(first):
                self.delimiter = delimiter or named[1]
                self._number = 1
            else:
                self._again.append(first)
        self.head: Row | Fault = next((record for _, record in self), ())
        self._width = len(self.head) if isinstance(self.head, tuple) else 1

    def __iter__(self) -> Iterator[tuple[int, Row | Fault]]:
        """What is not yet read. Blank records are left out."""
        delimiter, blank = self.delimiter, self.delimiter + " \t\r\n"
        for line in self._flow():
            self._number = number = self._number + 1
            if not line.strip(blank):
                continue
            if '"' in line or len(line) > LONGEST_CELL:
                record = self._quoted(line)
                if isinstance(record, Fault) or any(map(str.strip, record)):
                    yield number, record
            else:
                cells = line.rstrip("\r\n").split(delimiter)
                yield number, _judged(cells) if _suspect(line) else tuple(cells)

    def _flow(self) -> Iterator[str]:
        again = self._again
        while again:
            yield again.popleft()
        for line in self._source:
            yield line
            while again:
                yield again.popleft()

    def _next(self) -> str | None:
        return self._again.popleft() if self._again else next(self._source, None)

    def _quoted(self, line: str) -> Row | Fault:
        """The record that begins with this line; `_number` becomes the number of its last line."""
        if len(line) <= LONGEST_CELL:
            try:
                cells = next(csv.reader((line,), delimiter=self.delimiter, strict=True))
            except csv.Error:
                pass  # not closed on this line, or stray
            else:
                return _judged(cells) if _suspect(line) else tuple(cells)
        if isinstance(line, CutLine):
            return self._lost("giant-cell", [line])
        lines, state = self._gather(line, LONGEST_RECORD)
        if state == STRAY and len(lines) == 1:
            return self._lost("stray-quote", lines)
        if state == CLOSED:
            cells = _cells(lines, self.delimiter)
            if len(lines) == 1 or self._width in (None, len(cells)) or not any(map(self._whole, lines[1:])):
                self._number += len(lines) - 1
                return _judged(cells)
        return self._lost("unclosed-quote", lines)

    def _gather(self, line: str, longest: int) -> tuple[list[str], str]:
        """The line, and those after it that its quotes take with them; how that ends."""
        lines, size, state = [line], len(line), scan(line, self.delimiter)
        while state == OPEN and size <= longest and (following := self._next()) is not None:
            lines.append(following)
            size += len(following)
            state = scan(following, self.delimiter, inside=True)
        return lines, state

    def _lost(self, code: str, lines: list[str]) -> Fault:
        """Gives the record up, and finds the line from which to go on."""
        if self._width is None:
            return Fault(code)
        self._again.extendleft(reversed(lines[1:]))
        lost = 1
        while (line := self._next()) is not None:
            if self._begins(line):
                self._again.appendleft(line)
                break
            lost += 1
        self._number += lost - 1
        return Fault(code, lines=lost)

    def _begins(self, line: str) -> bool:
        """True if a record with the header's number of cells begins with the line."""
        lines, state = self._gather(line, LONGEST_CELL)
        self._again.extendleft(reversed(lines[1:]))
        return state == CLOSED and len(_cells(lines, self.delimiter)) == self._width

    def _whole(self, line: str) -> bool:
        """True if the line alone is such a record."""
        return scan(line, self.delimiter) == CLOSED and len(_cells([line], self.delimiter)) == self._width


def scan(line: str, delimiter: str, *, inside: bool = False) -> str:
    """Whether the quotes of a line are CLOSED at its end, OPEN, or STRAY: followed by what is no end of a cell.

    `inside`: the line begins within a quoted cell.
    """
    at = 0
    while True:
        if not inside and not line.startswith('"', at):
            end = line.find(delimiter, at)
            if end < 0:
                return CLOSED
            at = end + 1
            continue
        end = _closing(line, at if inside else at + 1)
        if end < 0:
            return OPEN
        after = line[end + 1 : end + 2]
        if after != delimiter:
            return CLOSED if after in ("", "\r", "\n") else STRAY
        at, inside = end + 2, False


def _closing(text: str, at: int) -> int:
    """Where the quote stands that closes a cell; a doubled one does not. -1: nowhere."""
    end = text.find('"', at)
    while end >= 0 and text.startswith('"', end + 1):
        end = text.find('"', end + 2)
    return end


def _cells(lines: list[str], delimiter: str) -> list[str]:
    """The cells of a record whose quotes are closed, of any size: the limit of `csv` is the whole process's, not ours to set."""
    text = "".join(lines).rstrip("\r\n")
    cells, at = [], 0
    while True:
        if text.startswith('"', at):
            end = _closing(text, at + 1)
            cells.append(text[at + 1 : end].replace('""', '"'))
            end += 1
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            cells.append(text[at:end])
        if end >= len(text):
            return cells
        at = end + 1


def _suspect(line: str) -> bool:
    return "\0" in line or (not line.isascii() and UNDECODABLE.search(line) is not None)


def _judged(cells: list[str]) -> Row | Fault:
    for place, cell in enumerate(cells):
        if len(cell) > LONGEST_CELL:
            return Fault("giant-cell", place)
        if "\0" in cell:
            return Fault("nul-byte", place)
        if UNDECODABLE.search(cell):
            return Fault("undecodable-byte", place)
    return tuple(cells)
