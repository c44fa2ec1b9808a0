"""A look at a whole table: per column how full it is, which texts it has and what they look like. Rows are read once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kapfhir.errors import Problem
from kapfhir.sources.table import Dialect, Table, TypedMoment

from .shapes import Shape, Shapes, shape_of
from .words import fits, is_official, words_of

MOST_TEXTS = 30
LONGEST_CODE = 40  # characters
MOST_KEYS = 5_000  # values of a column that are kept, as hashes, to find it again in another table
MOST_ONCE = 500_000  # so many are looked at for one that stands twice
REMEMBERED = 4_096


@dataclass(slots=True)
class Column:
    """What is known of one column."""

    name: str
    place: int
    alone: bool = True  # no other column has this name, and it holds no number of the state: only then it is guessed at
    shapes: Shapes = field(default_factory=Shapes)
    texts: dict[str, int] | None = field(default_factory=dict)  # each text and how often; None: too many
    longest: int = 0
    whole: bool = True  # every cell is a whole number
    low: int = 0
    high: int = 0
    keys: set[int] = field(default_factory=set)
    once: bool = True  # no text stands twice
    spaced: bool = False  # some text has several words
    _seen: dict[str, Shape] = field(default_factory=dict)

    def add(self, cell: str) -> None:
        """Take note of a cell that is not blank."""
        shape = self._seen.get(cell)
        if shape is None:
            shape = shape_of(cell)
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            if not isinstance(cell, TypedMoment):
                self._seen[cell] = shape
        self.shapes.add(shape)
        text = cell.strip()
        self.longest = max(self.longest, len(text))
        self.spaced = self.spaced or " " in text
        self._count(text)
        if len(self.keys) < (MOST_ONCE if self.once else MOST_KEYS):
            known = len(self.keys)
            self.keys.add(hash(text.casefold()))
            self.once = self.once and len(self.keys) > known
        if self.whole and text.isascii() and text.isdigit() and len(text) < 10:
            number = int(text)
            self.low, self.high = (number, number) if self.filled == 1 else (min(self.low, number), max(self.high, number))
        else:
            self.whole = False

    def _count(self, text: str) -> None:
        if self.texts is not None:
            self.texts[text] = self.texts.get(text, 0) + 1
            if len(self.texts) > MOST_TEXTS or len(text) > LONGEST_CODE:
                self.texts = None

    @property
    def filled(self) -> int:
        return self.shapes.count

    @property
    def kind(self) -> str:
        return self.shapes.kind

    @property
    def words(self) -> str:
        return words_of(self.name)

    @property
    def ticks(self) -> bool:
        """True for a column of yes and no, 0 and 1."""
        return self.filled > 0 and self.shapes.ticks == self.filled

    @property
    def coded(self) -> bool:
        """True for few short texts that repeat themselves: no names, ids, dates or free text."""
        if self.texts is None or self.kind not in ("text", "number") or not self.filled:
            return False
        return len(self.texts) <= max(2, self.filled // 2) or self.ticks

    def overlap(self, other: Column) -> float:
        """The share of this column's texts that the other one has too."""
        return len(self.keys & other.keys) / len(self.keys) if self.keys else 0.0


@dataclass(slots=True)
class Profile:
    """A table and its columns."""

    name: str
    file: str
    dialect: Dialect
    typed: bool  # a sheet: its dates need no format
    columns: list[Column]
    rows: int = 0
    unread: int = 0  # rows that can't be read

    @property
    def words(self) -> str:
        return words_of(self.name)

    @property
    def official(self) -> Column | None:
        """The first column that holds a number of the state, such as of social security."""
        return next((c for c in self.columns if c.filled and is_official(c.words)), None)

    @property
    def decimal(self) -> str:
        marks = [c.shapes.decimal for c in self.columns if c.kind == "number"]
        return "," if marks.count(",") > marks.count(".") else "."

    @property
    def order(self) -> str:
        """D or M where the dates of the table tell whether day or month comes first; empty if they don't, or disagree."""
        leads = [c.shapes.leads for c in self.columns]
        first, second = sum(lead["D"] for lead in leads), sum(lead["M"] for lead in leads)
        return "D" if first > 20 * second else "M" if second > 20 * first else ""

    def find(self, *patterns: str, kinds: tuple[str, ...] = (), unlike: str = "") -> Column | None:
        """The first filled column whose words fit the first pattern that any fits; by its whole name, if one does."""
        columns = [c for c in self.columns if c.alone and c.filled and (not kinds or c.kind in kinds)]
        columns = [c for c in columns if not (unlike and fits(unlike, c.words))]
        for pattern in patterns:
            whole = re.compile(pattern)
            found = [c for c in columns if whole.fullmatch(c.words)] or [c for c in columns if fits(pattern, c.words)]
            if found:
                return found[0]
        return None


def load_profile(table: Table) -> Profile:
    """Read the whole table. TableError if it can't be read at all."""
    dialect = table.sniff()
    header = table.header(dialect)
    columns = [
        Column(name, place, header.count(name) == 1 and not is_official(words_of(name))) for place, name in enumerate(header)
    ]
    profile = Profile(table.name, table.file, dialect, ".xls" in table.file.lower(), columns)
    for row in table.rows(dialect):
        if isinstance(row, Problem):
            profile.unread += row.severity == "error"
            continue
        profile.rows += 1
        for column, cell in zip(columns, row[1], strict=False):
            if cell and not cell.isspace():
                column.add(cell)
    return profile
