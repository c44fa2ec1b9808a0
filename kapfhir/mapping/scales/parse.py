"""The shape of a scale file: words and values as they stand, each with its place. What they mean together: see load.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from kapfhir.mapping.located import Problems, Text, Tree, near
from kapfhir.model.scales import Cut

HEAD = (
    "instrument",
    "title",
    "short",
    "version",
    "rater",
    "recall",
    "codes",
    "licence",
    "range",
    "anchors",
    "answers",
    "items",
    "skips",
    "totals",
    "subscales",
    "bands",
    "safety",
    "definitions",
    "confused_with",
    "rises",
    "follows",
)
NEEDED = ("instrument", "title", "short", "version", "licence")
ITEM = ("range", "numbers", "answers", "code", "name", "text", "optional", "scored", "reversed")
RUN = re.compile(r"(-?\d{1,5})\.\.(-?\d{1,5})")
NAMES = re.compile(r"([a-z0-9-]*?)(\d{1,3})\.\.(\d{1,3})")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CUT = re.compile(r"(<=|>=|<|>) ?(\d{1,5}(?:\.\d{1,4})?)( ?%)?")
YES = {"yes": True, "no": False}
TOP = Text.at("", 1, 1)


@dataclass(slots=True)
class File:
    """One scale file: its words, looked up with a word of complaint where they are not what they should be."""

    tree: dict[Text, Tree]
    problems: Problems

    def say(self, at: Text, code: str, text: str, hint: str = "") -> None:
        self.problems.say(at, code, text, hint)

    def word(self, tree: dict[Text, Tree], name: str, default: str = "") -> Text:
        """The one text of a word; the default where it is not there."""
        key = self.key(tree, name)
        value = tree.get(key) if key is not None else None
        if value is None or key is None:
            return Text.at(default, 1, 1)
        if not isinstance(value, Text):
            self.say(key, "wrong-shape", f"`{name}` is one text")
            return Text.at(default, key.line, key.column)
        return value

    def block(self, tree: dict[Text, Tree], name: str) -> dict[Text, Tree]:
        """The lines under a word; none where it is not there."""
        key = self.key(tree, name)
        value = tree.get(key) if key is not None else None
        if key is None or value is None:
            return {}
        if not isinstance(value, dict):
            self.say(key, "wrong-shape", f"`{name}` has lines `key: value`")
            return {}
        return value

    def texts(self, tree: dict[Text, Tree], name: str) -> list[Text]:
        """The texts of a word, one or several."""
        key = self.key(tree, name)
        value = tree.get(key) if key is not None else None
        out = []
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            if isinstance(one, Text):
                out.append(one)
            elif key is not None:
                self.say(key, "wrong-shape", f"`{name}` is a list of texts")
        return out

    def flag(self, tree: dict[Text, Tree], name: str, *, default: bool) -> bool:
        value = self.word(tree, name, "yes" if default else "no")
        if value not in YES:
            self.say(value, "wrong-word", f"`{name}` is yes or no")
        return YES.get(value, default)

    def key(self, tree: dict[Text, Tree], name: str) -> Text | None:
        return next((k for k in tree if k == name), None)

    def refuse_others(self, tree: dict[Text, Tree], words: tuple[str, ...] | list[str]) -> None:
        for key in tree:
            if key not in words:
                self.say(key, "unknown-key", f"unknown key '{key}'", near(key, words))

    def inner(self, at: Text, tree: Tree, words: tuple[str, ...] | list[str]) -> dict[Text, Tree]:
        """A block that knows only these words."""
        if not isinstance(tree, dict):
            self.say(at, "wrong-shape", f"'{at}' has lines `key: value`: {' '.join(words)}")
            return {}
        self.refuse_others(tree, words)
        return tree

    def span(self, text: Text) -> range:
        """`0..27`."""
        found = RUN.fullmatch(text)
        if found is None or int(found[1]) > int(found[2]):
            self.say(text, "wrong-range", "a range is two whole numbers, the lower one first: 0..27")
            return range(1)
        return range(int(found[1]), int(found[2]) + 1)

    def cut(self, text: Text) -> tuple[Cut, bool]:
        """`>= 50 %`: the comparison, and whether it is about percent."""
        found = CUT.fullmatch(text)
        if found is None:
            self.say(text, "wrong-cut", "a cut is a comparison and a number: >= 50 %")
            return Cut(">=", Decimal(0)), False
        return Cut(found[1], Decimal(found[2])), found[3] is not None

    def coded(self, text: Text) -> Text:
        """A code of ours: small letters, digits and hyphens."""
        if not CODE.fullmatch(text):
            self.say(text, "bad-code", f"'{text}' is no code: small letters, digits, hyphens between them")
        return text


@dataclass(frozen=True, slots=True)
class Option:
    """A choice among answers: what it says, its score, and its standard code."""

    choice: Text
    score: int
    label: str
    code: Text


@dataclass(slots=True)
class Sketch:
    """A question as a file has it."""

    code: Text
    tree: dict[Text, Tree] = field(default_factory=dict)
    span: Text | None = None


def sketch_items(file: File, give: Callable[[Sketch], None]) -> None:
    """Each question of the file in its order; `phq9-1..9` are nine. A later line about one of them takes its place."""
    out: dict[str, Sketch] = {}
    for key, value in file.block(file.tree, "items").items():
        for code in _names(key):
            file.coded(code)
            if isinstance(value, dict):
                file.refuse_others(value, ITEM)
                out[code] = Sketch(code, value)
            elif isinstance(value, Text):
                out[code] = Sketch(code, {}, value or None)
            else:
                file.say(key, "wrong-shape", "an item is a range, or a block of words")
    for sketch in out.values():
        give(sketch)


def _names(key: Text) -> Iterator[Text]:
    found = NAMES.fullmatch(key)
    if found is None:
        yield key
        return
    for n in range(int(found[2]), int(found[3]) + 1):
        yield Text.at(f"{found[1]}{n}", key.line, key.column)


def options(file: File) -> dict[str, list[Option]]:
    """The lists of answers that the file has, by name."""
    out: dict[str, list[Option]] = {}
    for name, block in file.block(file.tree, "answers").items():
        out[name] = []
        for choice, value in file.inner(name, block, list(block) if isinstance(block, dict) else []).items():
            inner = file.inner(choice, value, ("score", "label", "code"))
            score, label = file.word(inner, "score"), file.word(inner, "label")
            if not score.isdecimal():
                file.say(choice, "wrong-score", f"'{choice}' has a score: a whole number")
            if not label:
                file.say(choice, "missing-key", f"'{choice}' has a label: scores are known by what answers say")
            out[name].append(
                Option(file.coded(choice), int(score) if score.isdecimal() else 0, str(label), file.word(inner, "code"))
            )
    return out
