"""The page of the rules, made of `kapfhir/rules/rules.csv`."""

from __future__ import annotations

from itertools import groupby

from kapfhir.rules.catalogue import HELD, NEEDS
from kapfhir.rules.table import COMPUTED, Rule, all_rules

HEAD = """# Rules

`kapfhir findings EXPORT` applies these rules to the records of an export and tells what a person should look at; `map`, `plan`
and `sync` tell how many there are. Rules look, they correct nothing. This page is made of `kapfhir/rules/rules.csv` by
`python docs/generate.py`.

| severity | means |
|---|---|
| safety | possible, and sent; somebody should look at it soon |
| error | it can't be true: the element is withheld and the rest sent; two facts of which one must be wrong are both sent |
| warning | possible, and sent; unexpected |
| info | what is incomplete, and how it was taken |
| computed | nothing is found: it says how something is reckoned |

*verified*: read in a source during this work; *partly*: some of it; *unverified*: known in the field, or by convention, and not
checked here; *arithmetic*: follows from the data. No number is medical advice: a clinic sets its own in `kapfhir.toml`, and each
report says so.

```toml
[findings.M03]
severity = "warning"          # safety, error, warning, info, or off
numbers.systolic = 170        # in the unit of the table

[findings.P05-slip]           # a number that withholds: the record keeps to it
numbers.mg = 1200
```

A finding stands at the row that is its record, in the main table of it. What an export does not hold at all says nothing about
a patient: without any consent, rule E17 is not judged, and that is told. So it is with a table of `scope: delta`: what it does
not hold may stand in an earlier one. A record that the rows could not make is not judged: its problems are told, and of a dosing
session or a dose, that it is lost (S01). Where a day has no time of day, what needs the order within the day is not judged.
Rules that are *told by a problem* have the level of this table in `findings`, and that of [the problem](problems.md) in the
other reports.

As FHIR (`--as fhir -o FILE`) each finding about a patient is a DetectedIssue, and a safety finding a Flag too; ids follow from
rule and record. What a problem tells is about the patient of its row, once for each record however many cells tell it. Findings
about no patient, or about whom it is not known, are counted, and stand in the CSV alone. Nothing of it is sent by `sync`: load
the file where it is wanted.

An error withholds an element, and with it what would tell the same number: with a dose its rate, the volume of its drug and the
parts of its infusion. Not so where two facts contradict each other, or one is missing: a status that contradicts its doses (S27),
grade 5 without death, a serious event without a criterion (S28), times out of order (S02). Nobody can tell which one is wrong,
and to withhold a death, a dose or that an event was serious would hide a danger: all is sent as it is, and told as an error.

A test has the unit that its map says, or that stands in the cell; a number that the map takes as words has none (S24). A vital
sign is always in the unit of its map: `kapfhir check` refuses a map that does not say it.
"""


def rules_page() -> str:
    """All rules by theme."""
    parts = [HEAD]
    for theme, group in groupby(all_rules().values(), key=lambda rule: rule.theme):
        parts += [f"## {theme}\n", "| id | severity | says | numbers | source | |", "|---|---|---|---|---|---|"]
        parts += [_row(rule) for rule in group]
        parts.append("")
    return "\n".join(parts)


def _row(rule: Rule) -> str:
    numbers = ", ".join(f"`{name}` {number:f} {rule.units[name]}".strip() for name, number in rule.numbers.items())
    notes = [rule.verified]
    if rule.severity == COMPUTED:
        notes.append(f"`{rule.by[0].partition(':')[2]}` in `{rule.by[0].partition(':')[0]}`")
    elif rule.by:
        codes = dict.fromkeys(code.partition("@")[0] for code in rule.codes)
        notes.append("told by " + ", ".join(f"`{code}`" for code in codes))
    if needs := NEEDS.get(rule.id) or HELD.get(rule.id):
        notes.append(f"only where the export holds a {needs}")
    cells = (rule.id, rule.severity, f"{rule.told} {rule.advice}", numbers, rule.source, "; ".join(notes))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
