"""Answers and totals of rating scales (entity 12). What is recorded and what is recomputed are kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from .course import Course
from .dosing import DosingSession
from .fields import present_with
from .people import Patient, Practitioner
from .scales import Part, Scale
from .shipped import SCALES
from .values import (
    Absent,
    Amount,
    AssessmentStatus,
    Choice,
    Doubt,
    Instrument,
    Key,
    Language,
    Question,
    RatingMode,
    Ref,
    ResultStatus,
    SeverityBand,
    Standing,
    Subscale,
    Timepoint,
    TotalMethod,
    Units,
    require,
)

ERROR, NOT_APPLICABLE, UNKNOWN = Absent("error"), Absent("not-applicable"), Absent("unknown")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one item of a scale: one of its choices, its number, or why there is none. `raw_code` and `raw_label` are
    what the export says, where that differs: raw codes are never scores.
    """

    recurs: ClassVar = True  # few of them differ: one object stands for all that are equal, in every record

    question: Question
    value: Choice | int | None = None
    absent: Absent | None = None
    raw_code: str | None = None
    raw_label: str | None = None

    def __post_init__(self) -> None:
        require(self.value is not None or self.absent is not None, "empty-part", "an item has an answer, or a reason for none")
        require(self.value is None or self.absent is None, "answered-and-absent", "an item has an answer, or a reason", "absent")

    @classmethod
    def lose(cls, given: dict[str, Any], held: set[str]) -> None:
        """An answer that can't be read was given: its item stays, and says so."""
        if "value" in held:
            given.setdefault("absent", ERROR)


@dataclass(frozen=True, slots=True)
class SubscaleScore:
    """A part of a scale by a named map of its items. `recorded` is the source's, `computed` that of the answers."""

    key: Key
    subscale: Subscale
    recorded: Annotated[Amount, Units("{score}")] | None = None
    computed: Annotated[Amount, Units("{score}")] | None = None

    @property
    def score(self) -> Amount | None:
        """The recorded one where there is one, else the computed one."""
        return self.recorded or self.computed

    @property
    def score_absent(self) -> Absent | None:
        return None if self.score else UNKNOWN


class Answered:
    """The answers of one assessment, and what follows from them: reckoned once, since every property asks for it."""

    __slots__ = ("answers", "given", "scale", "totals")

    def __init__(self, scale: Scale, answers: tuple[Answer, ...]) -> None:
        self.scale, self.answers = scale, answers
        self.given: dict[Question, Choice | int] = {a.question: a.value for a in answers if a.value is not None}
        self.totals: dict[str | None, Amount | None] = {}

    def total(self, method: str | None) -> Amount | None:
        if method not in self.totals:
            self.totals[method] = self.scale.compute(self.given, method)
        return self.totals[method]


_latest: list[Answered] = []  # of the assessment that was asked last; one assignment puts it there


