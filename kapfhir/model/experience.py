"""What happened in the patient and in the room (entities 11d, 11j, 11k, 11l)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from .dosing_codes import ExperienceDepth, SessionPhase, TimelineKind
from .fields import STAYS, present_with, require_content, require_limits
from .people import Practitioner
from .values import Amount, Key, Limits, Modality, Period, Ref, SessionStatus, Units

PRIVATE = "what was said in psychotherapy stays with the clinic (45 CFR 164.501)"
COMPLETED = SessionStatus("completed")


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the session: arrival, onset, peak, recovery, ..."""

    phase: SessionPhase
    ran: Period


@dataclass(frozen=True, slots=True)
class Experience:
    """How it was for the patient. Scales of it are assessments of their own; its story is a document, a patient's narrative."""

    depth: ExperienceDepth | None = None
    valence: Annotated[int, Limits(-5, 5)] | None = None
    distress: Annotated[int, Limits(0, 10)] | None = None
    onset: datetime | None = None

    def __post_init__(self) -> None:
        require_content(self)
        require_limits(self)


@dataclass(frozen=True, slots=True)
class InSessionTherapy:
    """Psychotherapy while ketamine works. Not done: the patient took no part in it. What was worked with stays here."""

    status: SessionStatus = COMPLETED
    therapist: Ref[Practitioner] | None = None
    modalities: tuple[Modality, ...] = ()
    minutes: Annotated[Amount, Units("min"), Limits(0, 600, "min")] | None = None
    memory_activated: bool | None = None
    memory_reframed: bool | None = None
    relationship: Annotated[int, Limits(0, 10)] | None = None  # to the therapist, as the patient rates it
    target: str | None = field(default=None, compare=False, repr=False, metadata={STAYS: PRIVATE})
    notes: str | None = field(default=None, compare=False, repr=False, metadata={STAYS: PRIVATE})

    def __post_init__(self) -> None:
        require_limits(self)

    @property
    @present_with("minutes", "memory_activated", "memory_reframed", "relationship")
    def told(self) -> bool | None:
        """True where something is said of what was done."""
        said = (self.minutes, self.memory_activated, self.memory_reframed, self.relationship)
        return True if any(value is not None for value in said) else None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """What somebody wrote down at a moment of the session: a decision, another music, a touch, ..."""

    key: Key
    kind: TimelineKind
    happened: datetime
    text: str | None = None
    by: Ref[Practitioner] | None = None
