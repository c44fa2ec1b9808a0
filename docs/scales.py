"""The page of the rating scales, made of `mappings/scales`."""

from __future__ import annotations

from collections.abc import Iterator

from kapfhir.mapping.scales.compile import load_shipped
from kapfhir.mapping.scales.load import ScaleFile
from kapfhir.model.scales import Item, Rule, Scale

HEAD = """# Scales

Each scale is one file of `mappings/scales`. A folder of your own (`--mappings DIR`) may hold `scales/*.yaml` too: a file of the
same name replaces the shipped one, others are added, and their codes come with them. After a change of a shipped file run
`python -m kapfhir.mapping.scales.compile` and `python ig/generate.py`. This page is made by `python docs/generate.py`.

Answers are scored by what they say, never by the number under which an export kept them. An export that counts from 1 where the
scale counts from 0 needs a code table that says what each number means: then it is scored rightly and told (`shifted-coding`);
without one it is refused. That is judged for the table before its first row: where one record shows a number too many and no 0,
no record of the scale without a 0 is taken, and none at all where such records outnumber those with a 0; nor any from a table
beside it that never has a 0. A sync keeps that in its ledger: later exports of the table are refused too, also those in which
nothing shows it, until there is a code table for all answers of the scale. A new ledger, and what has none (`map`, `findings`,
`explain`), knows of no earlier export.

Outcomes are made of the records that an export holds. Of a table of new rows only (`scope: delta`) the baseline, the first dose
or an earlier response may stand in an earlier export: then an outcome is not made, or compared with another assessment, and no
line tells it. What an earlier run sent of such outcomes stays. Where outcomes are wanted, export courses, sessions and scores
whole.

Nothing is prorated. Where maps of subscales conflict, none is computed unless a record names it.
The first scheme of bands is the one that is sent; its name is part of the code. *checked*: the definition was read in its
source.
"""


def scales_page() -> str:
    """All shipped scales: a table of them, then what each says."""
    files = load_shipped()
    table = ["| instrument | version | items | total | rater, recall | item wording |", "|---|---|---|---|---|---|"]
    table += [_row(f) for f in files]
    return HEAD + "\n" + "\n".join(table) + "\n\n" + "\n".join(_section(f) for f in files if _says_more(f.scale))


def _row(file: ScaleFile) -> str:
    scale = file.scale
    recall = f", {scale.recall.value} {scale.recall.unit}" if scale.recall else ""
    wording = "shipped" if file.texts else "not shipped"
    cells = [f"`{scale.instrument}`", scale.version, _items(scale.items), _totals(scale)]
    return f"| {' | '.join([*cells, (scale.rater or 'either') + recall, wording])} |"


def _items(items: tuple[Item, ...]) -> str:
    """`9 x 0..3`, by runs of items that take the same."""
    runs: list[tuple[str, int]] = []
    for item in items:
        if item.choices:
            takes = ", ".join(item.choices)
        else:
            ends = f"{item.numbers[0]}..{item.numbers[-1]}"
            takes = ends if isinstance(item.numbers, range) else ", ".join(map(str, item.numbers))
        takes += "" if item.scored else " (not scored)"
        takes += " (optional)" if item.optional and item.scored else ""
        runs = [*runs[:-1], (takes, runs[-1][1] + 1)] if runs and runs[-1][0] == takes else [*runs, (takes, 1)]
    return "<br>".join(f"{count} x {takes}" for takes, count in runs) or "unknown"


def _totals(scale: Scale) -> str:
    return "<br>".join(f"{t.method} {t.lowest}..{t.highest}" for t in scale.totals) or "never summed"


def _says_more(scale: Scale) -> bool:
    return bool(scale.parts or scale.schemes or scale.safety or scale.rules or scale.skips or scale.confused_with)


def _section(file: ScaleFile) -> str:
    scale = file.scale
    return "\n".join([f"## {file.short}", "", *_lines(scale), ""])


def _lines(scale: Scale) -> Iterator[str]:
    for skip in scale.skips:
        spared = ", ".join(f"`{q}`" for q in skip.skipped)
        yield f"- where `{skip.question}` scores {skip.most} or less, {spared} may be missing and score 0"
    for name in dict.fromkeys(p.map for p in scale.parts):
        parts = [p for p in scale.parts if p.map == name]
        told = "; ".join(
            f"`{p.subscale}` {', '.join(q.rsplit('-', 1)[-1] for q in p.questions)} ({p.rule} {p.lowest}..{p.highest})"
            for p in parts
        )
        yield f"- subscales by the map *{name}*: {told}"
    for scheme in scale.schemes:
        bands = ", ".join(
            f"{b.band.removeprefix(scheme.name + '-')} " + (" or ".join(b.any_of) if b.any_of else f"{b.lowest}..{b.highest}")
            for b in scheme.bands
        )
        yield f"- bands *{scheme.name}* ({scheme.source}): {bands}"
    if scale.safety:
        items = ", ".join(f"`{q}`" for q in scale.safety.questions)
        yield f"- safety: {items} {scale.safety.cut} ({scale.safety.source})"
    yield from (f"- `{r.definition}`: {_rule(r)}" for r in scale.rules)
    if scale.confused_with:
        yield f"- could be {', '.join(scale.confused_with)}: told unless the version is stated"


def _rule(rule: Rule) -> str:
    what = {
        "score": "score",
        "drop": "drop from the baseline",
        "rise": "rise from the baseline",
        "lost": "of the gain lost after a response",
    }
    row = f", {rule.in_a_row} in a row" if rule.in_a_row > 1 else ""
    checked = "; *checked*" if rule.verified else ""
    return f"{rule.kind}, {what[rule.measure]} {rule.cut}{' %' if rule.percent else ''}{row} ({rule.source}{checked})"
