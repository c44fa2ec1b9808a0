"""What `map -o FOLDER` writes: resources as NDJSON or as transactions, and what was wrong with the rows.

    <Type>.ndjson | bundle-NNNN.json    resources in the order of the export
    manifest.json                       in the shape of a Bulk Data manifest; its extension names the files below
    rejected.ndjson                     every problem, one a line; no cell values
    problems.csv                        the same counted by code and column, with the first rows and what to do
    unused.csv                          the columns that no map uses, with how many of their cells are not empty
    completeness.csv                    of each field of the least record, how many records have it

Everything is written beside its place and moved there when all of it is whole, the manifest last. Same input, same bytes.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from errno import ENOSPC
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Literal

from .advice import advice
from .errors import Problem
from .fhir.exact import dump_line, dumps
from .fhir.links import patient_of
from .mapping.source.unused import UnusedColumn
from .mapping.units import Mapped, Rejected, Same
from .model.minimum import Completeness
from .outfolder import MANIFEST, Maker, filling
from .sourcedate import source_date
from .sync.store import EVERYBODY

Format = Literal["ndjson", "bundle"]
Unit = Mapped | Same | Rejected | Problem
REJECTED = "rejected.ndjson"
PROBLEMS = "problems.csv"
UNUSED = "unused.csv"
COMPLETENESS = "completeness.csv"
MARK = "https://kapfhir.org/fhir/manifest"  # in a manifest's extension: by this we know our own folders
MAKER = Maker(MARK, "write", "kapfhir map")
FIRST_ROWS = 5
WAITING = 100  # resources that are written together
BASE = "https://kapfhir.org/fhir"
COLUMNS = ("code", "severity", "table", "column", "count", "first_rows", "advice")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was written; `type` is that of its resources, empty for the files about the export."""

    name: str
    type: str
    count: int


@dataclass(slots=True)
class ProblemCounts:
    """Problems by code and column, with the first rows: as many entries as there are columns with problems."""

    groups: dict[tuple[str, str, str, str], list[int]] = field(default_factory=dict)  # -> count, first rows

    def add(self, problem: Problem) -> None:
        group = self.groups.setdefault((problem.file, problem.column, problem.code, problem.severity), [0])
        group[0] += 1
        if problem.line and len(group) <= FIRST_ROWS:
            group.append(problem.line)

    def rows(self) -> Iterator[tuple[str, str, str, str, int, tuple[int, ...]]]:
        """Code, severity, table, column, count, first rows; by table and column."""
        for (table, column, code, severity), (count, *first) in sorted(self.groups.items()):
            yield code, severity, table, column, count, tuple(first)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where and how to write. `base`: of the addresses in transactions; `made_at` and `request` stand in the manifest."""

    folder: Path
    form: Format
    made_at: datetime
    request: str
    base: str = BASE


def deliver(units: Iterable[Unit], to: Delivery, unused: Iterable[UnusedColumn] = ()) -> list[Delivered]:
    """Write an export's resources, problems and unused columns to a folder that is empty, not there, or of an earlier run.
    ConfigError if the folder holds anything else or can't be written; then it is as before.
    """
    with filling(to.folder, MAKER) as partial:
        there = Completeness()
        files = [*_write(units, partial, to, there), _write_unused(partial / UNUSED, unused)]
        files.append(_write_completeness(partial / COMPLETENESS, there))
        _write_manifest(partial / MANIFEST, files, to)
    return files


def time_of_delivery(newest: datetime, env: Mapping[str, str] = os.environ) -> datetime:
    """SOURCE_DATE_EPOCH if it is set, else the time of the newest input: the same input gives the same bytes."""
    return source_date(env) or newest


def _write(units: Iterable[Unit], partial: Path, to: Delivery, there: Completeness) -> list[Delivered]:
    counts = ProblemCounts()
    told = 0
    with ExitStack() as stack:
        rejected = stack.enter_context((partial / REJECTED).open("wb"))
        out: _Lines | _Transactions = _Lines(partial) if to.form == "ndjson" else _Transactions(partial, to.base)
        stack.callback(out.close)
        for unit in units:
            if isinstance(unit, Mapped):
                there.add(unit.record)
                out.add(unit.resources)
            elif isinstance(unit, Problem):
                counts.add(unit)
                told += 1
                rejected.write(json.dumps(rejected_line(unit), ensure_ascii=False).encode() + b"\n")
        files = out.finish()
    _write_counts(partial / PROBLEMS, counts)
    return [*files, Delivered(REJECTED, "", told), Delivered(PROBLEMS, "", len(counts.groups))]


def rejected_line(problem: Problem) -> dict[str, Any]:
    """A line of rejected.ndjson."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "table": problem.file,
        "row": problem.line,
        "column": problem.column,
        "map_line": problem.place,
        "text": problem.text,
        "hint": problem.hint or advice(problem.code),
        "effect": problem.effect,
    }


