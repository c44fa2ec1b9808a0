"""What openpyxl does not tell of a sheet that it streams: merged cells, and formulas that were saved without their value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from zipfile import ZipFile

BLOCK = 1 << 20
OVERLAP = 256  # bytes: longer than any mark that is looked for
MERGED = re.compile(rb'mergeCell\s[^>]{0,200}?ref="([A-Z]+)(\d+):[A-Z]+(\d+)"')
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
PLACE = re.compile(r"([A-Z]+)(\d+)")


@dataclass(slots=True)
class Marks:
    """`merged`: first row -> column (from 0) -> last row of each merged cell that spans rows."""

    formulas: bool = False
    merged: dict[int, dict[int, int]] = field(default_factory=dict)


def load_marks(archive: ZipFile, part: str) -> Marks:
    """One look at the bytes of the sheet, before it is read."""
    marks, rest = Marks(), b""
    with archive.open(part) as file:
        while block := file.read(BLOCK):
            rest += block
            marks.formulas = marks.formulas or FORMULA.search(rest) is not None
            for column, first, last in MERGED.findall(rest):
                if int(last) > int(first):
                    marks.merged.setdefault(int(first), {})[_number(column.decode()) - 1] = int(last)
            rest = rest[-OVERLAP:]
    return marks


class Spans:
    """Fills the cells over which another one is merged downwards: in a sheet it holds for each of these rows."""

    def __init__(self, merged: dict[int, dict[int, int]]) -> None:
        self._merged = merged
        self._open: dict[int, tuple[int, str]] = {}  # column -> last row, text

    def fill(self, row: int, texts: list[str]) -> None:
        """Rows come in their order."""
        if self._open:
            self._open = {column: span for column, span in self._open.items() if span[0] >= row}
            for column, (_, text) in self._open.items():
                texts[column] = texts[column] or text  # a broken cell is as empty as the merged ones are
        for column, last in self._merged.get(row, {}).items():
            if column < len(texts):
                self._open[column] = (last, texts[column])


class Lacking:
    """The columns of formulas without a saved value, row by row."""

    def __init__(self, places: Iterator[tuple[int, int]]) -> None:
        self._places = places
        self._next = next(places, None)

    def of(self, row: int) -> list[int]:
        """Rows come in their order."""
        columns = []
        while self._next is not None and self._next[0] <= row:
            if self._next[0] == row:
                columns.append(self._next[1])
            self._next = next(self._places, None)
        return columns


def read_lacking(archive: ZipFile, part: str) -> Iterator[tuple[int, int]]:
    """Row and column (from 0) of each formula without a saved value, in their order. An empty text is a value."""
    with archive.open(part) as file:
        yield from _lacking(file)


def _lacking(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415 - only a sheet with formulas needs it

    row = column = 0
    data: Any = None
    for event, element in iterparse(file, ("start", "end"), forbid_dtd=True):
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            if tag == "sheetData":
                data = element
            elif tag == "row":
                row, column = int(element.get("r") or row + 1), 0
        elif tag == "c":
            place = PLACE.fullmatch(element.get("r") or "")
            column = _number(place[1]) if place else column + 1
            inner = {child.tag.rpartition("}")[2]: child.text for child in element}
            if "f" in inner and not inner.get("v") and element.get("t") not in ("str", "inlineStr"):
                yield row, column - 1
        elif tag == "row" and data is not None:
            data.clear()  # memory stays flat


def _number(letters: str) -> int:
    """A -> 1, AA -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
