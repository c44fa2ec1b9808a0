"""People whom a table knows by name only. `people.csv` of the clinic says which key stands for which name.

    kind,table,name,candidates,key
    patient,dose_log,Ruth Alder,P-001,P-001

A name counts as it is written, table by table: another spelling is a row of its own, and nobody is taken for somebody by
likeness. A candidate is a proposal; only `key` counts. The file is clinic data: 0600, and no message ever holds a name.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from kapfhir.errors import ConfigError
from kapfhir.sources.table import Row

from .formats import Bad, refuse_broken
from .grammar import Map

Get = Callable[[Row], Any]
Asker = tuple[str, Callable[[Row], str]]  # a kind, and the name in a row; Bad where its cell is broken

KINDS = {"patient": "Patient", "practitioner": "Practitioner"}  # word of a map -> concept
HEADER = ("kind", "table", "name", "candidates", "key")
BETWEEN = " | "  # candidates
WAITS = "unconfirmed-person"


@dataclass(frozen=True, slots=True)
class Person:
    """One spelling in one table. Without a key, what hangs on it waits."""

    kind: str
    table: str
    name: str
    candidates: tuple[str, ...] = ()
    key: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        return self.kind, self.table, self.name


class People:
    """What a clinic confirmed so far."""

    def __init__(self, known: Iterable[Person] = ()) -> None:
        self.known = {person.place: person for person in known}
        confirmed = sorted((*place, person.key) for place, person in self.known.items() if person.key)
        self.digest = blake2b(repr(confirmed).encode(), digest_size=16).digest() if confirmed else b""
        self.askers: dict[str, list[Asker]] = {}  # of each map
        self._keys: dict[tuple[str, str], dict[str, str]] = {}  # kind and table -> name -> key
        for (kind, table, name), person in self.known.items():
            if person.key:
                self._keys.setdefault((kind, table), {})[name] = person.key

    def reader(self, get: Callable[[Row], Any], kind: str, of: Map, column: str, place: int, empty: frozenset[str]) -> Get:
        """A reader of rows that sees the key where the name stands. Bad where no key is confirmed."""
        keys = self._keys.setdefault((kind, str(of.table)), {})

        def ask(row: Row) -> str:
            refuse_broken(row[place], column)
            name = row[place].strip()
            return "" if name in empty else name

        def read(row: Row) -> Any:
            name = ask(row)
            if not name:
                return get(row)
            key = keys.get(name)
            if key is None:
                raise Bad(WAITS, column)
            return get((*row[:place], key, *row[place + 1 :]))

        self.askers.setdefault(of.file, []).append((kind, ask))
        return read

    def marks(self, salt: str) -> Iterator[tuple[str, Person]]:
        """Each name with a mark that stands for it and does not hold it."""
        for place, person in self.known.items():
            yield mark_of(place, salt), person

    @contextmanager
    def instead(self, kind: str, table: str, keys: Mapping[str, str]) -> Iterator[None]:
        """Meanwhile, readers see these keys for these names of a table."""
        now = self._keys.setdefault((kind, table), {})
        kept = dict(now)
        now.update(keys)
        try:
            yield
        finally:
            now.clear()
            now.update(kept)

    def with_names(self, found: Iterable[Person]) -> People:
        """These names with their candidates; what was confirmed stays, also of names that are not there any more."""
        kept = dict(self.known)
        for person in found:
            before = kept.get(person.place)
            kept[person.place] = person if before is None else replace(person, key=before.key)
        return People(kept.values())

    def rows(self) -> list[tuple[str, ...]]:
        """As in the file, those that wait first."""
        ordered = sorted(self.known.values(), key=lambda p: (bool(p.key), p.place))
        return [(p.kind, p.table, p.name, BETWEEN.join(p.candidates), p.key) for p in ordered]

    @property
    def waiting(self) -> int:
        return sum(not p.key for p in self.known.values())


def mark_of(place: tuple[str, str, str], salt: str) -> str:
    """What stands for the name of a kind and a table where no name may stand."""
    return blake2b(repr(place).encode(), key=salt.encode(), digest_size=16).hexdigest()


def load_people(path: Path | None) -> People:
    """What a file says; nobody where there is none. ConfigError names lines, never what stands there."""
    found: dict[tuple[str, str, str], Person] = {}
    for line, row in read_rows(path, HEADER):
        kind, table, name, candidates, key = (cell.strip() for cell in row)
        person = Person(kind, table, name, tuple(c for c in candidates.split(BETWEEN) if c), key)
        if kind not in KINDS:
            raise ConfigError(f"{path}: line {line}: the kind is patient or practitioner", "correct it there")
        if person.place in found:
            raise ConfigError(f"{path}: line {line}: this name of this table stands there twice", "take one of the lines out")
        found[person.place] = person
    return People(found.values())


def read_rows(path: Path | None, header: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    """The rows of a file of confirmations, with their lines. ConfigError if it is no such file."""
    if path is None or not path.is_file():
        return []
    hint = "correct it, or move it away and let `kapfhir people` write it anew"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            if tuple(next(rows, ())) != header:
                raise ConfigError(f"{path}: the first line is not {','.join(header)}", hint)
            out = [(rows.line_num, row) for row in rows if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ConfigError(f"{path} can't be read as a CSV file in UTF-8", hint) from None
    for line, row in out:
        if len(row) != len(header):
            raise ConfigError(f"{path}: line {line} has {len(row)} cells, the header {len(header)}", hint)
    return out


def fold_name(text: str) -> str:
    """For candidates only: case and blanks do not count."""
    return " ".join(text.split()).casefold()


def names_of(record: Any) -> set[str]:
    """The ways in which a recorded name may be written, folded."""
    given = " ".join(record.given)
    forms = {record.family, f"{given} {record.family}", f"{record.family}, {given}", f"{record.family} {given}"}
    forms |= {f"{record.given[0]} {record.family}", f"{record.family}, {record.given[0]}"} if record.given else set()
    return {fold_name(form.strip(" ,")) for form in forms}
