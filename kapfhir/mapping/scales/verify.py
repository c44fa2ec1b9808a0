"""What the words of a scale file say together: ranges that add up, bands without gaps, nothing about items that are not there."""

from __future__ import annotations

from decimal import Decimal

from kapfhir.mapping.located import Text
from kapfhir.model.scales import Item, Part, Scale, Total

from .parse import TOP, File


def verify(file: File, scale: Scale) -> None:
    """Say what can't be: it would score wrongly."""
    scored = [i for i in scale.items if i.scored and i.scores]
    for total in scale.totals:
        _range(file, _at(file, "totals", total.method), total, scored, scale)
    for part in scale.parts:
        _part(file, _at(file, "subscales", part.map), part, scale)
    _bands(file, scale)
    for rule in scale.rules:
        if rule.measure == "score" and scale.totals and not _inside(rule.cut.number, scale.totals[0]):
            file.say(_at(file, "definitions", rule.definition), "wrong-cut", "the cut lies outside the range of the total")


def _inside(number: Decimal, total: Total) -> bool:
    return total.lowest <= number <= total.highest


def _at(file: File, block: str, name: str) -> Text:
    return next((key for key in file.block(file.tree, block) if key == name), TOP)


def _range(file: File, at: Text, total: Total, scored: list[Item], scale: Scale) -> None:
    if not scored:
        return
    least = sum(i.scores[0] for i in scored if not i.optional)
    most = sum(i.scores[-1] for i in scored)
    if total.rule == "mean":
        low, high = Decimal(min(i.scores[0] for i in scored)), Decimal(max(i.scores[-1] for i in scored))
    elif total.rule == "percent":
        low, high = Decimal(0), Decimal(100)
    elif total.rule == "domains":
        asked = [q for group in total.groups for q in group]
        if sorted(asked) != sorted(i.question for i in scored):
            file.say(at, "wrong-groups", "each scored item is in one group")
            return
        low = Decimal(sum(max(scale.item(q).scores[0] for q in group) for group in total.groups))
        high = Decimal(sum(max(scale.item(q).scores[-1] for q in group) for group in total.groups))
    else:
        low, high = Decimal(least * total.times), Decimal(most * total.times)
    if (total.lowest, total.highest) != (low, high):
        file.say(at, "wrong-range", f"the items make a total of {low}..{high}")


def _part(file: File, at: Text, part: Part, scale: Scale) -> None:
    if not part.questions:
        return
    lows = [scale.item(q).scores[0] for q in part.questions]
    highs = [scale.item(q).scores[-1] for q in part.questions]
    low, high = (min(lows), max(highs)) if part.rule == "mean" else (sum(lows), sum(highs))
    if (part.lowest, part.highest) != (Decimal(low), Decimal(high)):
        file.say(at, "wrong-range", f"the items of {part.subscale} make a score of {low}..{high}")


def _bands(file: File, scale: Scale) -> None:
    for scheme in scale.schemes:
        at = _at(file, "bands", scheme.name)
        bands = [b for b in scheme.bands if not b.any_of]
        if not bands:
            continue
        if not scale.totals:
            file.say(at, "never-acts", "bands of a scale without a total can never act; name items: `yes_to`")
            continue
        total = scale.totals[0]
        edges = [bands[0].lowest, *(b.lowest for b in bands[1:])]
        nexts = [*(b.highest + 1 for b in bands[:-1])]
        if edges[1:] != nexts or edges[0] != total.lowest or bands[-1].highest != total.highest:
            file.say(at, "band-gap", f"bands follow each other without gap from {total.lowest} to {total.highest}")
