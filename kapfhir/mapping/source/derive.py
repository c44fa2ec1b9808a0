"""Records that follow from others, after the last row: derived outcomes, a patient at a time, memory flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any

from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.units import Found, Known, Place, Rejected, Same, Unkept
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.model.course import Course
from kapfhir.model.derived import DerivedOutcome
from kapfhir.model.dosing import DosingSession
from kapfhir.model.making import maker_of
from kapfhir.model.moments import order_of, parse_moment
from kapfhir.model.outcome_rules import LAST, Measured, Treated, derive
from kapfhir.model.shipped import SCALES
from kapfhir.model.values import BaselineRule

from .numbering import whole_of

Unit = Found | Same | Rejected | Problem
SOURCES = frozenset(
    {"Course", "DosingSession", "OutcomeAssessment"}
)  # whose records are needed, also where they are as last time
NAME = DerivedOutcome.__name__
_found = maker_of(Found)
SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-2000;
CREATE TABLE rule(course TEXT PRIMARY KEY, rule TEXT) WITHOUT ROWID;
CREATE TABLE dose(
  patient TEXT, course TEXT, start TEXT, instant REAL, place TEXT, row INTEGER, PRIMARY KEY(patient, course)) WITHOUT ROWID;
CREATE TABLE expected(key TEXT PRIMARY KEY, patient TEXT, shifted TEXT, place TEXT, row INTEGER) WITHOUT ROWID;
CREATE TABLE measured(
  patient TEXT, key TEXT, instrument TEXT, edition TEXT, assessed TEXT, score TEXT, safety INTEGER, timepoint TEXT, course TEXT,
  place TEXT, row INTEGER, PRIMARY KEY(patient, key)) WITHOUT ROWID;
BEGIN;
"""
EARLIER = """
INSERT INTO dose VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(patient, course) DO UPDATE
SET start = excluded.start, instant = excluded.instant, place = excluded.place, row = excluded.row
WHERE excluded.instant < dose.instant
"""
MEASURED = "INSERT OR REPLACE INTO measured VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
TOGETHER = 500  # rows that go to the database at once


def derive_outcomes(units: Iterable[Unit], known: Known, scopes: dict[str, set[str]]) -> Iterator[Unit]:
    """The same units, and the outcomes that their records make.

    An outcome stands where its assessment does, and is gone with it, or when what it is made of is gone. Where some of that could
    not be read, an outcome that was there earlier and can't be made now is rejected, not gone. ConfigError when the disk is full.
    """
    store = _Store()
    keeps = not isinstance(known, Unkept)
    try:
        whole = True
        wrong: dict[tuple[str | None, str], dict[str, Place]] = {}  # patient and scale -> tables of wrong scores, and a row
        for unit in units:
            if isinstance(unit, Found) or (isinstance(unit, Same) and unit.record is not None):
                store.keep(unit)
            elif isinstance(unit, Rejected) and unit.concept in SOURCES:
                whole = False
                if unit.shifted:
                    for place in unit.places:
                        wrong.setdefault((unit.patient, unit.shifted), {}).setdefault(place.table, place)
            key = _assessment(unit)
            if key is not None and known.has(NAME, key):
                store.expect(key, unit)
            yield unit
        for record, places in store.outcomes():
            store.met(record.key)
            digest = blake2b(repr(record).encode(), digest_size=16).hexdigest() if keeps else ""
            if keeps and known.digest(NAME, record.key) == digest:
                yield Same(NAME, record.key, places, digest, record)
            else:
                yield _found(record, places, digest)
        yield from () if whole else _unmade(store, wrong)
        join_scopes(scopes)
    except sqlite3.OperationalError as error:
        raise ConfigError(
            "there is no room on the disk for what must wait", "free some space where temporary files go"
        ) from error
    finally:
        store.db.close()


def join_scopes(scopes: dict[str, set[str]]) -> None:
    """An outcome stands in the tables of what it is made of. To be called when all records were read."""
    scopes[NAME] = set().union(*(scopes.get(s, ()) for s in SOURCES))


def _unmade(store: _Store, wrong: dict[tuple[str | None, str], dict[str, Place]]) -> Iterator[Rejected]:
    """Outcomes of earlier runs that this one can't make. They are wrong if their assessment's scores are. They may be wrong if
    these were compared with wrong ones of the patient: then they name the tables in which such stand.
    """
    for key, patient, instrument, shifted, table, row in store.unmet():
        scale = whole_of(SCALES[instrument]) if instrument else ""
        if shifted:
            yield Rejected(NAME, key, (Place(table, row),), None, shifted)
        elif found := wrong.get((patient, scale)):
            yield Rejected(NAME, key, tuple(found.values()), None, scale)
        else:
            yield Rejected(NAME, key)


