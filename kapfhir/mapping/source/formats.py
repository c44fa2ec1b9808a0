"""Dates and times as a column writes them.

A format is made of YYYY MM DD Mon hh mm ss AM Z, or is `iso` or `excel`. One digit is as good as two for MM DD hh; Z is an
offset (`Z`, `-08:00`); other characters stand for themselves. A cell that was a date in its sheet is that date, whatever the
format.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

TOKENS = {
    "YYYY": r"(?P<Y>\d{4})",
    "MM": r"(?P<M>\d{1,2})",
    "DD": r"(?P<D>\d{1,2})",
    "Mon": r"(?P<B>[A-Za-z]{3})",
    "hh": r"(?P<h>\d{1,2})",
    "mm": r"(?P<m>\d{2})",
    "ss": r"(?P<s>\d{2}(?:\.\d{1,6})?)",
    "AM": r"(?P<p>[AaPp])\.?[Mm]\.?",
    "Z": r"(?P<z>Z|[+-]\d{2}:?\d{2})",
}
FARTHEST = timedelta(hours=14)  # offset from UTC, on earth and in FHIR
CLOCK = ("hh", "mm", "ss", "AM", "Z")
MONTHS = {"janfebmaraprmayjunjulaugsepoctnovdec"[3 * i : 3 * i + 3]: i + 1 for i in range(12)}
SPLIT = re.compile(r"(YYYY|MM|DD|Mon|hh|mm|ss|AM|Z)")
ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
SERIAL = re.compile(r"\d{4,6}(?:\.\d{1,12})?", re.ASCII)
BROKEN = "\0"  # stands before the problem's code of a cell without a value; no other cell of a table holds it
TYPED = "\x1f"  # stands before the text of a typed date. It counts as white space: who strips a cell sees the ISO text alone


class Bad(Exception):  # noqa: N818 -- never leaves this room: a cell is bad, and becomes a Problem
    """A cell that can't be read; the code says why, nothing tells the value."""

    def __init__(self, code: str, column: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.column = column  # the one of several columns that is bad


def refuse_broken(cell: str, column: str = "") -> None:
    """Bad for a cell that was broken in its sheet."""
    if cell.startswith(BROKEN):
        raise Bad(cell.removeprefix(BROKEN), column)


Moment = tuple[datetime, bool]  # and whether the cell holds a time of day
Reader = Callable[[str], Moment | None]  # None: not this format


def fault(text: str, *, timed: bool | None) -> str | None:
    """Why this can't be a format of a date and time (`timed`), of a date, or of either (None)."""
    if text in ("iso", "excel"):
        return None
    tokens = SPLIT.findall(text)
    clock = timed is True or (timed is None and has_time(text))
    missing = {"YYYY", "DD"} - set(tokens) | ({"MM"} if not {"MM", "Mon"} & set(tokens) else set())
    missing |= {"hh", "mm"} - set(tokens) if clock else set()
    twice = len(tokens) != len(set(tokens)) or {"MM", "Mon"} <= set(tokens)
    if missing or twice or re.search(r"[A-Za-z]{2}", SPLIT.sub("", text)):
        lacks = f": it lacks {' '.join(sorted(missing))}" if missing else ""
        return f"'{text}' is no format{lacks} (made of YYYY MM DD Mon hh mm ss AM Z; or iso, excel)"
    return None


def has_time(text: str) -> bool:
    return text in ("iso", "excel") or any(token in CLOCK for token in SPLIT.findall(text))


def has_offset(text: str) -> bool:
    return text == "iso" or "Z" in SPLIT.findall(text)  # an iso cell without one is a problem of its row


def clash(formats: tuple[str, ...]) -> bool:
    """Month first beside day first in one column: no cell tells which."""
    orders = {tuple(t for t in SPLIT.findall(f) if t in ("MM", "DD")) for f in formats}
    return {("MM", "DD"), ("DD", "MM")} <= orders


def compile_format(text: str) -> Reader:
    """The reader of one format; it raises Bad for a date that can't be."""
    if text == "iso":
        return _iso
    if text == "excel":
        return _excel
    pattern, timed = _pattern(text), has_time(text)
    day, blank, clock = text.partition(" ")
    if blank and not has_time(day) and "Z" not in SPLIT.findall(clock) and not set(SPLIT.findall(clock)) - set(CLOCK):
        return Halves(day, clock)
    return lambda cell: (found, timed) if (found := _match(pattern, cell)) else None


class Halves:
    """The reader of a day and a clock time with a blank between: either of them repeats itself, so both are remembered."""

    def __init__(self, day: str, clock: str) -> None:
        days, clocks, self._whole = _pattern(day), _pattern(clock), _pattern(f"{day} {clock}")
        self._day = lru_cache(maxsize=1024)(lambda text: _match(days, text))
        self._clock = lru_cache(maxsize=1536)(lambda text: found.time() if (found := _match(clocks, text)) else None)

    def __call__(self, cell: str) -> Moment | None:
        day, _, clock = cell.partition(" ")
        return (found, True) if (found := self.join(day, clock)) else None

    def place(self, day_text: str, clock_text: str, zone: ZoneInfo) -> datetime | None:
        """The moment that the two are in this zone, on a day on which its clocks do not change; None for all else."""
        try:
            day, clock = self._day(day_text), self._clock(clock_text)
        except Bad:
            return None
        if day is None or clock is None or (steady := _offset_of_day(zone, day.toordinal())) is None:
            return None
        return datetime.combine(day, clock, steady)

    def join(self, day_text: str, clock_text: str) -> datetime | None:
        """The two as one; None if one of them is not written so, Bad if there is no such day or time."""
        try:
            day, clock = self._day(day_text), self._clock(clock_text)
        except Bad:  # unless the other half is written in another way
            return _match(self._whole, f"{day_text} {clock_text}")
        return None if day is None or clock is None else datetime.combine(day, clock)


def compile_typed(formats: tuple[str, ...]) -> Reader:
    """The reader of typed cells: a moment or a day alone, or a day beside a clock time of a cell of its own.

    One of these two may be text; then it is read as that half of a format.
    """
    halves = [(f[: found.start()].strip(), f[found.start() :]) for f in formats if (found := re.search(r"hh|mm|ss", f))]
    days, clocks = [_pattern(day) for day, _ in halves], [_pattern(clock) for _, clock in halves]

    def read(cell: str) -> Moment | None:
        cell = cell.strip()  # and the mark, if it stands first
        mark = cell.find(TYPED)
        day, _, rest = cell.partition(" ") if mark < 0 or cell[mark - 1 : mark] != " " else (cell[:mark], "", cell[mark + 1 :])
        day = day.strip()
        found = _iso(day) or next(((d, False) for p in days if (d := _match(p, day))), None)
        if found is None or not rest:
            return found
        clock = _clock(rest) or next((c for p in clocks if (c := _match(p, rest))), None)
        if clock is None:
            return None
        return found[0].replace(hour=clock.hour, minute=clock.minute, second=clock.second, tzinfo=clock.tzinfo), True

    return read


def settle(local: datetime, zone: ZoneInfo | None) -> datetime:
    """The moment that a clock on the wall showed; refused where the clocks jump."""
    if (offset := local.utcoffset()) is not None:
        if abs(offset) > FARTHEST:
            raise Bad("impossible-date")
        return local
    if zone is None:
        raise Bad("no-zone")
    if (steady := _offset_of_day(zone, local.toordinal())) is not None:
        return local.replace(tzinfo=steady)
    early, late = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if early.utcoffset() == late.utcoffset():
        return early.replace(tzinfo=timezone(early.utcoffset() or timedelta()))
    gap = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local
    raise Bad("no-such-local-time" if gap else "ambiguous-local-time")


@lru_cache(maxsize=4096)
def _offset_of_day(zone: ZoneInfo, ordinal: int) -> timezone | None:
    """The offset of a whole day; None for a day on which the clocks change, or at the ends of the calendar."""
    try:
        moments = [datetime.fromordinal(ordinal + days).replace(tzinfo=zone, fold=fold) for days in (0, 1) for fold in (0, 1)]
    except (ValueError, OverflowError):
        return None
    offsets = {moment.utcoffset() for moment in moments}
    offset = offsets.pop()
    return None if offsets or offset is None else timezone(offset)


def day_of(value: datetime, zone: ZoneInfo | None) -> date:
    """The day on the clinic's calendar; of a moment with an offset, the day in its zone."""
    return (value.astimezone(zone) if value.tzinfo is not None and zone is not None else value).date()


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(TOKENS.get(p) or re.escape(p) for p in SPLIT.split(text)), re.ASCII)


