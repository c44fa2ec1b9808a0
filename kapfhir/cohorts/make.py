"""A believable export of a clinic that never was, of any size: streamed patient by patient, so memory stays flat.

    DIR/kapfhir.toml    the clinic: synthetic, its namespace made of the seed
    DIR/README.txt      that nothing in it is real
    DIR/*.csv           the tables that the source `clinic` reads
    DIR/planted.csv     with faults: table, row, column, fault, code

The same seed gives the same bytes on every machine, and patient k is the same whatever their number.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID, uuid5

from kapfhir.errors import ConfigError

from .clock import ZONE
from .faults import Planter
from .story import case
from .tables import after, before, clinic, courses, days, logs, scales, talks
from .tables.clinic import Tables
from .tables.columns import Row, columns, dialect

HOME = UUID("b1c6a0de-6f52-5a5e-9d0f-3a4f1f0e7c11")  # of all cohorts: the namespace of one is made of this and its seed
MARK = "kapfhir.toml"
FIRST_LINE = "# A synthetic cohort that `kapfhir cohort` made."
CONFIG = f"""\
{FIRST_LINE} Nobody in it is real.
source = "clinic"

[clinic]
system = "https://cohort.example.org/kap"
namespace = "{{namespace}}"
zone = "{ZONE}"
synthetic = true
"""
ABOUT = """\
SYNTHETIC. Nobody in this export is real: every name, date, address and number was made up by a program.

{patients} patients, seed {seed}, made with

    kapfhir cohort -o DIR --patients {patients} --seed {seed}{dirty}

Doses, vital signs, scores, effects and drop-out follow published figures, and assumptions where there are none;
kapfhir/cohorts/parameters.csv names the source of each. It is made to try out programs, and says nothing about
any treatment.

    kapfhir map DIR -o OUT
"""
BATCH = 512  # patients whose rows are written at once


@dataclass(frozen=True, slots=True)
class Cohort:
    """What was written: the tables with their numbers of rows, in their order, and how many faults were planted."""

    folder: Path
    tables: tuple[tuple[str, int], ...]
    planted: int

    @property
    def rows(self) -> int:
        return sum(count for _, count in self.tables)


def make_cohort(folder: Path | str, patients: int, seed: str | int = 1, dirty: float = 0) -> Cohort:
    """Write a synthetic export of so many patients to a folder that is empty, not there, or holds an earlier cohort.

    `dirty`: the share of rows, 0 to 1, that get a fault; planted.csv names each. ConfigError if the folder holds anything else,
    or can't be written, or a number can't be.
    """
    if patients < 1:
        raise ConfigError("a cohort has at least one patient", "give --patients 1 or more")
    if not 0 <= dirty <= 1:
        raise ConfigError("the share of rows with a fault is from 0 to 1", "give --dirty 0.01, for one row in a hundred")
    folder = Path(folder)
    _clear(folder)
    words = str(seed)
    planter = Planter(words, dirty) if dirty else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            writers = {name: _Writer(folder, name, stack) for name in columns()}
            _write(writers, planter, patients, words)
        if planter is not None:
            planter.save(folder)
        dirt = f" --dirty {dirty}" if dirty else ""
        about = ABOUT.format(patients=patients, seed=words, dirty=dirt)
        (folder / "README.txt").write_text(about, encoding="utf-8", newline="")
        config = CONFIG.format(namespace=uuid5(HOME, words))
        (folder / MARK).write_text(config, encoding="utf-8", newline="")
    except OSError as error:
        text = f"the folder {folder} can't be written: {error.strerror}"
        raise ConfigError(text, "make room, or name another one with -o") from None
    tables = tuple((name, writer.rows) for name, writer in writers.items())
    return Cohort(folder, tables, 0 if planter is None else len(planter.planted))


class _Writer:
    """The file of one table; rows are kept until they are many."""

    __slots__ = ("file", "held", "line", "rows", "write")

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        encoding, delimiter, newline = dialect(name)
        self.file: TextIO = stack.enter_context((folder / f"{name}.csv").open("w", encoding=encoding, newline=""))
        self.write: Any = csv.writer(self.file, delimiter=delimiter, lineterminator=newline).writerows
        self.write([columns()[name]])
        self.held: list[Row] = []
        self.rows = 0
        self.line = 2  # on which the next row starts

    def flush(self) -> None:
        self.write(self.held)
        self.rows += len(self.held)
        self.held.clear()


def _write(writers: dict[str, _Writer], planter: Planter | None, patients: int, seed: str) -> None:
    held = {name: writer.held.append for name, writer in writers.items()}
    for rows in (clinic.sites(), clinic.staff(), clinic.protocols()):
        for name, row in rows:
            held[name](row)
            writers[name].line += 1
    for number in range(1, patients + 1):
        if planter is None:
            for name, row in rows_of(seed, number):
                held[name](row)
        else:
            for name, row in planter.plant(number, rows_of(seed, number)):
                writer = writers[name]
                planter.note(name, writer.line)
                writer.held.append(row)
                writer.line += 1 + sum(cell.count("\n") for cell in row if type(cell) is str)
        if not number % BATCH:
            for writer in writers.values():
                writer.flush()
    for writer in writers.values():
        writer.flush()


def rows_of(seed: str, number: int) -> Tables:
    """All rows of one patient, table by table."""
    who, chance = case(seed, number)
    yield from logs.client(who)
    yield from before.person(who, chance)
    yield from before.history(who, chance)
    yield from before.consents(who, chance)
    yield from before.screening(who, chance)
    yield from courses.course(who, chance)
    yield from courses.orders(who)
    yield from talks.preparation(who, chance)
    for session in who.sessions:
        yield from logs.log(who, session, chance)
        yield from days.day(who, session, chance)
        yield from talks.integration(who, session, chance)
        yield from talks.other(who, session, chance)
        yield from scales.around(who, session, chance)
        yield from after.flags(who, session)
    yield from scales.scales(who, chance)
    yield from after.events(who, chance)
    yield from after.plan(who, chance)
    yield from after.documents(who, chance)


def _clear(folder: Path) -> None:
    """Take an earlier cohort away; refuse a folder that holds anything else."""
    if not folder.exists():
        return
    hint = "name an empty folder with -o, or one that `kapfhir cohort` wrote"
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder", hint)
    there = list(folder.iterdir())
    mark = folder / MARK
    ours = mark.is_file() and mark.read_text(encoding="utf-8", errors="replace").startswith(FIRST_LINE)
    names = {f"{name}.csv" for name in columns()} | {MARK, "README.txt", "planted.csv"}
    if there and not (ours and {p.name for p in there} <= names):
        raise ConfigError(f"the folder {folder} holds files that kapfhir did not write", hint)
    for path in there:
        path.unlink()