def _assessment(unit: Unit) -> str | None:
    """The key of an assessment, whatever became of it."""
    if isinstance(unit, Found):
        return unit.record.key if isinstance(unit.record, OutcomeAssessment) else None
    return unit.key if isinstance(unit, Same | Rejected) and unit.concept == OutcomeAssessment.__name__ else None


def _patient(unit: Unit) -> str | None:
    if isinstance(unit, Rejected):
        return unit.patient
    return None if isinstance(unit, Problem) else getattr(unit.record, "patient", None)


class _Store:
    """What of the records is needed later."""

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.db.executescript(SCHEMA)
        self._waiting: dict[str, list[tuple[Any, ...]]] = {EARLIER: [], MEASURED: []}  # rows by statement
        self._expects = False

    def keep(self, unit: Found | Same) -> None:
        record, place = unit.record, unit.places[0]
        if isinstance(record, OutcomeAssessment):
            self._measure(record, place)
        elif isinstance(record, DosingSession):
            anchor = unit.anchor if isinstance(unit, Found) else record.anchor
            if anchor is not None and record.doses:
                start = anchor.start
                given = (record.patient, record.course or "", start.isoformat(), order_of(start), place.table, place.row)
                self._put(EARLIER, given)
        elif isinstance(record, Course) and record.baseline is not None:
            self.db.execute("INSERT OR REPLACE INTO rule VALUES (?, ?)", (record.key, record.baseline))

    def expect(self, key: str, unit: Unit) -> None:
        """An outcome that an earlier run made of this assessment."""
        self._expects = True
        shifted, place = (unit.shifted, unit.places[0]) if isinstance(unit, Rejected) and unit.shifted else ("", Place("", 0))
        self.db.execute("INSERT OR IGNORE INTO expected VALUES (?, ?, ?, ?, ?)", (key, _patient(unit), shifted, *place))

    def met(self, key: str) -> None:
        if self._expects:
            self.db.execute("DELETE FROM expected WHERE key = ?", (key,))

    def unmet(self) -> list[tuple[str, str | None, str | None, str, str, int]]:
        """Once the outcomes were made: key, patient, and the instrument of the assessment if that could be read; if it is refused
        because its numbers are shifted, its scale and row.
        """
        some = "e.key, e.patient, m.instrument, e.shifted, e.place, e.row"
        return self.db.execute(
            f"SELECT {some} FROM expected e LEFT JOIN measured m ON m.patient = e.patient AND m.key = e.key ORDER BY e.key"  # noqa: S608
        ).fetchall()

    def _put(self, statement: str, row: tuple[Any, ...]) -> None:
        rows = self._waiting[statement]
        rows.append(row)
        if len(rows) >= TOGETHER:
            self.db.executemany(statement, rows)
            rows.clear()

    def _measure(self, record: OutcomeAssessment, place: Place) -> None:
        scale, score = record.scale, record.score
        sure = record.version is not None or not scale.confused_with
        if score is None or not scale.follows or not sure or record.standing == "invalid":
            return
        said = (record.instrument, record.version, record.method, record.recall and f"{record.recall.value} {record.recall.unit}")
        row = (
            record.patient,
            record.key,
            record.instrument,
            repr(tuple(str(s) for s in said)),
            record.assessed.isoformat(),
            str(score.value),
            record.safety_score,
            record.timepoint,
            record.course,
            place.table,
            place.row,
        )
        self._put(MEASURED, row)

    def outcomes(self) -> Iterator[tuple[DerivedOutcome, tuple[Place, ...]]]:
        """Of each patient, in the order of their keys, with the places of what they were made of."""
        for statement, waiting in self._waiting.items():
            self.db.executemany(statement, waiting)
        rows = self.db.execute("SELECT * FROM measured ORDER BY patient, key")
        for patient, own in groupby(rows, itemgetter(0)):
            doses = self.db.execute(
                "SELECT course, start, place, row, rule FROM dose LEFT JOIN rule USING (course) WHERE patient = ?", (patient,)
            ).fetchall()
            if not doses:
                continue
            courses = [Treated(c or None, parse_moment(s), BaselineRule(r) if r else LAST) for c, s, _, _, r in doses]
            first = {c or None: Place(place, row) for c, _, place, row, _ in doses}
            kept = list(own)
            places = {row[1]: Place(row[9], row[10]) for row in kept}
            for outcome in derive(patient, courses, map(_measured, kept)):
                made_of = [places[key] for key in reversed(outcome.compared)]
                yield outcome, tuple(dict.fromkeys([*made_of, first[outcome.course]]))


def _measured(row: tuple[Any, ...]) -> Measured:
    _, key, instrument, edition, assessed, score, safety, timepoint, course, *_ = row
    moment = parse_moment(assessed)
    return Measured(key, instrument, edition, moment, Decimal(score), safety, timepoint, course)
