"""The least that a record of treatment must hold to be of use: who, when, what, how much, by which way. What lacks is counted; it
is no fault. A real log holds no more than name, day, number of the session, route, dose in words, lot and clinician.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from .course import Course
from .dosing import DosingSession
from .moments import is_day
from .people import Patient
from .values import Amount

PATIENT = ("key", "birth_date")
COURSE = ("key",)
SESSION = (
    *("session.start", "session.start with its time", "course", "number", "clinician"),
    *("doses", "doses.drug", "doses.route", "doses.dose", "doses.lot"),
)
Has = tuple[bool, ...]


def _of_session(one: DosingSession) -> Has:
    doses = one.doses
    return (
        *(True, not is_day(one.session.start), bool(one.course), bool(one.number), bool(one.clinician), bool(doses)),
        bool(doses) and all(map(attrgetter("drug"), doses)),
        bool(doses) and all(map(attrgetter("route"), doses)),
        bool(doses) and all(isinstance(d.dose, Amount) for d in doses),
        bool(doses) and all(map(attrgetter("lot"), doses)),
    )


LOOKS: dict[type, tuple[tuple[str, ...], Callable[[Any], Has]]] = {
    Patient: (PATIENT, lambda one: (True, bool(one.birth_date))),
    Course: (COURSE, lambda _: (True,)),
    DosingSession: (SESSION, _of_session),
}


class Completeness:
    """Of each field, how many records have it. A session that did not take place is not counted: it had no dose."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[type, Has]] = Counter()

    def add(self, record: object) -> None:
        kind = type(record)
        look = LOOKS.get(kind)
        if look is None or (isinstance(record, DosingSession) and record.status == "not-done"):
            return
        self._seen[kind, look[1](record)] += 1

    def rows(self) -> Iterator[tuple[str, str, int, int]]:
        """Concept, field, records, and how many of them have it."""
        for kind, (fields, _) in LOOKS.items():
            seen = [(has, count) for (of, has), count in self._seen.items() if of is kind]
            for number, name in enumerate(fields):
                have = sum(count for has, count in seen if has[number])
                yield kind.__name__, name, sum(count for _, count in seen), have
