"""Rating scales in wide tables: which columns are the items of which scale, by number or by the words of the item."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from kapfhir.model.scales import Scale
from kapfhir.model.shipped import SCALES

from .instruments import LETTERS, Named, is_name, name_scales, spell
from .profile import Column, Profile
from .words import TOTAL, fits

COMMON = (  # where only number and range speak, these go first; then all others by their names
    *("phq-9", "gad-7", "pcl-5", "madrs", "cadss", "meq30", "cssrs-screener", "qids-sr16", "hamd17", "bdi-ii", "wsas", "who-5"),
    *sorted(SCALES),
)
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
LAST = re.compile(r"-(\d+)$")
SHORT, FEWEST = 12, 7  # a prefix that says nothing of its own; the items of a run that nothing names


@dataclass(frozen=True, slots=True)
class Found:
    """A scale in a table. `items`: question -> column; `sure`: something names the scale, and no other one. `others`: what it may
    be as well.
    """

    scale: Scale
    items: dict[str, Column]
    total: Column | None
    sure: bool
    others: tuple[str, ...] = ()


def find_scales(profile: Profile) -> list[Found]:
    """Every scale of which the table has the items, or a total, in columns of their own."""
    groups = numbered(profile)
    by_items: dict[str, Found] = {}
    for prefix, group in groups.items():
        named = name_scales(prefix)
        if not named.all and len(prefix) <= SHORT:
            named = name_scales(profile.words)
        if (found := _by_number(named, group)) is not None:
            by_items.setdefault(str(found.scale.instrument), found)
    for name in COMMON:
        if name not in by_items and (items := _by_codes(SCALES[name], profile)):
            by_items[name] = Found(SCALES[name], items, None, sure=True)
    for name in ITEMS:
        if name not in by_items and (items := _by_words(SCALES[name], name, profile)):
            by_items[name] = Found(SCALES[name], items, None, sure=True)
    taken = {c.place for f in by_items.values() for c in f.items.values()}
    out = _with_totals(profile, by_items, taken)
    if not by_items:
        out += _unnamed({prefix: group for prefix, group in groups.items() if not taken & {c.place for c in group.values()}})
    return sorted(out, key=lambda found: _rank(found.scale.instrument))


def _rank(instrument: str) -> int:
    return COMMON.index(instrument) if instrument in COMMON else len(COMMON)  # a clinic's own


def instrument_of(words: str) -> str:
    """The scale that these words name; empty if none, or several."""
    return name_scales(words).one


def numbered(profile: Profile) -> dict[str, dict[int, Column]]:
    """Columns that differ by their last number only: prefix -> number -> column."""
    out: dict[str, dict[int, Column]] = {}
    for column in profile.columns:
        found = NUMBERED.fullmatch(column.words)
        if found and column.alone and column.filled and column.kind in ("number", "text"):
            out.setdefault(found[1], {}).setdefault(int(found[2]), column)
    return out


def some_items(profile: Profile, scale: Scale) -> list[Column]:
    """Numbered columns under the name of a scale that has not just so many: which item each is can't be known."""
    name = scale.instrument
    groups = [g for prefix, g in numbered(profile).items() if name in (name_scales(prefix).all or name_scales(profile.words).all)]
    return [column for group in groups if len(group) > 1 for column in group.values()]


def _by_number(named: Named, group: dict[int, Column]) -> Found | None:
    """The scale of these names that has just so many items. Of several, those in whose range the numbers are."""
    fitting = [(SCALES[name], items) for name in named.all if (items := _items(SCALES[name], group))]
    for test in (lambda f: len(f[1]) == len(group), lambda f: _holds(*f)):
        fitting = list(filter(test, fitting)) or fitting
    if not fitting:
        return None
    scale, items = min(fitting, key=lambda f: (f[0].instrument not in named.whole, _rank(f[0].instrument)))
    others = tuple(str(s.instrument) for s, _ in fitting if s is not scale)
    meant = not named.whole or scale.instrument in named.whole
    return Found(scale, items, None, sure=not others and meant and len(items) == len(group), others=others)


