"""The rating scales as facts: items, the score of an answer, totals by rule, subscales, bands, definitions of an outcome.

The facts stand in `mappings/scales/*.yaml`; the shipped ones are compiled into `scales.json`, see shipped.py. A choice is
scored by what it says, never by the number under which an export kept it (domain, finding 5). Nothing is prorated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .values import (
    Amount,
    Choice,
    Definition,
    Instrument,
    OutcomeKind,
    Question,
    RatingMode,
    SeverityBand,
    Subscale,
    TotalMethod,
)

Given = Choice | int
PLACES = Decimal("0.0001")  # of means and percents
COMPARE = {
    "<": lambda value, cut: value < cut,
    "<=": lambda value, cut: value <= cut,
    ">": lambda value, cut: value > cut,
    ">=": lambda value, cut: value >= cut,
}


@dataclass(frozen=True, slots=True)
class Cut:
    """A comparison with a number: `>= 50`."""

    comparator: str
    number: Decimal

    def holds(self, value: Decimal | int) -> bool:
        return bool(COMPARE[self.comparator](value, self.number))

    def __str__(self) -> str:
        return f"{self.comparator} {self.number}"


@dataclass(frozen=True, slots=True)
class Item:
    """A question: its choices by what they say, or the numbers that it takes, ascending."""

    question: Question
    choices: Mapping[Choice, int] = field(default_factory=dict)
    numbers: Sequence[int] = ()
    optional: bool = False  # a whole assessment may lack it
    scored: bool = True  # counts for the total
    anchors: Mapping[int, str] = field(default_factory=dict)  # what the numbers say, where that may be shipped

    def takes(self, answer: Given) -> bool:
        return answer in self.choices if isinstance(answer, Choice) else answer in self.numbers

    def score(self, answer: Given) -> int:
        return self.choices[answer] if isinstance(answer, Choice) else answer

    @property
    def scores(self) -> list[int]:
        """Every score that an answer may have."""
        return sorted(self.choices.values()) if self.choices else list(self.numbers)


@dataclass(frozen=True, slots=True)
class Total:
    """A way to make one number of the items. `groups`: the highest of each group counts, once."""

    method: TotalMethod
    rule: str  # sum, mean, percent, domains
    lowest: Decimal
    highest: Decimal
    groups: tuple[tuple[Question, ...], ...] = ()
    times: int = 1

    def compute(self, scores: Mapping[Question, int], highest: int) -> Decimal:
        """Of the scores of a whole assessment. `highest`: the most that they could add up to."""
        if self.rule == "domains":
            return Decimal(sum(max(scores[q] for q in group) for group in self.groups))
        total = Decimal(sum(scores.values()))
        if self.rule == "mean":
            return (total / len(scores)).quantize(PLACES)
        if self.rule == "percent":
            return (total * 100 / highest).quantize(PLACES)
        return total * self.times


@dataclass(frozen=True, slots=True)
class Skip:
    """What need not be answered, and scores 0, where `question` scores no more than `most`."""

    question: Question
    most: int
    skipped: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A subscale of one named map; maps of one scale may conflict, so each subscale names its map."""

    subscale: Subscale
    map: str
    questions: tuple[Question, ...]
    rule: str
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class Band:
    """A severity: totals from `lowest` to `highest`, or a yes to one of these questions."""

    band: SeverityBand
    lowest: int = 0
    highest: int = 0
    any_of: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """Bands of one source. The first scheme of a scale is the one that is told."""

    name: str
    source: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Safety:
    """The items that a person must see at once, and from which score on."""

    questions: tuple[Question, ...]
    cut: Cut
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A definition of an outcome: what is measured, the cut, and who says so. Points, or percent of the baseline."""

    definition: Definition
    kind: OutcomeKind
    measure: str  # score, drop, rise, lost (of what was gained)
    percent: bool
    cut: Cut
    source: str
    in_a_row: int = 1
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale in one version. `confused_with`: names that mean another one, so that a record must say which."""

    instrument: Instrument
    title: str
    version: str
    items: tuple[Item, ...]
    totals: tuple[Total, ...] = ()  # the first one is meant where nothing is said; none: it is never summed
    rater: RatingMode | None = None
    recall: Amount | None = None
    skips: tuple[Skip, ...] = ()
    parts: tuple[Part, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    safety: Safety | None = None
    rules: tuple[Rule, ...] = ()
    confused_with: tuple[str, ...] = ()
    rises: bool = False  # a higher total is better
    follows: bool = True  # a change between two of them says something about the treatment
    questions: tuple[Question, ...] = field(init=False, repr=False, compare=False)
    places: Mapping[Question, int] = field(init=False, repr=False, compare=False)  # of each question
    asked: tuple[Question, ...] = field(init=False, repr=False, compare=False)  # what a whole assessment answers
    _items: Mapping[str, Item] = field(init=False, repr=False, compare=False)
    _marks: dict[tuple[str, Given], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "questions", tuple(i.question for i in self.items))
        object.__setattr__(self, "places", {question: n for n, question in enumerate(self.questions)})
        object.__setattr__(self, "asked", tuple(i.question for i in self.items if not i.optional))
        object.__setattr__(self, "_items", {str(i.question): i for i in self.items})
        object.__setattr__(self, "_marks", {})

    @property
    def marks(self) -> Mapping[tuple[str, Given], int]:
        """The score of each answer that a question takes; reckoned when it is first asked for."""
        if not self._marks:
            for item in self.items:
                self._marks.update({(item.question, choice): score for choice, score in item.choices.items()})
                self._marks.update({(item.question, number): number for number in item.numbers})
        return self._marks

    def takes(self, given: Mapping[Question, Given]) -> bool:
        """Whether every answer is one that its question has."""
        return given.items() <= self.marks.keys()

    def numbers_a_choice(self, given: Mapping[Question, Given]) -> bool:
        """Whether a question that asks for a choice is answered with a number: nothing says which choice it means."""
        return any(self.item(q).choices and not self.item(q).numbers and not isinstance(a, Choice) for q, a in given.items())

    def item(self, question: str) -> Item:
        return self._items[question]

    def total_of(self, method: str | None) -> Total | None:
        """The rule of this name, or the first one; None if there is none."""
        if method is None:
            return self.totals[0] if self.totals else None
        return next((t for t in self.totals if t.method == method), None)

    def missing(self, given: Mapping[Question, Given]) -> tuple[Question, ...]:
        """The questions that a whole assessment would have answered."""
        spared = {q for s in self._skips(given) for q in s.skipped} if self.skips else ()
        return tuple([q for q in self.asked if q not in given and q not in spared])

    def compute(self, given: Mapping[Question, Given], method: str | None = None) -> Amount | None:
        """The total in `{score}`; None where there is none, or an answer is missing."""
        total = self.total_of(method)
        if total is None or not given:
            return None
        spared = {q for s in self._skips(given) for q in s.skipped} if self.skips else ()
        marks = self.marks
        scores: dict[Question, int] = {}
        most = 0
        for item in self.items:
            question = item.question
            answer = given.get(question)
            if answer is None:
                if item.optional:
                    continue
                if question not in spared:
                    return None
            if item.scored:
                scores[question] = 0 if answer is None else marks[question, answer]
                most += item.scores[-1] if total.rule == "percent" else 0
        return Amount(total.compute(scores, most), "{score}")

    def compute_part(self, part: Part, given: Mapping[Question, Given]) -> Amount | None:
        """A subscale; None where an answer is missing."""
        if any(q not in given for q in part.questions):
            return None
        items = {q: self.item(q) for q in part.questions}
        total = Total(TotalMethod("sum"), part.rule, part.lowest, part.highest)
        scores = {q: items[q].score(given[q]) for q in part.questions}
        return Amount(total.compute(scores, sum(i.scores[-1] for i in items.values())), "{score}")

    def band(self, score: Decimal | None, given: Mapping[Question, Given], scheme: str | None = None) -> SeverityBand | None:
        """The band by the named scheme, else by the first one; the last band that holds."""
        chosen = next((s for s in self.schemes if scheme in (None, s.name)), None)
        found, missing = None, set(self.missing(given))
        for band in chosen.bands if chosen else ():
            if band.any_of:
                holds = any(q in given and self.item(q).score(given[q]) > 0 for q in band.any_of)
                if not holds and missing & set(band.any_of):
                    found = None  # what is not answered could raise it: no lower band is told
                    continue
            else:
                holds = score is not None and band.lowest <= score <= band.highest
            found = band.band if holds else found
        return found

    def safety_score(self, given: Mapping[Question, Given]) -> int | None:
        """The highest score among the safety items; None if none was answered."""
        asked = [q for q in self.safety.questions if q in given] if self.safety else []
        return max((self.item(q).score(given[q]) for q in asked), default=None)

    def looks_shifted(self, given: Mapping[Question, Given]) -> bool:
        """Numbers that fit 1 to n + 1 where the scale has 0 to n: an export's codes, not scores."""
        numbers = [(self.item(q), a) for q, a in given.items() if not isinstance(a, Choice)]
        if len(numbers) < max(2, len(given)):
            return False
        over = any(a == i.numbers[-1] + 1 for i, a in numbers if i.numbers)
        return over and all(i.numbers and i.numbers[0] == 0 and 1 <= a <= i.numbers[-1] + 1 for i, a in numbers)

    def _skips(self, given: Mapping[Question, Given]) -> list[Skip]:
        return [s for s in self.skips if s.question in given and self.item(s.question).score(given[s.question]) <= s.most]
