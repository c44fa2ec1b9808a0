"""Local moments as whole minutes, and how columns write them: made of texts that are kept, since days and times repeat.

A moment is `day * 1440 + minute`, the day counted as `date.toordinal` does.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

ZONE = "America/Los_Angeles"
DAY = 1440
CLOCK = tuple(f"{h:02}:{m:02}" for h in range(24) for m in range(60))
CLOCK_12 = tuple(f"{h % 12 or 12}:{m:02} {'AM' if h < 12 else 'PM'}" for h in range(24) for m in range(60))
_zone = ZoneInfo(ZONE)


@lru_cache(maxsize=8192)
def iso_day(day: int) -> str:
    return date.fromordinal(day).isoformat()


@lru_cache(maxsize=8192)
def us_day(day: int) -> str:
    """Month first."""
    found = date.fromordinal(day)
    return f"{found.month:02}/{found.day:02}/{found.year}"


@lru_cache(maxsize=8192)
def world_day(day: int) -> str:
    """Day first."""
    found = date.fromordinal(day)
    return f"{found.day:02}/{found.month:02}/{found.year}"


@lru_cache(maxsize=8192)
def _offset(day: int) -> tuple[str, int]:
    """The offset at noon, as text and as minutes behind UTC: moments of a clinic lie in the daytime, after any change."""
    found = date.fromordinal(day)
    noon = datetime(found.year, found.month, found.day, 12, tzinfo=_zone)
    behind = -int((noon.utcoffset() or timedelta()).total_seconds()) // 60
    return f"-{behind // 60:02}:{behind % 60:02}", behind


def moment(found: datetime) -> int:
    """The moment of a local clock."""
    return found.toordinal() * DAY + found.hour * 60 + found.minute


def iso(at: int) -> str:
    return f"{iso_day(at // DAY)} {CLOCK[at % DAY]}"


def us(at: int) -> str:
    return f"{us_day(at // DAY)} {CLOCK_12[at % DAY]}"


def with_offset(at: int) -> str:
    return f"{iso_day(at // DAY)}T{CLOCK[at % DAY]}{_offset(at // DAY)[0]}"


def utc(at: int) -> str:
    there = at + _offset(at // DAY)[1]
    return f"{iso_day(there // DAY)}T{CLOCK[there % DAY]}:00Z"


def gap_and_fold(year: int) -> tuple[int, int]:
    """The days of a year on which the clocks of the zone jump, and on which an hour comes twice."""
    start = datetime(year, 1, 1, 12, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range(366)]
    offsets = [(d.date().toordinal(), d.astimezone(_zone).utcoffset() or timedelta()) for d in days]
    changes = [(b[0], b[1] > a[1]) for a, b in pairwise(offsets) if a[1] != b[1]]
    return next(d for d, forward in changes if forward), next(d for d, forward in changes if not forward)


def tenths(value: int) -> str:
    """A count of tenths as a decimal."""
    return f"{value // 10}.{value % 10}"
