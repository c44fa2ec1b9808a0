"""When: a moment with its zone, or a day alone where nobody wrote down the time. A day is never taken for its midnight."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

EPOCH = date(1970, 1, 1).toordinal()


def is_day(when: date) -> bool:
    """True for a day alone."""
    return not isinstance(when, datetime)


def day_of(when: date) -> date:
    """The day, on the calendar of the moment's own zone."""
    return when.date() if isinstance(when, datetime) else when


def precedes(one: date, other: date) -> bool:
    """Surely earlier; a day alone is only earlier than a later day."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return day_of(one) < day_of(other)


def earliest(some: Iterable[date]) -> datetime | date | None:
    """The first of them; the day alone where it holds one without a time, as that may have been the first."""
    return _outermost(some, last=False)


def latest(some: Iterable[date]) -> datetime | date | None:
    """The last of them, in the same way."""
    return _outermost(some, last=True)


def order_of(when: date) -> float:
    """A number to sort moments and days by: seconds; a day alone as its start in UTC."""
    return when.timestamp() if isinstance(when, datetime) else (when.toordinal() - EPOCH) * 86400.0


def parse_moment(text: str) -> datetime | date:
    """Back from `isoformat`."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _outermost(some: Iterable[date], *, last: bool) -> datetime | date | None:
    all_of = list(some)
    moments = [one for one in all_of if isinstance(one, datetime)]
    pick = max if last else min
    if len(moments) == len(all_of):
        return pick(moments, default=None)
    day = pick(day_of(one) for one in all_of)
    own = [one for one in all_of if day_of(one) == day]
    return day if any(is_day(one) for one in own) else pick(m for m in moments if m.date() == day)
