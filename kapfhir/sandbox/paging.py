"""Where a page of matches goes on: after the last row of the one before, whatever became of that row since.

A page that begins at a number of rows leaves one out for each that was deleted before it. So the link to the next page holds the
values that the last row was ordered by; the number of rows is in it for the links back only.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .criteria import Condition, bad_value

LONGEST_COUNT = 15  # digits; SQLite's integers end at 19
AFTER = "_after"


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are ordered by; rows without a value come last."""

    sql: str
    arguments: tuple[Any, ...] = ()
    falls: bool = False
    always: bool = True  # each row has a value

    @property
    def order(self) -> str:
        return f"{self.sql} {'DESC' if self.falls else 'ASC'}" + ("" if self.always else " NULLS LAST")


ROW = Key("c.rid")


def parse_count(name: str, text: str) -> int:
    """A number of matches; refuses what is none, or beyond all bounds."""
    if not text.isdecimal() or len(text) > LONGEST_COUNT:
        raise bad_value(name, f"a whole number of at most {LONGEST_COUNT} digits")
    return int(text)


def build_order(keys: Sequence[Key]) -> Condition:
    return Condition(", ".join(key.order for key in keys), tuple(a for key in keys for a in key.arguments))


def build_after(keys: Sequence[Key], values: Sequence[Any]) -> Condition:
    """True for the rows that come after one with these values."""
    beyond = Condition("0")
    for key, value in zip(reversed(keys), reversed(values), strict=True):
        same = Condition(f"({key.sql} IS ? AND {beyond.sql})", (*key.arguments, value, *beyond.arguments))
        if value is None:
            beyond = same
            continue
        sign = "<" if key.falls else ">"
        parts = [f"{key.sql} {sign} ?", same.sql, *([] if key.always else [f"{key.sql} IS NULL"])]
        arguments = (*key.arguments, value, *same.arguments, *(() if key.always else key.arguments))
        beyond = Condition(f"({' OR '.join(parts)})", arguments)
    return beyond


def write_after(values: Sequence[Any]) -> str:
    """The values of a row as they stand in a link."""
    return urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def parse_after(text: str, keys: Sequence[Key]) -> tuple[Any, ...]:
    """The values from a link; refuses what did not come from one to a page in the same order."""
    try:
        values = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != len(keys) or not all(map(_is_value, values)):
        raise bad_value(AFTER, "from a link to the next page of this search")
    return tuple(values)


def _is_value(value: object) -> bool:
    """Whether SQLite has such a value."""
    return (type(value) is int and abs(value) < 1 << 63) or type(value) in (str, float, type(None))
