"""What only the clinic can say, asked in two files: who stands behind a name, and which rows of two tables are one session.

    people.csv      a line per name of a table, with the keys of those whose recorded name is the same
    pairs.csv       a line per two sessions that may be one

What was answered stays, also where it is not asked any more. Names and keys are clinic data: the files are 0600, and nothing else
holds them. Written beside their place and moved there when whole.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import ConfigError, Problem
from .job import Job, confirmed
from .mapping.source.formats import Bad
from .mapping.source.pairs import HEADER as PAIRS
from .mapping.source.people import HEADER as PEOPLE
from .mapping.source.people import KINDS, Person, fold_name, names_of
from .mapping.source.rows import mark_typed
from .mapping.units import Found
from .model.people import Patient, Practitioner


@dataclass(frozen=True, slots=True)
class Asked:
    """A file of questions: how many lines it has, and how many of them have no answer."""

    path: Path
    count: int
    waiting: int


def ask(job: Job, units: Iterable[object], people: Path) -> tuple[Asked, Asked]:
    """Read to the end what an export gives (`pipeline.read`), and write people.csv, and pairs.csv beside it. ConfigError if they
    can't be written, or if the export was written meanwhile.
    """
    recorded = _Recorded()
    for unit in units:
        if isinstance(unit, Found) and isinstance(unit.record, Patient | Practitioner):
            recorded.add(unit.record)
    found = [Person(kind, table, name, recorded.keys(kind, name)) for kind, table, name in sorted(set(_names(job)))]
    job.export.require_unchanged()
    before = confirmed(people) if people.is_file() else job.maps.references
    before.pairs.proposed = job.maps.references.pairs.proposed
    who, which = before.people.with_names(found), before.pairs.with_proposed()
    pairs = people.with_name("pairs.csv")
    _write(people, PEOPLE, who.rows())
    _write(pairs, PAIRS, which.rows())
    return Asked(people, len(who.known), who.waiting), Asked(pairs, len(which.known), which.waiting)


class _Recorded:
    """The keys of patients and practitioners by the ways in which their names may be written."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], set[str]] = {}

    def add(self, record: Patient | Practitioner) -> None:
        kind = next(word for word, concept in KINDS.items() if concept == type(record).__name__)
        for name in names_of(record):
            self._keys.setdefault((kind, name), set()).add(record.key)

    def keys(self, kind: str, name: str) -> tuple[str, ...]:
        return tuple(sorted(self._keys.get((kind, fold_name(name)), ())))


def _names(job: Job) -> Iterator[tuple[str, str, str]]:
    """Kind, table and name of every name that a map reads, as it is written, row by row."""
    for plan in job.maps.plans:
        askers = job.maps.references.people.askers.get(plan.file, ())
        for item in job.export.tables[plan.table].rows(plan.dialect) if askers else ():
            if isinstance(item, Problem) or len(item[1]) != plan.width:
                continue
            row = mark_typed(tuple(item[1][place] for place in plan.places))
            if plan.wanted is None or plan.wanted(row):
                for kind, name_in in askers:
                    with suppress(Bad):
                        if name := name_in(row):
                            yield kind, plan.table, name


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    partial = path.with_name(path.name + ".kapfhir-partial")
    try:
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(header)
            out.writerows(rows)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ConfigError(
            f"{path} can't be written: {error.strerror}", "make room, or name another place in kapfhir.toml"
        ) from None
