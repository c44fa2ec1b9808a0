"""What does not fit in memory: the fate of every key, rows that wait for others of their record, keys that stand twice.

One temporary SQLite database, which the system takes back when it is closed.
"""

from __future__ import annotations

import marshal
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from kapfhir.errors import ConfigError
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.dosing import Anchor
from kapfhir.model.moments import parse_moment

NUMBERS = {name: number for number, name in enumerate(CONCEPTS)}
CACHE_KIB = 2000
BATCH = 2000
PARTS, PIECE = 64, 1536  # keys are looked through in 64 parts; so many numbers of a part are held before they go to disk
ONCE, DOUBLE, CONFLICT, CONFLICT_AGAIN = (
    0,
    1,
    2,
    3,
)  # the first of its rows or the only one; a later equal one; one of differing ones
MOST_ROWS = 50_000  # of one record: more is a wrong key column
Waiting = tuple[int, int, bytes]  # number of the plan, row, cells

SCHEMA = f"""
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-{CACHE_KIB};
CREATE TABLE fate(concept INTEGER, key TEXT, good INTEGER, patient TEXT, PRIMARY KEY(concept, key)) WITHOUT ROWID;
CREATE TABLE anchor(key TEXT PRIMARY KEY, start TEXT, end TEXT, patient TEXT) WITHOUT ROWID;
CREATE TABLE waiting(key TEXT, plan INTEGER, line INTEGER, cells BLOB);
CREATE TABLE piece(part INTEGER, numbers BLOB);
CREATE TABLE repeat(line INTEGER PRIMARY KEY, verdict INTEGER);
CREATE TABLE lost(key TEXT, plan INTEGER, line INTEGER);
BEGIN;
"""


