"""The actions of a plan, with the bodies to send, in a private temporary SQLite file: memory stays flat, nothing is left."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple

from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.units import Mapped, Rejected, Same

from .action import Sign

TABLES = """
CREATE TABLE actions (
  seq INTEGER PRIMARY KEY, sign TEXT, type TEXT, id TEXT, concept TEXT, key TEXT, place TEXT, row INTEGER, hash TEXT,
  changed TEXT, code TEXT, reason TEXT, system TEXT, value TEXT, server_id TEXT, version TEXT, adopt INTEGER, owner TEXT,
  refs TEXT, size INTEGER, position INTEGER, loose INTEGER, waiting INTEGER, UNIQUE (type, id)
);
CREATE TABLE bodies (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE records (
  concept TEXT, key TEXT, kind TEXT NOT NULL, digest TEXT NOT NULL, tables TEXT NOT NULL, size INTEGER NOT NULL,
  dose_start TEXT, dose_end TEXT, dose_patient TEXT, PRIMARY KEY (concept, key)
) WITHOUT ROWID;
CREATE TABLE problems (at INTEGER PRIMARY KEY, told TEXT NOT NULL);
"""
EVERYBODY = ""  # owner of what belongs to no patient, as patient_of says it
NOBODY = "~"  # owner of what depends on resources of several patients: goes last
CHUNK = 500
SIGNS = {str(sign): sign for sign in Sign}


class Planned(NamedTuple):
    """An action as it is kept. `refs` are the Type/id that its body points to; `owner` the patient whose resource it is.

    `loose`: a bundle may begin here, because no earlier resource of the group waits for this one. It is a row of the table as it
    is: a frozen class with so many fields takes ten times as long to make, and there is one for each resource, several times.
    """

    seq: int
    sign: Sign
    type: str
    id: str
    concept: str
    key: str
    place: str
    row: int
    hash: str = ""
    changed: str = ""
    code: str = ""
    reason: str = ""
    system: str = ""
    value: str = ""
    server_id: str = ""
    version: str = ""
    adopt: bool = False  # found on the server as it should be: the ledger learns it
    owner: str = EVERYBODY
    refs: str = ""
    size: int = 0
    position: int = 0
    loose: bool = True
    waiting: bool = False  # to be sent, and not there yet

    @property
    def name(self) -> str:
        return f"{self.type}/{self.id}"

    @property
    def targets(self) -> list[str]:
        return self.refs.split(" ") if self.refs else []


COLUMNS = Planned._fields
ALL = f"SELECT {', '.join(COLUMNS)} FROM actions"  # noqa: S608  (names of this file only)
ADD = (  # a resource that comes twice with different contents: which one is right can't be told
    f"INSERT INTO actions VALUES ({', '.join('?' * len(COLUMNS))}) ON CONFLICT (type, id) DO UPDATE SET sign = '!', waiting = 0, "  # noqa: S608
    "code = 'duplicate-identity', reason = 'it comes twice, with different contents' WHERE hash != excluded.hash"
)
INDEXES = """
CREATE INDEX waiting ON actions (owner) WHERE waiting;
CREATE INDEX of_record ON actions (concept, key);
"""


def _planned(row: tuple[Any, ...]) -> Planned:
    return Planned._make((row[0], SIGNS[row[1]], *row[2:]))


class Store:
    """Written by one thread while it is planned; read by several, under a lock, while it is applied."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._rows: list[Planned] = []
        self._bodies: list[tuple[int, bytes]] = []
        self._records: list[tuple[Any, ...]] = []
        self._problems: list[tuple[str]] = []
        with telling():
            self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + TABLES)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, telling():
            self.flush()
            return self._connection.execute(statement, values).fetchall()

    def run_many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._lock, telling():
            self.flush()
            self._connection.execute("BEGIN")
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")

    def add(self, action: Planned, body: bytes | None = None) -> None:
        """Keep an action, and its body if it is to be sent."""
        self._rows.append(action)
        if body is not None:
            self._bodies.append((action.seq, body))
        if len(self._rows) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        if not (self._rows or self._records or self._problems):
            return
        rows, bodies, records, problems = self._rows, self._bodies, self._records, self._problems
        self._rows, self._bodies, self._records, self._problems = [], [], [], []
        with self._lock, telling():
            self._connection.execute("BEGIN")
            self._connection.executemany(ADD, rows)
            self._connection.executemany("INSERT INTO bodies VALUES (?, ?)", bodies)
            self._connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", records)
            self._connection.executemany("INSERT INTO problems (told) VALUES (?)", problems)
            self._connection.execute("COMMIT")

    def add_unit(self, unit: Mapped | Same | Rejected) -> None:
        """A record of this run: `same`, `rejected`, or `mapped` with what the ledger is to remember of it."""
        digest, tables, size, start, end, patient = "", "", 0, None, None, None
        if isinstance(unit, Mapped):
            digest, size = unit.digest, len(unit.resources)
            tables = "\n".join(sorted({place.table for place in unit.places}))
            if unit.anchor:
                start, end = unit.anchor.start.isoformat(), unit.anchor.end and unit.anchor.end.isoformat()
                patient = unit.anchor.patient
        kind = type(unit).__name__.lower()
        self._records.append((unit.concept, unit.key, kind, digest, tables, size, start, end, patient))
        if len(self._records) >= CHUNK:
            self.flush()

    def add_problem(self, problem: Problem) -> None:
        self._problems.append((json.dumps(problem.to_dict()),))
        if len(self._problems) >= CHUNK:
            self.flush()

    def problems(self) -> Iterator[Problem]:
        """Those that were added, in that order; memory stays flat."""
        last = 0
        while rows := self.run(f"SELECT at, told FROM problems WHERE at > ? ORDER BY at LIMIT {CHUNK}", last):  # noqa: S608
            last = rows[-1][0]
            yield from (Problem(**json.loads(told)) for _, told in rows)

    def record_kind(self, concept: str, key: str) -> str:
        """What it was: `same`, `rejected` or `mapped`; empty for one that this run has not met."""
        rows = self.run("SELECT kind FROM records WHERE concept = ? AND key = ?", concept, key)
        return str(rows[0][0]) if rows else ""

    def index(self) -> None:
        """Once all is added."""
        self.flush()
        with self._lock, telling():
            self._connection.executescript(INDEXES)

    def find(self, type_name: str, identity: str) -> Planned | None:
        rows = self.run(f"{ALL} WHERE type = ? AND id = ?", type_name, identity)
        return _planned(rows[0]) if rows else None

    def actions(self, condition: str = "1", *values: Any) -> Iterator[Planned]:
        """In the order of the source; memory stays flat."""
        last = -1
        some = f"{ALL} WHERE seq > ? AND ({condition}) ORDER BY seq LIMIT {CHUNK}"
        while rows := self.run(some, last, *values):
            last = rows[-1][0]
            yield from map(_planned, rows)

    def owners(self) -> Iterator[str]:
        """Whose resources are to be sent: everybody's first, nobody's last."""
        rows = self.run("SELECT min(owner) FROM actions WHERE waiting")
        while rows[0][0] is not None:
            yield rows[0][0]
            rows = self.run("SELECT min(owner) FROM actions WHERE waiting AND owner > ?", rows[0][0])

    def group(self, owner: str) -> list[Planned]:
        """What is to be sent of one owner, targets first once positions are set."""
        rows = self.run(f"{ALL} WHERE waiting AND owner = ? ORDER BY position, seq", owner)
        return list(map(_planned, rows))

    def bodies(self, seqs: Iterable[int]) -> dict[int, bytes]:
        wanted = list(seqs)
        marks = ", ".join("?" * len(wanted))
        return dict(self.run(f"SELECT seq, body FROM bodies WHERE seq IN ({marks})", *wanted))  # noqa: S608


@contextmanager
def telling() -> Iterator[None]:
    """SQLite's errors as ours: there is only one that a private file can have."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error).lower()
        if "full" in text or "disk i/o" in text or "unable to open" in text:
            raise ConfigError(
                "the plan does not fit into the folder for temporary files", "make room, or set SQLITE_TMPDIR to another folder"
            ) from None
        raise
