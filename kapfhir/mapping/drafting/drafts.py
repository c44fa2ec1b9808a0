"""A drafted map: its lines, what is sure and what is still to do, and the code tables that it needs. Rendered as YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kapfhir.fhir.identity import kebab
from kapfhir.sources.table import Row

from .profile import Column, Profile
from .texts import Meanings

TODO = "TODO"
STILL = "its code table has codes that are still to do"
PLAIN = re.compile(r"[^\W\d_][\w ./%+#()-]*", re.UNICODE)
INNER = re.compile(r"(?:= )?(?:[^\W\d_]|\d+ (?=min))(?:[\w ./+-]*[\w.]|[\w ./-]*\w(?::\w[\w ./-]*)*\w)?|/min")
MOST_ALONE = 12  # texts that do not repeat themselves may be codes only if they are so few, so short and of so few words
SHORT, FEW_WORDS = 25, 4


@dataclass(slots=True)
class Line:
    """`path: rule`; a guess that is not sure is written as a comment."""

    path: str
    rule: str
    note: str = ""
    sure: bool = True

    @property
    def todo(self) -> bool:
        return self.sure and TODO in self.rule


@dataclass(slots=True)
class Book:
    """What all drafts share."""

    meanings: Meanings
    profiles: list[Profile]
    rows: Callable[[Profile], Iterator[Row]]
    tables: dict[str, dict[str, str]] = field(default_factory=dict)  # code tables: name -> local -> code
    keys: dict[str, list[tuple[Profile, Column]]] = field(default_factory=dict)  # concept -> the columns that name its records
    needed: dict[str, list[tuple[Profile, Column]]] = field(default_factory=dict)  # concept -> columns that point to its records

    def target(self, concept: str, column: Column) -> bool:
        """True if a table of this concept has the texts of the column as its keys."""
        known: set[int] = set().union(*(key.keys for _, key in self.keys.get(concept, ())))
        return len(column.keys & known) > 0.5 * len(column.keys)

    def tells(self, profile: Profile, *columns: Column) -> bool:
        """True if these columns together tell every row of the table from the others."""
        seen, places = set[int](), [c.place for c in columns]
        for count, row in enumerate(self.rows(profile), 1):
            seen.add(hash(tuple(row[p].strip() if p < len(row) else "" for p in places)))
            if len(seen) < count:
                return False
        return True

    def code_table(self, name: str, texts: dict[str, str]) -> str:
        """Keeps a code table; columns that agree share one. Case and blanks do not count, as when it is read."""
        known = self.tables.setdefault(name, {})
        held = {_fold(text): code for text, code in known.items()}
        if any(held.get(_fold(text), code) != code for text, code in texts.items()):
            return self.code_table(f"{name}-2", texts)
        for text, code in texts.items():
            if _fold(text) not in held:
                held[_fold(text)] = known[text] = code
        return name


@dataclass(slots=True)
class Draft:
    """One map file."""

    concept: str
    profile: Profile
    book: Book
    name: str
    lines: list[Line] = field(default_factory=list)
    derived: bool = False  # from a table that only points to these records
    where: str = ""
    stand_in: bool = False
    notes: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)  # columns

    def add(self, path: str, rule: str, note: str = "", *, sure: bool = True) -> None:
        """A line; what another line fills already is kept as a comment."""
        if sure and self.has(path):
            sure, note = False, "another column for it: one of them only"
        self.lines.append(Line(path, rule, note, sure))

    def has(self, path: str) -> bool:
        return any(line.path == path and line.sure for line in self.lines)

    def has_column(self, column: Column) -> bool:
        """True if a line reads the column already."""
        return column.name in self.used

    def plain(self, path: str, column: Column | None, note: str = "", *, sure: bool = True) -> bool:
        """A column as it stands."""
        if column is not None:
            self.use(column)
            self.add(path, scalar(column.name), note, sure=sure)
        return column is not None

    def need(self, path: str, column: Column | None, hint: str) -> None:
        """A required field: its column, or something to do."""
        if not self.plain(path, column):
            self.add(path, TODO, hint)

    def refer(self, path: str, concept: str, column: Column | None, hint: str = "", *, sure: bool = True) -> None:
        """A reference to a record; without a column, something to do if there is a hint."""
        if column is None:
            if hint:
                self.add(path, TODO, hint)
            return
        strange = concept in self.book.keys and not self.book.target(concept, column)
        where = " or ".join(dict.fromkeys(profile.name for profile, _ in self.book.keys.get(concept, ())))
        if sure:
            self.book.needed.setdefault(concept, []).append((self.profile, column))
        self.plain(path, column, f"few of its texts are keys in {where}: is it this column?" if strange else "", sure=sure)

    def coded(self, path: str, kind: type, column: Column | None, table: str = "", *, require: str = "") -> bool:
        """A column of codes, by its code table, or as it is where its texts are codes of ours."""
        if column is None or not self._codable(column, kind):
            if require:
                self.add(path, TODO, require)
            return False
        self.use(column)
        texts = column.texts or {}
        if self.book.meanings.says_own(kind, texts):
            self.add(path, scalar(column.name))
            return True
        rows = {text: self.book.meanings.of(kind, text) or TODO for text in texts}
        name = self.book.code_table(table or kebab(kind.__name__), rows)
        self.add(path, flow(column.name, codes=name), STILL if TODO in rows.values() else "")
        return True

    def _codable(self, column: Column, kind: type) -> bool:
        """Few short texts: what names, ids, dates and free text are not."""
        texts = column.texts
        if not texts or column.kind not in ("text", "number"):
            return False
        short = all(len(t) <= SHORT and len(t.split()) <= FEW_WORDS for t in texts)
        return column.coded or (len(texts) <= MOST_ALONE and short) or self.book.meanings.fits(kind, texts) >= 0.5

    def use(self, *columns: Column) -> None:
        self.used.update(c.name for c in columns)

    @property
    def todos(self) -> int:
        return sum(line.todo for line in self.lines) + (self.concept == TODO)


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def scalar(text: str) -> str:
    """A text as YAML: quoted where it must be."""
    return text if PLAIN.fullmatch(text) and not text.endswith(" ") and " #" not in text else json.dumps(text, ensure_ascii=False)


def flow(*columns: str, **words: object) -> str:
    """`{from: Column, word: text}`; a list where there are several."""
    names = [_inner(c) for c in columns]
    parts = [f"from: {names[0]}" if len(names) == 1 else f"from: [{', '.join(names)}]"]
    for word, value in words.items():
        if isinstance(value, tuple):
            texts = [_inner(str(t)) for t in value]
            parts.append(f"{word}: {texts[0]}" if len(texts) == 1 else f"{word}: [{', '.join(texts)}]")
        else:
            parts.append(f"{word.rstrip('_')}: {value if isinstance(value, _Raw) else _inner(str(value))}")
    return "{" + ", ".join(parts) + "}"


class _Raw(str):
    """YAML as it stands."""

    __slots__ = ()


def condition(column: str, *texts: str) -> str:
    """`{Column: text}` for a `where`."""
    values = [_inner(t) for t in texts]
    return _Raw("{" + f"{_inner(column)}: {values[0] if len(values) == 1 else '[' + ', '.join(values) + ']'}" + "}")


def _inner(text: str) -> str:
    """A text within a flow mapping."""
    return text if INNER.fullmatch(text) else json.dumps(text, ensure_ascii=False)