def _match(pattern: re.Pattern[str], cell: str) -> datetime | None:
    found = pattern.fullmatch(cell)
    if found is None:
        return None
    g = found.groupdict()
    hour = int(g.get("h") or 0)
    if g.get("p"):
        if not 1 <= hour <= 12:
            raise Bad("impossible-date")
        hour = hour % 12 + (12 if g["p"] in "Pp" else 0)
    month = MONTHS.get(g["B"].lower(), 0) if g.get("B") else int(g.get("M") or 1)
    second, _, fraction = (g.get("s") or "0").partition(".")
    micro = int(fraction.ljust(6, "0")) if fraction else 0
    year, day, minute = int(g.get("Y") or 2000), int(g.get("D") or 1), int(g.get("m") or 0)
    try:
        return datetime(year, month, day, hour, minute, int(second), micro, _offset(g.get("z")))
    except ValueError:
        raise Bad("impossible-date") from None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _iso(cell: str) -> Moment | None:
    if not ISO.fullmatch(cell):
        return None
    try:
        return datetime.fromisoformat(cell), len(cell) > 10
    except ValueError:
        raise Bad("impossible-date") from None


def _clock(cell: str) -> datetime | None:
    try:
        return datetime.combine(date(2000, 1, 1), time.fromisoformat(cell))
    except ValueError:
        return None


def _excel(cell: str) -> Moment | None:
    if not SERIAL.fullmatch(cell):
        return None
    return datetime(1899, 12, 30) + timedelta(seconds=round(float(cell) * 86400)), "." in cell  # noqa: DTZ001 -- a clock on a wall
