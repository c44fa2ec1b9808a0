"""What a table of an export is, whatever file it stands in: a header, and rows of text that know where they start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from kapfhir.errors import ConfigError, Problem

Row = tuple[str, ...]

LONGEST_CELL = 131_072  # characters; a longer one is no cell of a record, but a file gone wrong


class TypedMoment(str):
    """A cell that was a date, a time of day or both in its sheet, as ISO text: it needs no format to be read.

    `2026-01-05`, `10:30:00` or `2026-01-05T10:30:00`; exact to the second.
    """

    __slots__ = ()


class BrokenCell(str):
    """A cell of a sheet that holds no value: its text is empty, and `code` is that of the problem, for who needs the cell."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str) -> Self:
        cell = super().__new__(cls)
        cell.code = code
        return cell


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV is written. None: find out, which is UTF-8 with or without BOM, and a comma (a tab in a .tsv)."""

    encoding: str | None = None
    delimiter: str | None = None


class TableError(ConfigError):
    """A table can't be read at all; `code` is the problem code."""

    def __init__(self, code: str, text: str, hint: str = "") -> None:
        super().__init__(text, hint)
        self.code = code


class Table(Protocol):
    """One table. It can be read as often as one likes, and holds nothing of it in memory."""

    @property
    def name(self) -> str:
        """The file's stem, or the name of the sheet."""

    @property
    def file(self) -> str:
        """The path inside the export, for messages."""

    def header(self, dialect: Dialect) -> tuple[str, ...]:
        """The names of the columns, stripped, trailing blank ones cut; () for an empty file. TableError if it can't be read."""

    def rows(self, dialect: Dialect) -> Iterator[tuple[int, Row] | Problem]:
        """Every row that is not blank, with the line on which it starts (the header is line 1).

        Blank cells beyond the header are cut; else a row has the cells that are written. One that can't be read is a problem, and
        one that says the header again is a problem that is a warning.
        """

    def sniff(self) -> Dialect:
        """The dialect that the file seems to be in. TableError if it is no text."""


@dataclass(frozen=True, slots=True)
class BrokenTable:
    """A file of the export that can't be read: told when it is opened, an error when it is used."""

    name: str
    file: str
    error: TableError

    def header(self, dialect: Dialect) -> tuple[str, ...]:  # noqa: ARG002
        raise self.error

    def rows(self, dialect: Dialect) -> Iterator[tuple[int, Row] | Problem]:  # noqa: ARG002
        raise self.error

    def sniff(self) -> Dialect:
        raise self.error


def fit(cells: Row | list[str], width: int) -> Row:
    """The row without blank cells beyond the header."""
    if len(cells) > width and not any(map(str.strip, cells[width:])):
        return tuple(cells[:width])
    return tuple(cells)
