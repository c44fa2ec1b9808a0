"""What assessments say together (entity 13): change, response, remission, worsening, relapse, by named definitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from .assessments import OutcomeAssessment
from .course import Course
from .fields import present_with
from .people import Patient
from .shipped import KINDS
from .values import Amount, BaselineRule, Definition, Instrument, Key, OutcomeKind, Ref, Units, require


@dataclass(frozen=True, slots=True)
class Determination:
    """Whether an outcome is met, by one definition. `at`: since when a relapse is there."""

    key: Key
    definition: Definition
    met: bool
    at: datetime | date | None = None

    @property
    @present_with("definition")
    def kind(self) -> OutcomeKind | None:
        """Response, remission, ...; None for a definition that no scale has any more."""
        return KINDS.get(self.definition)


@dataclass(frozen=True, slots=True)
class DerivedOutcome:
    """One assessment after the first dose against the baseline. `compared`: the baseline, then the assessment itself.

    Computed, never recorded: of assessments of one scale and version only. `percent` is undefined where the baseline is 0.
    """

    key: Key
    patient: Ref[Patient]
    instrument: Instrument
    assessed: datetime | date
    compared: tuple[Ref[OutcomeAssessment], ...]
    baseline_rule: BaselineRule
    change: Annotated[Amount, Units("{score}")]
    percent: Annotated[Amount, Units("%")] | None = None
    course: Ref[Course] | None = None
    determinations: tuple[Determination, ...] = ()
    time_to_response: Annotated[Amount, Units("h", "d")] | None = None
    durability: Annotated[Amount, Units("d")] | None = None
    suicidality_change: int | None = None

    def __post_init__(self) -> None:
        require(len(set(self.compared)) == 2, "not-two", "a baseline and one other assessment are compared", "compared")
        keys = [d.key for d in self.determinations]
        require(len(set(keys)) == len(keys), "question-twice", "a definition is applied once", "determinations")
