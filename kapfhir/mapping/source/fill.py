"""What a row says: the cells of one table fill a part of a record; parts with one key merge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from kapfhir.model.fields import Field, fields_of
from kapfhir.model.values import Absent, Amount, Code, Key, Ref
from kapfhir.sources.table import Dialect, Row

from .cells import TICKED, UNTICKED, Kinds, Memo, Parse, memo_of
from .formats import BROKEN, TYPED, Bad, refuse_broken
from .grammar import ROW, Line, Where

Partial = dict[str, Any]
Origins = tuple[tuple[int, int], ...]  # (number of the plan, row)
FROM = "@"  # where an item that was filled by rows keeps its origins


class Mark:
    """Stands where a value would: nothing is equal to it but itself."""


INACTIVE, WITHHELD, CONFLICT = Mark(), Mark(), Mark()
ERROR = Absent("error")
LOSSES = ("record", "item", "field", "absent")  # what a bad cell costs, the greatest first


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One line of a map, compiled. `loses` is one of LOSSES. With a memo, the text at `place` is all that `read` looks at."""

    name: str
    read: Callable[[Row], Any]
    line: Line
    loses: str
    wanted: Callable[[Row], bool] | None = None
    memo: Memo | None = None
    place: int = 0

    def get(self, row: Row) -> Any:
        """What a row says; INACTIVE where `where` does not want it. Bad if it can't be read."""
        return self.read(row) if self.wanted is None or self.wanted(row) else INACTIVE

    @property
    def instead(self) -> Any:
        """What stands where the cell can't be read."""
        return ERROR if self.loses == "absent" else WITHHELD


Say = Callable[[Cell, Bad], None]


