"""An export as a stream of records that know their rows, and of problems; parents before children, memory flat.

A table of which each row is one record is streamed (twice: first its keys are looked through). Where several rows are one record, the
cells that are used go to disk and come back ordered by key. A record whose rows are as last time is not made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol

from kapfhir.errors import Problem
from kapfhir.model.concepts import CONCEPTS, Record
from kapfhir.model.dosing import Anchor
from kapfhir.model.fields import fields_of
from kapfhir.sources.export import Export
from kapfhir.sources.table import Row

from .check import SourceMaps, load_source
from .fill import Origins, Partial, Plan, merge
from .formats import TYPED, Bad
from .shape import ConflictError, drop_loose_references
from .store import CONFLICT, MOST_ROWS, ONCE, Store, Waiting, pack, unpack
from .telling import Teller

__all__ = ["Found", "Known", "Nothing", "Place", "Same", "SourceMaps", "load_source", "read"]

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a table; the header is row 1."""

    table: str
    row: int


@dataclass(frozen=True, slots=True)
class Found:
    """A record and the rows that it comes from.

    `digest` stands for the used cells of these rows and for what is joined in; it is empty where the rows had problems: such a record is
    made anew each time, so that its problems are told each time.
    """

    record: Record
    places: tuple[Place, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Same:
    """A record whose rows are as last time."""

    concept: str
    key: str
    places: tuple[Place, ...]
    digest: str


class Known(Protocol):
    """What is known from earlier runs."""

    def has(self, concept: str, key: str) -> bool: ...

    def digest(self, concept: str, key: str) -> str | None:
        """Of the last run with the same maps; None: make it again."""

    def anchor(self, key: str) -> Anchor | None:
        """Of a dosing session."""


class Nothing:
    """Nothing is known."""

    def has(self, concept: str, key: str) -> bool:  # noqa: ARG002
        return False

    def digest(self, concept: str, key: str) -> str | None:  # noqa: ARG002
        return None

    def anchor(self, key: str) -> Anchor | None:  # noqa: ARG002
        return None


def read(maps: SourceMaps, export: Export, known: Known | None = None) -> Iterator[Found | Same | Problem]:
    """Records and problems, concepts in the order of CONCEPTS. The maps were loaded for this export.

    Each map with TODO lines is told once, its rows are left out. ConfigError if a table can't be read, or the disk is full.
    """
    known = known or Nothing()
    store = maps.start()
    maps.references.bind(store, known)
    for left in maps.blocked:
        text = "the map of this table has TODO lines: its rows are left out"
        yield Problem(
            left.table, 0, "", "todo", text, "finish the map", place=f"{left.file}:{left.line}", effect="table left out"
        )
    for concept in CONCEPTS:
        store.flush()
        plans = [p for p in maps.plans if p.concept == concept]
        if plans:
            yield from _Reading(concept, plans, maps, export, store, known).run()
    store.flush()


class _Reading:
    """All tables of one concept."""

    def __init__(self, concept: str, plans: list[Plan], maps: SourceMaps, export: Export, store: Store, known: Known) -> None:
        self.concept, self.plans, self.maps, self.export, self.store, self.known = concept, plans, maps, export, store, known
        self.teller = Teller(plans)
        kind = CONCEPTS[concept]
        self.shape = maps.shapes.of(kind)
        self.doubts: Any = getattr(kind, "doubts", None)
        self.anchors = hasattr(kind, "anchor")
        # of a class with `joined`, the field that names the record whose anchor is joined in
        points = (f.name for f in fields_of(kind).values() if f.refers is not None and hasattr(f.refers, "anchor"))
        self.joins = next(points, None) if hasattr(kind, "joined") else None
        self.follows = {
            n: c for n, p in enumerate(plans) for c in p.references if c.name == self.joins and len(c.line.steps) == 1
        }
        self.compares = not isinstance(known, Nothing)

    def run(self) -> Iterator[Found | Same | Problem]:
        told = self.teller.found
        plain = len(self.plans) == 1 and not self.plans[0].root.rows
        for item in self._plain(self.plans[0]) if plain else self._grouped():
            if told:
                yield from told
                told.clear()
            if item is not None:
                yield item

    # one row is one record

    def _plain(self, plan: Plan) -> Iterator[Found | Same | None]:
        self.store.find_repeats((line, key, cells) for line, key, _, cells in self._rows(plan))
        repeats = self.store.repeats()
        line_of_repeat, verdict = next(repeats, (0, ONCE))
        for line, key, cells, packed in self._rows(plan, loud=True):
            if key == "":
                yield None
                continue
            origins = ((0, line),)
            verdict_here = ONCE
            if line == line_of_repeat:
                verdict_here = verdict
                line_of_repeat, verdict = next(repeats, (0, ONCE))
            if verdict_here == CONFLICT:
                self.teller.tell_once("conflicting-rows", "another row with this key says something else", origins, "record")
                self.store.settle(self.concept, key, good=False)
                yield None
            elif verdict_here != ONCE:
                self.teller.tell_once("duplicate-row", "this row stands there already", origins, "once")
                yield None
            else:
                yield self._one(plan, key, origins, cells, packed)
        yield None

    def _one(self, plan: Plan, key: str, origins: Origins, cells: Row, packed: bytes) -> Found | Same | None:
        anchor = self._anchor([(0, cells)]) if self.joins else None
        digest = self._digest(plan.seed + packed, anchor)
        if self.compares and self._is_same(key, digest, [(plan, cells)]):
            return self._same(key, origins, digest)
        self.teller.row = origins[0][1]
        partial = plan.root.fill(cells, self.teller.say, origins)
        return self._made(key, partial, origins, digest, anchor)

    def _rows(self, plan: Plan, *, loud: bool = False) -> Iterator[tuple[int, str, Row, bytes]]:
        """Row, key, used cells and these as bytes, of the rows that `where` wants. `loud`: tell of those that can't be taken.

        After what was told there is a pause: an element with an empty key.
        """
        teller, get, width, wanted = self.teller, plan.key.get, plan.width, plan.wanted
        teller.plan = plan
        places = plan.places
        pick = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
        for item in self.export.tables[plan.table].rows(plan.dialect):
            if isinstance(item, Problem):
                if loud:
                    self.maps.unsure.add(self.concept)
                    teller.pass_on(item, plan)
                    yield 0, "", (), b""
                continue
            line, row = item
            if len(row) != width:
                if loud:
                    self._wrong_width(plan, line, row)
                    yield 0, "", (), b""
                continue
            cells = pick(row)
            try:
                packed = pack(cells)
            except ValueError:  # typed cells of a sheet
                cells = tuple(TYPED + c if type(c) is not str else c for c in cells)
                packed = pack(cells)
            if wanted is not None and not wanted(cells):
                continue
            try:
                key, bad = get(cells), Bad("missing-key")
            except Bad as found:
                key, bad = None, found
            if key:
                yield line, key, cells, packed
            elif loud:
                teller.row = line
                teller.say(plan.key, bad)
                if bad.code != "missing-key":
                    self.maps.unsure.add(self.concept)
                yield 0, "", (), b""

    def _wrong_width(self, plan: Plan, line: int, row: Row) -> None:
        """A row of another length than the header: no cell of it is sure. Its key is kept, so that it does not count as gone."""
        code = "short-row" if len(row) < plan.width else "long-row"
        text = f"the row has {len(row)} cells, the header {plan.width}"
        self.teller.tell_once(code, text, ((self.plans.index(plan), line),), "record", "check delimiters and quotes")
        cells = tuple(row[p] if p < len(row) else "" for p in plan.places)
        try:
            key = plan.key.get(cells)
        except Bad:
            key = None
        if key and plan.complete:
            if self.store.fate(self.concept, key) is None:
                self.store.settle(self.concept, key, good=False)
        else:
            self.maps.unsure.add(self.concept)

    # several rows are one record

    def _grouped(self) -> Iterator[Found | Same | None]:
        for number, plan in enumerate(self.plans):
            stream = self._rows(plan, loud=True)
            while batch := list(islice(stream, BATCH)):
                self.store.spill((key, number, line, packed) for line, key, _, packed in batch if key)
                yield None
        for key, rows in self.store.groups():
            yield self._group(key, rows)

    def _group(self, key: str, rows: list[Waiting]) -> Found | Same | None:
        origins = tuple([(number, line) for number, line, _ in rows])
        if not any(self.plans[number].complete for number, _ in origins):
            main = " or ".join(dict.fromkeys(p.table for p in self.plans if p.complete)) or self.concept
            self.teller.tell_once(
                "unknown-key", f"no row of {main} has this key", origins, "row", "add it there, or mend the key"
            )
            return None
        if len(rows) > MOST_ROWS:
            self.teller.tell_once(
                "too-many-rows", "a record has at most 50,000 rows", origins[:1], "record", "check the key column"
            )
            self.store.settle(self.concept, key, good=False)
            return None
        anchor = self._anchor([(n, unpack(cells)) for n, _, cells in rows if n in self.follows]) if self.joins else None
        digest = self._digest(b"".join(sorted(self.plans[n].seed + cells for n, _, cells in rows)), anchor)
        if self.compares and self._is_same(key, digest, ((p, unpack(c)) for n, _, c in rows if (p := self.plans[n]).references)):
            return self._same(key, origins, digest)
        found = self._made(key, self._merged(rows), origins, digest, anchor)
        if found is None:
            self._lost(origins)
        return found

    def _merged(self, rows: list[Waiting]) -> Partial:
        whole: Partial = {}
        for number in dict.fromkeys(n for n, _, _ in rows):
            plan, mine, seen = self.plans[number], Partial(), set[bytes]()
            self.teller.plan = plan
            for _, line, packed in (r for r in rows if r[0] == number):
                self.teller.row = line
                if packed in seen:
                    self.teller.tell_once("duplicate-row", "this row stands there already", ((number, line),), "once")
                    continue
                seen.add(packed)
                merge(mine, plan.root.fill(unpack(packed), self.teller.say, ((number, line),)), same_map=True)
            merge(whole, mine, same_map=False)
        return whole

    def _lost(self, origins: Origins) -> None:
        """Of a rejected record: its other rows, of which nothing was told, depend on it."""
        told = {(p.file, p.line) for p in self.teller.found}
        lost = tuple((n, row) for n, row in origins if (self.plans[n].table, row) not in told)
        self.teller.tell_once("depends-on-rejected", f"its {self.concept} was rejected", lost, "row")

    # records

    def _made(self, key: str, partial: Partial, origins: Origins, digest: str, anchor: Anchor | None) -> Found | None:
        teller = self.teller
        partial["key"] = key
        try:
            record = self.shape.make(partial, teller.tell, origins)
        except ConflictError as conflict:
            main = tuple(o for o in origins if self.plans[o[0]].complete)
            teller.tell("conflicting-rows", "rows with one key differ", main, "record", conflict.path, (conflict.name,))
            record = None
        self.store.settle(self.concept, key, record is not None)
        if record is None:
            return None
        record = drop_loose_references(record, teller.tell_loose, origins)
        if anchor is not None:
            record = record.joined(anchor)
        if self.doubts is not None:
            for doubt in record.doubts():
                teller.doubt(doubt, origins)
        if self.anchors:
            self.store.keep_anchor(key, record.anchor)
        return Found(record, self._places(origins), "" if teller.found else digest)

    def _digest(self, cells: bytes, anchor: Anchor | None) -> str:
        joined = f"{anchor.start.isoformat()} {anchor.end and anchor.end.isoformat()}".encode() if anchor else b""
        return blake2b(cells + joined, digest_size=16).hexdigest()

    def _is_same(self, key: str, digest: str, rows: Any) -> bool:
        """As last time, and all that it points to is still there."""
        if self.known.digest(self.concept, key) != digest or (self.anchors and self.known.anchor(key) is None):
            return False
        try:
            for plan, cells in rows:
                for cell in plan.references:
                    cell.get(cells)
        except Bad:
            return False
        return True

    def _same(self, key: str, origins: Origins, digest: str) -> Same:
        self.store.settle(self.concept, key, good=True)
        if self.anchors and (anchor := self.known.anchor(key)):
            self.store.keep_anchor(key, anchor)
        return Same(self.concept, key, self._places(origins), digest)

    def _anchor(self, rows: list[tuple[int, Row]]) -> Anchor | None:
        """The anchor of the record that these rows follow."""
        for number, cells in rows:
            if (cell := self.follows.get(number)) is None:
                continue
            try:
                key = cell.get(cells)
            except Bad:
                continue
            if isinstance(key, str):
                return self.store.anchor(key) or self.known.anchor(key)
        return None

    def _places(self, origins: Origins) -> tuple[Place, ...]:
        return tuple([Place(self.plans[number].table, row) for number, row in origins])
