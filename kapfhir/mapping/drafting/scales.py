"""Rating scales in wide tables: which columns are the items of which scale, by number or by the words of the item."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kapfhir.model.scales import Scale
from kapfhir.model.shipped import SCALES

from .profile import Column, Profile
from .words import TOTAL, fits

NAMES = {
    "phq-9": r"phq ?-?9?\w*",
    "gad-7": r"gad ?-?7?\w*",
    "pcl-5": r"pcl ?-?5?\w*",
    "madrs": r"madrs\w*",
    "cadss": r"cadss\w*",
    "meq30": r"meq ?-?(?:30)?\w*",
    "cssrs-screener": r"c ?-?ssrs\w*|columbia\w*",
    "qids-sr16": r"qids ?-?(?:sr)?\w*",
    "hamd17": r"ham ?-?d ?-?(?:17)?|hdrs ?-?(?:17)?|hrsd ?-?(?:17)?",
    "bdi-ii": r"bdi ?-?(?:ii|2)\w*",
    "wsas": r"wsas\w*",
    "who-5": r"who ?-?5\w*",
}
ITEMS = {  # words that tell an item from the others of its scale; only for scales whose text is free
    "phq-9": (
        "little interest",
        r"(?:feeling )?down|depressed",
        "sleep|asleep|sleeping",
        "tired|energy",
        "appetite|overeating",
        "bad about yourself|failure",
        "concentrating",
        "moving|speaking|fidgety|restless",
        "better off dead|hurting yourself|self harm",
    ),
    "gad-7": (
        "nervous",
        "control worrying|stop worrying|stop or control",
        "worrying too much",
        "relax|relaxing",
        "restless",
        "annoyed|irritable",
        "afraid",
    ),
    "pcl-5": (
        "disturbing and unwanted memories|unwanted memories",
        "dreams",
        "reliving|happening again",
        "very upset",
        "physical reactions",
        "avoiding memories",
        "avoiding external|external reminders",
        "remembering important",
        "negative beliefs",
        "blaming",
        "negative feelings",
        "loss of interest",
        "distant|cut off",
        "positive feelings",
        "outbursts|irritable",
        "risks",
        "superalert|on guard|watchful",
        "jumpy|startled",
        "concentrating",
        "asleep|sleep|sleeping",
    ),
}
GENERIC = re.compile(r"(?:q|qu|question|questions|i|item|items|a|answer|answers|r|response|no|nr)?")
NUMBERED = re.compile(r"(.*?)\s*0*(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Found:
    """A scale in a table. `items`: question -> column; `sure`: something names the scale."""

    scale: Scale
    items: dict[str, Column]
    total: Column | None
    sure: bool


def find_scales(profile: Profile) -> list[Found]:
    """Every scale of which the table has the items, or a total, in columns of their own."""
    out = []
    numbered = _numbered(profile)
    named = [name for name, pattern in NAMES.items() if fits(pattern, profile.words)]
    for name in NAMES:
        scale = SCALES[name]
        items = _by_number(scale, name, numbered, named) or _by_words(scale, name, profile)
        total = _total(profile, name, [c.place for c in items.values()], alone=named == [name])
        if items or (total is not None and scale.totals):
            out.append(Found(scale, items, total, sure=True))
    taken = {c.place for f in out for c in f.items.values()}
    if not any(f.items for f in out):
        out += _unnamed({prefix: group for prefix, group in numbered.items() if not taken & {c.place for c in group.values()}})
    return out


def instrument_of(words: str) -> str:
    """The scale that these words name; empty if none, or several."""
    found = [name for name, pattern in NAMES.items() if fits(pattern, words)]
    return found[0] if len(found) == 1 else ""


def _numbered(profile: Profile) -> dict[str, dict[int, Column]]:
    """Columns that differ by their last number only: prefix -> number -> column."""
    out: dict[str, dict[int, Column]] = {}
    for column in profile.columns:
        found = NUMBERED.fullmatch(column.words)
        if found and column.alone and column.filled and column.kind in ("number", "text"):
            out.setdefault(found[1], {}).setdefault(int(found[2]), column)
    return out


def _by_number(scale: Scale, name: str, numbered: dict[str, dict[int, Column]], named: list[str]) -> dict[str, Column]:
    count = len(scale.asked)
    for prefix, group in numbered.items():
        speaks = fits(NAMES[name], prefix) or (named == [name] and len(prefix) <= 12)
        if speaks and set(range(1, count + 1)) <= set(group):
            return {question: group[n] for n, question in enumerate(scale.asked, 1)}
    return {}


def _by_words(scale: Scale, name: str, profile: Profile) -> dict[str, Column]:
    out: dict[str, Column] = {}
    for question, pattern in zip(scale.questions, ITEMS.get(name, ()), strict=False):
        column = next(
            (c for c in profile.columns if c.alone and c.filled and c not in out.values() and fits(pattern, c.words)), None
        )
        if column is not None:
            out[question] = column
    long = sum(len(c.words.split()) >= 2 for c in out.values())
    return out if len(out) >= 0.7 * len(ITEMS.get(name, ())) and long >= len(out) // 2 else {}


def _unnamed(numbered: dict[str, dict[int, Column]]) -> list[Found]:
    """A run of numbered columns that is as long as just one scale, and in its range; but none with a name of its own."""
    for group in (found for prefix, found in numbered.items() if GENERIC.fullmatch(prefix)):
        for scale in (SCALES[name] for name in NAMES):
            count = len(scale.asked)
            inside = all(c.whole and c.high <= max(i.scores[-1] for i in scale.items) for c in group.values())
            if set(group) == set(range(1, count + 1)) and inside and count >= 7:
                return [Found(scale, {q: group[n] for n, q in enumerate(scale.asked, 1)}, None, sure=False)]
    return []


def _total(profile: Profile, name: str, items: list[int], *, alone: bool) -> Column | None:
    for column in profile.columns:
        if (
            column.alone
            and column.place not in items  # `PHQ9` beside `PHQ1` to `PHQ8` is the last item
            and column.kind == "number"
            and not NUMBERED.fullmatch(column.words.replace("phq 9", "").replace("phq9", "phq"))
        ):
            speaks = fits(NAMES[name], column.words) and (
                fits("total|score|sum|tot", column.words) or len(column.words.split()) <= 2
            )
            if speaks or (
                alone and any(fits(p, column.words) for p in TOTAL) and column.words.split()[-1] in ("total", "score", "sum")
            ):
                return column
    return None
