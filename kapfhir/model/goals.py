"""What a treatment is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from .frame import GoalKind, GoalStatus
from .values import Amount, Instrument, Key, Units, require

GOAL, ACTIVE = GoalKind("treatment-goal"), GoalStatus("active")


@dataclass(frozen=True, slots=True)
class TreatmentGoal:
    """A goal of the treatment or an intention of the patient; perhaps that a scale comes down to a score."""

    key: Key
    text: str
    kind: GoalKind = GOAL
    status: GoalStatus = ACTIVE
    measure: Instrument | None = None
    at_most: Annotated[Amount, Units("{score}")] | None = None
    due: date | None = None

    def __post_init__(self) -> None:
        named = self.at_most is None or self.measure is not None  # R4's gol-1: a target value has a measure
        require(named, "target-without-measure", "a score to reach names its scale", "at_most")
