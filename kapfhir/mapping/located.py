"""YAML as plain data whose strings know where they stand, and the faults found in it.

Every scalar stays text (`NO`, `1.0`, `007` cannot change meaning). Anchors, tags and duplicate keys are faults.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from kapfhir.errors import Problem

MOST_BYTES = 1_000_000  # a map is some kilobytes; more is a mistake
DEEPEST = 40
PLAIN = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


class Text(str):
    """A scalar of a file, with its place."""

    __slots__ = ("column", "line")
    line: int
    column: int

    @staticmethod
    def at(value: str, line: int, column: int) -> Text:
        text = Text(value)
        text.line, text.column = line, column
        return text

    def part(self, start: int, end: int | None = None) -> Text:
        """A piece of this text, placed where the piece stands."""
        return Text.at(self[start:end], self.line, self.column + start)


Tree = Text | dict[Text, "Tree"] | list["Tree"]


@dataclass(slots=True)
class Problems:
    """Collects the faults of one file."""

    file: str
    found: list[Problem] = field(default_factory=list)

    def say(self, at: Text, code: str, text: str, hint: str = "") -> None:
        self.found.append(Problem(self.file, at.line, str(at.column), code, text, hint))


def near(name: str, known: Iterable[str]) -> str:
    """A hint: `did you mean 'x'?`, or nothing."""
    match = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean '{match[0]}'?" if match else ""


def load_yaml(path: Path, problems: Problems) -> Tree | None:
    """The file as located data; None, with a problem, when it is no YAML or can't be read."""
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            problems.say(Text.at("", 1, 1), "too-large", "a map has at most a million bytes")
            return None
        root = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.CBaseLoader)
    except OSError as error:
        problems.say(Text.at("", 1, 1), "unreadable", f"the file can't be read: {error.strerror}")
        return None
    except UnicodeDecodeError:
        problems.say(Text.at("", 1, 1), "not-utf-8", "a map is UTF-8 text")
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problems.say(Text.at("", line, column), "not-yaml", f"not YAML: {error.problem}")
        return None
    except yaml.YAMLError:
        problems.say(Text.at("", 1, 1), "not-yaml", "not YAML: a character that YAML does not allow")
        return None
    if root is None:
        problems.say(Text.at("", 1, 1), "empty-file", "the file is empty")
        return None
    return _tree(root, problems, set(), 0)


def _tree(node: yaml.Node, problems: Problems, seen: set[int], depth: int) -> Tree:
    here = Text.at("", node.start_mark.line + 1, node.start_mark.column + 1)
    if id(node) in seen:  # an alias: refused, since aliases of aliases grow without bound
        problems.say(here, "alias", "anchors and aliases are not part of the language")
        return here
    seen.add(id(node))
    if depth > DEEPEST:
        problems.say(here, "too-deep", "maps are not nested so deeply")
        return here
    if node.tag not in PLAIN:
        problems.say(here, "tag", "tags are not part of the language")
    if isinstance(node, yaml.ScalarNode):
        return Text.at(node.value, here.line, here.column)
    if isinstance(node, yaml.SequenceNode):
        return [_tree(child, problems, seen, depth + 1) for child in node.value]
    out: dict[Text, Tree] = {}
    for key_node, value_node in node.value:
        key = _tree(key_node, problems, seen, depth + 1)
        if not isinstance(key, Text):
            problems.say(here, "bad-key", "a key must be a word")
            continue
        value = _tree(value_node, problems, seen, depth + 1)
        if key in out:
            first = next(k for k in out if k == key)
            problems.say(key, "duplicate-key", f"'{key}' stands already on line {first.line}")
        else:
            out[key] = value
    return out
