"""What waits on disk: the facts of all patients, until each can be looked at whole, and the numbers that must not stand twice.

Records come by concept, not by patient. So each leaves a small tuple here, and comes back in the order of patients. One temporary
SQLite database, which the system takes back when it is closed; memory stays flat.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from kapfhir.errors import ConfigError

from .facts import Fact
from .noting import Raw, facts_of

BATCH = 2000
PLAIN = frozenset({str, int, float, bool, tuple, type(None)})
VERSION = 2  # of marshal: later ones write equal texts in two ways
SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-2000;
CREATE TABLE fact(patient TEXT, kind INTEGER, concept TEXT, place TEXT, row INTEGER, noted BLOB);
CREATE TABLE number(kind TEXT, number TEXT, patient TEXT, birth INTEGER, place TEXT, row INTEGER);
BEGIN;
"""
TWICE = """
SELECT DISTINCT n.patient, n.place, n.row FROM number n JOIN number o USING (kind, number)
WHERE o.patient != n.patient AND {} ORDER BY n.place, n.row
"""


class Memory:
    """Disk space of one run. ConfigError when the disk is full."""

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.db.executescript(SCHEMA)
        self._facts: list[tuple[str, int, str, str, int, bytes]] = []
        self._numbers: list[tuple[str, str, str, int | None, str, int]] = []

    def close(self) -> None:
        self.db.close()

    def keep(self, patient: str, kind: int, concept: str, table: str, row: int, noted: Raw) -> None:
        self._facts.append((patient, kind, concept, table, row, marshal.dumps(_plain(noted), VERSION)))
        if len(self._facts) >= BATCH:
            self._flush()

    def keep_number(self, kind: str, number: str, patient: str, birth: int | None, table: str, row: int) -> None:
        """A number by which a patient is known."""
        self._numbers.append((kind, number, patient, birth, table, row))
        if len(self._numbers) >= BATCH:
            self._flush()

    def patients(self) -> Iterator[tuple[str, list[Fact]]]:
        """The facts of each, in the order of their keys."""
        self._flush()
        rows = self.db.execute("SELECT patient, kind, concept, place, row, noted FROM fact ORDER BY patient, rowid")
        for patient, own in groupby(rows, itemgetter(0)):
            unpacked = ((kind, concept, table, row, marshal.loads(noted)) for _, kind, concept, table, row, noted in own)  # noqa: S302 -- written above, in this process
            yield patient, list(facts_of(unpacked))

    def twice(self, *, other_birth: bool) -> list[tuple[str, str, int]]:
        """(patient, table, row) of those who share a number; with other dates of birth, or not."""
        self._flush()
        self.db.execute("CREATE INDEX IF NOT EXISTS by_number ON number(kind, number)")
        differs = "o.birth IS NOT NULL AND n.birth IS NOT NULL AND o.birth != n.birth"
        return self.db.execute(TWICE.format(differs if other_birth else f"NOT ({differs})")).fetchall()

    def _flush(self) -> None:
        self._many("INSERT INTO fact VALUES(?,?,?,?,?,?)", self._facts)
        self._many("INSERT INTO number VALUES(?,?,?,?,?,?)", self._numbers)
        self._facts.clear()
        self._numbers.clear()

    def _many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        try:
            self.db.executemany(statement, rows)
        except sqlite3.OperationalError as error:
            if "full" not in str(error):
                raise
            raise ConfigError(
                "the disk is full: facts could not be kept", "free space in the folder of temporary files"
            ) from None


def _plain(noted: Raw) -> Raw:
    """Codes and keys as plain texts: marshal knows no classes of ours."""
    return tuple([value if type(value) in PLAIN else str(value) for value in noted])