@dataclass(frozen=True, slots=True)
class OutcomeAssessment:
    """A rating scale, filled in once. The recorded total and the recomputed one are kept apart; nothing is prorated."""

    key: Key
    patient: Ref[Patient]
    instrument: Instrument
    assessed: datetime | date
    answers: tuple[Answer, ...] = ()
    total: Annotated[Amount, Units("{score}")] | None = None
    method: TotalMethod | None = None
    subscales: tuple[SubscaleScore, ...] = ()
    timepoint: Timepoint | None = None
    rater: Ref[Practitioner] | None = None
    during: Ref[DosingSession] | None = None
    course: Ref[Course] | None = None
    version: str | None = None
    language: Language | None = None
    mode: RatingMode | None = None
    recall: Annotated[Amount, Units("h", "d", "wk", "mo", "a")] | None = None
    standing: Standing | None = None
    safety_action: str | None = None

    def __post_init__(self) -> None:
        scale, asked = self.scale, [a.question for a in self.answers]
        require(self.answers or self.total is not None, "empty-assessment", "an assessment has an answer or a total")
        require(len(set(asked)) == len(asked), "question-twice", "a question is answered once", "answers")
        require(scale.places.keys() >= set(asked), "foreign-question", f"a question is not one of {scale.instrument}", "answers")
        places = [scale.places[question] for question in asked]
        require(
            places == sorted(places),
            "items-out-of-order",
            f"the answers stand in the order of {scale.instrument}",
            "answers",
        )
        given = self.given
        require(
            not scale.looks_shifted(given),
            "shifted-coding",
            f"the answers are numbered from 1, {scale.instrument} from 0: give a code table that says what each number means",
            "answers",
            "total",
        )
        taken = scale.takes(given)
        require(
            taken or not scale.numbers_a_choice(given),
            "number-for-choice",
            f"the answers of {scale.instrument} are choices: give a code table that says which choice each number means",
            "answers",
        )
        require(
            taken,
            "out-of-range",
            f"an answer is outside the range of {scale.instrument}",
            "answers",
        )
        if self.total is not None:
            rule = scale.total_of(self.method)
            require(scale.totals, "no-total", f"{scale.instrument} is never summed", "total")
            require(rule, "no-total", f"{scale.instrument} has no total of this method", "method")
            require(
                rule and rule.lowest <= self.total.value <= rule.highest,
                "out-of-range",
                f"the total is outside the range of {scale.instrument}",
                "total",
            )
        require(self.method is None or self.total is not None, "no-total", "a method is that of a recorded total", "method")
        require(
            self.standing != "prorated" or self.total is not None, "no-total", "a prorated assessment has a total", "standing"
        )
        for part in self.subscales:
            self._require_part(part, given)

    def _require_part(self, score: SubscaleScore, given: dict[Question, Choice | int]) -> None:
        part = self._part(score.subscale)
        require(part is not None, "foreign-subscale", f"a subscale is not one of {self.instrument}", "subscales")
        assert part is not None
        for amount in (score.recorded, score.computed):
            require(
                amount is None or part.lowest <= amount.value <= part.highest,
                "out-of-range",
                f"a subscale is outside the range of {self.instrument}",
                "subscales",
            )
        computed = self.scale.compute_part(part, given)
        require(
            score.computed is None or score.computed == computed,
            "not-computed",
            "a computed subscale is that of the answers",
            "subscales",
        )

    @classmethod
    def complete(cls, given: dict[str, Any]) -> None:
        """Before the assessment is made: its answers in the order of the scale, in which FHIR wants them; its subscales.

        A subscale is computed by each map that the record names, or by the one map of the scale; where maps conflict, none is
        taken unless it is named.
        """
        scale = SCALES.get(given.get("instrument", ""))
        answers = given.get("answers", ())
        if scale is None or any(a.question not in scale.places for a in answers):
            return
        given["answers"] = tuple(sorted(answers, key=lambda a: scale.places[a.question]))
        if not scale.parts:
            return
        values = {a.question: a.value for a in answers if a.value is not None}
        if not scale.takes(values):
            return
        named = {s.subscale: s for s in given.get("subscales", ())}
        maps = {p.map for p in scale.parts if p.subscale in named} or {p.map for p in scale.parts}
        if len(maps) > 1 and not named:
            return
        for part in scale.parts if values else ():
            computed = scale.compute_part(part, values) if part.map in maps else None
            if computed is not None:
                old = named.get(part.subscale)
                key = old.key if old else Key(part.subscale)
                named[part.subscale] = SubscaleScore(key, part.subscale, old.recorded if old else None, computed)
        given["subscales"] = tuple(sorted(named.values(), key=lambda s: s.key))

    @property
    def scale(self) -> Scale:
        return SCALES[self.instrument]

    @property
    def given(self) -> dict[Question, Choice | int]:
        """The answers that there are; not to be changed."""
        return self._reckoned().given

    def _reckoned(self) -> Answered:
        scale = self.scale
        for held in _latest:
            if held.answers is self.answers and held.scale is scale:
                return held
        _latest[:] = (found := Answered(scale, self.answers),)
        return found

    def _part(self, subscale: str) -> Part | None:
        return next((p for p in self.scale.parts if p.subscale == subscale), None)

    @property
    def status(self) -> AssessmentStatus:
        """`complete` where all items, or only a total, are there; what the source says of the whole goes first."""
        if self.standing is not None:
            return AssessmentStatus(self.standing)
        whole = not self.answers or not self.scale.missing(self.given)
        return AssessmentStatus("complete" if whole else "partial")

    @property
    def result_status(self) -> ResultStatus:
        """Not final where the source has not verified it; an invalid one is not to be used."""
        return ResultStatus({"unverified": "preliminary", "invalid": "entered-in-error"}.get(self.standing or "", "final"))

    @property
    def computed(self) -> Amount | None:
        """The total of the answers, by the method of the recorded one; None unless every item is answered."""
        return self._reckoned().total(self.method)

    @property
    @present_with("total")
    def score(self) -> Amount | None:
        """The recorded total where there is one, else the computed one."""
        return self.computed if self.total is None else self.total

    @property
    def score_absent(self) -> Absent | None:
        """Why there is no total: the scale has none, or answers are missing."""
        if self.score is not None:
            return None
        return UNKNOWN if self.scale.totals else NOT_APPLICABLE

    @property
    def band(self) -> SeverityBand | None:
        """The severity by the first scheme of the scale; its code names the scheme."""
        first = self.scale.totals[0].method if self.scale.totals else None
        score = self.score if self.method in (None, first) else self._reckoned().total(None)
        if self.total is not None and self.method is None and len(self.scale.totals) > 1:
            score = self.computed  # which total was recorded is not said: it has no band
        return self.scale.band(score.value if score else None, self.given)

    @property
    def safety_score(self) -> int | None:
        """The highest answer among the items about suicide; None where none was answered: absent is not 0."""
        return self.scale.safety_score(self.given)

    @property
    def safety_flag(self) -> bool | None:
        """True where somebody must look at it at once."""
        score = self.safety_score
        return None if score is None or self.scale.safety is None else self.scale.safety.cut.holds(score)

    def doubts(self) -> Iterator[Doubt]:
        scale, given = self.scale, self.given
        missing = scale.missing(given)
        if self.answers and missing:
            total = "; no total is computed" if scale.totals else ""
            yield Doubt("missing-item", f"{len(missing)} of {len(scale.asked)} items have no answer{total}", "answers")
        if self.total and self.computed and not _agree(self.total.value, self.computed.value):
            yield Doubt("total-disagrees", "the recorded total is not the total of the answers; both are kept", "total")
        if any(s.recorded and s.computed and not _agree(s.recorded.value, s.computed.value) for s in self.subscales):
            yield Doubt("total-disagrees", "a recorded subscale is not that of the answers; both are kept", "subscales")
        if scale.confused_with and self.version is None:
            others = ", ".join(scale.confused_with)
            yield Doubt("ambiguous-instrument", f"{scale.instrument} could be {others}: say the version", "instrument")


def _agree(recorded: Decimal, computed: Decimal) -> bool:
    """To the digits that were written: a mean of 3.27 is that of 3.2667."""
    exponent = recorded.as_tuple().exponent
    return recorded == computed or (isinstance(exponent, int) and exponent < 0 and computed.quantize(recorded) == recorded)
