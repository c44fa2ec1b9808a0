"""Lines that read names, and tables that share their records: checked, and read with the keys that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from kapfhir.errors import Problem
from kapfhir.mapping.located import Problems, Text, near
from kapfhir.model.values import Key, Ref
from kapfhir.sources.table import Row

from .cells import Kinds
from .fill import Plan
from .grammar import Line, Map
from .pairs import CONCEPT
from .people import KINDS, Get
from .references import References


def stand_for(
    get: Get, line: Line, of: Map, kinds: Kinds, place: int, empty: frozenset[str], references: References, problems: Problems
) -> Get:
    """The reader of a line with the keys that people and pairs stand for."""
    if line.people:
        _check_people(line, line.people, kinds, problems)
        if line.people in KINDS:
            get = references.people.reader(get, str(line.people), of, str(line.columns[0]), place, empty)
    if line.at != "key" or of.concept != CONCEPT:
        return get
    pairs, own = references.pairs, get

    def key(row: Row) -> Any:
        found = own(row)
        return Key(pairs.stands_for(found)) if found else found

    return key


def _check_people(line: Line, word: Text, kinds: Kinds, problems: Problems) -> None:
    if word not in KINDS:
        problems.say(word, "wrong-word", f"'{word}' is not one of: {' '.join(KINDS)}", near(word, KINDS))
    elif not issubclass(kinds.first, Key | Ref):
        problems.say(word, "never-acts", f"`people` can never act: it gives a key, and '{line.at}' is {kinds}")
    elif kinds.target and kinds.target != KINDS[word]:
        problems.say(word, "wrong-type", f"'{line.at}' is the key of a {kinds.target}, not of a {word}")
    elif line.codes:
        problems.say(line.codes, "never-acts", "`codes` can never act: people.csv gives the key")


def seed_of(of: Map, used: Sequence[str], zone: ZoneInfo | None, references: References) -> bytes:
    """Stands for how the cells of a map are read: what the clinic confirmed is part of it."""
    said = [references.people.digest if any(line.people for line in of.lines) else b"", references.pairs.digest]
    return blake2b(repr((of.file, tuple(used), zone and zone.key)).encode() + b"".join(said), digest_size=16).digest()


def names_in_keys(plans: Iterable[Plan]) -> list[Problem]:
    """Lines that would make keys, so ids, of a column of names."""
    plans = list(plans)
    names = {(p.table, str(line.columns[0])) for p in plans for line in p.lines if line.people}
    out = []
    for plan in plans:
        keyed = {cell.line.at: cell.line for cell in (plan.key, *plan.references, *plan.root.walk()) if _is_key(plan, cell)}
        for line in keyed.values():
            free = line.columns[1:] if line.people else line.columns
            for column in free:
                if (plan.table, str(column)) in names:
                    text = f"'{column}' holds names: a key made of it would carry them into ids"
                    hint = "say `people: patient` or `people: practitioner`, with this column as the first"
                    out.append(Problem(plan.file, column.line, str(column.column), "name-in-key", text, hint))
    return out


def _is_key(plan: Plan, cell: Any) -> bool:
    return cell is plan.key or cell in plan.references or cell.name == "key"


def check_sharing(maps: Sequence[Map]) -> list[Problem]:
    """What maps say of the precedence of their tables."""
    out = []
    tables = {str(m.table) for m in maps if m.concept == CONCEPT}
    first: tuple[str, ...] = ()
    for one in maps:
        heads = tuple(map(str, one.precedence))
        first = first or heads
        for order in (one.precedence, *(line.precedence for line in one.lines)):
            for text in order[:1]:
                if one.concept != CONCEPT:
                    out.append(_fault(one, text, "never-acts", f"`precedence` can never act: it is for tables of {CONCEPT}s"))
                elif len(set(order)) < 2:
                    out.append(_fault(one, text, "wrong-word", "`precedence` names two tables or more"))
                elif order is one.precedence and heads != first:
                    out.append(_fault(one, text, "wrong-word", "another map of the source says another `precedence`"))
            out += [
                _fault(one, text, "no-table", f"no map makes {CONCEPT}s of '{text}'", near(text, tables))
                for text in order
                if one.concept == CONCEPT and text not in tables
            ]
    if not first:
        lines = [(m, line.precedence[0]) for m in maps for line in m.lines if line.precedence and m.concept == CONCEPT]
        out += [_fault(m, text, "never-acts", "`precedence` of a line needs one at the head of a map") for m, text in lines]
    return out


def _fault(of: Map, at: Text, code: str, text: str, hint: str = "") -> Problem:
    return Problem(of.file, at.line, str(at.column), code, text, hint)
