"""Problems of rows: which cell of which row, by which line of which map, and what was lost by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kapfhir.errors import Problem
from kapfhir.model.values import Doubt

from .fill import LOSSES, Cell, Origins, Plan
from .formats import Bad
from .grammar import ROW, Line
from .reasons import EFFECTS, REASONS
from .shape import Path

MOST_COLUMNS = 3  # that a message names
MILD = ("once", "blank")  # nothing is lost
RANK = [EFFECTS[lost] for lost in LOSSES]


class Teller:
    """Collects the problems of the rows that are read just now. `plan` and `row` say where cells stand."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = plans
        self.plan = plans[0]
        self.row = 0
        self.found: dict[tuple[str, int, str, str], Problem] = {}

    def say(self, cell: Cell, bad: Bad) -> None:
        """A cell can't be read. One that feeds several fields is told of once, by what is lost most."""
        lost = "record" if cell is self.plan.key else cell.loses
        text, hint = REASONS[bad.code], ""
        if bad.code == "unmapped-code" and cell.line.codes:
            hint = f"add a row to {self.plan.file.rpartition('/')[0]}/codes/{cell.line.codes}.csv"
        column = bad.column or name_columns([cell.line])
        told = self.found.get((bad.code, self.row, column, self.plan.table))
        if told is not None and told.effect in RANK and RANK.index(told.effect) > RANK.index(EFFECTS[lost]):
            del self.found[bad.code, self.row, column, self.plan.table]
        self._add(self.plan, self.row, column, bad.code, text, cell.line.at.line, lost, hint)

    def tell(self, code: str, text: str, origins: Origins, lost: str, path: Path, names: Sequence[str] = ()) -> None:
        """Fields of a part can't stand, on these rows; each row names the columns that fill them.

        A constant that points to an item which is not there is no problem: it means `if there is one`.
        """
        lines = {number: find_lines(self.plans[number], path, names) for number, _ in origins}
        some = any(lines.values())
        if code == "unknown-key" and some and not any(line.columns for found in lines.values() for line in found):
            return
        for number, row in origins:
            if lines[number] or not some:
                self._on(number, row, lines[number], code, text, lost)

    def tell_rows(self, code: str, text: str, origins: Origins, lost: str, hint: str = "") -> None:
        """Something about whole rows."""
        for number, row in origins:
            self._add(self.plans[number], row, "", code, text, 0, lost, hint)

    def tell_keys(self, code: str, text: str, origins: Origins, lost: str, hint: str = "") -> None:
        """Something about the keys of rows."""
        for number, row in origins:
            line = self.plans[number].key.line
            self._add(self.plans[number], row, name_columns([line]), code, text, line.at.line, lost, hint)

    def doubt(self, doubt: Doubt, origins: Origins) -> None:
        """What is possible, yet unexpected: told on the first row that fills its field."""
        found = [(n, row, [line for line in self.plans[n].lines if doubt.field in line.path]) for n, row in origins]
        number, row, lines = next((f for f in found if doubt.field and f[2]), found[0])
        top = [line for line in lines if line.path[0] == doubt.field]
        self._on(number, row, top or lines, doubt.code, doubt.text, "none", doubt.severity)

    def disagree(self, number: int, row: int, path: Path) -> None:
        """Another table, which is believed, says something else of a field. Named, never shown."""
        lines = find_lines(self.plans[number], path, ())
        text = f"the tables disagree on {'.'.join(path)}: another one is believed"
        self._on(number, row, lines, "tables-disagree", text, "none", "warning")

    def retell(self, code: str, better: str, text: str) -> None:
        """Name what was told under a code by another one, and say it in other words."""
        for told in [p for p in self.found.values() if p.code == code]:
            del self.found[code, told.line, told.column, told.file]
            self.found.setdefault((better, told.line, told.column, told.file), replace(told, code=better, text=text, hint=""))

    @property
    def withheld(self) -> bool:
        """Whether something that the rows say was lost, not just told of."""
        whole = {EFFECTS[lost] for lost in ("none", *MILD)}
        return any(problem.effect not in whole for problem in self.found.values())

    def take(self) -> list[Problem]:
        """What was told since the last time."""
        found = list(self.found.values())
        self.found.clear()
        return found

    def pass_on(self, problem: Problem, plan: Plan) -> None:
        """A row that the table itself can't read, or that holds no record."""
        effect = EFFECTS["record"] if problem.severity == "error" else problem.effect
        told = replace(problem, file=plan.table, place=plan.file, effect=effect)
        self.found[told.code, told.line, told.column, told.file] = told

    def _on(self, number: int, row: int, lines: list[Line], code: str, text: str, lost: str, severity: str = "") -> None:
        at = lines[0].at.line if lines else 0
        self._add(self.plans[number], row, name_columns(lines), code, text, at, lost, "", severity)

    def _add(
        self, plan: Plan, row: int, column: str, code: str, text: str, at: int, lost: str, hint: str = "", severity: str = ""
    ) -> None:
        severity = severity or ("warning" if lost in MILD else "error")
        place = f"{plan.file}:{at}" if at else plan.file
        problem = Problem(plan.table, row, column, code, text, hint, severity, place, EFFECTS[lost])
        self.found.setdefault((code, row, column, plan.table), problem)


def find_lines(plan: Plan, path: Path, names: Sequence[str]) -> list[Line]:
    """The lines that fill these fields of the part at `path`; without names, the part. `*` stands for any item."""
    wanted = [(*path, name) for name in names] or [path]
    return [line for line in plan.lines if any(w and _matches(line.path, w) for w in wanted)]


def name_columns(lines: Sequence[Line]) -> str:
    """The columns of these lines, joined by ` + `; none where they are many."""
    columns = dict.fromkeys(str(c) for line in lines for c in line.columns)
    return " + ".join(columns) if len(columns) <= MOST_COLUMNS else ""


def _matches(path: Path, wanted: Path) -> bool:
    return len(path) >= len(wanted) and all(a in (b, ROW) for a, b in zip(path, wanted, strict=False))
