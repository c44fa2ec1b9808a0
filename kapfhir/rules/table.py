"""The rules as a table: what each looks at, its numbers, how grave it is, where it comes from. One file, `rules.csv`.

A rule is implemented once: by a predicate of the same id (`catalogue.py`), or where the record itself is judged. Then `by` names
the codes of the problems that tell it (`CODE`, or `CODE@TEXT` for those whose text begins like this), or, for what is computed
and not judged, the function (`module:name`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

SEVERITIES = ("safety", "error", "warning", "info")  # in the order in which findings are told
COMPUTED = "computed"  # nothing is found: the rule says how something is reckoned
THEMES = {
    "S": "Structure and arithmetic",
    "E": "Eligibility",
    "P": "Dosing",
    "M": "Monitoring on the day",
    "I": "Drug interactions",
    "O": "Outcomes and suicidality",
    "T": "Timing of integration",
    "G": "Grading of adverse events",
    "V": "Evidence of a protocol",
}
FILE = Path(__file__).with_name("rules.csv")
NUMBER = re.compile(r"(\w+)=(-?[0-9.]+)(?: (\S+))?")
Numbers = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `about`: the concepts that it looks at; `units` are those of the numbers; `text` shows numbers in braces."""

    id: str
    severity: str
    about: tuple[str, ...]
    numbers: Numbers
    units: Mapping[str, str]
    by: tuple[str, ...]
    verified: str  # verified, partly, unverified; arithmetic: follows from the data
    source: str
    text: str
    advice: str
    changed: tuple[str, ...] = field(default=())  # what a clinic's configuration says otherwise

    @property
    def domain(self) -> str:
        """The rule of the domain that this is a part of: `M03` of `M03-rise`."""
        return self.id.partition("-")[0]

    @property
    def theme(self) -> str:
        return THEMES[self.id[0]]

    @property
    def codes(self) -> tuple[str, ...]:
        """The problems that tell it, where the record itself is judged."""
        return () if self.severity == COMPUTED else self.by

    @property
    def told(self) -> str:
        """The text with its numbers."""
        return self.text.format_map({name: f"{number:f}" for name, number in self.numbers.items()})


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the table."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: _rule(row) for row in csv.DictReader(file)}


def changes(rules: Iterable[Rule]) -> list[str]:
    """What a clinic's configuration says otherwise, a line per rule."""
    return [f"rule changed by the configuration: {rule.id}: {', '.join(rule.changed)}" for rule in rules if rule.changed]


def _rule(row: dict[str, str]) -> Rule:
    found = [NUMBER.fullmatch(part) for part in row["numbers"].split("; ") if part]
    parts = [m for m in found if m]
    assert len(parts) == len(found), f"rules.csv: the numbers of {row['id']} are name=number unit, with '; ' between them"
    return Rule(
        row["id"],
        row["severity"],
        tuple(row["about"].split()),
        {m[1]: Decimal(m[2]) for m in parts},
        {m[1]: m[3] or "" for m in parts},
        tuple(row["by"].split("; ")) if row["by"] else (),
        row["verified"],
        row["source"],
        row["text"],
        row["advice"],
    )
