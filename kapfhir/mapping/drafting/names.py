"""Columns by whose names tables point to people: their lines read keys from people.csv, never the name."""

from __future__ import annotations

import re
from itertools import islice

from kapfhir.mapping.source.people import KINDS
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import fields_of

from .drafts import Book, Draft, flow, scalar
from .profile import Column, Profile

MOST_ROWS = 500  # that are looked at
ASKED = "names: `kapfhir people` asks for a key of each"


def mark_names(drafts: list[Draft], book: Book) -> None:
    """Put `people` on the lines that point to people by name, and on the keys that are made of a name."""
    names = {
        (profile.name, column.name): kind
        for kind, concept in KINDS.items()
        for profile, column in book.needed.get(concept, ())
        if _holds_names(profile, column, book) and not book.target(concept, column)
    }
    for draft in drafts:
        for line in draft.lines:
            for (table, column), kind in names.items():
                if table == draft.profile.name and _points(draft, line.path, kind):
                    line.rule, before = _with_people(line.rule, column, kind), line.rule
                    line.note = line.note or (ASKED if line.rule != before and line.path != "key" else "")
        if draft.derived and any(line.path == "key" and "people: " in line.rule for line in draft.lines):
            draft.stand_in = True  # several spellings may be one person


def _holds_names(profile: Profile, column: Column, book: Book) -> bool:
    """Words with blanks between them, and no digits."""
    if column.kind != "text" or not column.spaced:
        return False
    cells = (row[column.place] for row in islice(book.rows(profile), MOST_ROWS) if len(row) > column.place)
    return not any(re.search(r"\d", cell) for cell in cells)


def _points(draft: Draft, path: str, kind: str) -> bool:
    """Whether a line is the key, or points to a person of this kind."""
    if path == "key":
        return draft.concept not in KINDS.values() or draft.concept == KINDS[kind]
    field = fields_of(CONCEPTS[draft.concept]).get(path) if draft.concept in CONCEPTS else None
    return field is not None and field.refers is not None and field.refers.__name__ == KINDS[kind]


def _with_people(rule: str, column: str, kind: str) -> str:
    """The rule with `people`, if this column is the first that it reads."""
    if rule == scalar(column):
        return flow(column, people=kind)
    inner = flow(column).removeprefix("{from: ").removesuffix("}")
    first = re.match(rf"\{{from: \[(?:\"?= [^,\]]+, )*{re.escape(inner)}[,\]]", rule)
    return f"{rule[:-1]}, people: {kind}}}" if first and "people: " not in rule else rule
