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

from .cells import TICKED, UNTICKED, Kinds, Parse
from .formats import TYPED, Bad
from .grammar import ROW, Line, Where

Partial = dict[str, Any]
Origins = tuple[tuple[int, int], ...]  # (number of the plan, row)
FROM = "@"  # where an item that was filled by rows keeps its origins


class Mark:
    """Stands where a value would: nothing is equal to it but itself."""


INACTIVE, WITHHELD, CONFLICT = Mark(), Mark(), Mark()
ERROR = Absent("error")
LOSSES = ("record", "item", "field", "absent")  # what a bad cell costs, the greatest first


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a map, compiled. `loses` is one of LOSSES."""

    name: str
    get: Callable[[Row], Any]
    line: Line
    loses: str

    @property
    def instead(self) -> Any:
        """What stands where the cell can't be read."""
        return ERROR if self.loses == "absent" else WITHHELD


Say = Callable[[Cell, Bad], None]


@dataclass(slots=True)
class Node:
    """The lines of one record, part or item."""

    kind: type
    quick: list[tuple[str, int, dict[str, Any], Cell]] = field(default_factory=list)  # one column, remembered: no call
    cells: list[Cell] = field(default_factory=list)
    constants: Partial = field(default_factory=dict)
    parts: dict[str, Node] = field(default_factory=dict)
    named: dict[str, dict[Any, Node]] = field(default_factory=dict)
    rows: dict[str, Node] = field(default_factory=dict)
    shows: Callable[[Row], bool] | None = None  # for a named item: has a column that only it reads a value?

    def filled(self) -> set[str]:
        """The fields that lines of this node fill."""
        lines = {c.name for c in self.cells} | {name for name, *_ in self.quick}
        return lines | self.constants.keys() | self.parts.keys() | self.named.keys() | self.rows.keys()

    def fill(self, row: Row, say: Say, origins: Origins) -> Partial:
        """What a row says here. Bad cells are said, and leave a mark."""
        out: Partial = {}
        for name, place, memo, cell in self.quick:
            try:
                out[name] = memo[row[place]]
            except Bad as bad:
                say(cell, bad)
                out[name] = cell.instead
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
            there = [(key, node) for key, node in items.items() if node.shows is None or node.shows(row)]
            shown = {key: node.fill(row, say, origins) | {first: key, FROM: origins} for key, node in there}
            if shown:
                out[name] = shown
        for name, node in self.rows.items():
            item = node.fill(row, say, origins)
            item[FROM] = origins
            key = item.get(first_field(node.kind), INACTIVE)
            if key is None:
                say(next(c for c in node.every_cell() if c.name == first_field(node.kind)), Bad("missing-key"))
            elif not isinstance(key, Mark):
                out[name] = {key: item}
        return out | self.constants if self.constants else out

    def walk(self) -> Iterator[Cell]:
        """The cells of this node and of all within it."""
        yield from self.every_cell()
        inner = [*self.parts.values(), *(n for items in self.named.values() for n in items.values()), *self.rows.values()]
        for node in inner:
            yield from node.walk()

    def hidden(self, row: Row, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """The paths of the named items that this row does not show."""
        for name, part in self.parts.items():
            yield from part.hidden(row, (*path, name))
        for name, item in self.rows.items():
            yield from item.hidden(row, (*path, name, ROW))
        for name, items in self.named.items():
            for key, node in items.items():
                here = (*path, name, str(key))
                if node.shows is not None and not node.shows(row):
                    yield here
                else:
                    yield from node.hidden(row, here)

    def every_cell(self) -> list[Cell]:
        return [cell for *_, cell in self.quick] + self.cells

    def add(self, cell: Cell, place: int | None, memo: Any) -> None:
        """Take on a line; with a memo, the quick way."""
        if place is not None and isinstance(memo, dict):
            self.quick.append((cell.name, place, memo, cell))
        else:
            self.cells.append(cell)


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
    repeats: bool = False  # its rows are those of other records, which point to this one: that it stands there often is no news


def merge(into: Partial, other: Partial, *, same_map: bool) -> None:
    """Lay what another row says over what is known. In one map rows must agree; between maps an empty cell gives way."""
    for name, value in other.items():
        old = into.get(name, INACTIVE)
        if old is INACTIVE or (old is None and not same_map):
            into[name] = value
        elif name == FROM:
            into[name] = old + value
        elif isinstance(old, dict) and isinstance(value, dict):
            merge(old, value, same_map=same_map)
        elif old != value and not (value is None and not same_map):
            into[name] = CONFLICT


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
        return lambda row: parse(join(pick(row), between, empty, typed=typed))
    place = places[0]
    if kinds.types == (str,) and not line.codes:

        def text(row: Row) -> str | None:
            cell = row[place].strip()
            return None if cell in empty else cell

        return text
    return lambda row: parse(row[place])


def where_only(get: Callable[[Row], Any], wanted: Callable[[Row], bool] | None) -> Callable[[Row], Any]:
    """The same function, silent on rows that `where` does not want."""
    return get if wanted is None else lambda row: get(row) if wanted(row) else INACTIVE


def checkboxes(boxes: list[tuple[int, str, Any]]) -> Callable[[Row], Any]:
    """The codes whose box is ticked; (place, column, code) each."""

    def get(row: Row) -> Any:
        out = []
        for place, column, code in boxes:
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
