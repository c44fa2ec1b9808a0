"""Faults that a cohort gets on purpose: named, each in one row, with the code of the problem that reading must tell there.

What was planted is written down; what follows from it elsewhere (a row that hangs on a rejected record) is not.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .chance import Chance
from .clock import gap_and_fold, world_day
from .tables.clinic import Tables
from .tables.columns import Row, columns

FILE = "planted.csv"
Cells = list[object]
Change = Callable[[object, Chance], object]  # the cell that is spoiled to what stands there instead
GAP, FOLD = gap_and_fold(2023)


@dataclass(frozen=True, slots=True)
class Flaw:
    """A way to spoil a row. `column`: where; the row as a whole if empty. Only cells that hold something are spoiled."""

    name: str
    table: str
    column: str
    code: str
    change: Change | None = None
    whole: Callable[[Cells], list[Cells]] | None = None  # the rows that stand there instead
    told: str | None = None  # the column that the problem names, where it is another one
    on: int = 0  # which of these rows is the wrong one


def _cut(row: Cells) -> list[Cells]:
    return [row[: len(row) // 2 + 1]]


def _lengthen(row: Cells) -> list[Cells]:
    return [[*row, "more"]]


def _double(row: Cells) -> list[Cells]:
    return [row, list(row)]


def _at_night(day: int, clock: str) -> Callable[[Cells], list[Cells]]:
    def move(row: Cells) -> list[Cells]:
        row[4:7] = world_day(day), clock, "04:30"
        return [row]

    return move


def _unanswered(*places: int) -> Callable[[Cells], list[Cells]]:
    def blank(row: Cells) -> list[Cells]:
        for place in places:
            row[place] = ""
        return [row]

    return blank


def _swapped(cell: object, _: Chance) -> str:
    high, _slash, low = str(cell).partition("/")
    return f"{low}/{high}"


def _equal(cell: object, _: Chance) -> str:
    high = str(cell).partition("/")[0]
    return f"{high}/{high}"


def _off_by_one(cell: object, _: Chance) -> int:
    return int(str(cell)) - 1 if int(str(cell)) else 1


def _is(text: str) -> Change:
    return lambda _cell, _chance: text


NOBODY, NOTHING = _is("P-NOBODY"), _is("S-NOTHING")
FAULTS = (
    *(
        Flaw("wrong-total", t, c, "total-disagrees", _off_by_one)
        for t, c in (("phq9", "PHQ9Total"), ("gad7", "gad7_total"), ("madrs", "Total"), ("meq30", "total"))
    ),
    *(
        Flaw("pressure-swapped", t, c, "diastolic-not-below-systolic", _swapped)
        for t, c in (("IV", "BP 40"), ("im_log", "BP peak"), ("spravato", "bp_40min"), ("screenings", "bp"))
    ),
    *(
        Flaw("pressure-equal", t, c, "diastolic-not-below-systolic", _equal)
        for t, c in (("lozenges", "bp_before"), ("spravato", "bp_end"))
    ),
    *(
        Flaw("unknown-patient", t, c, "unknown-key", NOBODY)
        for t, c in (
            ("problem_list", "Client"),
            ("consents", "client"),
            ("phq9", "Client"),
            ("medications", "client"),
            ("im_log", "Client"),
        )
    ),
    *(
        Flaw("unknown-session", t, c, "unknown-key", NOTHING)
        for t, c in (("moniteur", "Séance"), ("timeline", "session"), ("notes", "session"))
    ),
    *(
        Flaw("unmapped-code", t, c, "unmapped-code", _is(text))
        for t, c, text in (
            ("clients", "Sex", "?"),
            ("problem_list", "ICD10", "Z99.99"),
            ("IV", "Vein", "third arm"),
            ("im_log", "Deltoid 1", "arm"),
            ("notes", "modalities", "EMDR; hypnosis"),
            ("consents", "type", "handshake"),
            ("gad7", "gad7_4", "4"),
        )
    ),
    *(Flaw("duplicate-row", t, "", "duplicate-row", whole=_double, on=1) for t in ("phq9", "consents", "moniteur", "pcl5", "IV")),
    *(Flaw("short-row", t, "", "short-row", whole=_cut) for t in ("documents", "medications", "lozenges", "cadss")),
    *(Flaw("long-row", t, "", "long-row", whole=_lengthen) for t in ("gad7", "discharges")),
    *(
        Flaw("impossible-date", t, c, "impossible-date", _is(text))
        for t, c, text in (
            ("clients", "DOB", "02/30/1970"),
            ("courses", "Started", "13/01/2022"),
            ("medications", "from", "2021-02-30"),
        )
    ),
    Flaw("skipped-hour", "lozenges", "", "no-such-local-time", whole=_at_night(GAP, "02:30"), told="day + from"),
    Flaw("repeated-hour", "lozenges", "", "ambiguous-local-time", whole=_at_night(FOLD, "01:30"), told="day + from"),
    *(
        Flaw("score-out-of-range", t, c, "out-of-range", _is(text))
        for t, c, text in (("pcl5", "RESPONSE", "9"), ("cadss", "score", "7"), ("meq30", "q7", "9"), ("madrs", "Total", "61"))
    ),
    Flaw("missing-item", "phq9", "", "missing-item", whole=_unanswered(-2, -1)),
    Flaw("missing-item", "madrs", "", "missing-item", whole=_unanswered(7, 15)),
    Flaw("negative-dose", "IV", "Dose mg", "negative-number", lambda cell, _: f"-{cell}"),
    Flaw("negative-dose", "lozenges", "dose_mg", "negative-number", lambda cell, _: f"-{cell}"),
    Flaw("dose-without-unit", "im_log", "Dose 1", "not-a-dose", lambda cell, _: str(cell).split()[0]),
    Flaw("decimal-comma", "IV", "mg/kg", "not-a-number", lambda cell, _: str(cell).replace(".", ",")),
    Flaw("not-a-number", "moniteur", "Valeur", "not-a-number", _is("NaN")),
    Flaw("not-yes-or-no", "discharges", "escort", "not-yes-or-no", _is("perhaps")),
    Flaw("no-zone", "adverse_events", "over", "not-in-this-format", lambda cell, _: str(cell)[:16]),
    Flaw("excel-serial", "madrs", "Rated on", "not-in-this-format", _is("46055")),
    Flaw("missing-key", "adverse_events", "ae_id", "missing-key", _is("")),
    Flaw("ends-before-it-starts", "consents", "valid_until", "ends-before-it-starts", _is("2001-01-01")),
)


@dataclass(slots=True)
class Planted:
    """A fault in its place."""

    fault: Flaw
    row: int


class Planter:
    """Spoils a share of the rows, and keeps what it did."""

    def __init__(self, seed: str, share: float) -> None:
        self.seed, self.per_million = seed, int(share * 1_000_000)
        self.planted: list[Planted] = []
        self._due: Flaw | None = None  # of the row that was handed out last
        self._ways: dict[str, list[Flaw]] = {}
        for fault in FAULTS:
            self._ways.setdefault(fault.table, []).append(fault)

    def plant(self, number: int, rows: Tables) -> Tables:
        """The rows of a patient, some of them spoiled. Call `note` for each before the next one is asked for."""
        chance = Chance(f"{self.seed}|dirty|{number}")
        for name, row in rows:
            ways = self._ways.get(name)
            if ways is None or chance.next() * 1_000_000 >= self.per_million:
                self._due = None
                yield name, row
                continue
            fault = chance.pick(ways)
            clean = list(row)
            for place, spoiled in enumerate(self._spoil(fault, list(row), chance)):
                wrong = place == fault.on and (place > 0 or spoiled != clean)  # an empty cell stays as it is
                self._due = fault if wrong else None
                yield name, spoiled

    def _spoil(self, fault: Flaw, row: Cells, chance: Chance) -> Iterator[Row]:
        if fault.whole is not None:
            yield from fault.whole(row)
            return
        at = columns()[fault.table].index(fault.column)
        if row[at] != "" and fault.change is not None:
            row[at] = fault.change(row[at], chance)
        yield row

    def note(self, table: str, line: int) -> None:
        """Where the row stands that was handed out last."""
        if self._due is not None:
            assert self._due.table == table
            self.planted.append(Planted(self._due, line))

    def save(self, folder: Path) -> None:
        """Write planted.csv: table, row (the header being 1), column, fault, code."""
        with (folder / FILE).open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["table", "row", "column", "fault", "code"])
            for planted in self.planted:
                f = planted.fault
                rows.writerow([f.table, planted.row, f.column if f.told is None else f.told, f.name, f.code])