def _write_counts(path: Path, counts: ProblemCounts) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for code, severity, table, column, count, first in counts.rows():
            rows.writerow((code, severity, table, column, count, " ".join(map(str, first)), advice(code)))


def _write_completeness(path: Path, there: Completeness) -> Delivered:
    lines = list(there.rows())
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("concept", "field", "records", "have"))
        rows.writerows(lines)
    return Delivered(COMPLETENESS, "", len(lines))


def _write_unused(path: Path, unused: Iterable[UnusedColumn]) -> Delivered:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("table", "column", "count"))
        count = 0
        for column in unused:
            count += 1
            rows.writerow((column.table, column.column, column.count))
    return Delivered(path.name, "", count)


def _write_manifest(path: Path, files: list[Delivered], to: Delivery) -> None:
    manifest = {
        "transactionTime": to.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "request": to.request,
        "requiresAccessToken": False,
        "output": [{"type": f.type, "url": f.name, "count": f.count} for f in files if f.type],
        "error": [],
        "extension": {MARK: {"files": [{"url": f.name, "count": f.count} for f in files if not f.type]}},
    }
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


class _Lines:
    """One open file per type. Resources wait for some others, then all are written: one thing at a time is done sooner."""

    def __init__(self, partial: Path) -> None:
        self._partial = partial
        self._files: dict[str, BinaryIO] = {}
        self._counts = Counter[str]()
        self._waiting: list[dict[str, Any]] = []

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def add(self, resources: Sequence[dict[str, Any]]) -> None:
        self._waiting += resources
        if len(self._waiting) >= WAITING:
            self._flush()

    def _flush(self) -> None:
        found = Counter([resource["resourceType"] for resource in self._waiting])
        for kind in found.keys() - self._files.keys():
            self._files[kind] = (self._partial / f"{kind}.ndjson").open("wb", buffering=1 << 18)
        write = {kind: file.write for kind, file in self._files.items()}
        for resource in self._waiting:
            write[resource["resourceType"]](dump_line(resource))
        self._counts.update(found)
        self._waiting.clear()

    def finish(self) -> list[Delivered]:
        self._flush()
        for file in self._files.values():
            file.flush()
        return [Delivered(f"{kind}.ndjson", kind, count) for kind, count in sorted(self._counts.items())]


class _Transactions:
    """First what belongs to no patient, then a transaction per patient in the order of their coming; kept on disk until then."""

    def __init__(self, partial: Path, base: str) -> None:
        self._partial = partial
        self._base = base
        self._spool = partial / "spool.sqlite"
        self._store = sqlite3.connect(self._spool, isolation_level=None)
        self._store.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
            "CREATE TABLE entries (owner TEXT, first INTEGER, at INTEGER PRIMARY KEY, entry BLOB)"
        )
        self._first = {EVERYBODY: -1}  # owner -> when it came
        self._at = 0

    def close(self) -> None:
        self._store.close()
        self._spool.unlink(missing_ok=True)

    def add(self, resources: Sequence[dict[str, Any]]) -> None:
        for resource in resources:
            self._keep(resource)

    def _keep(self, resource: dict[str, Any]) -> None:
        name = f"{resource['resourceType']}/{resource['id']}"
        entry = {"fullUrl": f"{self._base}/{name}", "resource": resource, "request": {"method": "PUT", "url": name}}
        owner = patient_of(resource)
        self._at += 1
        first = self._first.setdefault(owner, self._at)
        with _full_disk():
            self._store.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", (owner, first, self._at, dumps(entry)))

    def finish(self) -> list[Delivered]:
        files: list[Delivered] = []
        with _full_disk():
            self._store.execute("CREATE INDEX by_owner ON entries (first, at)")
            found = self._store.execute("SELECT owner, entry FROM entries ORDER BY first, at")
            for _, entries in groupby(found, key=itemgetter(0)):
                name = f"bundle-{len(files) + 1:04}.json"
                with (self._partial / name).open("wb", buffering=1 << 16) as file:
                    file.write(b'{"resourceType":"Bundle","type":"transaction","entry":[')
                    for number, (_, entry) in enumerate(entries):
                        file.write((b",\n" if number else b"\n") + entry)
                    file.write(b"\n]}\n")
                files.append(Delivered(name, "Bundle", 1))
        return files


@contextmanager
def _full_disk() -> Iterator[None]:
    """SQLite's errors as the system's."""
    try:
        yield
    except sqlite3.OperationalError:
        raise OSError(ENOSPC, os.strerror(ENOSPC)) from None
