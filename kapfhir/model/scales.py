"""The rating scales: their questions, the range of an answer, the rule of the total.

A choice is scored by what it says, never by the number under which an export kept it (domain, finding 5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .values import Amount, Choice, Instrument, Question

FREQUENCY = {Choice("not-at-all"): 0, Choice("several-days"): 1, Choice("more-than-half"): 2, Choice("nearly-every-day"): 3}
YES_NO = {Choice("no"): 0, Choice("yes"): 1}
Gates = tuple[tuple[Question, Question, Choice], ...]
CSSRS_GATES = tuple((Question(f"cssrs-screener-{n}"), Question("cssrs-screener-2"), Choice("yes")) for n in (3, 4, 5))


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale whose total, where it has one, is the sum of its items. Source of ranges: domain.md C."""

    instrument: Instrument
    questions: tuple[Question, ...]
    choices: dict[Choice, int]  # empty: answers are numbers
    most: int  # the highest number of an item
    lowest: int = 0
    highest: int | None = None  # None: there is no total
    asked_after: Gates = ()  # (item, gate, choice): asked only after this choice

    def takes(self, answer: Choice | int) -> bool:
        """True for one of the choices, or for a number in range."""
        if isinstance(answer, Choice):
            return answer in self.choices
        return not self.choices and 0 <= answer <= self.most

    def missing(self, answers: Mapping[Question, Choice | int]) -> int:
        """How many items should have an answer and have none; an item that the scale itself skips should have none."""
        skipped = {item for item, gate, choice in self.asked_after if answers.get(gate, choice) != choice}
        return sum(q not in answers and q not in skipped for q in self.questions)

    def total(self, answers: Sequence[Choice | int]) -> Amount | None:
        """The sum in `{score}`; None unless every item is answered."""
        if self.highest is None or len(answers) < len(self.questions):
            return None
        return Amount(Decimal(sum(self.choices[a] if isinstance(a, Choice) else a for a in answers)), "{score}")


def _scale(
    name: str, count: int, most: int, choices: dict[Choice, int] | None = None, *, summed: bool = True, gates: Gates = ()
) -> Scale:
    stem = name.replace("-", "") if name in ("phq-9", "gad-7", "pcl-5") else name
    questions = tuple(Question(f"{stem}-{n}") for n in range(1, count + 1))
    return Scale(Instrument(name), questions, choices or {}, most, highest=count * most if summed else None, asked_after=gates)


SCALES: dict[str, Scale] = {
    s.instrument: s
    for s in (
        _scale("phq-9", 9, 3, FREQUENCY),  # 9 x 0-3, 0-27 (PHQ manual); public domain
        _scale("gad-7", 7, 3, FREQUENCY),  # 7 x 0-3, 0-21 (Spitzer 2006); public domain
        _scale("pcl-5", 20, 4),  # 20 x 0-4, 0-80 (Weathers 2013, VA)
        _scale("madrs", 10, 6),  # 10 x 0-6, 0-60 (Montgomery and Asberg 1979)
        _scale("cadss", 23, 4),  # 23 subjective items x 0-4, 0-92 (Bremner 1998)
        _scale("meq30", 30, 5),  # 30 x 0-5, 0-150 (Barrett 2015)
        _scale("cssrs-screener", 6, 1, YES_NO, summed=False, gates=CSSRS_GATES),  # 6 yes/no; 3-5 only if 2 is yes (Posner 2011)
    )
}
