"""Which values are ages or birth dates: by the element, by a code, or by the words of a question. And how long ago they held.

The words of a question tell numbers of a person, too: a ZIP or a chart number of few digits looks like a reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from .table import telling_codes

AGE, BIRTH, NUMBER = "age", "birth", "number"
ASKED = {  # type -> what says of what a value is, and the elements that are the value
    "Observation": (("code",), ("value", "component")),
    "Observation.component": (("code",), ("value",)),
    "Group.characteristic": (("code",), ("value",)),
    "Goal.target": (("measure",), ("detail",)),
    "PlanDefinition.goal.target": (("measure",), ("detail",)),
    "UsageContext": (("code",), ("value",)),
    "QuestionnaireResponse.item": (("linkId", "text", "definition"), ("answer", "item")),
}
KINDS = frozenset(["Age", "Range", "string"])  # of an element that may be an age or a date
WORDS = (
    (BIRTH, re.compile(r"\b(date|day|month|year|time)s? of birth\b|\bbirth ?(date|day|month|year|time)s?\b|\bdob\b|\bborn\b")),
    (
        NUMBER,
        re.compile(
            r"\b(mrn|ssn|imei|zip|postal code|post ?code|(tele)?phones?|mobile|fax|latitude|longitude|coordinates?|gps|plate"
            r"|pin|vin)\b|\b(chart|record|account|policy|plan|group|member|subscriber|beneficiary|insurance|licen[cs]e"
            r"|certificate|serial|lot|device|house|street|room|passport|case|file|patient|client|participant|study|security"
            r"|tax|card) (number|no|nr|id|code)s?\b"
        ),
    ),
    (AGE, re.compile(r"\b(ages?|aged)\b|\byears? old\b|\bold are you\b|\bold is\b")),
)
CODE = re.compile(r"\d{1,7}-\d")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
NO_WORD = re.compile(r"[^a-z0-9]+")
YEAR = re.compile(r"(\d{4})(-\d\d(-\d\d(T.*)?)?)?")
EARLIER = ("onset", "born", "birth", "deceased", "value", "id")  # an age may be later than these, or they are no dates of it
DEFINITIONS = ("ActivityDefinition", "Group", "PlanDefinition")  # their ages are those of nobody on a day


def subject_of(node: Mapping[str, Any], kind: str) -> str:
    """`age`, `birth` or `number` (of a person) where the value of this node is one, else nothing."""
    found = {told for name in ASKED[kind][0] for text in _words(node.get(name)) if (told := _told(text))}
    return next((told for told in (NUMBER, BIRTH, AGE) if told in found), "")


def first_year(resource: Mapping[str, Any]) -> int | None:
    """The first year in which the ages that a resource tells may have been true; None if there is none."""
    if resource.get("resourceType") in DEFINITIONS:
        return None
    years = [
        int(match[1])
        for name, value in resource.items()
        if not name.startswith(EARLIER)
        and isinstance(text := value.get("start") if isinstance(value, dict) else value, str)
        and (match := YEAR.fullmatch(text))
    ]
    return min(years, default=None)


@lru_cache(maxsize=8192)
def _told(text: str) -> str:
    codes = telling_codes()
    for code in (text, *CODE.findall(text)):
        if code in codes:
            return codes[code]
    plain = NO_WORD.sub(" ", CAMEL.sub(" ", text).lower())
    return next((told for told, words in WORDS if words.search(plain)), "")


def _words(value: Any) -> Iterator[str]:
    """The texts of a question: of a link, a concept, or a coding."""
    whole = [value] if isinstance(value, str | dict) else value if isinstance(value, list) else []
    for item in whole:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from (text for name in ("text", "code", "display") if isinstance(text := item.get(name), str))
            if "coding" in item:
                yield from _words(item["coding"])
