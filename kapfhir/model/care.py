"""Why and in what frame: diagnoses, and the course of treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .people import Clinic, Patient, Practitioner
from .values import ConditionStatus, CoursePhase, CourseStatus, Disorder, Key, Ref, require

ACTIVE = ConditionStatus("active")
ENDED = ("inactive", "remission", "resolved")  # FHIR con-4: an abated condition is one of these


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is treated, or must be known before treating (entity 4)."""

    key: Key
    patient: Ref[Patient]
    disorder: Disorder
    recorded: date
    status: ConditionStatus = ACTIVE
    onset: date | None = None
    abated: date | None = None

    def __post_init__(self) -> None:
        require(
            self.abated is None or self.status in ENDED,
            "abated-yet-active",
            "an abated condition is inactive, in remission or resolved",
            "abated",
        )
        require(
            not (self.onset and self.abated and self.abated < self.onset),
            "ends-before-it-starts",
            "it abated before its onset",
            "abated",
        )


@dataclass(frozen=True, slots=True)
class Course:
    """One course of ketamine-assisted psychotherapy (entity 8). Its status, its phase and its plan are three things."""

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

    def __post_init__(self) -> None:
        require(
            self.ended is None or self.ended >= self.started, "ends-before-it-starts", "the course ends before it starts", "ended"
        )
        require(
            self.planned_sessions is None or self.planned_sessions > 0,
            "out-of-range",
            "a course plans one session or more",
            "planned_sessions",
        )
