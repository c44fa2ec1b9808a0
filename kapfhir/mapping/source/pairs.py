"""The same session in two tables, a log and a chart. `pairs.csv` of the clinic says which two rows are one.

    table,key,other_table,other_key,confirmed
    chart,S-1,dose_log,P-001/2026-01-05,yes

With yes, the rows of the second are rows of the first. With no, both are sessions. Until somebody says so, the second waits:
see `doubles`. The file is clinic data: 0600, and no message ever holds a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from kapfhir.errors import ConfigError

from .people import read_rows

CONCEPT = "DosingSession"
HEADER = ("table", "key", "other_table", "other_key", "confirmed")
YES, NO = ("yes", "y"), ("no", "n")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sessions that may be one. `confirmed`: yes, no, or nothing yet."""

    table: str
    key: str
    other_table: str
    other_key: str
    confirmed: str = ""

    @property
    def place(self) -> tuple[str, str, str, str]:
        return self.table, self.key, self.other_table, self.other_key


class Pairs:
    """What a clinic confirmed, and `proposed`, what the last reading found beside it."""

    def __init__(self, known: Iterable[Pair] = ()) -> None:
        self.known = {pair.place: pair for pair in known}
        self.proposed: list[Pair] = []
        self._root: dict[str, str] = {}
        said = sorted(self.known.values(), key=lambda p: p.place)
        for pair in said:
            if pair.confirmed == "yes":
                first, other = self.stands_for(pair.key), self.stands_for(pair.other_key)
                self._root[other] = first
                self._root.setdefault(first, first)
        answered = [(*p.place, p.confirmed) for p in said if p.confirmed]
        self.digest = blake2b(repr(answered).encode(), digest_size=16).digest() if answered else b""

    def stands_for(self, key: str) -> str:
        """The key of the session that this one is."""
        while (found := self._root.get(key, key)) != key:
            key = found
        return key

    def merged(self) -> dict[str, tuple[str, str]]:
        """Keys that stand for no session of their own any more: the table, and the key of the session that they are."""
        confirmed = [(p.other_key, p.other_table) for p in self.known.values() if p.confirmed == "yes"]
        return {key: (table, self.stands_for(key)) for key, table in confirmed if self.stands_for(key) != key}

    def with_proposed(self) -> Pairs:
        """What was known, and what the last reading found."""
        kept = {pair.place: pair for pair in self.proposed}
        return Pairs((kept | self.known).values())

    def rows(self) -> list[tuple[str, ...]]:
        """As in the file, those that wait first."""
        ordered = sorted(self.known.values(), key=lambda p: (bool(p.confirmed), p.place))
        return [(*p.place, p.confirmed) for p in ordered]

    @property
    def waiting(self) -> int:
        return sum(not p.confirmed for p in self.known.values())


def load_pairs(path: Path | None) -> Pairs:
    """What a file says; nothing where there is none. ConfigError names lines, never what stands there."""
    found: dict[tuple[str, str, str, str], Pair] = {}
    for line, row in read_rows(path, HEADER):
        table, key, other_table, other_key, answer = (cell.strip() for cell in row)
        word = answer.casefold()
        if word and word not in (*YES, *NO):
            raise ConfigError(f"{path}: line {line}: `confirmed` is yes, no or empty", "correct it there")
        pair = Pair(table, key, other_table, other_key, "yes" if word in YES else "no" if word else "")
        if pair.place in found:
            raise ConfigError(f"{path}: line {line}: this pair stands there twice", "take one of the lines out")
        found[pair.place] = pair
    return Pairs(found.values())
