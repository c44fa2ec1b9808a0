"""The mapping language: the shape of a map file and of its lines. One page; see README.md."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kapfhir.mapping.located import Problems, Text, Tree, near

WORD = r"[A-Za-z_][\w-]*"
STEP = re.compile(r"([A-Za-z_]\w*(?:\[x\])?)(?:\[([\w-]+)\])?$")
FIELD = re.compile(rf"(\^*)({WORD}|\.)?(?:\s*->\s*({WORD}))?$")
ELSE = re.compile(rf"(->\s*{WORD})\s*,\s*else\s+({WORD})$")
ITSELF = "."  # of a list of plain values: the value at hand


@dataclass(frozen=True, slots=True)
class Constant:
    text: Text


@dataclass(frozen=True, slots=True)
class Copy:
    """A field, perhaps of an owner (`^`), perhaps naming the slot that its reference points to; no field: our own slot."""

    at: Text
    up: int
    field: Text | None
    slot: Text | None


@dataclass(frozen=True, slots=True)
class Either:
    """A slot of our own where it is there, else a field."""

    slot: Copy
    other: Copy


@dataclass(frozen=True, slots=True)
class Repeat:
    """One element of a list per item of a field."""

    each: Text
    lines: tuple[Line, ...]


Rule = Constant | Copy | Either | Repeat


@dataclass(frozen=True, slots=True)
class Step:
    name: Text
    slice: str


@dataclass(frozen=True, slots=True)
class Line:
    at: Text
    steps: tuple[Step, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Slot:
    name: Text
    resource: Text
    title: str
    problems: Problems  # of the file that it stands in
    each: tuple[Text, ...] = ()
    when: Text | None = None
    lines: tuple[Line, ...] = ()
    profiles: tuple[Text, ...] = ()
    us_core: tuple[Line, ...] = ()  # for the realm of US Core alone

    @property
    def file(self) -> str:
        return self.problems.file


@dataclass(slots=True)
class Map:
    """One file; or all files of a concept, their slots together."""

    concept: Text
    problems: Problems  # of the first file
    slots: dict[str, Slot] = field(default_factory=dict)


def parse_map(tree: Tree, problems: Problems) -> Map | None:
    whole = _keys(tree, {"concept": True, "resources": True}, Text.at("", 1, 1), problems)
    if whole is None or not isinstance(whole["concept"], Text):
        return None
    out = Map(whole["concept"], problems)
    for name, body in _mapping(whole["resources"], whole["concept"], problems).items():
        known = {"resource": True, "title": False, "each": False, "when": False, "elements": True}
        known |= {"profiles": False, "us-core": False}
        slot = _keys(body, known, name, problems)
        if slot is not None and isinstance(slot["resource"], Text):
            each, when = slot.get("each"), slot.get("when")
            lines = _lines(slot["elements"], name, problems)
            title, profiles = slot.get("title"), slot.get("profiles")
            out.slots[name] = Slot(
                name,
                slot["resource"],
                str(title or slot["resource"]),
                problems,
                _parts(each) if isinstance(each, Text) else (),
                when if isinstance(when, Text) else None,
                lines,
                tuple(profiles.part(m.start(), m.end()) for m in re.finditer(r"\S+", profiles))
                if isinstance(profiles, Text)
                else (),
                _lines(slot["us-core"], name, problems) if "us-core" in slot else (),
            )
    return out


def _mapping(tree: Tree | None, at: Text, problems: Problems) -> dict[Text, Tree]:
    if isinstance(tree, dict):
        return tree
    problems.say(tree if isinstance(tree, Text) else at, "wrong-shape", "indented lines `key: value` are needed here")
    return {}


def _keys(tree: Tree, known: dict[str, bool], at: Text, problems: Problems) -> dict[str, Tree] | None:
    given = _mapping(tree, at, problems)
    for key in given:
        if key not in known:
            problems.say(key, "unknown-key", f"unknown key '{key}'", near(key, known))
    missing = [k for k, needed in known.items() if needed and k not in given]
    for word in missing if given else ():
        problems.say(at, "missing-key", f"missing key '{word}'")
    return None if missing else {str(k): v for k, v in given.items()}


def _parts(text: Text) -> tuple[Text, ...]:
    return tuple(text.part(m.start(), m.end()) for m in re.finditer(r"[^.]+", text))


def _lines(tree: Tree, at: Text, problems: Problems) -> tuple[Line, ...]:
    out = []
    for path, value in _mapping(tree, at, problems).items():
        steps = []
        for part in _parts(path):
            match = STEP.match(part)
            if match is None:
                problems.say(part, "bad-path", f"'{part}' is no step of a path: name, name[x] or name[slice]")
                break
            steps.append(Step(part.part(0, match.end(1)), match[2] or ""))
        else:
            rule = _rule(value, path, problems)
            if rule is not None:
                out.append(Line(path, tuple(steps), rule))
    return tuple(out)


def _rule(value: Tree, at: Text, problems: Problems) -> Rule | None:
    if isinstance(value, dict):
        inner = _keys(value, {"each": True, "elements": True}, at, problems)
        if inner is None or not isinstance(inner["each"], Text):
            return None
        return Repeat(inner["each"], _lines(inner["elements"], at, problems))
    if isinstance(value, Text):
        if value.startswith("="):
            return Constant(value.part(len(value) - len(value[1:].lstrip())))
        either = ELSE.match(value)
        if either:
            slot, other = (_copy(value.part(*either.span(n))) for n in (1, 2))
            return Either(slot, other) if slot and other else None
        copy = _copy(value)
        if copy:
            return copy
    problems.say(
        value if isinstance(value, Text) else at,
        "bad-rule",
        "a line is `field`, `^field`, `field -> slot`, `-> slot`, `-> slot, else field`, `.`, `= constant`, or each/elements",
    )
    return None


def _copy(value: Text) -> Copy | None:
    match = FIELD.match(value)
    if match is None or not (match[2] or match[3]):
        return None
    field_name = value.part(*match.span(2)) if match[2] else None
    slot_name = value.part(*match.span(3)) if match[3] else None
    return Copy(value, len(match[1]), field_name, slot_name)