class Store:
    """Disk space of one reading. ConfigError when the disk is full."""

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.db.executescript(SCHEMA)
        self._fates: list[tuple[int, str, bool, str]] = []
        self._anchors: list[tuple[str, str, str | None, str]] = []

    def close(self) -> None:
        self.db.close()

    # the fate of keys

    def settle(self, concept: str, key: str, good: bool, patient: str = "") -> None:
        """`patient`: whose it is, where that is known."""
        self._fates.append((NUMBERS[concept], key, good, patient))
        if len(self._fates) >= BATCH:
            self.flush()

    def flush(self) -> None:
        self._many("INSERT OR REPLACE INTO fate VALUES(?,?,?,?)", self._fates)
        self._many("INSERT OR REPLACE INTO anchor VALUES(?,?,?,?)", self._anchors)
        self._fates.clear()
        self._anchors.clear()

    def fate(self, concept: str, key: str) -> tuple[bool, str] | None:
        """True for a record, and whose it is, False for a rejected one, None for a key that no row had. Of what was flushed."""
        row = self.db.execute("SELECT good, patient FROM fate WHERE concept=? AND key=?", (NUMBERS[concept], key)).fetchone()
        return None if row is None else (bool(row[0]), row[1])

    def keep_lost(self, key: str, plan: int, line: int) -> None:
        """The key of a row that can't be taken, and where it stands."""
        self._many("INSERT INTO lost VALUES(?,?,?)", [(key, plan, line)])

    def lost_keys(self, concept: str) -> Iterator[tuple[str, int, int]]:
        """(key, plan, line) of such rows where no other row of the concept had the key: rejected. They are forgotten after."""
        self.flush()
        number = NUMBERS[concept]
        self._many("DELETE FROM lost WHERE EXISTS (SELECT 1 FROM fate WHERE concept=? AND fate.key=lost.key)", [(number,)])
        self._many("INSERT INTO fate SELECT DISTINCT ?, key, 0, '' FROM lost", [(number,)])
        yield from self.db.execute("SELECT key, plan, min(line) FROM lost GROUP BY key ORDER BY key")
        self._many("DELETE FROM lost", [()])

    def keep_anchor(self, key: str, anchor: Anchor) -> None:
        """The anchor of a record whose fate is settled: both are flushed together."""
        end = anchor.end.isoformat() if anchor.end else None
        self._anchors.append((key, anchor.start.isoformat(), end, anchor.patient))

    def anchor(self, key: str) -> Anchor | None:
        """Of what was flushed."""
        row = self.db.execute("SELECT start, end, patient FROM anchor WHERE key=?", (key,)).fetchone()
        return Anchor(parse_moment(row[0]), parse_moment(row[1]) if row[1] else None, row[2]) if row else None

    # keys that stand on several rows of one table

    def find_repeats(self, rows: Iterable[tuple[int, str, bytes]]) -> None:
        """Look through (row, key, cells) for keys that stand twice; `repeats` gives the verdicts."""
        self._many("DELETE FROM piece", [()])
        self._many("DELETE FROM repeat", [()])
        held = [array("q") for _ in range(PARTS)]
        for line, key, cells in rows:
            number = hash(key)
            part = held[number % PARTS]
            part.extend((number, line, hash(cells)))
            if len(part) >= PIECE:
                self._many("INSERT INTO piece VALUES(?,?)", [(number % PARTS, part.tobytes())])
                del part[:]
        for number, part in enumerate(held):
            self._many("INSERT INTO piece VALUES(?,?)", [(number, part.tobytes())])
        for number in range(PARTS):
            self._judge(number)

    def _judge(self, number: int) -> None:
        whole = array("q")
        for (piece,) in self.db.execute("SELECT numbers FROM piece WHERE part=?", (number,)):
            whole.frombytes(piece)
        keys = whole[::3]
        if len(set(keys)) == len(keys):
            return
        rows = sorted(zip(keys, whole[1::3], whole[2::3], strict=True))
        for _, group in groupby(rows, itemgetter(0)):
            same = list(group)
            if len(same) > 1:
                equal = len({cells for *_, cells in same}) == 1
                first, later = (ONCE, DOUBLE) if equal else (CONFLICT, CONFLICT_AGAIN)
                verdicts = [(line, later if n else first) for n, (_, line, _) in enumerate(same)]
                self._many("INSERT INTO repeat VALUES(?,?)", verdicts)

    def repeats(self) -> Iterator[tuple[int, int]]:
        """(row, verdict) of the rows that are not the only one of their key, in their order."""
        yield from self.db.execute("SELECT line, verdict FROM repeat ORDER BY line")

    # rows that wait for others of their record

    def spill(self, rows: Iterable[tuple[str, int, int, bytes]]) -> None:
        """Keep (key, number of the plan, row, cells)."""
        self._many("INSERT INTO waiting VALUES(?,?,?,?)", rows)

    def groups(self, *, keep: bool = False) -> Iterator[tuple[str, list[Waiting]]]:
        """The waiting rows by key; of a key with too many rows, as many as are looked at and one more. They are forgotten then,
        unless they are to `keep` for another time.
        """
        rows = self.db.execute("SELECT key, plan, line, cells FROM waiting ORDER BY key, plan, line")
        for key, group in groupby(rows, itemgetter(0)):
            held: list[Waiting] = []
            for _, plan, line, cells in group:
                if len(held) <= MOST_ROWS:
                    held.append((plan, line, cells))
            yield key, held
        if not keep:
            self._many("DELETE FROM waiting", [()])

    def _many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        try:
            self.db.executemany(statement, rows)
        except sqlite3.OperationalError as error:
            if "full" not in str(error):
                raise
            raise ConfigError("the disk is full: rows could not be kept", "free space in the folder of temporary files") from None


def pack(cells: tuple[str, ...]) -> bytes:
    """Cells as bytes, the same for the same cells."""
    return marshal.dumps(cells, 2)  # later versions write equal texts in two ways


def unpack(cells: bytes) -> tuple[str, ...]:
    return tuple(marshal.loads(cells))  # noqa: S302 -- written above, in this process
