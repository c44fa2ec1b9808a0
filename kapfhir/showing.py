"""What the rules get to see of an export: its records as they pass, and the problems of their rows.

Problems come right before what their rows became, so they wait for it: then it is known whose they are. Those of rows that
nothing came of wait in vain.
"""

from __future__ import annotations

from .errors import Problem
from .job import Job
from .mapping.source.pairs import CONCEPT
from .mapping.source.reasons import EFFECTS
from .mapping.units import Found, Place, Rejected, Same
from .model.concepts import Record
from .model.dosing import DosingSession
from .model.people import Patient
from .rules.engine import Engine

WAITS = "possible-duplicate"  # a session that waits for an answer: nothing about it is wrong
MOST_HELD = 10_000  # problems that wait to be told whose they are


class Showing:
    """Of one reading of an export."""

    def __init__(self, job: Job, engine: Engine) -> None:
        self.engine = engine
        plans = job.maps.plans
        self.whole = {(p.concept, p.table) for p in plans if p.complete}  # a finding stands at the row that is the record
        lines = ((f"{p.file}:{line.at.line}", line.path) for p in plans if p.concept == CONCEPT for line in p.lines)
        self.doses = {place: path[1] for place, path in lines if path[0] == "doses" and len(path) == 3}
        self.files = {p.file for p in plans if p.concept == CONCEPT and p.complete}
        self.held: list[Problem] = []
        # rows of sessions that were told: a row that breaks off is rejected at the end again
        self.lost: set[tuple[str, int]] = set()

    def take(self, unit: Found | Same | Rejected | Problem) -> None:
        if isinstance(unit, Problem):
            self.held.append(unit)
            if len(self.held) >= MOST_HELD:
                self._tell(())
            return
        record = None if isinstance(unit, Rejected) else unit.record
        if self.held or isinstance(unit, Rejected):
            self._hear(unit, record)
        if record is not None:
            place = self._place(type(record).__name__, unit.places)
            self.engine.see(record, place.table, place.row)

    def end(self) -> None:
        """After the last of them."""
        self._tell(())
        self.engine.finish()

    def _hear(self, unit: Found | Same | Rejected, record: Record | None) -> None:
        if isinstance(unit, Rejected):
            concept, key, patient = "", unit.key, unit.patient
        else:
            concept, key, patient = type(record).__name__, str(record and record.key), _whose(record)
        own = [p for p in self.held if Place(p.file, p.line) in unit.places]
        self._tell(unit.places, concept, key, patient)
        if isinstance(unit, Rejected) and unit.concept == CONCEPT and not any(p.code == WAITS for p in own):
            at = self._place(CONCEPT, unit.places)
            if (at.table, at.row) not in self.lost:
                self.engine.lose("S01-lost", at.table, at.row, "", concept, key, patient)
        if isinstance(record, DosingSession):
            lost = {self.doses[p.place]: p for p in reversed(own) if p.effect == EFFECTS["item"] and p.place in self.doses}
            for problem in lost.values():
                self.engine.lose("S01-dose", problem.file, problem.line, problem.column, concept, key, patient)

    def _place(self, concept: str, places: tuple[Place, ...]) -> Place:
        return next((p for p in places if (concept, p.table) in self.whole), places[0])

    def _tell(self, places: tuple[Place, ...], concept: str = "", key: str = "", patient: str | None = None) -> None:
        lost: set[tuple[str, int]] = set()
        for problem in self.held:
            own = Place(problem.file, problem.line) in places
            about = (concept, key, patient) if own else ("", "", None)
            self.engine.hear(problem.code, problem.text, problem.file, problem.line, problem.column, *about)
            gone = problem.effect == EFFECTS["record"] and problem.place.partition(":")[0] in self.files
            if gone and not own and problem.code != WAITS:
                lost.add((problem.file, problem.line))
        for table, row in sorted(lost - self.lost):
            self.engine.lose("S01-lost", table, row)
        self.lost |= lost
        self.held.clear()


def _whose(record: Record | None) -> str | None:
    patient = record.key if isinstance(record, Patient) else getattr(record, "patient", None)
    return None if patient is None else str(patient)
