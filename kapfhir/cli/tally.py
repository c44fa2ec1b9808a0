"""Counts what passes: rows, records, resources, problems; and what the run must end with because of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from kapfhir.advice import all_advice
from kapfhir.delivery import ProblemCounts, Unit
from kapfhir.errors import Exit, Problem, severest
from kapfhir.job import Job
from kapfhir.mapping.units import Found, Mapped, Rejected
from kapfhir.rules.engine import Engine
from kapfhir.rules.table import changes
from kapfhir.sources.table import Dialect, Row, Table

from .output import Output

Read = TypeVar("Read", bound=Unit | Found)
MOST_GROUPS = 40  # of problems, on the terminal
TICK_ROWS = 500
NOT_THERE = "not on the server"
LEFT_OUT = ("record rejected", "row left out")  # effects of problems of rows
WAITING = ("unconfirmed-person", "possible-duplicate")  # until the clinic answers


class CountedTable:
    """A table that knows how many rows were read of it; it may be read more than once."""

    def __init__(self, table: Table, output: Output) -> None:
        self._table = table
        self._output = output
        self.name = table.name
        self.file = table.file
        self.count = 0

    def header(self, dialect: Dialect) -> tuple[str, ...]:
        return self._table.header(dialect)

    def sniff(self) -> Dialect:
        return self._table.sniff()

    def rows(self, dialect: Dialect) -> Iterator[tuple[int, Row] | Problem]:
        count = 0
        try:
            for item in self._table.rows(dialect):
                count += 1
                if count % TICK_ROWS == 0:
                    self.count = max(self.count, count)
                    self._output.tick(partial(self._progress, count))
                yield item
        finally:
            self.count = max(self.count, count)

    def _progress(self, count: int) -> str:
        return f"reading {self.name}: {count:,} rows"


class MarkedRows:
    """Rows, each counted once however often it is named: a bit for each."""

    def __init__(self) -> None:
        self._tables: dict[str, bytearray] = {}
        self.count = 0

    def add(self, table: str, row: int) -> None:
        bits, at, bit = self._tables.setdefault(table, bytearray()), row // 8, 1 << row % 8
        if at >= len(bits):
            bits.extend(bytes(at + 1 - len(bits)))
        self.count += not bits[at] & bit
        bits[at] |= bit


def exit_of(problem: Problem) -> Exit:
    """What a run with this problem ends with. Information and warnings alone change nothing."""
    if problem.severity != "error":
        return Exit.DONE
    if problem.effect == NOT_THERE:
        return Exit.REFUSED
    known = all_advice().get(problem.code)
    of_resource = (known is not None and known.about == "resource") or problem.effect == "resource withheld"
    return Exit.RESOURCES if of_resource else Exit.ROWS


@dataclass(slots=True)
class Tally:
    """One run. Problems go to the output as they come, and are shown in groups at the end."""

    output: Output
    problems: ProblemCounts = field(default_factory=ProblemCounts)
    severities: dict[str, int] = field(default_factory=dict)
    exits: set[Exit] = field(default_factory=set)
    engine: Engine | None = None  # where rules look at what passes
    left_out: MarkedRows = field(default_factory=MarkedRows)
    waiting: MarkedRows = field(default_factory=MarkedRows)
    _tables: list[CountedTable] = field(default_factory=list)

    def count_rows(self, job: Job) -> None:
        """Count the rows of a job's tables from now on."""
        self._tables = [CountedTable(table, self.output) for table in job.export.tables.values()]
        job.export.tables.update({table.name: table for table in self._tables})

    def watch(self, units: Iterable[Read]) -> Iterator[Read]:
        """The same units, counted."""
        counts = self.output.counts
        try:
            for unit in units:
                if isinstance(unit, Problem):
                    self.add(unit)
                elif isinstance(unit, Rejected):
                    counts["rejected"] += 1
                else:
                    counts["records"] += 1
                    if isinstance(unit, Mapped):
                        counts["resources"] += len(unit.resources)
                yield unit
        finally:
            self.finish_rows()

    def finish_rows(self) -> None:
        self.output.counts["rows"] = sum(table.count for table in self._tables)

    def add(self, problem: Problem) -> None:
        self.output.problem(problem)
        self.problems.add(problem)
        self.severities[problem.severity] = self.severities.get(problem.severity, 0) + 1
        self.exits.add(exit_of(problem))
        if problem.effect in LEFT_OUT and problem.line:
            self.left_out.add(problem.file, problem.line)
            if problem.code in WAITING:
                self.waiting.add(problem.file, problem.line)
            self.output.counts.update(left_out=self.left_out.count, waiting=self.waiting.count)

    @property
    def exit(self) -> Exit:
        return severest(self.exits)

    def counted(self) -> str:
        counts = self.output.counts
        names = ("rows", "records") if self.output.command == "findings" else ("rows", "records", "resources")
        read = ", ".join(f"{counts[name]:,} {name}" for name in names)
        rows = f", {counts['left_out']:,} rows left out" if counts["left_out"] else ""
        wait = f", {counts['waiting']:,} of them wait for an answer in people.csv or pairs.csv" if counts["waiting"] else ""
        return f"{read}; {counts['rejected']:,} records rejected{rows}{wait}"

    def tell_left_out(self) -> None:
        """All counts, where something of the export did not go."""
        if self.output.counts["rejected"] or self.output.counts["left_out"]:
            self.output.complain(self.counted())

    def tell(self, more: str) -> None:
        """What rules found; then the problems in groups, for people. `more` says where each of these is told."""
        if self.engine is not None:
            self._tell_findings(self.engine)
        if not self.severities or self.output.as_json:
            return
        words = [
            f"{self.severities[s]:,} {s}{'s' * (self.severities[s] > 1 and s != 'information')}"
            for s in ("error", "warning", "information")
            if s in self.severities
        ]
        self.output.complain("")
        self.output.complain(f"problems: {', '.join(words)}")
        groups = sorted(self.problems.rows(), key=lambda g: (g[1] != "error", g[2], g[3]))
        shown = [
            (severity, f"{table}: {column}" if column else table, code, f"{count:,}", _rows(first, count))
            for code, severity, table, column, count, first in groups[:MOST_GROUPS]
        ]
        for line in align(shown):
            self.output.complain(f"  {line}")
        if len(groups) > MOST_GROUPS:
            self.output.complain(f"  and {len(groups) - MOST_GROUPS} more kinds")
        self.output.complain(more)

    def _tell_findings(self, engine: Engine) -> None:
        """The counts, what could not be judged, and how the rules differ from the shipped ones."""
        output = self.output
        output.findings.update(engine.counts)
        words = [f"{n:,} {s}{'s' * (s in ('error', 'warning') and n != 1)}" for s, n in output.findings.items()]
        where = "" if output.command == "findings" else "; `kapfhir findings EXPORT` tells each of them"
        output.say(f"findings: {', '.join(words)}{where}")
        full = output.command == "findings"
        for note in engine.lacking():
            output.line("status", text=note)
            (output.say if full else output.detail)(note)
        if engine.not_judged and not full:
            lacking = ", ".join(sorted(set(engine.not_judged.values())))
            output.say(f"not judged: {len(engine.not_judged)} rules, as the export holds no {lacking}")
        for note in changes(engine.rules.values()):
            output.line("status", text=note)
            output.say(note)


def align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines with their columns under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def clock(seconds: float) -> str:
    """0:07, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _rows(first: tuple[int, ...], count: int) -> str:
    if not first:
        return ""
    more = " ..." if count > len(first) else ""
    return f"row{'s' * (count > 1)} {', '.join(map(str, first))}{more}"
