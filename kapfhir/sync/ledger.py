"""What we know to be on a server: an SQLite file for one server and one clinic namespace.

It holds keys, ids, versions and hashes, never a resource. It is written before a send (`pending`) and after it (`done`,
`refused`), so a killed run can be taken up: whatever is not `done` is compared with the server before anything is sent again.
A record's digest stands there only while all its resources are `done`: then its rows need not even be mapped. `gone` is what
the source no longer has, and the server still does.

One run at a time: the file is locked as long as it is open.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from typing import Any, Self

from kapfhir.errors import ConfigError
from kapfhir.model.dosing import Anchor
from kapfhir.model.moments import parse_moment
from kapfhir.server.http import normalise

from .ledgerfaults import reading, telling

SCHEMA = 2
TABLES = """
CREATE TABLE scope (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
  concept TEXT, key TEXT, digest TEXT NOT NULL, made_by TEXT NOT NULL, tables TEXT NOT NULL, size INTEGER NOT NULL,
  dose_start TEXT, dose_end TEXT, dose_patient TEXT, PRIMARY KEY (concept, key)
) WITHOUT ROWID;
CREATE TABLE resources (
  type TEXT, id TEXT, concept TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL, server_id TEXT NOT NULL,
  version TEXT NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL, sent_at TEXT NOT NULL, PRIMARY KEY (type, id)
) WITHOUT ROWID;
CREATE INDEX resources_of_record ON resources (concept, key);
CREATE INDEX resources_gone ON resources (state) WHERE state = 'gone';
"""
NOTES = "CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
KNOWN = "SELECT type, id, concept, key, hash, server_id, version, state, outcome FROM resources"
RECORD = "SELECT concept, key, digest, tables, size, dose_start, dose_end, dose_patient FROM records"
MADE = RECORD.replace(" FROM", ", made_by FROM")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a ledger is of. All of it must stay as it is: ids and times follow from it."""

    server: str
    system: str
    namespace: str
    zone: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a resource. `server_id` is its id there, empty while that is not known."""

    type: str
    id: str
    concept: str
    key: str
    hash: str
    server_id: str = ""
    version: str = ""
    state: str = "done"  # pending | done | refused | gone
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """What is known of a record: the digest of its rows, the tables that they stand in, the number of its resources."""

    concept: str
    key: str
    digest: str
    tables: frozenset[str]
    size: int
    anchor: Anchor | None = None


def open_ledger(path: Path | None, scope: Scope, maps: str = "") -> Ledger:
    """The ledger at this path, made if need be; in memory for None. ConfigError if it is of another scope, locked or broken.

    `maps` is the digest of the maps in use: rows that were mapped by others, or by another version of kapfhir, are mapped again.
    """
    scope = Scope(normalise(scope.server), scope.system, scope.namespace.lower(), scope.zone)
    with telling(path):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)  # it holds patients' keys; SQLite gives its side files the same mode
        connection = sqlite3.connect(path or ":memory:", timeout=0.2, isolation_level=None, check_same_thread=False)
    ledger = Ledger(connection, path, f"{version('kapfhir')} {maps}")
    try:
        ledger.claim(scope)
    except BaseException:
        ledger.close()
        raise
    return ledger


class Ledger:
    """Open until `close`; a context manager. Its methods may be called by several threads, and raise ConfigError."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None, made_by: str) -> None:
        self.path = path
        self._made_by = made_by
        self._connection = connection
        self._lock = RLock()
        self._trusted = True
        self.system = ""  # of the clinic
        self._blank = False  # it holds no resource and no record: a first run need not ask for each
        self._asked: tuple[tuple[str, str], RecordEntry | None, str] | None = None  # the last record, and the maps it is of

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def claim(self, scope: Scope) -> None:
        """Lock it, make its tables if it is new, and refuse the scope of somebody else."""
        with self._lock, telling(self.path):
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
                if found == 0 and not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                    for statement in TABLES.split(";\n"):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA user_version = {SCHEMA}")
                    self._connection.executemany("INSERT INTO scope VALUES (?, ?)", asdict(scope).items())
                elif found == 1:  # it did not say whose the dose of a session was
                    self._connection.execute("ALTER TABLE records ADD COLUMN dose_patient TEXT")
                    self._connection.execute(f"PRAGMA user_version = {SCHEMA}")
                elif found > SCHEMA:
                    raise ConfigError(f"the ledger {self.path} was written by a newer kapfhir", "use that, or another ledger")
                some = "SELECT 1 FROM resources UNION ALL SELECT 1 FROM records LIMIT 1"
                self._blank = not self._connection.execute(some).fetchone()
                if self._blank:
                    self._connection.executemany("INSERT OR REPLACE INTO scope VALUES (?, ?)", asdict(scope).items())
                self._connection.execute(NOTES)
                kept = dict(self._connection.execute("SELECT name, value FROM scope"))
            finally:
                self._connection.execute("COMMIT")
        for name, value in asdict(scope).items():
            if kept.get(name) != value:
                told = {"server": "server", "system": "clinic system", "namespace": "clinic namespace", "zone": "time zone"}[name]
                raise ConfigError(
                    f"the ledger {self.path} is of another {told}", "name another file with --ledger, or put the setting back"
                )
        self.system = scope.system

    # what is known

    def has(self, concept: str, key: str) -> bool:
        """Whether this record went out in an earlier run."""
        return bool(self._rows("SELECT 1 FROM records WHERE concept = ? AND key = ?", concept, key))

    def digest(self, concept: str, key: str) -> str | None:
        """The digest of its rows, if all its resources are there as these maps make them."""
        if not self._trusted:
            return None
        found, made_by = self._look_up(concept, key)
        return found.digest or None if found and made_by == self._made_by else None

    def digests(self, concept: str) -> list[tuple[str, ...]]:
        """Key and digest of every record of a concept that is there as these maps make it."""
        query = "SELECT key, digest FROM records WHERE concept = ? AND made_by = ? AND digest != '' ORDER BY key"
        return self._rows(query, concept, self._made_by) if self._trusted else []

    def note(self, name: str) -> dict[str, Any]:
        """What an earlier run noted under this name; nothing, if none did."""
        rows = self._ask("SELECT value FROM notes WHERE name = ?", name)
        with reading(self.path):
            return dict(json.loads(rows[0][0])) if rows else {}

    def anchor(self, key: str) -> Anchor | None:
        found = self.record("DosingSession", key)
        return found.anchor if found else None

    def record(self, concept: str, key: str) -> RecordEntry | None:
        return self._look_up(concept, key)[0]

    def _look_up(self, concept: str, key: str) -> tuple[RecordEntry | None, str]:
        """A record, and the maps that made it. The last one is kept: whoever decides about a record asks several times."""
        with self._lock:
            if self._asked is None or self._asked[0] != (concept, key):
                rows = self._rows(f"{MADE} WHERE concept = ? AND key = ?", concept, key)
                self._asked = (concept, key), next(self._records(row[:-1] for row in rows), None), rows[0][-1] if rows else ""
            return self._asked[1:]

    def records(self) -> Iterator[RecordEntry]:
        """All records, by concept and key; memory stays flat."""
        last = ("", "")
        some = f"{RECORD} WHERE (concept, key) > (?, ?) ORDER BY concept, key LIMIT 1000"
        while rows := self._rows(some, *last):
            last = (rows[-1][0], rows[-1][1])
            yield from self._records(rows)

    def resources_of(self, concept: str, key: str) -> dict[tuple[str, str], Entry]:
        """What is known of a record's resources, by type and id."""
        rows = self._rows(f"{KNOWN} WHERE concept = ? AND key = ?", concept, key)
        return {(row[0], row[1]): Entry(*row) for row in rows}

    def find(self, type_name: str, identity: str) -> Entry | None:
        return next((Entry(*row) for row in self._rows(f"{KNOWN} WHERE type = ? AND id = ?", type_name, identity)), None)

    def gone(self) -> list[Entry]:
        """What the source had lost already in an earlier run, and the server still has."""
        return [Entry(*row) for row in self._rows(f"{KNOWN} WHERE state = 'gone' ORDER BY type, id")]

    def newest(self, most: int) -> list[Entry]:
        """The last that came to the server, of one type."""
        type_name = self._rows("SELECT type FROM resources WHERE state = 'done' ORDER BY sent_at DESC, type LIMIT 1")
        found = f"{KNOWN} WHERE state = 'done' AND type = ? ORDER BY sent_at DESC, id LIMIT {most}"
        return [Entry(*row) for row in self._rows(found, type_name[0][0])] if type_name else []

    @property
    def trusted(self) -> bool:
        """False once the server was found not to hold what stands here: then everything is compared with it anew."""
        return self._trusted

    def distrust(self) -> None:
        self._trusted = False

    # what is written

    def write_distrust(self) -> None:
        """Before a send to a server that lost things: the next run must not take for there what this one did not come to."""
        with self._writing():
            self._connection.execute("UPDATE resources SET state = 'pending' WHERE state = 'done'")
            self._connection.execute("UPDATE records SET digest = ''")

    def keep_note(self, name: str, value: Mapping[str, Any]) -> None:
        with self._writing():
            self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, json.dumps(value)))

    def mark_pending(self, entries: Iterable[Entry]) -> None:
        """Before a send: these may be on the server from now on, or not."""
        entries = list(entries)
        keep = (
            "INSERT INTO resources VALUES (?, ?, ?, ?, '', ?, '', 'pending', '', ?) "
            "ON CONFLICT (type, id) DO UPDATE SET state = 'pending', sent_at = excluded.sent_at"
        )
        with self._writing():
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._connection.executemany(keep, [(e.type, e.id, e.concept, e.key, e.server_id, now) for e in entries])
            self._connection.executemany(
                "UPDATE records SET digest = '' WHERE concept = ? AND key = ?", {(e.concept, e.key) for e in entries}
            )

    def mark_refused(self, entry: Entry, outcome: str) -> None:
        """After a refusal; `outcome` in words that hold no patient's data."""
        with self._writing():
            self._connection.execute(
                "UPDATE resources SET state = 'refused', outcome = ? WHERE type = ? AND id = ?", (outcome, entry.type, entry.id)
            )

    def keep(self, entries: Iterable[Entry]) -> None:
        """After a send, or after they were found on the server: what is known of them now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [(e.type, e.id, e.concept, e.key, e.hash, e.server_id, e.version, e.state, e.outcome, now) for e in entries]
        with self._writing():
            self._connection.executemany("INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def forget(self, entries: Iterable[Entry]) -> None:
        """Resources that are nobody's any more, and the records that have no other."""
        some = [(e.type, e.id, e.concept, e.key) for e in entries]
        none_left = "SELECT 1 FROM resources r WHERE r.concept = records.concept AND r.key = records.key"
        with self._writing():
            self._connection.executemany("DELETE FROM resources WHERE type = ? AND id = ?", [row[:2] for row in some])
            self._connection.executemany(
                f"DELETE FROM records WHERE concept = ? AND key = ? AND NOT EXISTS ({none_left})",  # noqa: S608
                {row[2:] for row in some},
            )

    def remember(self, records: Iterable[RecordEntry]) -> None:
        """Records whose resources are all done (with their digest), or some of them (without)."""
        rows = [
            (
                r.concept,
                r.key,
                r.digest,
                self._made_by,
                "\n".join(sorted(r.tables)),
                r.size,
                r.anchor and r.anchor.start.isoformat(),
                r.anchor and r.anchor.end and r.anchor.end.isoformat(),
                r.anchor and r.anchor.patient,
            )
            for r in records
        ]
        with self._writing():
            self._connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _rows(self, query: str, *values: str) -> list[tuple[str, ...]]:
        """Of the resources and records."""
        return [] if self._blank else self._ask(query, *values)

    def _ask(self, query: str, *values: str) -> list[tuple[str, ...]]:
        with self._lock, telling(self.path):
            return self._connection.execute(query, values).fetchall()

    def _records(self, rows: Iterable[tuple[str, ...]]) -> Iterator[RecordEntry]:
        for row in rows:
            with reading(self.path):
                found = _record(row)
            yield found

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All or nothing, and on the disk at the end."""
        with self._lock, telling(self.path):
            self._asked, self._blank = None, False
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _record(row: tuple[str, ...]) -> RecordEntry:
    concept, key, digest, tables, size, start, end, patient = row
    anchor = Anchor(parse_moment(start), parse_moment(end) if end else None, patient or "") if start else None
    return RecordEntry(concept, key, digest, frozenset(tables.split("\n")) - {""}, int(size), anchor)
