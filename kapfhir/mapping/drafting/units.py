"""Amounts whose unit stands in a column beside them: both are read together, so that another unit is told and never mistaken."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kapfhir.fhir.rules.ucum import is_unit
from kapfhir.mapping.source.convert import UCUM_OF, endings

from .drafts import TODO, Draft, condition, flow
from .profile import Column, Profile
from .words import fits

UNIT = r"units?|uom|unit of measure(?:ment)?|einheit|unite"
MOST = 4  # units of one column
HALF = "; a row with only one of the two is told (half-empty)"
DOSES = {"mg", "ug", "mg/kg", "ug/kg", "mL"}  # what `dose-text` reads


@dataclass(frozen=True, slots=True)
class Beside:
    """The column of units of an amount, and what stands in it where the amount is filled."""

    column: Column
    texts: tuple[str, ...]
    whole: bool  # both are filled, or none

    @property
    def units(self) -> set[str]:
        """In UCUM; empty for a text that is no unit."""
        return {ucum_of(text) for text in self.texts}

    def note(self, said: str) -> str:
        return f"{said} in {self.column.name}{'' if self.whole else HALF}"


def ucum_of(text: str) -> str:
    """The unit that people mean; empty if it is not known."""
    spelt = next((unit for unit in dict.fromkeys(UCUM_OF.values()) if text in endings(unit)), "")
    return spelt or (text if is_unit(text) and not text[0].isdigit() else "")


def find_unit(draft: Draft, column: Column, where: tuple[Column, str] | None = None) -> Beside | None:
    """The units of an amount: in a column that speaks of it, or in one right behind it. `where`: on the rows of this text only,
    of which any column of units may speak.
    """
    found = _column(draft.profile, column, anywhere=where is not None)
    if found is None:
        return None
    texts, whole = dict[str, None](), True
    for row in draft.book.rows(draft.profile):
        cells = [row[c.place].strip() if c.place < len(row) else "" for c in (column, found)]
        if where is not None and (row[where[0].place].strip() if where[0].place < len(row) else "") != where[1]:
            continue
        whole = whole and bool(cells[0]) == bool(cells[1])
        if all(cells):
            texts[cells[1]] = None
            if len(texts) > MOST:
                break
    return Beside(found, tuple(texts), whole) if texts else None


def _column(profile: Profile, amount: Column, *, anywhere: bool) -> Column | None:
    def about(column: Column) -> set[str]:
        return set(re.sub(rf"\b(?:{UNIT})\b", "", column.words).split())

    spoken = [c for c in profile.columns if c.alone and c.filled and c.kind == "text" and fits(UNIT, c.words)]
    own = [c for c in spoken if about(c) and about(c) <= set(amount.words.split())]
    plain = [c for c in spoken if not about(c) and (anywhere or c.place == amount.place + 1)]
    return next(iter(own + plain), None)


def add_in_unit(
    draft: Draft, path: str, column: Column, units: tuple[str, ...], said: str, where: tuple[Column, str] | None = None
) -> bool:
    """The line of an amount with a column of units; False where there is none. `said`: the unit that the header names, if any."""
    beside = find_unit(draft, column, where)
    if beside is None or (said and "" in beside.units):
        return False
    more: dict[str, object] = {"where": condition(where[0].name, where[1])} if where else {}
    draft.use(column, beside.column)
    if len(beside.units) == 1 and beside.units <= set(units):
        rule = flow(column.name, beside.column.name, **more, unit=min(beside.units))
        draft.add(path, rule, beside.note("a row with another unit is told: the unit stands"))
        return True
    name = beside.column.name
    if "" in beside.units:
        todo = f"{name} says the unit, and not all of its texts are units that are known"
    else:
        where_one = f"`where: {{{name}: {beside.texts[0]}}}`"
        held = " and ".join(beside.texts)
        todo = f"{name} holds {held}: give each a map of its own, with the keys, {where_one} and this line in that unit"
    draft.add(path, flow(column.name, **more, unit=TODO), todo)
    return True


def add_dose_in_unit(draft: Draft, path: str, column: Column, said: str) -> bool:
    """The same for a dose: `dose-text` reads the number and its unit, whichever it is of those that it knows."""
    beside = find_unit(draft, column)
    if beside is None or draft.profile.decimal == "," or not (beside.units <= DOSES):
        return add_in_unit(draft, path, column, ("mg", "ug"), said)
    draft.use(column, beside.column)
    draft.add(path, flow(column.name, beside.column.name, as_="dose-text.dose"), beside.note("the unit stands"))
    if beside.units & {"mg/kg", "ug/kg"} and path.startswith("doses["):
        draft.add(f"{path}_per_kg", flow(column.name, beside.column.name, as_="dose-text.dose_per_kg"))
    return True
