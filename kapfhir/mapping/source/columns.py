"""The columns of one table that its map names, as places in the rows that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kapfhir.mapping.located import Problems, Text, near
from kapfhir.sources.export import Export
from kapfhir.sources.table import Dialect, Row, Table, TableError

from .cells import Memo
from .grammar import Map, Where

SAID = ("unknown-encoding", "wrong-encoding", "bad-delimiter", "wrong-delimiter")  # what the map says of its table, or should
WHOLE_ROW = "*"  # who reads a column, where it is no named item


class Columns:
    """Every column that lines and `where` name. Without an export there is no header, and every name will do."""

    def __init__(self, parsed: Map, export: Export | None, problems: Problems) -> None:
        self.problems = problems
        self.dialect = dialect_of(parsed)
        self.name = str(parsed.table)
        self.table: Table | None = None
        self.header = self._header(parsed, export)
        self.used: list[str] = []
        self.readers: dict[str, set[Any]] = {}  # column -> the items that read it

    @property
    def places(self) -> tuple[int, ...]:
        """Where the used columns stand in a row of the table."""
        assert self.header is not None, "a map is made ready for an export"
        return tuple(self.header.index(c) for c in self.used)

    def place(self, column: Text, item: Any = WHOLE_ROW) -> int | None:
        """The place of a column among the used cells; None, with a problem, if the table has none or several of this name."""
        count = self.header.count(column) if self.header else 1
        if count != 1:
            assert self.header is not None, "counted above"
            if count:
                self.problems.say(column, "duplicate-column", f"{self.name} has {count} columns '{column}'")
            else:
                self.problems.say(column, "no-column", f"{self.name} has no column '{column}'", near(column, self.header))
        elif column not in self.used:
            self.used.append(str(column))
        self.readers.setdefault(str(column), set()).add(item)
        return self.used.index(column) if column in self.used else None

    def where(self, where: Where) -> Callable[[Row], bool] | None:
        """The test of a row; None if there is none."""
        tests: list[tuple[int, frozenset[str]]] = []
        for column, values in where:
            place = self.place(column)
            if place is not None:
                tests.append((place, frozenset(v.strip().casefold() for v in values)))
        if len(tests) == 1:
            only, allowed = tests[0]
            known = Memo(lambda text: text.strip().casefold() in allowed)
            return lambda row: bool(known[row[only]])
        return (lambda row: all(row[i].strip().casefold() in allowed for i, allowed in tests)) if tests else None

    def own(self, item: tuple[str, ...], columns: list[tuple[str, frozenset[str]]]) -> tuple[tuple[int, frozenset[str]], ...]:
        """The places of the columns that only this item reads; the texts beside a column mean nothing in it."""
        inside = {c for c, readers in self.readers.items() if all(r[: len(item)] == item for r in readers)}
        return tuple(dict.fromkeys((self.used.index(c), empty) for c, empty in columns if c in inside))

    def _header(self, parsed: Map, export: Export | None) -> tuple[str, ...] | None:
        if export is None or not parsed.table:
            return None
        self.table = export.tables.get(parsed.table)
        if self.table is None:
            text = f"the export has no table '{parsed.table}'"
            self.problems.say(parsed.table, "no-table", text, near(parsed.table, export.tables))
            return None
        try:
            return self.table.header(self.dialect)
        except TableError as error:
            if error.code not in SAID:
                raise  # a fault of the export, not of the map
            word = parsed.delimiter if "delimiter" in error.code else parsed.encoding
            self.problems.say(word or parsed.table, error.code, error.text, error.hint)
            return None


def dialect_of(parsed: Map) -> Dialect:
    """How a map says that its table is written."""
    return Dialect(str(parsed.encoding) if parsed.encoding else None, str(parsed.delimiter) if parsed.delimiter else None)
