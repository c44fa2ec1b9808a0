"""Whose a record is, and what of it points into another patient's record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kapfhir.model.fields import Field, fields_of
from kapfhir.sources.table import Row

from .fill import WITHHELD, Origins, Partial, Plan
from .formats import Bad
from .references import OwnedRef
from .shape import Tell

PATIENT = ("patient",)


def pointers_of(kind: type) -> list[Field]:
    """The fields that point to records of a patient, in a record that has a patient itself."""
    own = fields_of(kind)
    return [f for f in own.values() if f.refers is not None and "patient" in fields_of(f.refers)] if "patient" in own else []


def strange(partial: Partial, pointers: Iterable[Field]) -> list[tuple[Field, list[Any]]]:
    """The fields that point to another patient's records, with what does."""
    patient = partial.get("patient")
    there = [(f, value) for f in pointers if (value := partial.get(f.name))] if isinstance(patient, str) else []
    return [(f, others) for f, value in there if (others := _strangers(value, str(patient)))]


def withhold_strangers(partial: Partial, pointers: Iterable[Field], tell: Tell, origins: Origins) -> None:
    """Take out of a record what points into another patient's, and tell it."""
    for field, others in strange(partial, pointers):
        lost, text = "field" if field.optional else "record", "it points to a record of another patient"
        tell("another-patient", text, origins, lost, (), (field.name,))
        value = partial[field.name]
        kept = tuple(one for one in value if one not in others) if isinstance(value, tuple) else ()
        partial[field.name] = kept or WITHHELD


def whose(rows: Iterable[tuple[int, int, Row]], plans: Sequence[Plan]) -> str | None:
    """The patient that these rows point to; None where they point to several, or to nobody who is there."""
    found = set()
    for number, _, cells in rows:
        for cell in plans[number].references:
            if cell.line.path == PATIENT:
                try:
                    found.add(cell.get(cells))
                except Bad:
                    continue
    named = {str(one) for one in found if isinstance(one, str)}
    return named.pop() if len(named) == 1 else None


def patient_of(rows: Iterable[tuple[Plan, Row]]) -> str | None:
    """The patient of these rows, empty without one; None if what they point to is gone, or another patient's."""
    patient, pointed = "", []
    try:
        for plan, cells in rows:
            for cell in plan.references:
                value = cell.get(cells)
                if cell.line.path == PATIENT and isinstance(value, str):
                    patient = str(value)
                elif isinstance(value, OwnedRef | tuple):
                    pointed.append(value)
    except Bad:
        return None
    return None if any(_strangers(value, patient) for value in pointed) else patient


def _strangers(value: Any, patient: str) -> list[Any]:
    """The references of a field, one or several, that point to a record of another patient."""
    some = value if isinstance(value, tuple) else (value,)
    return [one for one in some if isinstance(one, OwnedRef) and one.patient != patient]
