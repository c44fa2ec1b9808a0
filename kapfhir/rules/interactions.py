"""Interactions of drugs (domain D.5): what is taken now, by class, code or the words of the clinic, beside a dose.

`drugs.csv` names the classes, codes and words of each rule. A word is looked for whole, in small letters; nothing is guessed, so
a drug whose name stands in no list is not found.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

from kapfhir.model.rems import RemsForm

from .facts import Medicine
from .story import Found, Story, first
from .table import Numbers

FILE = Path(__file__).with_name("drugs.csv")
WORD = re.compile(r"[a-z]+")
ANTIDEPRESSANTS = ("ssri", "snri", "tca", "maoi", "other-antidepressant")
STABILIZER = "stabilizer"  # in drugs.csv: no rule of its own, but what E08 looks for
FORM = {"benzodiazepine": "I01", "maoi": "I03", "stimulant": "I04", "opioid": "I05", "z_hypnotic": "I05"}


@cache
def drugs() -> dict[tuple[str, str], tuple[str, ...]]:
    """(kind, value) -> the rules that it meets. `kind`: class, drug or word."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = (row["kind"], row["value"])
            found[at] = (*found.get(at, ()), row["rule"])
    return found


@lru_cache(maxsize=4096)
def meets(drug: str | None, drug_class: str | None, label: str) -> tuple[str, ...]:
    """The rules that a drug meets."""
    return tuple([r for r in _all(drug, drug_class, label) if r != STABILIZER])


def is_stabilizer(drug_class: str | None, label: str) -> bool:
    return STABILIZER in _all(None, drug_class, label)


def meets_form(form: RemsForm) -> tuple[str, ...]:
    """The rules that the ticks of a REMS form meet."""
    return tuple([rule for name, rule in FORM.items() if getattr(form, name) is True])


def _all(drug: str | None, drug_class: str | None, label: str) -> tuple[str, ...]:
    known = drugs()
    words = WORD.findall(label.lower()) if label else ()
    at = [("drug", drug or ""), ("class", drug_class or ""), *(("word", word) for word in words)]
    return tuple(sorted({rule for one in at for rule in known.get(one, ())}))


def _taken(rule: str) -> Callable[[Story, Numbers], Found]:
    def found(story: Story, n: Numbers) -> Found:  # noqa: ARG001
        yield from (m for m in story.medicines if rule in m.rules and _beside(story, m))
        yield from (d for d in story.doses if rule in d.taken)

    return found


def esketamine_alone(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    if story.medicines and not any(m.antidepressant and _beside(story, m) for m in story.medicines):
        yield from first(d for d in story.doses if d.nasal)


def stopped_lately(story: Story, n: Numbers) -> Found:
    begun = story.doses[0].day if story.doses else 0
    for medicine in story.medicines:
        if medicine.antidepressant and medicine.ended is not None and 0 <= begun - medicine.ended <= n["days"]:
            yield medicine


def other_psychedelic(story: Story, n: Numbers) -> Found:
    for medicine in story.medicines:
        last = medicine.last_taken if medicine.last_taken is not None else medicine.ended
        if "I13" in medicine.rules and last is not None and any(0 <= d.day - last <= n["days"] for d in story.doses):
            yield medicine
    yield from (d for d in story.doses if "I13" in d.taken)


def _beside(story: Story, medicine: Medicine) -> bool:
    """Whether a drug is taken at the time of a dose."""
    if medicine.purpose == "prior-trial" or not (medicine.active or medicine.ended is not None):
        return False
    return any(
        (medicine.started is None or medicine.started <= d.day) and (medicine.ended is None or medicine.ended >= d.day)
        for d in story.doses
    )


STORY: dict[str, Callable[[Story, Numbers], Found]] = {f"I{number:02}": _taken(f"I{number:02}") for number in range(1, 11)} | {
    "I11": esketamine_alone,
    "I12": stopped_lately,
    "I13": other_psychedelic,
}
