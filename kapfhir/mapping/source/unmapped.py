"""What an export says in its coded columns, and no code table has: counted by column, most frequent first.

Privacy. Texts are shown of a column only if a map reads it through a code table. What stands in such a column is vocabulary (a
route, a drug, an outcome), and not what somebody wrote about a patient; this is the one place where kapfhir gives back what
stands in cells, since a table can't be written without it. A column may be mapped wrongly, or hold more than its head says. So a
text is shown only if it looks like a term: at most 40 characters and five words, no long number, no @, no line break, no word of
a name of a patient or member of staff of this export. Where the
table gives keys of records (names of staff, of patients) no text is shown at all. Of what is not shown the number of texts and
rows is told, and the first row. Nothing of this is logged or becomes a problem: only who asked for it gets it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from kapfhir.errors import Problem
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.terminology import TAG
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import Field, fields_of
from kapfhir.model.values import Absent, Amount, Code
from kapfhir.sources.export import Export
from kapfhir.sources.table import Row

from .check import SourceMaps, parse_maps
from .fill import Plan, has_fields
from .formats import BROKEN, TYPED
from .grammar import TODO, Line
from .local import fold
from .rows import mark_typed

LONGEST, MOST_WORDS = 40, 5
NUMBER = re.compile(r"[0-9]{4}|[0-9][-/.][0-9]+[-/.][0-9]")  # of a chart, a telephone, a day
OTHERWISE = {int, str, Amount}  # what a cell may be where it is no code: then no text of it lacks a code
AMOUNT = re.compile(r"[-+]?\d+([.,]\d+)?")
PEOPLE, NAMED = ("Patient", "Practitioner"), ("key", "family", "given", "preferred_name", "name")
MOST_TEXTS = 5000  # that are kept of one column: one with more is no vocabulary


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A text that the table lacks. `meant`: the code of ours that has just this name; empty where none has."""

    text: str
    rows: int
    first: int
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with texts that its code table lacks. `hidden`: how many of them are not shown; `place`: the line of the map.

    Without a `file` the column is read by our own codes alone, and nothing of it is shown.
    """

    file: str
    place: str
    table: str
    column: str
    rows: int
    first: int
    texts: tuple[Unmapped, ...]
    hidden: int


@dataclass(slots=True)
class _Watch:
    """One line of a map that gives codes."""

    file: str
    place: str
    table: str
    column: str
    places: tuple[int, ...]
    line: Line
    many: bool
    wanted: Callable[[Row], bool] | None
    empty: frozenset[str]
    keys: frozenset[str]
    shows: bool
    numbers: bool  # a number is one, and no text
    names: dict[str, str]
    counts: dict[str, list[int]] = field(default_factory=dict)  # text -> rows, first row
    spelt: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    first: int = 0
    over: int = 0

    def look(self, number: int, row: Row) -> None:
        if self.wanted is not None and not self.wanted(row):
            return
        lacking = {key: text for text in self._texts(row) if (key := fold(text)) not in self.keys}
        if not lacking:
            return
        self.rows += 1
        self.first = self.first or number
        for key, text in lacking.items():
            if key not in self.counts and len(self.counts) >= MOST_TEXTS:
                self.over += 1
                continue
            self.counts.setdefault(key, [0, number])[0] += 1
            self.spelt.setdefault(key, " ".join(text.split()))

    def found(self, people: frozenset[str]) -> Column:
        texts = [Unmapped(self.spelt[key], rows, first, self.names.get(key, "")) for key, (rows, first) in self.counts.items()]
        shown = [t for t in texts if self.shows and is_term(t.text) and people.isdisjoint(fold(t.text).split())]
        shown.sort(key=lambda t: (-t.rows, t.first, t.text))
        hidden = len(texts) - len(shown) + self.over
        return Column(self.file, self.place, self.table, self.column, self.rows, self.first, tuple(shown), hidden)

    def _texts(self, row: Row) -> Iterator[str]:
        cells = [row[place] for place in self.places]
        if any(cell.startswith(BROKEN) for cell in cells):
            return
        cells = [cell.replace(TYPED, "").strip() for cell in cells]
        if self.line.split:
            cells = [piece.strip() for cell in cells for piece in cell.split(str(self.line.split))]
        elif len(cells) > 1 and not self.many:
            if any(cell in self.empty for cell in cells):
                return
            cells = ["/".join(cell.replace("/", "-") for cell in cells)]
        yield from (cell for cell in cells if cell not in self.empty and not (self.numbers and AMOUNT.fullmatch(cell)))


def find_unmapped(maps: SourceMaps, export: Export, folder: MapFolder, codes: Codes) -> list[Column]:
    """The columns with texts that their code tables lack, the most frequent first; each table is read once per map.

    Columns with the same head that are read through the same table by several maps of one table count once.
    ConfigError if the export was written meanwhile.
    """
    names = _people(maps, export)
    empties = {m.file: frozenset({"", *m.empty}) for m, _ in parse_maps(folder, maps.source) if m is not None}
    found: dict[tuple[str, str, str], Column] = {}
    for plan in maps.plans:
        watches = [w for line in plan.lines if (w := _watch(plan, line, maps.source, empties, folder, codes)) is not None]
        if watches:
            _read(plan, export, watches)
        for watch in watches:
            if watch.rows:
                found.setdefault((watch.file or watch.place, watch.table, watch.column), watch.found(names))
    export.require_unchanged()  # a name that came since was not looked for
    return sorted(found.values(), key=lambda c: (-c.rows, c.file, c.table, c.column))


def _people(maps: SourceMaps, export: Export) -> frozenset[str]:
    """Every word of a name or key of a person in this export: what holds one is not shown."""
    words: set[str] = set()
    for plan in maps.plans:
        lines = [
            line
            for line in plan.lines
            if line.people or line.at == "patient" or (plan.concept in PEOPLE and str(line.at).partition("[")[0] in NAMED)
        ]
        places = [plan.places[plan.columns.index(c)] for line in lines for c in line.columns]
        for item in export.tables[plan.table].rows(plan.dialect) if places else ():
            if not isinstance(item, Problem) and len(item[1]) == plan.width:
                words.update(word for place in places for word in fold(item[1][place]).split() if len(word) > 1)
    return frozenset(words)


def is_term(text: str) -> bool:
    """Whether a text may be shown: it looks like a word of a vocabulary, and not like what somebody wrote of somebody."""
    plain = text.isprintable() and "@" not in text and not NUMBER.search(text)
    return plain and len(text) <= LONGEST and len(text.split()) <= MOST_WORDS


def _read(plan: Plan, export: Export, watches: list[_Watch]) -> None:
    places = plan.places
    pick = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    for item in export.tables[plan.table].rows(plan.dialect):
        if isinstance(item, Problem) or len(item[1]) != plan.width:
            continue
        cells = mark_typed(pick(item[1]))
        if plan.wanted is None or plan.wanted(cells):
            for watch in watches:
                watch.look(item[0], cells)


def _watch(
    plan: Plan, line: Line, source: str, empties: dict[str, frozenset[str]], folder: MapFolder, codes: Codes
) -> _Watch | None:
    """What looks at the texts of a line; None for a line that gives no codes, or no key by a table."""
    target = _field(plan.concept, line)
    if target is None or line.checked or line.parser or not line.columns:
        return None
    kind = next((t for t in target.types if issubclass(t, Code) and t is not Absent), None)
    name = f"sources/{source}/codes/{line.codes}.csv" if line.codes else ""
    if name:
        keys, names = _keys(folder.files(f"sources/{source}/codes", ".csv")[name]), _names(kind, codes) if kind else {}
    elif kind is not None and OTHERWISE.isdisjoint(target.types):
        keys, names = frozenset(map(fold, codes.own(kind))), {}
    else:
        return None
    return _Watch(
        name,
        f"{plan.file}:{line.at.line}",
        plan.table,
        " + ".join(line.columns),
        tuple(plan.columns.index(c) for c in line.columns),
        line,
        target.many,
        next((c.wanted for c in (plan.key, *plan.root.walk()) if c.line.at == line.at), None),
        empties.get(plan.file, frozenset({""})) | frozenset(line.empty),
        keys,
        kind is not None and name != "",
        Amount in target.types,
        names,
    )


def _field(concept: str, line: Line) -> Field | None:
    """The field that a line fills."""
    kind: type = CONCEPTS[concept]
    for step in line.steps[:-1]:
        found = fields_of(kind).get(step.name)
        kind = next((k for k in found.types if has_fields(k)), kind) if found is not None else kind
    return fields_of(kind).get(line.steps[-1].name)


def _keys(path: Path) -> frozenset[str]:
    """The texts that a table has a code for; a code that is still to do is none."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return frozenset(fold(row[0]) for row in csv.reader(file) if len(row) == 2 and not row[1].strip().startswith(TODO))


def _names(kind: type, codes: Codes) -> dict[str, str]:
    """What is called just so: our codes, their displays and their standard codes. Two of one name name nothing."""
    out: dict[str, set[str]] = {}
    for row in codes.table(kind):
        for name in (row.code, row.code.replace("-", " "), row.display, TAG.sub("", row.display), row.standard):
            if name:
                out.setdefault(fold(name), set()).add(row.code)
    return {name: ours.pop() for name, ours in out.items() if len(ours) == 1}
