"""An export as a stream of records that know their rows, and of problems; parents before children, memory flat.

A table of which each row is one record is streamed (twice: first its keys are looked through). Where several rows are one record,
the cells that are used go to disk and come back ordered by key. A record whose rows are as last time is not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import blake2b
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from kapfhir.errors import Problem
from kapfhir.mapping.units import Found, Known, Nothing, Place, Rejected, Same, Unkept
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.dosing import Anchor, DosingSession
from kapfhir.model.fields import fields_of
from kapfhir.model.making import maker_of
from kapfhir.model.values import ImpossibleError
from kapfhir.sources.export import Export
from kapfhir.sources.table import Row

from .check import SourceMaps
from .doubles import find_doubles, settle
from .fill import Origins, Partial, Plan, merge
from .formats import Bad
from .judgements import numbering_of
from .numbering import CODE, HINT, SHOWN
from .owners import inner_pointers, is_strange, patient_of, pointers_of, strange, whose, withhold_inner, withhold_strangers
from .rows import Rows
from .shape import ConflictError
from .shortcut import DetourError, write_shortcuts
from .store import CONFLICT, CONFLICT_AGAIN, MOST_ROWS, ONCE, Store, Waiting, unpack
from .telling import Teller

__all__ = ["SourceMaps", "read_records"]

Unit = Found | Same | Rejected | Problem
BATCH = 2000
_found = maker_of(Found)
Sourced = tuple[int, int, Row]  # number of the plan, row, cells


def read_records(maps: SourceMaps, export: Export, known: Known, made: Collection[str] = ()) -> Iterator[Unit]:
    """Records and problems, in the order of CONCEPTS. The maps were loaded for this export; one reading of them at a time.

    Each map with TODO lines is told once, its rows are left out. A record of which something was told has no digest: it is made
    anew each time, so that its problems are told each time. `maps.scopes` is right when the stream has ended: a table with rows
    whose key can't be read is taken out, since no record can be said to be gone from it. ConfigError if a table can't be read,
    the disk is full, or, at the end, if the export was written meanwhile: then nothing of it may be used. `made`: concepts
    whose records are made even where their rows are as last time: others follow from them.
    """
    maps.restore_scopes()
    store = Store()
    try:
        maps.references.bind(store, known)
        yield from maps.told()
        for concept in CONCEPTS:
            plans = [p for p in maps.plans if p.concept == concept]
            if plans:
                yield from _Reading(concept, plans, maps, export, store, known, made=concept in made).run()
            store.flush()
        export.require_unchanged()  # before anybody uses what was read
    finally:
        store.close()


class _Reading:
    """All tables of one concept."""

    def __init__(
        self, concept: str, plans: list[Plan], maps: SourceMaps, export: Export, store: Store, known: Known, *, made: bool = False
    ) -> None:
        self.concept, self.plans, self.maps, self.store, self.known = concept, plans, maps, store, known
        self.teller, self.made = Teller(plans), made
        self.rows = [Rows(p, n, export.tables[p.table], self.teller, self._keyless(p, n)) for n, p in enumerate(plans)]
        kind = CONCEPTS[concept]
        self.shape = maps.shapes.of(kind)
        self.shortcuts = write_shortcuts([p.root for p in plans], self.shape)
        fields = fields_of(kind).values()
        self.pointers, self.inner = pointers_of(kind), inner_pointers(kind, plans)
        self.doubts: Any = getattr(kind, "doubts", None)
        self.anchors = hasattr(kind, "anchor")
        # of a class with `joined`, the field that names the record whose anchor is joined in
        points = (f.name for f in fields if f.refers is not None and hasattr(f.refers, "anchor"))
        self.joins = next(points, None) if hasattr(kind, "joined") else None
        self.follows = {n: c for n, p in enumerate(plans) for c in p.references if c.line.path == (self.joins,)}
        self.compares, self.keeps = not isinstance(known, Nothing), not isinstance(known, Unkept)
        self.stand_ins = any(p.stand_in for p in plans)
        self.twice = len({p.table for p in plans}) < len(plans)  # several maps may read one row
        self.settles = any(p.precedence for p in plans)  # several tables may speak of one record
        self.doubles: frozenset[str] = frozenset()
        self.numbering = numbering_of(concept, plans, known, maps.source)

    def run(self) -> Iterator[Unit]:
        teller = self.teller
        plain = len(self.plans) == 1 and not self.plans[0].root.rows and not self.plans[0].root.adds
        for item in self._plain(self.plans[0]) if plain else self._grouped():
            if teller.found:
                yield from teller.take()
            if item is not None:
                yield item
        for key, number, line in self.store.lost_keys(self.concept):
            yield Rejected(self.concept, key, self._places(((number, line),)))

    def _keyless(self, plan: Plan, number: int) -> Any:
        def take(key: str | None, line: int) -> None:
            if key is None:
                self.maps.miss_key(plan)
            elif plan.complete:
                self.store.keep_lost(key, number, line)

        return take

    # one row is one record

    def _plain(self, plan: Plan) -> Iterator[Unit | None]:
        self.store.find_repeats(self._keys())
        yield from self._judged()
        repeats = self.store.repeats()
        repeat = next(repeats, None)
        for row in self.rows[0].read():
            if row is None:
                yield None
                continue
            line, key, cells, packed = row
            verdict = ONCE
            if repeat is not None and line == repeat[0]:
                verdict = repeat[1]
                repeat = next(repeats, None)
            origins = ((0, line),)
            if verdict == ONCE:
                yield self._one(plan, key, origins, cells, packed)
            elif verdict in (CONFLICT, CONFLICT_AGAIN):
                self.teller.tell_rows("conflicting-rows", "another row with this key says something else", origins, "record")
                yield self._rejected(key, [(0, line, cells)]) if verdict == CONFLICT else None
            else:
                if not plan.repeats:
                    self.teller.tell_rows("duplicate-row", "this row stands there already", origins, "once")
                yield None

    def _keys(self) -> Iterator[tuple[int, str, bytes]]:
        """Of the one table: what repeats of rows are found by. How answers are numbered is seen on the way."""
        look = self.numbering.look if self.numbering.asks(0) else None
        for row in self.rows[0].read(loud=False):
            if row is not None:
                if look is not None:
                    look(0, row[2])
                yield row[0], row[1], row[3]

    def _judged(self) -> Iterator[Problem]:
        """How the tables number their answers, before the first record: those that count from 1 are told."""
        found = self.numbering.judge()
        self.maps.shifted |= self.numbering.judged
        self.compares = self.compares and not self.numbering.refused  # what went out before may be as wrong
        yield from found

    def _one(self, plan: Plan, key: str, origins: Origins, cells: Row, packed: bytes) -> Unit:
        anchor = self._anchor([(0, cells)]) if self.follows else None
        digest = _digest(plan.seed + packed, anchor) if self.keeps else ""
        patient = self._patient_of_same(key, digest, [(plan, cells)]) if self.compares else None
        if patient is not None and not self.made:
            return self._same(key, origins, digest, patient)
        found = self._made(key, [(*origins[0], cells)], origins, digest, anchor)
        return found if patient is None else self._same(key, origins, digest, patient, found)

    # several rows are one record

    def _grouped(self) -> Iterator[Unit | None]:
        self.doubles = find_doubles(self.maps.references.pairs, self.plans, self.rows) if self.settles else frozenset()
        for number, rows in enumerate(self.rows):
            stream, asked = rows.read(), self.numbering.asks(number)
            while batch := list(islice(stream, BATCH)):
                self.store.spill((row[1], number, row[0], row[3]) for row in batch if row)
                for row in batch if asked else ():
                    if row is not None:
                        self.numbering.look(number, row[2])
                yield None
        if self.numbering.unsure:
            for _, waiting in self.store.groups(keep=True):
                self.numbering.look_whole((number, unpack(cells)) for number, _, cells in waiting)
        yield from self._judged()
        for key, waiting in self.store.groups():
            yield self._group(key, waiting)

    def _group(self, key: str, rows: list[Waiting]) -> Unit | None:
        plans, teller = self.plans, self.teller
        rows = self._without_stand_ins(rows)
        origins = tuple([(number, line) for number, line, _ in rows])
        if not any(plans[number].complete for number, _ in origins):
            main = " or ".join(dict.fromkeys(p.table for p in plans if p.complete)) or self.concept
            teller.tell_keys("unknown-key", f"no row of {main} has this key", origins, "row", "add it there, or correct the key")
            return None
        if key in self.doubles:
            text = "another table has a session of this patient at about this time: this one waits until they are told apart"
            teller.tell_rows("possible-duplicate", text, origins, "record")
            return self._rejected(key, [(n, line, unpack(cells)) for n, line, cells in rows])
        if len(rows) > MOST_ROWS:
            text = f"a record has at most {MOST_ROWS} rows"
            teller.tell_rows("too-many-rows", text, origins[:1], "record", "check the key column")
            return self._rejected(key, [(n, line, unpack(cells)) for n, line, cells in rows[:1]])
        anchor = self._anchor((n, unpack(cells)) for n, _, cells in rows if n in self.follows) if self.follows else None
        cells = b"".join(sorted([plans[n].seed + cells for n, _, cells in rows])) if self.keeps else b""
        digest = _digest(cells, anchor) if cells else ""
        pointing = ((plans[n], unpack(c)) for n, _, c in rows if plans[n].references)
        patient = self._patient_of_same(key, digest, pointing) if self.compares else None
        if patient is not None and not self.made:
            return self._same(key, origins, digest, patient)
        found = self._made(key, [(n, line, unpack(cells)) for n, line, cells in rows], origins, digest, anchor)
        if isinstance(found, Rejected):  # its rows of which nothing was told depend on it
            told = {(p.file, p.line) for p in teller.found.values()}
            rest = tuple((n, row) for n, row in origins if (plans[n].table, row) not in told)
            teller.tell_rows("depends-on-rejected", f"its {self.concept} was rejected", rest, "row")
        return found if patient is None else self._same(key, origins, digest, patient, found)

    def _without_stand_ins(self, rows: list[Waiting]) -> list[Waiting]:
        """Rows that stand in for a record count where no other table makes it, and the first of them says all."""
        if not self.stand_ins or not any(self.plans[number].stand_in for number, _, _ in rows):
            return rows
        own = [row for row in rows if not self.plans[row[0]].stand_in]
        return own if any(self.plans[number].complete for number, _, _ in own) else rows[:1]

    # records

    def _made(self, key: str, rows: list[Sourced], origins: Origins, digest: str, anchor: Anchor | None) -> Found | Rejected:
        teller = self.teller
        record = self._record(key, rows, origins)
        numbers, shifted = {number for number, _ in origins}, ""
        if record is None and all(self.numbering.slips(n) for n in numbers):
            teller.retell(CODE, "out-of-range", "a number is outside the range of the scale")
        elif record is not None and (shifted := self.numbering.refusal(record, numbers)):
            teller.tell_rows(CODE, SHOWN.format(shifted), origins, "record", HINT)
            record = None
        if record is not None and self.joins and getattr(record, self.joins) is None:
            anchor = None  # it was another patient's, and is told
        if record is not None and anchor is not None and anchor.patient not in ("", record.patient):
            teller.tell_rows("another-patient", "the dosing session that it follows is another patient's", origins, "record")
            record = None
        if record is None:
            return self._rejected(key, rows, shifted)
        self.store.settle(self.concept, key, good=True, patient=str(getattr(record, "patient", "")))
        if anchor is not None:
            record = record.joined(anchor)
        if self.doubts is not None:
            for doubt in record.doubts():
                teller.doubt(doubt, origins)
        own = record.anchor if self.anchors else None
        if own is not None:
            self.store.keep_anchor(key, own)
        if teller.found:
            return Found(record, self._places(origins), "", own, teller.withheld)
        return _found(record, self._places(origins), digest, own)

    def _record(self, key: str, rows: list[Sourced], origins: Origins) -> Any:
        """The short way; where something is wrong, the long way, which tells it. None if there can be no record."""
        try:
            partial = self._merged(key, rows, self._fill_shortly)
            record = None if self.pointers and strange(partial, self.pointers) else self.shape.quick(partial)
        except (Bad, DetourError, ImpossibleError):
            record = None
        if record is not None and not (self.inner and is_strange(record, self.inner)):
            return record
        try:
            partial = self._merged(key, rows, self._fill)
            withhold_inner(partial, self.inner, self.teller.tell, origins)
            withhold_strangers(partial, self.pointers, self.teller.tell, origins)
            return self.shape.make(partial, self.teller.tell, origins)
        except ConflictError as conflict:
            main = tuple(o for o in origins if self.plans[o[0]].complete)
            self.teller.tell("conflicting-rows", "rows with one key differ", main, "record", conflict.path, (conflict.name,))
            return None

    def _fill_shortly(self, number: int, line: int, cells: Row) -> Partial:  # noqa: ARG002
        return self.shortcuts[number](cells)

    def _fill(self, number: int, line: int, cells: Row) -> Partial:
        self.teller.plan, self.teller.row = self.plans[number], line
        return self.plans[number].root.fill(cells, self.teller.say, ((number, line),))

    def _merged(self, key: str, rows: list[Sourced], fill: Callable[[int, int, Row], Partial]) -> Partial:
        """What the rows of a record say together."""
        if len(rows) == 1:
            return fill(*rows[0]) | {"key": key}
        said: list[tuple[int, int, Partial]] = []
        for number, mine in groupby(rows, itemgetter(0)):
            part, seen = Partial(), set[Row]()
            for _, line, cells in mine:
                if cells not in seen:
                    seen.add(cells)
                    part = merge(part, fill(number, line, cells), same_map=True)
                elif not self.plans[number].repeats:
                    self.teller.tell_rows("duplicate-row", "this row stands there already", ((number, line),), "once")
            said.append((number, next(line for of, line, _ in rows if of == number), part))
        whole = settle(said, self.plans, self.teller.disagree) if self.settles and len(said) > 1 else _joined(said)
        whole["key"] = key
        return whole

    def _rejected(self, key: str, rows: list[Sourced], shifted: str = "") -> Rejected:
        self.store.settle(self.concept, key, good=False)
        places = self._places(tuple((number, line) for number, line, _ in rows))
        patient = whose((self.plans[number], cells) for number, _, cells in rows)
        return Rejected(self.concept, key, places, patient, shifted or self.numbering.refused_of(rows))

    def _patient_of_same(self, key: str, digest: str, rows: Iterable[tuple[Plan, Row]]) -> str | None:
        """Whose record it is, if it is as last time, and all that it points to is still there and the same patient's."""
        if self.known.digest(self.concept, key) != digest or (self.anchors and self.known.anchor(key) is None):
            return None
        return patient_of(rows)

    def _same(self, key: str, origins: Origins, digest: str, patient: str, found: Found | Rejected | None = None) -> Same:
        self.store.settle(self.concept, key, good=True, patient=patient)
        if self.anchors and (anchor := self.known.anchor(key)):
            self.store.keep_anchor(key, anchor)
        record = found.record if isinstance(found, Found) else None
        return Same(self.concept, key, self._places(origins), digest, record)

    def _anchor(self, rows: Iterable[tuple[int, Row]]) -> Anchor | None:
        """The anchor of the record that these rows follow."""
        for number, cells in rows:
            if (cell := self.follows.get(number)) is None:
                continue
            try:
                key = cell.get(cells)
            except Bad:
                continue
            if isinstance(key, str):
                here = self.store.anchor(key)
                read = here is not None or self.store.fate(DosingSession.__name__, key) is not None
                return here if read else self.known.anchor(key)
        return None

    def _places(self, origins: Origins) -> tuple[Place, ...]:
        places = tuple([Place(self.plans[number].table, row) for number, row in origins])
        return tuple(dict.fromkeys(places)) if self.twice and len(places) > 1 else places


def _joined(said: list[tuple[int, int, Partial]]) -> Partial:
    whole: Partial = {}
    for _, _, part in said:
        whole = merge(whole, part, same_map=False)
    return whole


def _digest(cells: bytes, anchor: Anchor | None) -> str:
    joined = f"{anchor.start.isoformat()} {anchor.end and anchor.end.isoformat()} {anchor.patient}".encode() if anchor else b""
    return blake2b(cells + joined, digest_size=16).hexdigest()
