"""All facts of one patient, as the rules of a course look at them: doses in order, and what else is on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from .facts import (
    Change,
    Check,
    Dose,
    Fact,
    Form,
    Frame,
    Handled,
    Illness,
    Intolerance,
    Medicine,
    Person,
    Score,
    Talk,
    Trouble,
)

Found = Iterator[Fact]
T = TypeVar("T")
DAY_S = 86400.0
CHAPTERS = (
    "checks",
    "illnesses",
    "intolerances",
    "forms",
    "nasal",
    "unweighed",
    "medicines",
    "taken",
    "scores",
    "troubles",
    "changes",
    "talks",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a protocol the rules need."""

    fewest: int | None
    most: int | None
    asks_integration: bool


@dataclass(slots=True)
class Surroundings:
    """What is known beside the patients: few clinics, few protocols, which concepts the export holds, and when it was made."""

    certified: dict[str, bool] = field(default_factory=dict)  # clinics
    plans: dict[str, Plan] = field(default_factory=dict)  # protocols
    seen: set[str] = field(default_factory=set)
    until: float = float("inf")
    until_day: int = date.max.toordinal()


class Story:
    """One patient. `doses` are the sessions in which something was given, in order; `sessions` all of them."""

    def __init__(self, facts: Iterable[Fact], around: Surroundings) -> None:
        by: Mapping[type, list[Any]] = defaultdict(list)
        for fact in facts:
            by[type(fact)].append(fact)
        self.around = around
        self.sessions: list[Dose] = sorted(by[Dose], key=lambda d: (d.start, d.key))
        self.doses = [d for d in self.sessions if d.given]
        self.talks: list[Talk] = sorted(by[Talk], key=lambda t: (t.start, t.key))
        self.scores: list[Score] = sorted(by[Score], key=lambda s: (s.day, s.timed, s.at, s.key))
        self.person: Person | None = by[Person][0] if by[Person] else None
        self.illnesses: list[Illness] = by[Illness]
        self.medicines: list[Medicine] = by[Medicine]
        self.intolerances: list[Intolerance] = by[Intolerance]
        self.forms: list[Form] = by[Form]
        self.frames: dict[str, Frame] = {f.key: f for f in by[Frame]}
        self.checks: list[Check] = sorted(by[Check], key=lambda c: (c.at, c.key))
        self.troubles: list[Trouble] = by[Trouble]
        self.changes: list[Change] = sorted(by[Change], key=lambda c: (c.day, c.key))
        self.handled: list[Handled] = by[Handled]
        self.nasal = any(d.nasal for d in self.doses)
        self.unweighed = self.person is not None and bool(self.person.weights) and any(d.unweighed for d in self.doses)
        self.taken = any(d.taken for d in self.doses)
        self.last_day = self.doses[-1].day if self.doses else 0

    @property
    def chapters(self) -> tuple[bool, ...]:
        """What there is anything of; in the order of CHAPTERS."""
        return tuple([bool(getattr(self, name)) for name in CHAPTERS])

    def age(self, day: int) -> int | None:
        """Whole years on a day; None where the date of birth is not known."""
        if self.person is None or self.person.birth is None or day < self.person.birth:
            return None
        born, now = date.fromordinal(self.person.birth), date.fromordinal(day)
        return now.year - born.year - ((now.month, now.day) < (born.month, born.day))

    def last_weight(self, day: int, days: int) -> Decimal | None:
        """In kg, the last one that was measured by a day, at most so many days before it."""
        weights = self.person.weights if self.person else ()
        return next((Decimal(kg) for when, kg in reversed(weights) if 0 <= day - when <= days), None)

    def courses(self) -> Iterator[tuple[str | None, list[Dose]]]:
        """The doses of each course, in order; those without a course together."""
        found: dict[str | None, list[Dose]] = {}
        for dose in self.doses:
            found.setdefault(dose.course, []).append(dose)
        yield from found.items()

    def plan_of(self, course: str | None) -> Plan | None:
        """The protocol of a course, where it names one."""
        frame = self.frames.get(course) if course else None
        return self.around.plans.get(frame.protocol) if frame and frame.protocol else None

    def is_induction_over(self, course: str | None, doses: list[Dose]) -> bool:
        """Whether more induction doses are no longer to come."""
        frame = self.frames.get(course) if course else None
        later = any(d.kind in ("maintenance", "booster") for d in doses)
        return later or (frame is not None and (frame.over or frame.phase in ("maintenance", "booster", "closed", "taper")))


def induction_of(doses: list[Dose]) -> list[Dose]:
    """The induction doses of a course; all of them where the course does not tell them apart."""
    named = [d for d in doses if d.kind == "induction"]
    return named if named or any(d.kind for d in doses) else doses


def hours_between(one: Dose, other: Dose) -> float | None:
    """None where one of them has no time of day."""
    return (other.start - one.start) / 3600 if one.timed and other.timed else None


def first(found: Iterable[T]) -> Iterator[T]:
    """The first of them, if there is one: said once of a patient."""
    for one in found:
        yield one
        return
