"""The rows of one table as its map wants them: with their key, the cells that are used, and these as bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter

from kapfhir.errors import Problem
from kapfhir.sources.table import BrokenCell, Row, Table

from .fill import Plan
from .formats import BROKEN, TYPED, Bad
from .people import WAITS
from .reasons import REASONS
from .store import pack
from .telling import Teller

KeyedRow = tuple[int, str, Row, bytes]
Keyless = Callable[[str | None, int], None]  # takes the key of a row that can't be taken (None: it has none), and its line


class Rows:
    """One table, read as often as one likes."""

    def __init__(self, plan: Plan, number: int, table: Table, teller: Teller, keyless: Keyless) -> None:
        self.plan, self.number, self.table, self.teller, self.keyless = plan, number, table, teller, keyless

    def read(self, *, loud: bool = True) -> Iterator[KeyedRow | None]:
        """The rows that `where` wants. `loud`: those that can't be taken are told; None stands in their place."""
        plan, teller = self.plan, self.teller
        teller.plan = plan
        get, width, wanted, places = plan.key.read, plan.width, plan.wanted, plan.places
        asked = sorted({plan.columns.index(c) for where in (plan.where, *(line.where for line in plan.lines)) for c, _ in where})
        pick = itemgetter(*places) if len(places) > 1 else (lambda row: (row[places[0]],)) if places else lambda _: ()
        for item in self.table.rows(plan.dialect):
            if isinstance(item, Problem):
                if loud:
                    if plan.tells:
                        teller.pass_on(item, plan)
                    if item.severity == "error":  # else nothing stood in it that could be gone
                        self.keyless(None, 0)
                    yield None
                continue
            line, row = item
            if len(row) != width:
                if loud:
                    self._refuse(line, row)
                    yield None
                continue
            cells = pick(row)
            try:
                packed = pack(cells)
            except ValueError:  # typed and broken cells of a sheet
                cells = mark_typed(cells)
                packed = pack(cells)
                if any(cells[place].startswith(BROKEN) for place in asked):
                    if loud:
                        self._refuse_undecided(line, cells, asked)
                        yield None
                    continue
            if wanted is not None and not wanted(cells):
                continue
            try:
                key, bad = get(cells), None
            except Bad as found:
                key, bad = None, found
            if key:
                yield line, key, cells, packed
                if not places:  # nothing but constants: the other rows say no more
                    return
            elif loud:
                teller.row = line
                known = plan.repeats and (plan.stand_in if bad is None else bad.code == WAITS)
                if not known:  # else the rows that point to it tell it, or they name nobody
                    teller.say(plan.key, bad or Bad("missing-key"))
                if bad is not None:
                    self.keyless(None, 0)
                yield None

    def _refuse(self, line: int, row: Row) -> None:
        """A row of another length than the header: no cell of it is sure. Its key is kept, so that it does not count as gone."""
        plan = self.plan
        if plan.tells:
            code = "short-row" if len(row) < plan.width else "long-row"
            text = f"the row has {len(row)} cells, the header {plan.width}"
            self.teller.tell_rows(code, text, ((self.number, line),), "record", "check its delimiters and quotes")
        try:
            key = plan.key.get(tuple(row[p] if p < len(row) else "" for p in plan.places))
        except Bad:
            key = None
        self.keyless(key, line)

    def _refuse_undecided(self, line: int, cells: Row, asked: list[int]) -> None:
        """A row of which `where` asks a broken cell: whether it is wanted can't be told. Its key is kept."""
        plan = self.plan
        for place in asked:
            if cells[place].startswith(BROKEN):
                code = cells[place].removeprefix(BROKEN)
                self.teller.pass_on(Problem(plan.table, line, plan.columns[place], code, REASONS[code]), plan)
        try:
            key = plan.key.get(cells)
        except Bad:
            key = None
        self.keyless(key, line)


def mark_typed(cells: Row) -> Row:
    """The cells as plain text, with a mark before a typed date, or before the code of a broken cell."""
    return tuple([c if type(c) is str else BROKEN + c.code if isinstance(c, BrokenCell) else TYPED + c for c in cells])
