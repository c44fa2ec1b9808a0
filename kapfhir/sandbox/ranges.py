"""Dates and numbers as the ranges that they stand for, in a resource and in a search.

`2024-05` is every moment of that May; `100` is all that rounds to 100. Moments are microseconds since 1970; a date without a
zone is taken as UTC, for resources and searches alike.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from .wire import EPOCH

EVER = 1 << 62  # an open end of a period
MICROSECOND = timedelta(microseconds=1)
PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)
MOMENT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T(?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """From `low`, included, to `high`, not included."""

    low: int
    high: int


def parse_moment(text: str) -> Span | None:
    """A FHIR date, dateTime or instant; None for what is none."""
    match = MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    second = min(int(match["second"] or 0), 59)  # a leap second is counted to the second before it
    try:
        start = datetime(year, month, day, int(match["hour"] or 0), int(match["minute"] or 0), second, tzinfo=UTC)
    except ValueError:
        return None
    low = (start - EPOCH) // MICROSECOND
    if match["fraction"]:
        digits = match["fraction"][:6]
        low += int(digits.ljust(6, "0"))
        length = 10 ** (6 - len(digits))
    elif match["hour"]:
        length = 1_000_000 if match["second"] else 60_000_000
    else:
        days = 1 if match["day"] else monthrange(year, month)[1] if match["month"] else 365 + (monthrange(year, 2)[1] == 29)
        length = days * 86_400_000_000
    zone = match["zone"]
    if zone and zone != "Z":
        ahead = (int(zone[1:3]) * 60 + int(zone[4:])) * 60_000_000
        low += -ahead if zone[0] == "+" else ahead
    return Span(low, low + length)


def parse_prefix(text: str) -> tuple[str, str]:
    """`ge2024` -> (`ge`, `2024`); without one it is `eq`."""
    match = PREFIX.fullmatch(text)
    assert match is not None
    return match[1] or "eq", match[2]


def parse_number(text: str) -> tuple[float, float, float] | None:
    """(value, low, high): the number and the range that rounds to it at the precision it is written in."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 300:
        return None
    half = Decimal(5).scaleb(exponent - 1)
    return float(value), float(value - half), float(value + half)
