"""How the cells of a column are written: dates and times by their form, numbers, yes and no, pressures, doses in words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from kapfhir.sources.table import TypedMoment

CLOCK = r"(\d{1,2}):(\d\d)(:\d\d)?(\.\d{1,6})?( ?[AaPp]\.?[Mm]\.?)?(Z|[+-]\d\d:?\d\d)?"
TIME = re.compile(CLOCK)
NUMERIC = re.compile(rf"(\d{{1,4}})([/.-])(\d{{1,2}}|[A-Za-z]{{3}})\2(\d{{1,4}})(?:(T|,? )({CLOCK}))?")
WORDED = re.compile(rf"([A-Za-z]{{3}}) (\d{{1,2}})(,?) (\d{{4}})(?:(,? )({CLOCK}))?")
DAY_FIRST = re.compile(rf"(\d{{1,2}}) ([A-Za-z]{{3}}) (\d{{4}})(?:(,? )({CLOCK}))?")
ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
NUMBER = re.compile(r"-?\d{1,15}(?:([.,])\d{1,15})?")
PRESSURE = re.compile(r"\d{2,3}\s*/\s*\d{2,3}")
DOSE = re.compile(r"\d\s*(mg\s*/\s*kg|mg|mcg|ug|ml)\b", re.IGNORECASE)
YES_NO = {"yes", "no", "y", "n", "true", "false"}
TICKS = YES_NO | {"0", "1", "checked", "unchecked", "x"}
ENOUGH = 0.9  # of the filled cells make a column what it is: some are always wrong


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of one cell. `form`: its format, with `{}` for day and month where either may be first."""

    kind: str
    form: str = ""
    leads: str = ""  # which of day and month must come first: D, M; empty: either may
    tick: bool = False


def shape_of(cell: str) -> Shape:
    """What the cell is, as far as one cell can tell."""
    if isinstance(cell, TypedMoment):
        return Shape("moment" if "T" in cell else "time" if ":" in cell else "date", "typed")
    text = cell.strip()
    if found := NUMBER.fullmatch(text):
        return Shape("number", found[1] or "", tick=text in TICKS)
    if PRESSURE.fullmatch(text):
        return Shape("pressure")
    dated = _dated(text) if len(text) < 40 else None
    if dated is not None:
        return dated
    if found := TIME.fullmatch(text):
        return Shape("time", _clock(found.group(3, 4, 5, 6)))
    if DOSE.search(text):
        return Shape("dose")
    return Shape("text", tick=text.casefold() in TICKS)


def _dated(text: str) -> Shape | None:
    if ISO.fullmatch(text):
        return Shape("moment" if len(text) > 10 else "date", "iso")
    if found := NUMERIC.fullmatch(text):
        first, mark, second, third, gap = found.group(1, 2, 3, 4, 5)
        clock = _clock(found.group(9, 10, 11, 12)) if gap else ""
        kind, rest = ("moment", gap + clock) if gap else ("date", "")
        if second.isalpha():
            return Shape(kind, f"DD{mark}Mon{mark}YYYY{rest}") if len(third) == 4 else None
        if len(first) == 4:
            return Shape(kind, f"YYYY{mark}MM{mark}DD{rest}")
        if len(third) == 2 and len(first) <= 2:
            return Shape(kind, "short year")
        if len(third) != 4 or len(first) > 2:
            return None
        a, b = int(first), int(second)
        if max(a, b) > 31 or min(a, b) > 12 or not min(a, b):
            return Shape("text")  # no date at all
        return Shape(kind, f"{{}}{mark}YYYY{rest}", "D" if a > 12 else "M" if b > 12 else "")
    for pattern, form in ((WORDED, "Mon DD{} YYYY"), (DAY_FIRST, "DD Mon YYYY")):
        if found := pattern.fullmatch(text):
            groups = found.groups()
            at = 4 if pattern is WORDED else 3
            rest = groups[at] + _clock(groups[at + 4 : at + 8]) if groups[at] else ""
            return Shape("moment" if rest else "date", form.format(groups[2]) + rest)
    return None


def _clock(parts: tuple[str | None, ...]) -> str:
    seconds, _, half, offset = parts
    blank = " " if half and half.startswith(" ") else ""
    return f"hh:mm{':ss' if seconds else ''}{blank + 'AM' if half else ''}{'Z' if offset else ''}"


@dataclass(slots=True)
class Shapes:
    """The forms of a column's cells, counted."""

    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    forms: Counter[tuple[str, str]] = field(default_factory=Counter)
    leads: Counter[str] = field(default_factory=Counter)
    ticks: int = 0

    def add(self, shape: Shape) -> None:
        self.count += 1
        self.kinds[shape.kind] += 1
        self.ticks += shape.tick
        if shape.form:
            self.forms[shape.kind, shape.form] += 1
        if shape.leads:
            self.leads[shape.leads] += 1

    @property
    def kind(self) -> str:
        """What the column is; dates beside moments are moments. `empty` without cells, `text` if nothing else."""
        if not self.count:
            return "empty"
        for kind in ("date", "time", "number", "pressure", "dose"):
            if self.kinds[kind] >= ENOUGH * self.count:
                return kind
        if self.kinds["date"] + self.kinds["moment"] >= ENOUGH * self.count:
            return "moment"
        if self.kinds["dose"] + self.kinds["number"] >= ENOUGH * self.count:
            return "dose"
        return "text"

    def formats(self) -> tuple[str, ...]:
        """The formats of a date, moment or time, the commonest first; `{}` stands where no cell tells day from month."""
        order = ""
        if self.leads:
            first, second = self.leads["D"], self.leads["M"]
            if first > 20 * second:
                order = "D"
            elif second > 20 * first:
                order = "M"
        days = {"D": "DD{0}MM", "M": "MM{0}DD"}
        out = []
        for (_, form), times in self.forms.most_common():
            if times >= 0.02 * self.count and form not in ("", ".", ","):
                mark = form[2:3] if form.startswith("{}") else ""
                out.append(form.replace("{}", days[order].format(mark), 1) if order and mark else form)
        return tuple(dict.fromkeys(out))

    @property
    def decimal(self) -> str:
        """The decimal mark, where numbers have one: a comma or a dot; empty if none has."""
        dots, commas = self.forms["number", "."], self.forms["number", ","]
        return "," if commas > dots else "." if dots else ""
