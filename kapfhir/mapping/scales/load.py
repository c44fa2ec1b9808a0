"""Scale files as scales: every file of `scales/`, checked, all faults at once. Lists of answers and questions may be shared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kapfhir.errors import Problem
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.located import Problems, Text, Tree, load_yaml, near
from kapfhir.model import values as v
from kapfhir.model.scales import Band, Cut, Item, Part, Rule, Safety, Scale, Scheme, Skip, Total

from .parse import HEAD, NEEDED, TOP, File, Option, Sketch, options, sketch_items
from .verify import verify

RATERS = ("self", "clinician", "either")
RECALL = re.compile(r"(\d{1,3}) (h|d|wk|mo|a)")
RULES = ("sum", "mean", "percent", "domains")
KINDS = ("response", "remission", "worsening", "relapse", "reliable")
MEASURES = ("score", "drop", "rise", "lost")


@dataclass(slots=True)
class ScaleFile:
    """A scale with what only FHIR and people need: names, codings, wording, licence."""

    name: str  # scales/phq-9.yaml
    scale: Scale
    short: str
    notice: str
    panel: str = ""  # loinc#44249-1
    total: str = ""
    codes: dict[str, str] = field(default_factory=dict)  # of questions
    names: dict[str, str] = field(default_factory=dict)  # of questions without a standard code
    texts: dict[str, str] = field(default_factory=dict)  # of questions, where the licence allows it
    options: list[Option] = field(default_factory=list)


def load_scales(folder: MapFolder, systems: Iterable[str]) -> tuple[list[ScaleFile], list[Problem]]:
    """Every scale of a folder, in the order of the files, and what is wrong. `systems`: the aliases that codes may have."""
    files: list[File] = []
    for name, path in folder.files("scales", ".yaml").items():
        problems = Problems(name)
        tree = load_yaml(path, problems)
        if tree is not None and not isinstance(tree, dict):
            problems.say(TOP, "wrong-shape", "a scale file has lines `key: value`")
        files.append(File(tree if isinstance(tree, dict) else {}, problems))
    known = tuple(systems)
    lists = {name: found for file in files for name, found in options(file).items()}
    before: dict[str, str] = {}
    out = [made for file in files if file.tree and (made := _Reader(file, lists, known, before).read()) is not None]
    found = [p for file in files for p in file.problems.found]
    return out, list(dict.fromkeys(found))


class _Reader:
    """One file."""

    def __init__(self, file: File, lists: dict[str, list[Option]], systems: tuple[str, ...], before: dict[str, str]) -> None:
        self.file, self.lists, self.systems, self.before = file, lists, systems, before
        self.items: list[Item] = []

    def read(self) -> ScaleFile | None:
        file, tree = self.file, self.file.tree
        file.refuse_others(tree, HEAD)
        for word in NEEDED:
            if file.key(tree, word) is None:
                file.say(TOP, "missing-key", f"missing key '{word}'")
        instrument = file.coded(file.word(tree, "instrument"))
        if self.before.setdefault(f"instrument {instrument}", file.problems.file) != file.problems.file:
            file.say(instrument, "duplicate-key", f"'{instrument}' stands in another file, too")
        licence = file.block(tree, "licence")
        file.refuse_others(licence, ("text", "notice"))
        codes = file.block(tree, "codes")
        file.refuse_others(codes, ("panel", "total"))
        made = ScaleFile(
            file.problems.file,
            Scale(v.Instrument(instrument), "", "", ()),
            str(file.word(tree, "short")),
            str(file.word(licence, "notice")),
            self._code(file.word(codes, "panel")),
            self._code(file.word(codes, "total")),
        )
        free = file.flag(licence, "text", default=False)
        own = list(file.block(tree, "answers"))
        made.options = [option for name in own for option in self.lists[name]]
        for option in made.options:
            self._code(option.code)
        sketch_items(file, lambda sketch: self._item(sketch, made, own, free=free))
        made.scale = Scale(
            v.Instrument(instrument),
            str(file.word(tree, "title")),
            str(file.word(tree, "version")),
            tuple(self.items),
            tuple(self._total(name, value) for name, value in file.block(tree, "totals").items()),
            self._rater(),
            self._recall(),
            self._skips(),
            tuple(self._parts(instrument)),
            tuple(self._schemes()),
            self._safety(),
            tuple(self._rules()),
            tuple(str(t) for t in file.texts(tree, "confused_with")),
            file.flag(tree, "rises", default=False),
            file.flag(tree, "follows", default=True),
        )
        verify(file, made.scale)
        return made if instrument else None

    # items

    def _item(self, sketch: Sketch, made: ScaleFile, own: list[Text], *, free: bool) -> None:
        file, tree = self.file, sketch.tree
        question = v.Question(sketch.code)
        named = file.word(tree, "answers", own[0] if own else "")
        span = sketch.span or file.word(tree, "range", file.word(file.tree, "range"))
        choices: dict[v.Choice, int] = {}
        numbers: Any = ()
        if file.key(tree, "numbers") is not None:
            numbers = tuple(int(t) for t in file.texts(tree, "numbers") if t.isdecimal())
        elif file.key(tree, "answers") is not None or (not span and named):
            if named not in self.lists:
                file.say(named or sketch.code, "unknown-answers", f"no file has answers '{named}'", near(named, self.lists))
            choices = {v.Choice(o.choice): o.score for o in self.lists.get(named, ())}
        elif span:
            numbers = file.span(span)
        else:
            file.say(sketch.code, "missing-key", f"'{sketch.code}' has a range, numbers or answers")
        if file.flag(tree, "reversed", default=False):
            top = max(choices.values(), default=0)
            choices = {choice: top - score for choice, score in choices.items()}
        self.items.append(
            Item(
                question,
                choices,
                numbers,
                file.flag(tree, "optional", default=False),
                file.flag(tree, "scored", default=True),
                self._anchors(numbers) if not choices else {},
            )
        )
        if code := self._code(file.word(tree, "code")):
            made.codes[question] = code
        made.names[question] = str(file.word(tree, "name")) or f"{made.short} item {question.rsplit('-', 1)[-1]}"
        if text := file.word(tree, "text"):
            made.texts[question] = str(text)
            if not free:
                file.say(text, "text-not-free", "the licence of this scale does not let its wording be shipped: take it out")

    def _anchors(self, numbers: Any) -> dict[int, str]:
        anchors = self.file.block(self.file.tree, "anchors")
        out = {}
        for number, label in anchors.items():
            if not number.isdecimal() or int(number) not in numbers or not isinstance(label, Text):
                self.file.say(number, "wrong-score", "an anchor is a number of the range, and what it says")
            else:
                out[int(number)] = str(label)
        return out

    def _code(self, text: Text) -> str:
        system, mark, code = text.partition("#")
        if text and (not mark or not code or system not in self.systems):
            self.file.say(text, "unknown-system", "a standard code is `system#code`, the system one of codes/systems.csv")
        return str(text)

    def _questions(self, texts: list[Text]) -> tuple[v.Question, ...]:
        """Questions by their place in the scale, or by name."""
        out = []
        for text in texts:
            found = next((i.question for i in self.items if str(i.question) == text), None)
            if found is None and text.isdecimal() and 1 <= int(text) <= len(self.items):
                found = self.items[int(text) - 1].question
            if found is None:
                self.file.say(
                    text, "unknown-item", f"the scale has no item '{text}'", near(text, [i.question for i in self.items])
                )
            else:
                out.append(found)
        return tuple(out)

    # what is said of the whole

    def _rater(self) -> v.RatingMode | None:
        rater = self.file.word(self.file.tree, "rater", "either")
        if rater not in RATERS:
            self.file.say(rater, "wrong-word", f"`rater` is one of: {' '.join(RATERS)}", near(rater, RATERS))
        return v.RatingMode(rater) if rater in RATERS[:2] else None

    def _recall(self) -> v.Amount | None:
        text = self.file.word(self.file.tree, "recall")
        found = RECALL.fullmatch(text)
        if text and found is None:
            self.file.say(text, "bad-duration", "a recall period is a number and h, d, wk, mo or a: 14 d")
        return v.Amount(Decimal(found[1]), found[2]) if found else None

    def _skips(self) -> tuple[Skip, ...]:
        file, out = self.file, []
        key = file.key(file.tree, "skips")
        listed = file.tree[key] if key is not None else []
        for one in listed if isinstance(listed, list) else [listed]:
            inner = file.inner(key or TOP, one, ("if", "at_most", "skip"))
            asked, most = self._questions(file.texts(inner, "if")), file.word(inner, "at_most", "0")
            if asked:
                out.append(Skip(asked[0], int(most) if most.isdecimal() else 0, self._questions(file.texts(inner, "skip"))))
        return tuple(out)

    def _total(self, name: Text, value: Tree) -> Total:
        file = self.file
        inner = file.inner(name, value, ("rule", "range", "groups", "times"))
        rule, span, times = file.word(inner, "rule", name), file.span(file.word(inner, "range")), file.word(inner, "times", "1")
        if rule not in RULES:
            file.say(name, "wrong-word", f"a total is made by one of: {' '.join(RULES)}", near(rule, RULES))
        key = file.key(inner, "groups")
        listed = inner[key] if key is not None else []
        groups = (
            tuple(self._questions([t for t in group if isinstance(t, Text)]) for group in listed if isinstance(group, list))
            if isinstance(listed, list)
            else ()
        )
        return Total(
            v.TotalMethod(file.coded(name)),
            str(rule),
            Decimal(span[0]),
            Decimal(span[-1]),
            groups,
            int(times) if times.isdecimal() else 1,
        )

    def _parts(self, instrument: str) -> Iterable[Part]:
        file = self.file
        for name, block in file.block(file.tree, "subscales").items():
            parts = block if isinstance(block, dict) else {}
            if file.key(parts, "source") is None:
                file.say(name, "missing-key", f"the map '{name}' names its source")
            for part, value in parts.items():
                if part == "source":
                    continue
                inner = file.inner(part, value, ("items", "range", "rule"))
                span = file.span(file.word(inner, "range"))
                rule = str(file.word(inner, "rule", "sum"))
                code = v.Subscale(f"{instrument}-{file.coded(name)}-{file.coded(part)}")
                yield Part(
                    code, str(name), self._questions(file.texts(inner, "items")), rule, Decimal(span[0]), Decimal(span[-1])
                )

    def _schemes(self) -> Iterable[Scheme]:
        file = self.file
        for name, block in file.block(file.tree, "bands").items():
            lines = block if isinstance(block, dict) else {}
            source = file.word(lines, "source")
            if not source:
                file.say(name, "missing-key", f"the bands '{name}' name their source")
            if self.before.setdefault(f"bands {name}", file.problems.file) != file.problems.file:
                file.say(name, "duplicate-key", f"bands '{name}' stand in another file, too")
            yield Scheme(
                str(file.coded(name)), str(source), tuple(self._band(name, k, b) for k, b in lines.items() if k != "source")
            )

    def _band(self, scheme: Text, name: Text, value: Tree) -> Band:
        code = v.SeverityBand(f"{scheme}-{self.file.coded(name)}")
        if isinstance(value, Text):
            span = self.file.span(value)
            return Band(code, span[0], span[-1])
        return Band(code, any_of=self._questions(self.file.texts(self.file.inner(name, value, ("yes_to",)), "yes_to")))

    def _safety(self) -> Safety | None:
        file = self.file
        block = file.block(file.tree, "safety")
        if not block:
            return None
        file.refuse_others(block, ("items", "score", "source"))
        cut, _ = file.cut(file.word(block, "score"))
        source = file.word(block, "source")
        if not source:
            file.say(file.key(file.tree, "safety") or TOP, "missing-key", "`safety` names its source")
        return Safety(self._questions(file.texts(block, "items")), cut, str(source))

    def _rules(self) -> Iterable[Rule]:
        file = self.file
        for name, value in file.block(file.tree, "definitions").items():
            inner = file.inner(name, value, ("kind", *MEASURES, "in_a_row", "source", "verified"))
            measured = [m for m in MEASURES if file.key(inner, m) is not None]
            kind, source, times = file.word(inner, "kind"), file.word(inner, "source"), file.word(inner, "in_a_row", "1")
            if len(measured) != 1:
                file.say(name, "missing-key", f"'{name}' measures one of: {' '.join(MEASURES)}")
            if kind not in KINDS:
                file.say(name, "wrong-word", f"`kind` is one of: {' '.join(KINDS)}", near(kind, KINDS))
            if not source:
                file.say(name, "missing-key", f"'{name}' names its source")
            if self.before.setdefault(f"definition {name}", file.problems.file) != file.problems.file:
                file.say(name, "duplicate-key", f"'{name}' stands in another file, too")
            cut, percent = file.cut(file.word(inner, measured[0])) if measured else (Cut(">=", Decimal(0)), False)
            yield Rule(
                v.Definition(file.coded(name)),
                v.OutcomeKind(kind),
                measured[0] if measured else "score",
                percent,
                cut,
                str(source),
                int(times) if times.isdecimal() else 1,
                file.flag(inner, "verified", default=False),
            )
