"""How a table numbers the answers of a scale: from 0, as the scale does, or from 1. One row can't always tell, the table can.

It is looked at where the rows of a concept are looked through anyway, before the first record is made. Only lines that read an
answer as a plain number are asked: where a code table says what a number means, nothing has to be guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from kapfhir.errors import Problem
from kapfhir.mapping.kept import MOST
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.model.scales import Scale
from kapfhir.model.shipped import SCALES
from kapfhir.sources.table import Row

from .fill import Cell, Node, Plan
from .formats import Bad
from .grammar import Line
from .reasons import EFFECTS

CODE, HINT = "shifted-coding", "give a code table that says what each number means"
NOW, BESIDE, EARLIER = "it holds", "another table holds", "in an earlier run it held"  # why it is refused
STILL, SAY_SO = ", also where this export looks right", f"{HINT}; if they count from 0 now, one that says so"
SHOWN = "rows of the table show, now or in an earlier run, answers that are numbered from 1, {} counts from 0"
CLEAN = 10  # so many records with a 0 for each with a number too many, and that number is a slip of the pen
MANY, FEW = 100, 20  # so many answers without a 0 are worth a word; FEW in a table of changes, which shows less than the whole
Numbers = list[tuple[int, int]]  # answers that are numbers, each with the highest of its question
Answers = dict[str, Numbers]  # of a row or record, by scale
LISTED = "answers"
Judged = dict[str, dict[str, bool]]  # tables and scales that are refused; False: there as well, but only beside another table


@dataclass(slots=True)
class Shown:
    """What the answers of one scale in one table show. `shifted`: so many records can't count from 0. `plain`: so many have a 0.
    Records of one answer show nothing by themselves.
    """

    lines: list[Line]
    zero: bool = False
    over: bool = False  # one more than the scale has
    shifted: int = 0
    plain: int = 0
    count: int = 0

    @property
    def counts_from_one(self) -> bool:
        """Whether the numbers too many are more than slips of the pen. Then a 0 beside them is no answer, as likely as not."""
        return self.plain < CLEAN * self.shifted if self.shifted else self.over and not self.zero

    def note(self, numbers: Numbers) -> None:
        """The answers of a row or a record."""
        zero = over = outside = False
        for number, highest in numbers:
            if number == 0:
                zero = True
            elif number == highest + 1:
                over = True
            elif not 0 < number <= highest:
                outside = True
        self.count += len(numbers)
        self.zero |= zero
        self.over |= over
        if len(numbers) > 1:
            self.shifted += over and not (zero or outside)
            self.plain += zero


class Numbering:
    """Of the tables of one concept, by the numbers of their plans. Without lines that it must ask, it does nothing.

    `earlier`: what earlier runs judged, and no code table has answered since.
    """

    def __init__(self, concept: str, plans: Sequence[Plan], earlier: Mapping[str, Mapping[str, bool]] | None = None) -> None:
        asked = concept == OutcomeAssessment.__name__
        self.plans, self.earlier = plans, earlier or {}
        self.named = {n: found for n, plan in enumerate(plans) if asked and (found := _named(plan.root))}
        self.rows = {n: node for n, plan in enumerate(plans) if asked and (node := plan.root.rows.get(LISTED)) and _asks(node)}
        self.pairs = {n: pair for n, node in self.rows.items() if n not in self.named and (pair := _pair(node)) is not None}
        self.held: dict[int, dict[tuple[str, ...], list[Any]]] = {n: {} for n in self.pairs}
        self.shown: dict[tuple[int, str], Shown] = {}
        self.refused: frozenset[tuple[int, str]] = frozenset()  # tables and scales, of which no record is taken
        self.judged: Judged = {}  # the same for later runs, with what was judged earlier

    def asks(self, number: int) -> bool:
        """Whether the rows of this plan must be looked at."""
        return number in self.named or number in self.rows

    def look(self, number: int, row: Row) -> None:
        """A row, before any record is made."""
        pick = self.pairs.get(number)
        if pick is None:
            for scale, numbers in self._answers(number, row).items():
                self._of(number, scale).note(numbers)
            return
        held, cells = self.held[number], pick(row)  # of a long table: its few questions and answers come again and again
        known = held.get(cells)
        if known is None:
            if len(held) >= MOST:
                self._take(number)
            held[cells] = [row, 1]
        else:
            known[1] += 1

    def _take(self, number: int) -> None:
        """Note what is held of a long table."""
        for row, count in self.held[number].values():
            for scale, numbers in self._answers(number, row).items():
                shown = self._of(number, scale)
                shown.note(numbers)
                shown.count += count - 1
        self.held[number].clear()

    @property
    def unsure(self) -> bool:
        """Whether a 0 and a number too many stand in a table of one answer a row: only whole records can show what they mean."""
        for number in self.held:
            self._take(number)
        return any(s.zero and s.over and not s.shifted for (n, _), s in self.shown.items() if self._splits(n))

    def _splits(self, number: int) -> bool:
        """Whether the answers of a record stand on several rows."""
        return number in self.rows or self.plans[number].root.adds

    def look_whole(self, rows: Iterable[tuple[int, Row]]) -> None:
        """All rows of one record."""
        whole: dict[tuple[int, str], Numbers] = {}
        for number, row in rows:
            for scale, numbers in self._answers(number, row).items():
                whole.setdefault((number, scale), []).extend(numbers)
        for (number, scale), numbers in whole.items():
            self._of(number, scale).note(numbers)

    def judge(self) -> list[Problem]:
        """When all rows were looked at: one problem for each table that counts from 1, or that nothing tells from such a one."""
        for number in self.held:
            self._take(number)
        earlier = {(n, s): held for n, plan in enumerate(self.plans) for s, held in self.earlier.get(plan.table, {}).items()}
        now = {key for key, shown in self.shown.items() if shown.counts_from_one}
        sure = now | {key for key, held in earlier.items() if held}
        scales = {scale for _, scale in sure}
        alike = {key for key, s in self.shown.items() if (key[1] in scales or key in earlier) and not s.zero}
        self.refused = frozenset(sure | alike)
        self.judged = {table: dict(of) for table, of in self.earlier.items()}
        for number, scale in sorted(self.refused):
            of = self.judged.setdefault(self.plans[number].table, {})
            of[scale] = of.get(scale, False) or (number, scale) in sure
        reasons = {key: NOW if key in now else EARLIER if key in sure else BESIDE for key in self.refused & self.shown.keys()}
        told = [self._problem(*key, reasons[key]) for key in sorted(reasons)]
        least = [MANY if plan.full else FEW for plan in self.plans]
        seen = {key for key, shown in self.shown.items() if not shown.zero and shown.count >= least[key[0]]}
        quiet = seen - self.refused
        return told + [self._doubt(*key) for key in sorted(quiet)]

    def refusal(self, record: object, numbers: Iterable[int]) -> str:
        """The scale for which a record of these plans can't be taken; empty where it can."""
        if not self.refused or not isinstance(record, OutcomeAssessment):
            return ""
        if not record.given and record.total is None and not record.subscales:
            return ""  # no number that could be wrong
        scale = whole_of(record.scale)
        return scale if any((number, scale) in self.refused for number in numbers) else ""

    def refused_of(self, rows: Iterable[tuple[int, int, Row]]) -> str:
        """The same of rows that make no record: number of the plan, line, cells."""
        if not self.refused:
            return ""
        return next((s for n, _, cells in rows for s in self._answers(n, cells) if (n, s) in self.refused), "")

    def slips(self, number: int) -> bool:
        """Whether all numbers too many in a plan are slips of the pen, beside so many records that count from 0."""
        over = [key for key, shown in self.shown.items() if key[0] == number and shown.shifted]
        return bool(over) and self.refused.isdisjoint(over)

    def _problem(self, number: int, scale: str, why: str) -> Problem:
        text = f"{why} answers that are numbered from 1, {scale} counts from 0: of the answers and totals none is taken"
        text, hint = (text + STILL, SAY_SO) if why == EARLIER else (text, HINT)
        return replace(self._doubt(number, scale), code=CODE, text=text, hint=hint, severity="error", effect=EFFECTS["record"])

    def _doubt(self, number: int, scale: str) -> Problem:
        plan, lines = self.plans[number], self.shown[number, scale].lines
        columns = list(dict.fromkeys(str(c) for line in lines for c in line.columns))
        named = columns[0] if len(columns) == 1 else f"{columns[0]} ... {columns[-1]}"
        text = f"{scale} counts from 0, and none of so many answers is 0: whether they are numbered from 1 can't be seen"
        place = f"{plan.file}:{lines[0].at.line}"
        return Problem(plan.table, 0, named, "no-answer-is-zero", text, f"if they are, {HINT}", "warning", place)

    def _of(self, number: int, scale: str) -> Shown:
        found = self.shown.get((number, scale))
        if found is None:
            lines = [cell.line for of, cell, _ in self.named.get(number, ()) if of == scale]
            lines += [cell.line for cell in self.rows[number].cells if cell.name == "value"] if number in self.rows else []
            found = self.shown[number, scale] = Shown(lines)
        return found

    def _answers(self, number: int, row: Row) -> Answers:
        out: Answers = {}
        for scale, cell, highest in self.named.get(number, ()):
            try:
                value = cell.memo[row[cell.place]] if cell.memo is not None and cell.wanted is None else cell.get(row)
            except Bad:
                continue
            if type(value) is int:
                if scale in out:
                    out[scale].append((value, highest))
                else:
                    out[scale] = [(value, highest)]
        if number in self.rows and (found := _answer(self.rows[number], row)) is not None:
            scale, value, highest = found
            out.setdefault(scale, []).append((value, highest))
        return out


