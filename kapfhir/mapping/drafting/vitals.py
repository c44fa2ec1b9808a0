"""Drafts for what was measured: pairs of columns per moment, or a row per reading."""

from __future__ import annotations

from dataclasses import dataclass

from kapfhir.model.values import Timepoint

from . import words as w
from .drafts import TODO, Draft, condition, flow
from .moments import CLOCKED, Times, add_moment
from .profile import Column, Profile
from .units import add_in_unit

MEASURES = {
    "blood_pressure.systolic": "mm[Hg]",
    "blood_pressure.diastolic": "mm[Hg]",
    "heart_rate": "/min",
    "oxygen_saturation": "%",
    "respiratory_rate": "/min",
    "weight": "",
}
WEIGHTS = ("kg", "[lb_av]")
SPOKEN = {  # how the words begin by which a row names its measure
    "blood_pressure.systolic": ("systol", "sbp", "sys"),
    "blood_pressure.diastolic": ("diastol", "dbp", "dia"),
    "heart_rate": ("hr", "heart", "pulse", "puls", "card", "bpm"),
    "oxygen_saturation": ("spo2", "oxygen", "sat", "o2"),
    "respiratory_rate": ("resp", "breath"),
    "weight": ("weight", "poids", "gewicht", "wt"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A column of measurements; `field` is `pressure` for one of two numbers."""

    column: Column
    field: str
    point: str
    timepoint: str


def find_readings(profile: Profile) -> list[Reading]:
    """Every column that holds a vital sign, with the moment that its header speaks of."""
    found = [(c, _field(c)) for c in profile.columns if c.alone and c.filled]
    return [Reading(column, field, *w.point_of(column.words)) for column, field in found if field]


def _field(column: Column) -> str:
    if column.kind == "pressure":
        return "pressure" if w.fits(w.PRESSURE + "|vitals", column.words) or len(column.words) < 12 else ""
    if column.kind != "number" or w.fits(f"lot|total|score|dose|dosage|rate mg|mg|no|number|session|{w.PER_KG}", column.words):
        return ""
    return next((field for field, pattern in w.VITALS.items() if w.fits(pattern, column.words)), "")


def add_measure(draft: Draft, item: str, reading: Reading) -> None:
    """The line, or lines, of one column of measurements."""
    column = reading.column
    draft.use(column)
    if reading.field == "pressure":
        for part in ("systolic", "diastolic"):
            draft.add(f"{item}.blood_pressure.{part}", flow(column.name, as_=f"pressure-text.{part}"))
        return
    unit, note = MEASURES[reading.field], ""
    if reading.field == "weight":
        said = next((u for pattern, u in w.UNITS["weight"] if w.fits(pattern, column.words)), "")
        if add_in_unit(draft, f"{item}.weight", column, WEIGHTS, said):
            return
        unit, note = said or TODO, "" if said else "kg or [lb_av]?"
    draft.add(f"{item}.{reading.field}", flow(column.name, unit=unit), note)


def add_sets(draft: Draft, readings: list[Reading], times: Times) -> None:
    """Named sets: before, after 40 minutes, at the end."""
    points: dict[str, list[Reading]] = {}
    for reading in readings:
        points.setdefault(reading.point or "pre", []).append(reading)
    if all(r.field == "weight" and not r.point for r in points.get("pre", ())) and "pre" in points:
        points["weight"] = points.pop("pre")  # a name of its own: another table may have the set before the dose
    for point, group in points.items():
        item, timepoint = f"vitals[{point}]", next((r.timepoint for r in group if r.timepoint), "pre-dose")
        _add_taken(draft, item, point, times)
        draft.add(f"{item}.timepoint", f"= {timepoint}", "" if any(r.point for r in group) else "a guess: no header says when")
        for reading in group:
            add_measure(draft, item, reading)


def _add_taken(draft: Draft, item: str, point: str, times: Times) -> None:
    """When a named set was measured: by a column of its own, at the start or end of the session, or so long after the start."""
    path, late = f"{item}.taken", point in ("post", "discharge")
    clocks = [c for c in draft.profile.columns if c.kind in CLOCKED and c.alone and w.fits("vitals?|bp|hr|time|taken", c.words)]
    own = next((c for c in clocks if w.point_of(c.words)[0] == point and c not in times.all), None)
    at = own or (times.arrived if point in ("pre", "weight") else (times.end or times.left) if late else None) or times.start
    day, clock = times.pair(at)
    if day is None or (clock is None and day.kind != "moment"):
        draft.add(path, TODO, "when it was measured: {from: [Date, Time], format: ...}, or a moment with `plus: 40 min`")
        return
    minutes = f"{int(point[3:])} min" if point.startswith("min") and own is None else ""
    plus = minutes or (TODO if own is None and (point == "peak" or (late and at is times.start)) else "")
    add_moment(draft, path, day, clock, plus=plus)
    if plus:
        draft.add(f"{item}.nominal", "= true", "reckoned from the start: nobody read a clock")


def add_rows(draft: Draft, readings: list[Reading], times: Times) -> None:
    """A set per row: the row is a reading at one moment."""
    point = draft.profile.find(r"(?:time ?)?point|timing|interval", kinds=("text",))
    _add_row_head(draft, times, point)
    for reading in readings:
        add_measure(draft, "vitals[*]", reading)


def add_long(draft: Draft, measure: Column, value: Column, times: Times) -> None:
    """A row per reading and measure: which measure stands in a column of its own."""
    _add_row_head(draft, times, None)
    draft.use(measure, value)
    for field, unit in MEASURES.items():
        text = next((t for t in measure.texts or {} if _speaks(w.words_of(t), SPOKEN[field])), None)
        if text is not None:
            if add_in_unit(draft, f"vitals[*].{field}", value, (unit,) if unit else WEIGHTS, "", (measure, text)):
                continue
            rule = flow(value.name, where=condition(measure.name, text), unit=unit or TODO)
            draft.add(f"vitals[*].{field}", rule, "" if unit else "kg or [lb_av]?")


def _add_row_head(draft: Draft, times: Times, point: Column | None) -> None:
    """What tells the readings of one session apart, and when each was taken."""
    day, clock = times.pair(times.start)
    if clock is not None or day is not None:
        draft.plain("vitals[*].key", clock or day)
    else:
        draft.need("vitals[*].key", point, "the column that tells the readings of one session apart")
    add_moment(draft, "vitals[*].taken", day, clock, hint="when it was measured: {from: [Date, Time], format: ...}")
    draft.coded("vitals[*].timepoint", Timepoint, point, "timing")


def is_long(profile: Profile) -> tuple[Column, Column] | None:
    """The columns of measure and value, where a table has a row per measure."""
    measure, value = profile.find(*w.MEASURE, kinds=("text",)), profile.find(*w.VALUE, kinds=("number",))
    if measure is None or value is None or not measure.texts:
        return None
    spoken = [t for t in measure.texts if any(_speaks(w.words_of(t), starts) for starts in SPOKEN.values())]
    return (measure, value) if len(spoken) >= 2 else None


def _speaks(words: str, starts: tuple[str, ...]) -> bool:
    return any(word.startswith(starts) for word in words.split())
