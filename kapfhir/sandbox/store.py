"""Every version of every resource, in SQLite: in memory, or in one file.

`version` keeps the JSON text of each version (a deletion is a version without text), `current` says which one holds, and the
index tables (see `index`) say what searches find. A write happens inside `transaction()`: all of it, or nothing. One lock guards
the whole store, so that requests are served one after the other and none sees half of another.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from kapfhir.errors import ConfigError
from kapfhir.fhir.exact import loads

from . import index
from .outcome import refuse
from .references import Link
from .wire import fingerprint, instant, write_json

APPLICATION = 0x6B617066  # "kapf": says that a file is ours
SCHEMA_VERSION = 1
SCHEMA = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE version (seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
                      method TEXT NOT NULL, updated INTEGER NOT NULL, body BLOB, UNIQUE (type, id, version));
CREATE TABLE current (rid INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
                      version INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER NOT NULL,
                      fingerprint BLOB, UNIQUE (type, id));
CREATE INDEX current_type ON current (type, deleted);
CREATE TABLE link (rid INTEGER NOT NULL, path TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL);
CREATE INDEX link_target ON link (type, id);
CREATE INDEX link_rid ON link (rid);
{index.SCHEMA}
"""
TABLES = ("version", "current", "link", *index.TABLES)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource; `body` is None where it was deleted."""

    type: str
    id: str
    version: int
    method: str  # POST | PUT | DELETE
    updated: int  # microseconds since 1970
    body: bytes | None

    @property
    def deleted(self) -> bool:
        return self.body is None

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.id}"

    @property
    def resource(self) -> dict[str, Any]:
        resource: dict[str, Any] = loads(self.body or b"{}")
        return resource


VERSION_COLUMNS = "v.type, v.id, v.version, v.method, v.updated, v.body"
READ = f"SELECT {VERSION_COLUMNS} FROM current c JOIN version v ON v.seq = c.seq WHERE c.type = ? AND c.id = ?"  # noqa: S608
READ_VERSION = f"SELECT {VERSION_COLUMNS} FROM version v WHERE v.type = ? AND v.id = ? AND v.version = ?"  # noqa: S608


class Store:
    """The resources of one sandbox. `db` is a file, or None for memory."""

    def __init__(self, db: Path | None = None) -> None:
        self.lock = RLock()
        self._last = 0
        self._depth = 0
        try:
            self.connection = sqlite3.connect(db or ":memory:", isolation_level=None, check_same_thread=False, timeout=1)
            try:
                self._open(db)
            except BaseException:
                self.connection.close()
                raise
        except sqlite3.Error as error:
            told = "another sandbox uses it" if "locked" in str(error) else str(error)
            raise ConfigError(f"{db}: can't be used as the sandbox's database: {told}", "name another file with --db") from error

    def _open(self, db: Path | None) -> None:
        (application,) = self.connection.execute("PRAGMA application_id").fetchone()
        (schema,) = self.connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION:
            raise ConfigError(f"{db}: is an SQLite file of another program", "name another file with --db")
        if tables and schema != SCHEMA_VERSION:
            raise ConfigError(
                f"{db}: was written by another version of the sandbox (schema {schema})", "name another file with --db"
            )
        if db:
            self.connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # two sandboxes would write over each other
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
        if not tables:
            self.connection.executescript(SCHEMA)
        elif db:
            self.connection.execute("BEGIN IMMEDIATE")  # takes the lock now, not with the first write
            self.connection.execute("COMMIT")
        (self._last,) = self.connection.execute("SELECT coalesce(max(updated), 0) FROM version").fetchone()

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen, or none; one inside another is part of it."""
        with self.lock:
            if self._depth:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            else:
                self.connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def clear(self) -> None:
        """Forgets everything."""
        with self.transaction():
            for table in TABLES:
                self.connection.execute(f"DELETE FROM {table}")  # noqa: S608

    def rows(self, sql: str, parameters: tuple[Any, ...] | list[Any] = ()) -> list[Any]:
        return self.connection.execute(sql, parameters).fetchall()

    def read(self, type_name: str, identity: str) -> Version | None:
        """The version that holds, a deletion too; None where there never was one."""
        row = self.connection.execute(READ, (type_name, identity)).fetchone()
        return Version(*row) if row else None

    def read_version(self, type_name: str, identity: str, version: int) -> Version | None:
        row = self.connection.execute(READ_VERSION, (type_name, identity, version)).fetchone()
        return Version(*row) if row else None

    def holds(self, type_name: str, identity: str) -> bool:
        """Whether the resource is there and not deleted."""
        sql = "SELECT 1 FROM current WHERE type = ? AND id = ? AND deleted = 0"
        return self.connection.execute(sql, (type_name, identity)).fetchone() is not None

    def referrers(self, type_name: str, identity: str, most: int = 3) -> list[tuple[str, str, str]]:
        """(type, id, path) of resources that refer to this one, itself not counted."""
        sql = (
            "SELECT c.type, c.id, l.path FROM link l JOIN current c USING (rid) "
            "WHERE l.type = ? AND l.id = ? AND NOT (c.type = l.type AND c.id = l.id) ORDER BY c.rid LIMIT ?"
        )
        return self.rows(sql, (type_name, identity, most))

    def write(self, resource: dict[str, Any], method: str, links: list[Link]) -> tuple[Version, bool]:
        """Stores the next version, unless the content is that of the current one. Returns what holds now, and whether it is new.

        `resource` has resourceType and id; version and time are set here. Only inside `transaction()`.
        """
        type_name, identity = resource["resourceType"], resource["id"]
        row = self.connection.execute(
            "SELECT rid, version, deleted, fingerprint FROM current WHERE type = ? AND id = ?", (type_name, identity)
        ).fetchone()
        try:
            mark = fingerprint(resource)
        except TypeError:  # the writer's words: a lone surrogate, or more than 250 levels
            raise refuse(400, "structure", "the body has an unpaired surrogate or is nested too deeply", type_name) from None
        if row and not row[2] and row[3] == mark:
            held = self.read(type_name, identity)
            assert held is not None
            return held, False
        version, updated = (row[1] + 1 if row else 1), self._now()
        meta = {"versionId": str(version), "lastUpdated": instant(updated), **_kept(resource.get("meta", {}))}
        body = write_json({"resourceType": type_name, "id": identity, "meta": meta, **_rest(resource)})
        made = Version(type_name, identity, version, method, updated, body)
        seq = self._append(made)
        if row:
            rid = row[0]
            self.connection.execute(
                "UPDATE current SET seq = ?, version = ?, updated = ?, deleted = 0, fingerprint = ? WHERE rid = ?",
                (seq, version, updated, mark, rid),
            )
            self._forget(rid)
        else:
            cursor = self.connection.execute(
                "INSERT INTO current (type, id, seq, version, updated, deleted, fingerprint) VALUES (?, ?, ?, ?, ?, 0, ?)",
                (type_name, identity, seq, version, updated, mark),
            )
            rid = cursor.lastrowid
        index.write(self.connection, rid, resource)
        self.connection.executemany("INSERT INTO link VALUES (?, ?, ?, ?)", [(rid, k.path, k.type, k.id) for k in links])
        return made, True

    def delete(self, type_name: str, identity: str) -> Version | None:
        """Writes a deletion; None where there is nothing to delete."""
        row = self.connection.execute(
            "SELECT rid, version FROM current WHERE type = ? AND id = ? AND deleted = 0", (type_name, identity)
        ).fetchone()
        if row is None:
            return None
        rid, version, updated = row[0], row[1] + 1, self._now()
        made = Version(type_name, identity, version, "DELETE", updated, None)
        seq = self._append(made)
        self.connection.execute(
            "UPDATE current SET seq = ?, version = ?, updated = ?, deleted = 1, fingerprint = NULL WHERE rid = ?",
            (seq, version, updated, rid),
        )
        self._forget(rid)
        return made

    def _append(self, made: Version) -> int:
        cursor = self.connection.execute(
            "INSERT INTO version (type, id, version, method, updated, body) VALUES (?, ?, ?, ?, ?, ?)",
            (made.type, made.id, made.version, made.method, made.updated, made.body),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _forget(self, rid: int) -> None:
        for table in ("link", *index.TABLES):
            self.connection.execute(f"DELETE FROM {table} WHERE rid = ?", (rid,))  # noqa: S608

    def _now(self) -> int:
        """The time to the millisecond, as it is told; never earlier than the last write's, whatever the clock does."""
        self._last = max(self._last, time.time_ns() // 1_000_000 * 1000)
        return self._last


def _kept(meta: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta.items() if key not in ("versionId", "lastUpdated")}


def _rest(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in ("resourceType", "id", "meta")}