@dataclass(slots=True)
class Node:
    """The lines of one record, part or item."""

    kind: type
    cells: list[Cell] = field(default_factory=list)
    constants: Partial = field(default_factory=dict)
    parts: dict[str, Node] = field(default_factory=dict)
    named: dict[str, dict[Any, Node]] = field(default_factory=dict)
    rows: dict[str, Node] = field(default_factory=dict)
    own: tuple[
        tuple[int, frozenset[str]], ...
    ] = ()  # of a named item: the columns that only it reads, the texts that mean nothing

    def filled(self) -> set[str]:
        """The fields that lines of this node fill."""
        return {c.name for c in self.cells} | self.constants.keys() | self.parts.keys() | self.named.keys() | self.rows.keys()

    def fill(self, row: Row, say: Say, origins: Origins) -> Partial:
        """What a row says here. Bad cells are said, and leave a mark."""
        out: Partial = {}
        for cell in self.cells:
            try:
                value = cell.get(row)
            except Bad as bad:
                say(cell, bad)
                value = cell.instead
            if value is not INACTIVE:
                out[cell.name] = value
        for name, part in self.parts.items():
            inner = part.fill(row, say, origins)
            if any(value is not None for key, value in inner.items() if key not in part.constants):
                out[name] = inner
        for name, items in self.named.items():
            first = first_field(next(iter(items.values())).kind)
            there = [(key, node) for key, node in items.items() if node.shows(row)]
            shown = {key: node.fill(row, say, origins) | {first: key, FROM: origins} for key, node in there}
            if shown:
                out[name] = shown
        for name, node in self.rows.items():
            item = node.fill(row, say, origins)
            item[FROM] = origins
            key = item.get(first_field(node.kind), INACTIVE)
            if key is None:
                say(next(c for c in node.cells if c.name == first_field(node.kind)), Bad("missing-key"))
            elif not isinstance(key, Mark):
                out[name] = {key: item}
        return out | self.constants if self.constants else out

    def walk(self) -> Iterator[Cell]:
        """The cells of this node and of all within it."""
        yield from self.cells
        inner = [*self.parts.values(), *(n for items in self.named.values() for n in items.values()), *self.rows.values()]
        for node in inner:
            yield from node.walk()

    @property
    def adds(self) -> bool:
        """True if one column fills several fields, each on rows of its own: the rows of a record say it together."""
        columns = [str(column) for cell in self.walk() if cell.wanted is not None for column in cell.line.columns]
        return len(set(columns)) < len(columns)

    def hidden(self, row: Row, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """The paths of the named items that this row does not show."""
        for name, part in self.parts.items():
            yield from part.hidden(row, (*path, name))
        for name, item in self.rows.items():
            yield from item.hidden(row, (*path, name, ROW))
        for name, items in self.named.items():
            for key, node in items.items():
                here = (*path, name, str(key))
                if not node.shows(row):
                    yield here
                else:
                    yield from node.hidden(row, here)

    def shows(self, row: Row) -> bool:
        """True unless columns that only this item reads are empty, all of them."""
        return not self.own or any(row[place].strip() not in empty for place, empty in self.own)

    def add(self, cell: Cell) -> None:
        """Take on a line. Those that are only looked up come first."""
        self.cells.append(cell)
        self.cells.sort(key=lambda c: c.memo is None or c.wanted is not None)


@dataclass(frozen=True, slots=True)
class Plan:
    """One map file, ready for rows."""

    file: str
    concept: str
    table: str
    dialect: Dialect
    columns: tuple[str, ...]  # those that lines or `where` name
    places: tuple[int, ...]
    width: int
    root: Node
    key: Cell
    references: tuple[Cell, ...]  # those that point to other records
    wanted: Callable[[Row], bool] | None
    complete: bool  # fills every required field: its rows are records, not additions to records
    full: bool
    lines: tuple[Line, ...]
    where: Where
    seed: bytes  # stands for how its cells are read, beside the files of the maps
    precedence: tuple[str, ...] = ()  # tables that may hold the same records, the one that is believed first
    stand_in: bool = False  # its rows make a record only where no other table has it
    repeats: bool = False  # its rows are those of other records, which point to this one: that it stands there often is no news
    tells: bool = True  # of rows that can't be read at all; one of several maps of a table is enough


def merge(into: Partial, other: Partial, *, same_map: bool) -> Partial:
    """Lay what another row says over what is known. In one map rows must agree; between maps an empty cell gives way."""
    if not into:
        return other
    for name, value in other.items():
        old = into.get(name, INACTIVE)
        if old is INACTIVE or (old is None and not same_map):
            into[name] = value
        elif name == FROM:
            into[name] = old + value
        elif isinstance(old, dict) and isinstance(value, dict):
            into[name] = merge(old, value, same_map=same_map)
        elif old != value and not (value is None and not same_map):
            into[name] = CONFLICT
    return into


def has_fields(kind: type) -> bool:
    """Parts and items that a path may enter; an amount comes from one cell."""
    return hasattr(kind, "__dataclass_fields__") and kind is not Amount


@cache
def first_field(kind: type) -> str:
    """The field that names an item among those of its list."""
    return str(fields(kind)[0].name)


def getter(
    places: list[int], parse: Parse, line: Line, found: Field, kinds: Kinds, empty: frozenset[str]
) -> Callable[[Row], Any]:
    """The function row -> value of a line that reads these places."""
    if found.many:
        return _several(places, parse, str(line.split) if line.split else None, once=issubclass(kinds.first, Code))
    if line.pieces:
        return lambda row: parse(weave(line.pieces, join(tuple(row[place] for place in places), "/", empty)))
    if len(places) > 1:
        pick, keeps = itemgetter(*places), issubclass(kinds.first, Key | Ref | Code)
        between = "/" if keeps and not kinds.item_key else " "
        typed = kinds.first in (date, datetime) and not line.parser
        if typed and (memo := memo_of(parse)) is not None:
            joined = memo.joined.setdefault(empty, Memo(_beside(memo, empty)))
            return lambda row: joined[pick(row)]
        return lambda row: parse(join(pick(row), between, empty, typed=typed))
    place = places[0]
    if kinds.types == (str,) and not line.codes:

        def text(row: Row) -> str | None:
            cell = row[place].strip()
            if cell[:1] == BROKEN:
                refuse_broken(cell)
            return None if cell in empty else cell

        return text
    return lambda row: parse(row[place])


def _beside(memo: Memo, empty: frozenset[str]) -> Callable[[tuple[str, ...]], Any]:
    """The parser of cells that are one moment: most often a day and a clock time, as they are written in one cell too."""
    moments = memo.moments

    def parse(cells: tuple[str, ...]) -> Any:
        if moments is not None and len(cells) == 2 and empty.isdisjoint(cells):
            try:
                found = moments.beside(*cells)
            except Bad:
                found = None
            if found is not None:
                return found
        return memo[join(cells, " ", empty, typed=True)]

    return parse


def checkboxes(boxes: list[tuple[int, str, Any]]) -> Callable[[Row], Any]:
    """The codes whose box is ticked; (place, column, code) each."""

    def get(row: Row) -> Any:
        out = []
        for place, column, code in boxes:
            refuse_broken(row[place], column)
            cell = row[place].strip().casefold()
            if cell in TICKED:
                out.append(code)
            elif cell not in UNTICKED:
                raise Bad("not-a-checkbox", column)
        return tuple(dict.fromkeys(out)) or None

    return get


def join(cells: tuple[str, ...], between: str, empty: frozenset[str], *, typed: bool = False) -> str:
    """Several cells as one text; all empty is empty, some empty is a fault of the row. `typed`: keep the marks of typed dates."""
    texts = [c.strip() for c in cells]
    for text in texts:
        refuse_broken(text)
    if all(t not in empty for t in texts):
        if between == "/":
            texts = [t.replace("/", "-") for t in texts]  # so that a date like 01/05/2026 can be part of a key
        if typed:
            texts = [TYPED + t if TYPED in c else t for c, t in zip(cells, texts, strict=True)]
        return between.join(texts)
    if any(t not in empty for t in texts):
        raise Bad("half-empty")
    return ""


def weave(pieces: tuple[str, ...], joined: str) -> str:
    """The cells of a key, joined, with the constants that stand between them; empty stays empty."""
    cells = iter(joined.split("/"))
    return "/".join(piece[1:].strip() if piece.startswith("=") else next(cells) for piece in pieces) if joined else ""


def _several(places: list[int], parse: Parse, split: str | None, *, once: bool) -> Callable[[Row], Any]:
    def get(row: Row) -> Any:
        for place in places:
            refuse_broken(row[place])
        pieces = [piece for place in places for piece in (row[place].split(split) if split else (row[place],))]
        values = [parse(piece) for piece in pieces]
        values = [v for v in values if v is not None]
        return tuple(dict.fromkeys(values) if once else values) or None

    return get


@cache
def inner_references(kind: type) -> tuple[tuple[str, str, str], ...]:
    """(list, field, list that it points into) within one record."""
    lists = {f.types[0]: f.name for f in fields_of(kind).values() if f.many and has_fields(f.types[0])}
    pairs = ((name, f) for item, name in lists.items() for f in fields_of(item).values())
    return tuple((name, f.name, lists[f.refers]) for name, f in pairs if f.refers in lists)