def whole_of(scale: Scale) -> str:
    """The scale itself, or the wider one that it is a part of."""
    return widest(next(iter(scale.questions), ""))


def _named(root: Node) -> list[tuple[str, Cell, int]]:
    """The lines of a wide table that read plain numbers: scale, cell, and the highest number of its question."""
    out = []
    for question, node in root.named.get(LISTED, {}).items():
        highest = _highest(question)
        cell = next((c for c in node.cells if c.name == "value" and not c.line.codes), None)
        if cell is not None and highest:
            out.append((widest(question), cell, highest))
    return out


def _pair(node: Node) -> Callable[[Row], tuple[str, ...]] | None:
    """The cells of question and answer, where the two of them say all."""
    cells = [c for c in node.cells if c.name in ("question", "value")]
    plain = len(cells) == 2 and all(c.memo is not None and c.wanted is None for c in cells)
    return itemgetter(cells[0].place, cells[1].place) if plain else None


def _asks(node: Node) -> bool:
    return any(c.name == "value" and not c.line.codes for c in node.cells)


def _answer(node: Node, row: Row) -> tuple[str, int, int] | None:
    """The answer of a row of a long table, if it is a number: scale, number, and the highest one of its question."""
    said = dict(node.constants)
    try:
        for cell in node.cells:
            if cell.name in ("question", "value"):
                said[cell.name] = cell.get(row)
    except Bad:
        return None
    question, value = said.get("question"), said.get("value")
    if not isinstance(question, str) or type(value) is not int:
        return None
    highest = _highest(question)
    return (widest(question), value, highest) if highest else None


def widest(question: str) -> str:
    """The scale of the most items that asks a question: the AUDIT-C is the first part of the AUDIT."""
    asking = [scale for scale in SCALES.values() if question in scale.places]
    return str(max(asking, key=lambda scale: len(scale.items)).instrument) if asking else ""


def _highest(question: str) -> int:
    """The highest number of a question that counts from 0; 0 for any other one."""
    scale: Scale | None = SCALES.get(widest(question))
    numbers = scale.item(question).numbers if scale else ()
    return numbers[-1] if numbers and numbers[0] == 0 else 0
