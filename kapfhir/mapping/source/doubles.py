"""One session in two tables: which may be one, and what a record is of which two tables speak.

Two sessions of one patient on one day, with one number where both have one, may be the same. So may two that midnight parts, if
no more than four hours do: a session with its watch lasts no longer, so a start in one table and an end in the other are not
farther apart. Of a day alone the hours count from its midnights, and two days alone are never near. Until somebody says yes or
no, that of the table that comes later in `precedence` is withheld. Of what two tables say of one session, the table that comes
first is believed, and a difference is told.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from kapfhir.model.moments import day_of, is_day
from kapfhir.model.values import Absent

from .fill import CONFLICT, FROM, INACTIVE, WITHHELD, Origins, Partial, Plan
from .formats import Bad
from .pairs import Pair, Pairs
from .rows import Rows
from .shape import Path

DAY = 24 * 60  # minutes
NEAR = 4 * 60
SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-2000;
CREATE TABLE held(patient TEXT, first INTEGER, last INTEGER, day INTEGER, number INTEGER, rank INTEGER, key TEXT);
BEGIN;
"""
SAME = """
SELECT DISTINCT a.rank, a.key, b.rank, b.key FROM held a
JOIN held b ON b.patient = a.patient AND b.first BETWEEN a.first - :day - :near AND a.last + :day
WHERE (a.day = b.day OR (a.first <= b.last + :near AND b.first <= a.last + :near AND (a.first = a.last OR b.first = b.last)))
AND a.rank < b.rank AND a.key <> b.key AND (a.number IS NULL OR b.number IS NULL OR a.number = b.number)
AND NOT EXISTS (SELECT 1 FROM held c WHERE c.key = a.key AND c.rank = b.rank)
AND NOT EXISTS (SELECT 1 FROM held c WHERE c.key = b.key AND c.rank = a.rank)
ORDER BY a.rank, a.key, b.rank, b.key
"""
Tell = Callable[[int, int, Path], None]  # number of a plan, its row, the path of a field on which it was not believed


def find_doubles(pairs: Pairs, plans: Sequence[Plan], rows: Sequence[Rows]) -> frozenset[str]:
    """The keys of sessions that wait, as they may stand in another table too. `pairs.proposed` has all that nobody answered."""
    pairs.proposed = []
    order = next((p.precedence for p in plans if p.precedence), ())
    if not order:
        return frozenset()
    db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        db.executescript(SCHEMA)
        for plan, table in zip(plans, rows, strict=True):
            if plan.table in order and plan.complete:
                rank = order.index(plan.table)
                some = ((*what, rank, key) for key, what in _days(plan, table))
                db.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?)", some)
        db.execute("CREATE INDEX of_time ON held(patient, first)")
        db.execute("CREATE INDEX of_key ON held(key)")
        for first, key, second, other in db.execute(SAME, {"day": DAY, "near": NEAR}):
            pair = Pair(order[first], key, order[second], other)
            if not pairs.known.get(pair.place, pair).confirmed:
                pairs.proposed.append(pair)
    finally:
        db.close()
    return frozenset(pair.other_key for pair in pairs.proposed)


def _days(plan: Plan, rows: Rows) -> Iterator[tuple[str, tuple[str, int, int, int, int | None]]]:
    """Key, and patient, time and number, of each row that has them. The time: the first and last minute of it, and its day."""
    cells = {cell.name: cell for cell in plan.root.cells}
    session = plan.root.parts.get("session")
    start = next((cell for cell in session.cells if cell.name == "start"), None) if session is not None else None
    if "patient" not in cells or start is None:
        return
    for found in rows.read(loud=False):
        if found is None:
            continue
        _, key, row, _ = found
        try:
            patient, when = cells["patient"].get(row), start.get(row)
            number = cells["number"].get(row) if "number" in cells else None
        except Bad:
            continue
        if isinstance(patient, str) and isinstance(when, date):
            day = day_of(when).toordinal()
            first = day * DAY + (when.hour * 60 + when.minute if isinstance(when, datetime) else 0)
            last = first if isinstance(when, datetime) else first + DAY
            yield key, (patient, first, last, day, number if isinstance(number, int) else None)


def settle(said: Sequence[tuple[int, int, Partial]], plans: Sequence[Plan], tell: Tell) -> Partial:
    """What several tables say of one record (number of the plan, row, what it says), by the precedence of their maps."""
    default = next((p.precedence for p in plans if p.precedence), ())
    own = {line.path: tuple(map(str, line.precedence)) for p in plans for line in p.lines if line.precedence}

    def rank(number: int, path: Path) -> int:
        order = own.get(path) or default
        table = plans[number].table
        return order.index(table) if table in order else len(order)

    def agree(path: Path, values: list[tuple[int, int, Any]]) -> Any:
        if all(isinstance(value, dict) for *_, value in values):
            out: Partial = {}
            for name in dict.fromkeys(name for *_, value in values for name in value):
                inner = [(n, row, value[name]) for n, row, value in values if name in value]
                out[name] = _origins(inner) if name == FROM else agree((*path, str(name)), inner)
            return out
        if any(value is CONFLICT for *_, value in values):
            return CONFLICT
        best = [one for one in values if not _says_nothing(one[2])]
        if not best:
            return max((value for *_, value in values), key=_weight)
        best.sort(key=lambda one: rank(one[0], path))
        chosen = best[0][2]
        for number, row, value in best[1:]:
            if _is_finer(value, chosen):
                chosen = value
            elif value != chosen and not _is_finer(chosen, value):
                tell(number, row, path)
        return chosen

    whole: Partial = agree((), [(n, row, part) for n, row, part in said])
    return whole


def _origins(values: list[tuple[int, int, Any]]) -> Origins:
    return tuple(origin for *_, found in values for origin in found)


def _says_nothing(value: Any) -> bool:
    return value is None or value is INACTIVE or value is WITHHELD or isinstance(value, Absent)


def _weight(value: Any) -> int:
    """Of what says nothing: a reason counts most, then a fault that was told."""
    return 3 if isinstance(value, Absent) else 2 if value is WITHHELD else 1 if value is None else 0


def _is_finer(value: Any, than: Any) -> bool:
    """A moment of the day that the other one names without a time."""
    both = isinstance(value, date) and isinstance(than, date)
    return both and is_day(than) and not is_day(value) and day_of(value) == than
