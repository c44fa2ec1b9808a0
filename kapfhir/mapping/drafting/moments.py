"""Rules for dates and moments: which columns make one, and in which formats they are written."""

from __future__ import annotations

from . import words as w
from .drafts import TODO, Draft, flow, scalar
from .profile import Column, Profile

NEEDS_CLOCK = "a date alone is no moment: add a column with the time of day, {from: [Date, Time], format: MM/DD/YYYY hh:mm}"
DAY_ALONE = "no column says at what time of day"
UNCLEAR = "MM/DD or DD/MM? No date here tells"
SHORT_YEAR = "years of two digits can't be read: export them with four"
CLOCKED = ("time", "moment")
SELF_EVIDENT = {"typed", "iso"}  # read without a format


def formats_of(profile: Profile, column: Column, *, timed: bool) -> tuple[tuple[str, ...], str]:
    """The formats of a column, and what is to say of them; `timed`: only those with a time of day."""
    found = [f for f in column.shapes.formats() if f not in SELF_EVIDENT]
    formats = [f for f in found if "hh" in f or not timed or f == "short year"]
    if column.kind == "number":
        return ("excel",), "looks like the day numbers of a spreadsheet"
    if "short year" in formats:
        return (TODO,), SHORT_YEAR
    if any("{}" in f for f in formats):
        order = profile.order or ("D" if all(f.startswith("{}.") for f in formats) else "")
        if not order:
            return (TODO,), UNCLEAR
        mixed = [f.replace("{}", f"DD{f[2]}MM" if order == "D" else f"MM{f[2]}DD") for f in formats]
        return tuple(dict.fromkeys(mixed)), "as the other dates of this table"
    if formats and SELF_EVIDENT & set(column.shapes.formats()):
        formats.append("iso")
    return tuple(formats), ""


def add_day(draft: Draft, path: str, column: Column | None, hint: str = "") -> None:
    """A field that is a date; without a column, something to do if there is a hint."""
    if column is None:
        if hint:
            draft.add(path, TODO, hint)
        return
    draft.use(column)
    formats, note = formats_of(draft.profile, column, timed=False)
    draft.add(path, flow(column.name, format=formats) if formats else scalar(column.name), note)


def add_moment(
    draft: Draft,
    path: str,
    day: Column | None,
    clock: Column | None = None,
    *,
    plus: str = "",
    hint: str = "",
    alone: bool = False,
) -> bool:
    """A field that is a moment, of one column or of two. False if it stays something to do. `alone`: a day will do."""
    if day is None:
        if hint:
            draft.add(path, TODO, hint)
        return False
    more = {"plus": plus} if plus else {}
    if day.kind == "moment":
        draft.use(day)
        formats, note = formats_of(draft.profile, day, timed=True)
        rule = flow(day.name, format=formats, **more) if formats else flow(day.name, **more) if more else scalar(day.name)
        draft.add(path, rule, note)
        return TODO not in rule
    if clock is None or clock.kind != "time":
        draft.use(day)
        if alone and day.kind in ("date", "number"):
            formats, note = formats_of(draft.profile, day, timed=False)
            draft.add(path, flow(day.name, format=formats) if formats else scalar(day.name), note or DAY_ALONE)
            return TODO not in formats
        draft.add(path, TODO, f"{day.name}? {NEEDS_CLOCK}" if day.kind in ("date", "number") else hint)
        return False
    draft.use(day, clock)
    days, note = formats_of(draft.profile, day, timed=False)
    clocks = [f for f in clock.shapes.formats() if f not in SELF_EVIDENT]
    if not clocks and not days:  # both typed, or as in ISO
        rule = flow(day.name, clock.name, **more)
    elif TODO in days:
        rule = flow(day.name, clock.name, format=(TODO,), **more)
        note += f" (then {clocks[0] if clocks else 'hh:mm:ss'})"
    else:
        both = tuple(f"{d} {c}" for d in days or ("YYYY-MM-DD",) for c in clocks or ("hh:mm:ss",))
        rule = flow(day.name, clock.name, format=both, **more)
    draft.add(path, rule, note)
    return TODO not in rule


def looks_dated(column: Column) -> bool:
    """A date, a moment, or whole numbers that may be a spreadsheet's day numbers."""
    return column.kind in ("date", "moment") or (
        column.whole and column.kind == "number" and 20_000 < column.low <= column.high < 80_000
    )


class Times:
    """The columns that say when: a day and clock times, or moments. `entered`: when the row was written down."""

    def __init__(self, profile: Profile) -> None:
        clocks = ("moment",) if not any(c.kind == "time" for c in profile.columns) else CLOCKED
        dated = [c for c in profile.columns if c.alone and c.filled and looks_dated(c)]
        self.day = next((c for p in w.DATE for c in dated if c.kind != "moment" and w.fits(p, c.words)), None)
        self.day = self.day or next((c for c in dated if c.kind == "date"), None)
        self.entered = profile.find(*w.ENTERED, kinds=("moment",))
        self.arrived = profile.find(*w.ARRIVED, kinds=clocks)
        self.left = profile.find(*w.LEFT, kinds=clocks)
        self.end = profile.find(*w.END, kinds=clocks, unlike=w.ENTERED[0])
        self.start = (
            profile.find(*w.START[:2], kinds=clocks, unlike=rf"\d\d|[2-9]|{w.ENTERED[0]}")
            or profile.find(*w.START[2:], kinds=clocks, unlike=rf"end|stop|out|2|{w.ENTERED[0]}")
            or self.arrived
            or next((c for c in profile.columns if c.kind in clocks and c.alone and c.filled and self._may_start(c)), None)
        )

    def _may_start(self, column: Column) -> bool:
        return column not in (self.end, self.left) and not w.fits(rf"vitals?|bp|hr|end|stop|{w.ENTERED[0]}", column.words)

    @property
    def all(self) -> list[Column]:
        """Every column that was found."""
        return [c for c in (self.day, self.arrived, self.start, self.end, self.left) if c is not None]

    def pair(self, clock: Column | None) -> tuple[Column | None, Column | None]:
        """A moment by itself, or a day with a clock time."""
        return (clock, None) if clock is not None and clock.kind == "moment" else (self.day, clock)
