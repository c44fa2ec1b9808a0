"""Whose a record is, and what of it points into another patient's record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kapfhir.model.fields import Field, fields_of
from kapfhir.sources.table import Row

from .fill import FROM, WITHHELD, Origins, Partial, Plan, has_fields
from .formats import Bad
from .references import OwnedRef
from .shape import Tell

PATIENT = ("patient",)
Inner = tuple[str, str]  # a list of a record, and the field of its items


def pointers_of(kind: type) -> list[Field]:
    """The fields that point to records of a patient, in a record that has a patient itself."""
    own = fields_of(kind)
    return [f for f in own.values() if _of_a_patient(f)] if "patient" in own else []


def inner_pointers(kind: type, plans: Iterable[Plan]) -> list[Inner]:
    """The same of the items of its lists, as far as a map fills them: for most records none, and nothing is to be looked at."""
    filled = {(cell.line.path[0], cell.line.path[-1]) for plan in plans for cell in plan.references}
    lists = [(f.name, item) for f in fields_of(kind).values() if f.many for item in f.types if has_fields(item)]
    inner = [(name, f.name) for name, item in lists for f in fields_of(item).values() if _of_a_patient(f)]
    return [one for one in inner if one in filled and "patient" in fields_of(kind)]


def is_strange(record: Any, inner: Iterable[Inner]) -> bool:
    """True if an item of a record points to another patient's."""
    patient = record.patient
    return any(
        isinstance(one := getattr(item, name), OwnedRef) and one.patient != patient
        for owners, name in inner
        for item in getattr(record, owners)
    )


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


def withhold_inner(partial: Partial, inner: Iterable[Inner], tell: Tell, origins: Origins) -> None:
    """Take out of the items of a record what points into another patient's, and tell it on their rows."""
    patient = partial.get("patient")
    for owners, name in inner if isinstance(patient, str) else ():
        items = partial.get(owners)
        for key, item in items.items() if isinstance(items, dict) else ():
            if _strangers(item.get(name), str(patient)):
                text, rows = "it points to a record of another patient", item.get(FROM, origins)
                tell("another-patient", text, rows, "field", (owners, str(key)), (name,))
                item[name] = WITHHELD


def whose(rows: Iterable[tuple[Plan, Row]]) -> str | None:
    """The patient that these rows point to; None where they point to several, or to nobody who is there."""
    patients, _, _ = _walk(rows)
    return patients.pop() if len(patients) == 1 else None


def patient_of(rows: Iterable[tuple[Plan, Row]]) -> str | None:
    """The patient of these rows, empty without one; None if what they point to is gone, or another patient's."""
    patients, others, whole = _walk(rows)
    if not whole or len(patients) > 1:
        return None
    patient = patients.pop() if patients else ""
    return None if any(_strangers(value, patient) for value in others) else patient


def _walk(rows: Iterable[tuple[Plan, Row]]) -> tuple[set[str], list[Any], bool]:
    """The patients that rows point to, what else they point to, and whether all of it is there."""
    patients, others, whole = set[str](), list[Any](), True
    for plan, cells in rows:
        for cell in plan.references:
            try:
                value = cell.get(cells)
            except Bad:
                whole = False
                continue
            if cell.line.path == PATIENT and isinstance(value, str):
                patients.add(str(value))
            elif isinstance(value, OwnedRef | tuple):
                others.append(value)
    return patients, others, whole


def _strangers(value: Any, patient: str) -> list[Any]:
    """The references of a field, one or several, that point to a record of another patient."""
    some = value if isinstance(value, tuple) else (value,)
    return [one for one in some if isinstance(one, OwnedRef) and one.patient != patient]


def _of_a_patient(field: Field) -> bool:
    return field.refers is not None and "patient" in fields_of(field.refers)
