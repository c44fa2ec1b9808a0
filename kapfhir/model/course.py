"""The course of treatment: what it follows, where it stands, who treats, what for (entity 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from .before import Sensitivity, TeamRole
from .care import Diagnosis
from .fields import present_with
from .frame import CourseEnd, CourseFormat, CyclePhase, DueState, DueStatus
from .goals import TreatmentGoal
from .keys import require_key_order, require_labels_once
from .people import Clinic, Patient, Practitioner
from .protocol import Protocol
from .values import Amount, BaselineRule, CoursePhase, CourseStatus, Doubt, Instrument, Key, Ref, Units, require

STATES = {
    "not-due": DueState("not-started"),
    "due": DueState("scheduled"),
    "overdue": DueState("scheduled"),
    "done": DueState("completed"),
    "waived": DueState("cancelled"),
}


@dataclass(frozen=True, slots=True)
class AssessmentDue:
    """A scale that is to be filled in at some time of the course."""

    instrument: Instrument
    status: DueStatus
    due: datetime | date | None = None

    @property
    def state(self) -> DueState:
        """In FHIR's words, of which there are fewer."""
        return STATES[self.status]


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody who treats in this course, and as what."""

    practitioner: Ref[Practitioner]
    role: TeamRole


@dataclass(frozen=True, slots=True)
class Course:
    """One course of ketamine-assisted psychotherapy (entity 8). Its status, its phase, where it stands between two doses
    (`cycle`) and what assessments are due are four things.

    `protocol` is the name of the protocol as written, `protocol_ref` the protocol itself. `baseline` says which assessment
    changes are counted from, `baseline_days` how far back it may lie.
    """

    key: Key
    patient: Ref[Patient]
    clinic: Ref[Clinic]
    status: CourseStatus
    started: date
    ended: date | None = None
    lead: Ref[Practitioner] | None = None
    phase: CoursePhase | None = None
    protocol: str | None = None
    planned_sessions: int | None = None
    indications: tuple[Ref[Diagnosis], ...] = ()
    protocol_ref: Ref[Protocol] | None = None
    format: CourseFormat | None = None
    cycle: CyclePhase | None = None
    completed_sessions: int | None = None
    end_reason: CourseEnd | None = None
    baseline: BaselineRule | None = None
    baseline_days: Annotated[Amount, Units("d")] | None = None
    team: tuple[TeamMember, ...] = ()
    goals: tuple[TreatmentGoal, ...] = ()
    assessments_due: tuple[AssessmentDue, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()

    def __post_init__(self) -> None:
        require_key_order(self.goals)
        require_labels_once(self.sensitivity)
        require(
            self.ended is None or self.ended >= self.started, "ends-before-it-starts", "the course ends before it starts", "ended"
        )
        require(
            self.planned_sessions is None or self.planned_sessions > 0,
            "out-of-range",
            "a course plans one session or more",
            "planned_sessions",
        )

    @property
    @present_with("completed_sessions", "end_reason", "baseline", "baseline_days")
    def summed_up(self) -> bool | None:
        """True where something is said of the whole course."""
        said = (self.completed_sessions, self.end_reason, self.baseline, self.baseline_days)
        return True if any(one is not None for one in said) else None

    @property
    @present_with("team")
    def teamed(self) -> bool | None:
        """True where a team is named."""
        return True if self.team else None

    def doubts(self) -> Iterator[Doubt]:
        over = self.status in ("completed", "discontinued")
        if self.end_reason is not None and not over:
            yield Doubt("ended-yet-open", "the course has a reason for its end, but is not over", "end_reason")
        if self.completed_sessions and self.planned_sessions and self.completed_sessions > self.planned_sessions:
            text = "more sessions are completed than were planned"
            yield Doubt("more-sessions-than-planned", text, "completed_sessions", "information")
