"""The source language: the shape of a map file and of its lines.

    concept: DosingSession            a class of the model
    table: dose_log                   stem of a file, or name of a sheet
    where: {type: [A, B]}             only rows whose cell is one of these
    zone, empty, encoding, delimiter, decimal, scope, optional
    fields:
      PATH: Column                    or `= constant`, or {from: Column, ...}, or {checked: {Column: code}}

Every place that still starts with `TODO` is a fault of its own kind: it blocks this map, and no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kapfhir.mapping.located import Problems, Text, Tree, near

STEP = re.compile(r"([A-Za-z_]\w*)(?:\[([^\[\]/]+)\])?")
PATH = re.compile(rf"{STEP.pattern}(?:\.{STEP.pattern})*")
HEAD = ("concept", "table", "where", "zone", "empty", "encoding", "delimiter", "decimal", "scope", "optional", "fields")
RULE = ("from", "checked", "format", "unit", "codes", "split", "as", "plus", "empty", "where")
ROW = "*"  # `vitals[*]`: one item per row
TODO = "TODO"
TOP = Text.at("", 1, 1)

Where = tuple[tuple[Text, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Step:
    name: Text
    item: Text | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line under `fields`."""

    at: Text
    steps: tuple[Step, ...]
    constant: Text | None = None
    columns: tuple[Text, ...] = ()
    formats: tuple[Text, ...] = ()
    unit: Text | None = None
    codes: Text | None = None
    split: Text | None = None
    parser: Text | None = None
    plus: Text | None = None
    empty: tuple[Text, ...] = ()
    where: Where = ()
    checked: tuple[tuple[Text, Text], ...] = ()
    todo: bool = False
    pieces: tuple[Text, ...] = ()  # of a key that has constants (`= phq-9`) among its columns: all of them, in their order

    @property
    def path(self) -> tuple[str, ...]:
        """Names and items in turn: ('vitals', 'pre', 'weight')."""
        return tuple(str(word) for step in self.steps for word in (step.name, step.item) if word is not None)


@dataclass(frozen=True, slots=True)
class Map:
    """One map file. `concept` and `table` are empty where they are still to do."""

    file: str
    concept: Text
    table: Text
    lines: tuple[Line, ...]
    where: Where
    zone: Text | None
    empty: tuple[Text, ...]
    encoding: Text | None
    delimiter: Text | None
    decimal: Text | None
    delta: bool
    optional: bool = False  # an export may lack the table


def parse_map(tree: Tree, problems: Problems) -> Map | None:
    """The map that a file holds; None, with problems, if it has no shape of a map."""
    if not isinstance(tree, dict):
        problems.say(tree if isinstance(tree, Text) else TOP, "wrong-shape", "a map has lines `key: value`")
        return None
    _refuse_others(tree, HEAD, problems)
    head = {str(k): v for k, v in tree.items()}
    for word in ("concept", "table", "fields"):
        if word not in head:
            problems.say(TOP, "missing-key", f"missing key '{word}'")
    concept, table = _text(head, "concept", problems), _text(head, "table", problems)
    scope, decimal, optional = (_text(head, word, problems) for word in ("scope", "decimal", "optional"))
    for value, words in ((scope, ("full", "delta")), (decimal, (".", ",")), (optional, ("yes", "no"))):
        if value and value not in words:
            problems.say(value, "wrong-word", f"'{value}' is not one of: {' '.join(words)}", near(value, words))
    fields = head.get("fields")
    if not isinstance(fields, dict):
        if fields is not None:
            problems.say(next(k for k in tree if k == "fields"), "wrong-shape", "`fields` has lines `path: rule`")
        return None
    lines = tuple(line for path, value in fields.items() if (line := _line(path, value, problems)))
    if concept is None or table is None:
        return None
    return Map(
        problems.file,
        concept,
        table,
        lines,
        _where(head.get("where"), problems),
        _text(head, "zone", problems) or None,
        _texts(head.get("empty"), problems),
        _text(head, "encoding", problems) or None,
        _text(head, "delimiter", problems) or None,
        decimal or None,
        scope == "delta",
        optional == "yes",
    )


