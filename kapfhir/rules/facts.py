"""What of a record the rules of a whole patient need: a plain tuple of texts and numbers, small, and quick to keep on disk.

The first four fields of each are concept and key of its record, and table and row where it was read. Times are seconds since
1970; where a record has a day and no time of day, `timed` is False and only days are compared. Days are ordinals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Dose(NamedTuple):
    """A dosing session."""

    concept: str
    key: str
    table: str
    row: int
    course: str | None
    clinic: str | None
    number: int | None
    kind: str | None
    given: bool
    start: float
    end: float
    timed: bool
    day: int
    drug: str  # several: joined by a blank
    route: str
    nasal: bool  # esketamine from the nasal device
    mg: str | None
    per_kg: str | None
    unweighed: tuple[tuple[str, str, bool], ...]  # route, mg, if that is all: of ketamine that no weight of the day is known for
    by_weight: bool  # a dose per kg was given, and no weight was taken that day
    pressure: tuple[str | None, str | None]  # before the dose
    overridden: bool
    taken: tuple[str, ...]  # rules of interaction that what was taken that day meets
    home: bool
    enrolled: bool
    pregnant: bool
    pending: tuple[str, ...]  # rules that found something, if the export holds what they look for

    @property
    def systolic(self) -> Decimal | None:
        return _number(self.pressure[0])

    @property
    def diastolic(self) -> Decimal | None:
        return _number(self.pressure[1])


class Talk(NamedTuple):
    """Integration, or other psychotherapy."""

    concept: str
    key: str
    table: str
    row: int
    course: str | None
    follows: str | None
    done: bool
    start: float
    end: float | None
    timed: bool
    day: int
    minutes: float | None
    since: float | None  # hours since the dose


class Score(NamedTuple):
    """A scale, filled in once."""

    concept: str
    key: str
    table: str
    row: int
    instrument: str
    edition: str
    follows: bool
    at: float
    timed: bool
    day: int
    timepoint: str | None
    course: str | None
    during: str | None
    score: str | None
    missing: int  # items without an answer, beside a recorded total
    safety: int | None
    flagged: bool
    level: int  # of the C-SSRS
    acted: bool
    standing: str | None


class Person(NamedTuple):
    """A patient."""

    concept: str
    key: str
    table: str
    row: int
    birth: int | None
    died: int | None
    rems: bool
    pregnant: tuple[int, ...]
    weighed: tuple[int, ...]
    weights: tuple[tuple[int, str], ...]  # day and kg of those that were measured, the last one last


class Illness(NamedTuple):
    """A diagnosis."""

    concept: str
    key: str
    table: str
    row: int
    disorder: str | None
    severity: str | None
    active: bool
    day: int
    resistant: bool
    counted: bool  # failed trials are counted in it
    controlled: bool | None  # by the words of the clinic; None where they do not say so


class Medicine(NamedTuple):
    """A drug that is, or was, taken. `rules`: those of interaction that it meets."""

    concept: str
    key: str
    table: str
    row: int
    purpose: str
    active: bool
    started: int | None
    ended: int | None
    last_taken: int | None
    antidepressant: bool
    stabilizer: bool
    trial: bool
    rules: tuple[str, ...]


class Intolerance(NamedTuple):
    """An allergy to ketamine or esketamine that holds."""

    concept: str
    key: str
    table: str
    row: int


class Form(NamedTuple):
    """A consent to ketamine, or to the REMS."""

    concept: str
    key: str
    table: str
    row: int
    type: str
    status: str
    signed: float | None
    timed: bool
    day: int | None
    until: int | None


class Frame(NamedTuple):
    """A course."""

    concept: str
    key: str
    table: str
    row: int
    clinic: str | None
    over: bool
    phase: str | None
    protocol: str | None


class Check(NamedTuple):
    """A screening."""

    concept: str
    key: str
    table: str
    row: int
    at: float
    timed: bool
    day: int
    decision: str | None
    overridden: bool
    present: tuple[str, ...]
    absent: tuple[str, ...]


class Trouble(NamedTuple):
    """An adverse event."""

    concept: str
    key: str
    table: str
    row: int
    event: str
    day: int
    expected: bool
    mild: bool


class Change(NamedTuple):
    """A derived outcome."""

    concept: str
    key: str
    table: str
    row: int
    instrument: str
    course: str | None
    day: int
    worse: str  # points for the worse; below 0 for the better


class Handled(NamedTuple):
    """A flag of the clinic's own that somebody has acknowledged."""

    concept: str
    key: str
    table: str
    row: int
    about: tuple[str, ...]
    day: int


KINDS: tuple[type[tuple[object, ...]], ...] = (
    Dose,
    Talk,
    Score,
    Person,
    Illness,
    Medicine,
    Intolerance,
    Form,
    Frame,
    Check,
    Trouble,
    Change,
    Handled,
)
Fact = Dose | Talk | Score | Person | Illness | Medicine | Intolerance | Form | Frame | Check | Trouble | Change | Handled


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