def _items(scale: Scale, group: dict[int, Column]) -> dict[str, Column]:
    """The columns of the items by their numbers, as the scale counts them; none if some are not there."""
    numbers = questions_by_number(scale)
    asked = {number for number, question in numbers.items() if question in scale.asked}
    if len(asked) > 1 and asked <= set(group):
        return {numbers[n]: group[n] for n in sorted(numbers) if n in group}
    return {}


def questions_by_number(scale: Scale) -> dict[int, str]:
    """Those that are counted: the first question of the PC-PTSD-5 is not."""
    return {int(found[1]): str(question) for question in scale.questions if (found := LAST.search(question))}


def _holds(scale: Scale, items: dict[str, Column]) -> bool:
    """Whether the numbers in the columns are those of the scale."""
    pairs = [(scale.item(question).numbers, column) for question, column in items.items() if column.whole]
    return all(not numbers or (numbers[0] <= column.low and column.high <= numbers[-1]) for numbers, column in pairs)


def _by_codes(scale: Scale, profile: Profile) -> dict[str, Column]:
    """The items of a scale whose questions have words for names, in columns that are called as we call them: `pulse_mood`."""
    codes = {spell(question): str(question) for question in scale.asked if not LAST.search(question)}
    found = {codes[key]: c for c in profile.columns if c.alone and c.filled and (key := spell(c.words)) in codes}
    return found if len(found) == len(scale.asked) > 1 else {}


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
    """A run of numbered columns that is as long as a scale, and in its range; but none with a name of its own."""
    for group in (found for prefix, found in numbered.items() if GENERIC.fullmatch(prefix)):
        fitting: dict[str, Found] = {}
        for scale in (SCALES[name] for name in COMMON if SCALES[name].items):
            count = len(scale.asked)
            inside = all(c.whole and c.high <= max(i.scores[-1] for i in scale.items) for c in group.values())
            if set(group) == set(range(1, count + 1)) and inside and count >= FEWEST and (items := _items(scale, group)):
                fitting.setdefault(str(scale.instrument), Found(scale, items, None, sure=False))
        if fitting:
            first, *others = fitting
            return [replace(fitting[first], others=tuple(others))]
    return []


def _with_totals(profile: Profile, by_items: dict[str, Found], taken: set[int]) -> list[Found]:
    """What was found by its items, with its total; and what only a total tells of."""
    out, about = dict(by_items), name_scales(profile.words).all
    for column in profile.columns:
        if (
            not column.alone or column.kind != "number" or column.place in taken
        ):  # `PHQ9` beside `PHQ1` to `PHQ8` is its last item
            continue
        named = _total_of(column.words)
        if not named and any(fits(p, column.words) for p in TOTAL) and column.words.split()[-1] in ("total", "score", "sum"):
            named = tuple(by_items) if len(by_items) == 1 else about
        of = [name for name in named if name in by_items] or [name for name in named if SCALES[name].totals]
        of = [name for name in of if _reaches(SCALES[name], column)] or of
        if not of:
            continue
        name = min(of, key=_rank)
        old = out.get(name)
        if old is None:
            out[name] = Found(SCALES[name], {}, column, sure=len(of) == 1, others=tuple(n for n in of if n != name))
        elif old.total is None:
            out[name] = replace(old, total=column)
    return list(out.values())


def _total_of(words: str) -> tuple[str, ...]:
    """The scales whose total a column of these words is; none where it may be anything else."""
    named, whole = name_scales(words), is_name(words)
    spoken = re.search("(?:total|score|sum|tot)(?![a-z0-9])", words) is not None
    plain = len(words.split()) <= 2 and any(len(spell(name)) > LETTERS for name in named.all)  # `ACE inhibitor` is no score
    numbered = NUMBERED.fullmatch(words) is not None and not whole
    return (named.whole or named.short) if (whole or plain or spoken) and not numbered else ()


def _reaches(scale: Scale, column: Column) -> bool:
    return not column.whole or any(total.lowest <= column.low and column.high <= total.highest for total in scale.totals)