def _line(path: Text, value: Tree, problems: Problems) -> Line | None:
    steps = _steps(path, problems)
    if not steps:
        return None
    if isinstance(value, Text):
        return _short(path, steps, value, problems)
    if not isinstance(value, dict):
        problems.say(path, "bad-rule", "a rule is `Column`, `= constant`, `{from: Column, ...}` or `{checked: {Column: code}}`")
        return None
    _refuse_others(value, RULE, problems)
    rule = {str(k): v for k, v in value.items()}
    before = len(problems.found)
    pieces, checked = _texts(rule.get("from"), problems), _checked(rule.get("checked"), problems)
    columns = tuple(piece for piece in pieces if not piece.startswith("="))
    if ("from" in rule) == ("checked" in rule):
        problems.say(path, "missing-key", "a rule has either `from` or `checked`")
        return None
    line = Line(
        path,
        steps,
        None,
        columns or tuple(column for column, _ in checked),
        _texts(rule.get("format"), problems),
        _text(rule, "unit", problems),
        _text(rule, "codes", problems),
        _text(rule, "split", problems),
        _text(rule, "as", problems),
        _text(rule, "plus", problems),
        _texts(rule.get("empty"), problems),
        _where(rule.get("where"), problems),
        checked,
        pieces=pieces if columns != pieces else (),
    )
    if len(problems.found) > before:
        return Line(path, steps, todo=True)  # its faults are told; that a line is there is known
    if not line.columns:
        problems.say(path, "bad-rule", "this rule names no column")
        return None
    return line


def _short(path: Text, steps: tuple[Step, ...], value: Text, problems: Problems) -> Line | None:
    if _is_todo(value, problems):
        return Line(path, steps, todo=True)
    constant = value.part(len(value) - len(value[1:].lstrip())) if value.startswith("=") else None
    if not value or constant == "":
        problems.say(path, "bad-rule", "this rule says nothing")
        return None
    return Line(path, steps, constant=constant) if constant is not None else Line(path, steps, columns=(value,))


def _steps(path: Text, problems: Problems) -> tuple[Step, ...]:
    if not PATH.fullmatch(path):
        problems.say(path, "bad-path", f"'{path}' is no path: name, name[item] or name[*], joined by dots")
        return ()
    steps = []
    for found in STEP.finditer(path):
        item = path.part(found.start(2), found.end(2)) if found[2] else None
        steps.append(Step(path.part(found.start(1), found.end(1)), item))
    return tuple(steps)


def _refuse_others(tree: dict[Text, Tree], words: tuple[str, ...], problems: Problems) -> None:
    for key in tree:
        if key not in words:
            problems.say(key, "unknown-key", f"unknown key '{key}'", near(key, words))


def _is_todo(value: Text, problems: Problems) -> bool:
    if not value.startswith(TODO):
        return False
    problems.say(value, "todo", "this is still to do: its table is left out until then", "replace the TODO, or take the line out")
    return True


def _text(tree: dict[str, Tree], word: str, problems: Problems) -> Text | None:
    """The one text of a word; empty, with a problem, where it can't be."""
    value = tree.get(word)
    if value is None:
        return None
    if not isinstance(value, Text):
        problems.say(_place(value), "wrong-shape", f"`{word}` is one text")
    elif not value:
        problems.say(value, "wrong-shape", f"`{word}` says nothing")
    elif not _is_todo(value, problems):
        return value
    return Text.at("", *((value.line, value.column) if isinstance(value, Text) else (1, 1)))


def _texts(tree: Tree | None, problems: Problems) -> tuple[Text, ...]:
    out = []
    for value in tree if isinstance(tree, list) else [tree] if tree is not None else []:
        if not isinstance(value, Text):
            problems.say(_place(value), "wrong-shape", "a text or a list of texts is needed here")
        elif not _is_todo(value, problems):
            out.append(value)
    return tuple(out)


def _where(tree: Tree | None, problems: Problems) -> Where:
    if tree is None:
        return ()
    if not isinstance(tree, dict):
        problems.say(_place(tree), "wrong-shape", "`where` is `{Column: text}` or `{Column: [text, text]}`")
        return ()
    out = []
    for column, values in tree.items():
        if _is_todo(column, problems):
            continue
        before = len(problems.found)
        texts = _texts(values, problems)
        if not texts and len(problems.found) == before:
            problems.say(column, "never-acts", "no row can be wanted: `where` names no text")
        out.append((column, texts))
    return tuple(out)


def _checked(tree: Tree | None, problems: Problems) -> tuple[tuple[Text, Text], ...]:
    if tree is None:
        return ()
    if not isinstance(tree, dict):
        problems.say(_place(tree), "wrong-shape", "`checked` is `{Column: code, Column: code}`")
        return ()
    out = []
    for column, code in tree.items():
        if not isinstance(code, Text):
            problems.say(column, "wrong-shape", "a checkbox column has one code")
        elif not _is_todo(column, problems) and not _is_todo(code, problems):
            out.append((column, code))
    return tuple(out)


def _place(tree: Tree) -> Text:
    if isinstance(tree, Text):
        return tree
    for inner in tree:
        return _place(inner)
    return TOP
