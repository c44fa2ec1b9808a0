"""The least that a record of treatment must hold to be of use: who, when, what, how much, by which way. What lacks is counted; it
is no fault. A real log holds no more than name, day, number of the session, route, dose in words, lot and clinician.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from .course import Course
from .dosing import DosingSession
from .moments import is_day
from .people import Patient
from .values import Amount

Test = Callable[[Any], object]
FIELDS: dict[type, tuple[tuple[str, Test], ...]] = {
    Patient: (("key", lambda p: p.key), ("birth_date", lambda p: p.birth_date)),
    Course: (("key", lambda c: c.key),),
    DosingSession: (
        ("session.start", lambda s: s.session),
        ("session.start with its time", lambda s: not is_day(s.session.start)),
        ("course", lambda s: s.course),
        ("number", lambda s: s.number),
        ("clinician", lambda s: s.clinician),
        ("doses", lambda s: s.doses),
        ("doses.drug", lambda s: _all(s, lambda d: d.drug)),
        ("doses.route", lambda s: _all(s, lambda d: d.route)),
        ("doses.dose", lambda s: _all(s, lambda d: isinstance(d.dose, Amount))),
        ("doses.lot", lambda s: _all(s, lambda d: d.lot)),
    ),
}


class Completeness:
    """Of each field, how many records have it. A session that did not take place is not counted: it had no dose."""

    def __init__(self) -> None:
        self._records: Counter[type] = Counter()
        self._have: Counter[tuple[type, str]] = Counter()

    def add(self, record: object) -> None:
        kind = type(record)
        fields = FIELDS.get(kind)
        if fields is None or (isinstance(record, DosingSession) and record.status == "not-done"):
            return
        self._records[kind] += 1
        for name, there in fields:
            if there(record):
                self._have[kind, name] += 1

    def rows(self) -> Iterator[tuple[str, str, int, int]]:
        """Concept, field, records, and how many of them have it."""
        for kind, fields in FIELDS.items():
            for name, _ in fields:
                yield kind.__name__, name, self._records[kind], self._have[kind, name]


def _all(session: DosingSession, there: Test) -> bool:
    return bool(session.doses) and all(there(dose) for dose in session.doses)
