"""What came of it: answers and totals of rating scales (entity 12), adverse events (entity 14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from .dosing import DosingSession
from .fields import present_with
from .people import Patient, Practitioner
from .scales import SCALES, Scale
from .values import (
    Amount,
    AssessmentStatus,
    Causality,
    Choice,
    ConditionStatus,
    Doubt,
    Event,
    EventOutcome,
    Instrument,
    Key,
    Question,
    Ref,
    Seriousness,
    Severity,
    Timepoint,
    Units,
    require,
)

NOT_SERIOUS = Seriousness("non-serious")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one item of a scale: one of its choices, or its number."""

    question: Question
    value: Choice | int


@dataclass(frozen=True, slots=True)
class OutcomeAssessment:
    """A rating scale, filled in once. The recorded total and the recomputed one are kept apart."""

    key: Key
    patient: Ref[Patient]
    instrument: Instrument
    assessed: datetime | date
    answers: tuple[Answer, ...] = ()
    total: Annotated[Amount, Units("{score}")] | None = None
    timepoint: Timepoint | None = None
    rater: Ref[Practitioner] | None = None
    during: Ref[DosingSession] | None = None

    def __post_init__(self) -> None:
        scale = self.scale
        asked = [a.question for a in self.answers]
        require(self.answers or self.total is not None, "empty-assessment", "an assessment has an answer or a total")
        require(len(set(asked)) == len(asked), "question-twice", "a question is answered once", "answers")
        require(set(asked) <= set(scale.questions), "foreign-question", f"a question is not one of {scale.instrument}", "answers")
        require(
            asked == sorted(asked, key=scale.questions.index),
            "items-out-of-order",
            f"the answers stand in the order of {scale.instrument}",
            "answers",
        )
        require(
            all(scale.takes(a.value) for a in self.answers),
            "out-of-range",
            f"an answer is outside the range of {scale.instrument}",
            "answers",
        )
        if self.total is not None:
            require(scale.highest is not None, "no-total", f"{scale.instrument} is never summed", "total")
            require(
                scale.lowest <= self.total.value <= (scale.highest or 0),
                "out-of-range",
                f"the total is outside the range of {scale.instrument}",
                "total",
            )

    @classmethod
    def complete(cls, given: dict[str, Any]) -> None:
        """Before the assessment is made: its answers in the order of the scale, in which FHIR wants them."""
        scale = SCALES.get(given.get("instrument", ""))
        answers = given.get("answers", ())
        if scale is not None and all(a.question in scale.questions for a in answers):
            given["answers"] = tuple(sorted(answers, key=lambda a: scale.questions.index(a.question)))

    @property
    def scale(self) -> Scale:
        return SCALES[self.instrument]

    @property
    def status(self) -> AssessmentStatus:
        """`completed` where all items, or only a total, are there."""
        return AssessmentStatus("stopped" if self.answers and self.missing else "completed")

    @property
    def missing(self) -> int:
        """How many items should have an answer and have none."""
        return self.scale.missing({a.question: a.value for a in self.answers})

    @property
    def computed(self) -> Amount | None:
        """The total of the answers; None unless every item is answered: nothing is prorated."""
        return self.scale.total([a.value for a in self.answers])

    @property
    @present_with("total")
    def score(self) -> Amount | None:
        """The recorded total where there is one, else the computed one."""
        return self.computed if self.total is None else self.total

    def doubts(self) -> Iterator[Doubt]:
        missing = self.missing
        if self.answers and missing:
            total = "" if self.scale.highest is None else "; no total is computed"
            yield Doubt("missing-item", f"{missing} of {len(self.scale.questions)} items have no answer{total}", "answers")
        if self.total and self.computed and self.total.value != self.computed.value:
            yield Doubt("total-disagrees", "the recorded total is not the total of the answers; both are kept", "total")


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """An unwanted effect, judged by a clinician."""

    key: Key
    patient: Ref[Patient]
    event: Event
    onset: datetime | date
    severity: Severity
    seriousness: Seriousness = NOT_SERIOUS
    outcome: EventOutcome | None = None
    causality: Causality | None = None
    during: Ref[DosingSession] | None = None
    recorder: Ref[Practitioner] | None = None
    resolved: datetime | date | None = None

    def __post_init__(self) -> None:
        require(
            self.causality is None or self.during is not None,
            "causality-without-session",
            "a cause is judged of a dosing session",
            "causality",
        )
        if self.resolved is not None:
            require(
                _day(self.resolved) >= _day(self.onset), "ends-before-it-starts", "it was resolved before its onset", "resolved"
            )
            if isinstance(self.resolved, datetime) and isinstance(self.onset, datetime):
                require(self.resolved >= self.onset, "ends-before-it-starts", "it was resolved before its onset", "resolved")

    @property
    @present_with("resolved")
    def lasting(self) -> bool | None:
        """True for an event that lasted, so that it is a condition too: it took time to resolve, or has not resolved."""
        return True if self.resolved is not None or self.outcome in ("ongoing", "recovering", "resolved-with-sequelae") else None

    @property
    def condition_status(self) -> ConditionStatus:
        return ConditionStatus("active" if self.resolved is None else "resolved")

    def doubts(self) -> Iterator[Doubt]:
        if self.resolved is not None and self.outcome in ("ongoing", "recovering"):
            yield Doubt("resolved-yet-ongoing", "the event has a time of resolution, and an outcome that has none", "outcome")


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
