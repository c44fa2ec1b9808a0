"""The page of coverage: each requirement, the fields of the record that hold it, the FHIR elements that they fill, and the tests.

`coverage.csv` names requirements, fields and tests; the elements come from the resource maps. A field may name one of its codes:
`Diagnosis.origin=primary`. What is not there is an error.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from concepts import elements, map_of

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import Field, fields_of

HERE = Path(__file__).parent
REQUIREMENTS = tuple(f"A-{number:02}" for number in range(1, 55))
NOT_SENT = "A-50"  # who pays: kept in the record, out of scope for FHIR
HEAD = """# Coverage

What ketamine-assisted psychotherapy asks of a record, requirement by requirement: the fields that hold it, the FHIR elements that
these fill, and a test that fails if it is lost. Beside them `tests/property/test_round_trip.py` builds and reads records of every
concept. A code after `=` is one that the requirement asks for. What FHIR does not hold is told with the reason; all of
it is in the [last table](#what-does-not-come-back-from-fhir). This page is made by `python docs/generate.py`, from
`docs/coverage.csv` and the maps.

| | requirement | record | FHIR | tests |
|---|---|---|---|---|
"""
STAYING = """
## What does not come back from FHIR

A record that is read back from its resources is as it was, but for these fields. They are kept where they are read from, never
sent, and so not compared. A `Document` that is a psychotherapy note, or of a type that is not known, is not sent at all: see
[Safety](../explanation/safety.md). Values that are computed from others (*derived* in [concepts](concepts.md)) are sent and not
read back: they are computed anew.

| field | type | why |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A line of coverage.csv."""

    id: str
    text: str
    fields: tuple[str, ...]
    tests: tuple[str, ...]


def load_requirements() -> list[Requirement]:
    with (HERE / "coverage.csv").open(encoding="utf-8", newline="") as file:
        return [
            Requirement(row["id"], row["requirement"], tuple(row["fields"].split()), tuple(row["tests"].split()))
            for row in csv.DictReader(file)
        ]


def coverage_page() -> str:
    """A line for each requirement, then the fields that stay. LookupError if one is missing, or names what is not there."""
    requirements = load_requirements()
    if tuple(r.id for r in requirements) != REQUIREMENTS:
        raise LookupError(f"coverage.csv has not one line for each of {REQUIREMENTS[0]} to {REQUIREMENTS[-1]}, in their order")
    return HEAD + "".join(map(_line, requirements)) + STAYING + "".join(_staying())


def _line(requirement: Requirement) -> str:
    named: dict[str, list[str]] = {}
    for text in requirement.fields:
        path, _, code = text.partition("=")
        named.setdefault(path, []).extend([code] if code else [])
    record, fhir = [], []
    for path, codes in named.items():
        found = elements_of(path, tuple(codes))
        if not found:
            raise LookupError(f"{requirement.id}: no map sends {path}")
        record.append(f"`{path}`" + (f" = {', '.join(f'`{c}`' for c in codes)}" if codes else ""))
        fhir += found
    tests = [f"[{name}](../../{file})" for file, name in map(find_test, requirement.tests)]
    cells = (requirement.id, requirement.text, "<br>".join(record), "<br>".join(dict.fromkeys(fhir)), "<br>".join(tests))
    return f"| {' | '.join(cells)} |\n"


def elements_of(path: str, codes: tuple[str, ...] = ()) -> list[str]:
    """The FHIR elements of a field by its path, `DosingSession.doses.dose`. LookupError if there is no such field or code."""
    concept, *steps = path.split(".")
    if concept not in CONCEPTS or not steps:
        raise LookupError(f"{path} is no field of a record")
    kind: type = CONCEPTS[concept]
    stays = ""
    for step in steps:
        field = next((f for f in fields_of(kind).values() if f.name == step), None)
        if field is None:
            raise LookupError(f"{path}: {kind.__name__} has no field '{step}'")
        owner, kind, stays = kind, field.types[0], stays or field.stays
    for code in codes:
        if not any(code in _codes().own(k) for k in field.types):
            raise LookupError(f"{path} has no code '{code}'")
    if stays:
        return [f"none: {stays}"]
    return [e for e in elements(owner, field, map_of(concept)).split("<br>") if e]


@cache
def _codes() -> Codes:
    return Codes(MapFolder.over())


def find_test(name: str) -> tuple[str, str]:
    """File and name of a test, `tests/x/test_y.py::test_z`. LookupError if there is none."""
    file, _, function = name.partition("::")
    path = HERE.parent / file
    if not path.is_file() or f"\ndef {function}(" not in path.read_text(encoding="utf-8"):
        raise LookupError(f"there is no test {name}")
    return file, function


def _staying() -> Iterator[str]:
    for path, field in staying_fields():
        kinds = " or ".join(kind.__name__ for kind in field.types)
        yield f"| `{path}` | {kinds} | {field.stays} |\n"


def staying_fields() -> Iterator[tuple[str, Field]]:
    """Every field that FHIR does not hold, by its path; a part that stays whole stands for its own fields."""
    for concept, kind in CONCEPTS.items():
        yield from _staying_in(kind, concept, ())


def _staying_in(kind: type, path: str, above: tuple[type, ...]) -> Iterator[tuple[str, Field]]:
    for field in fields_of(kind).values():
        if field.stays:
            yield f"{path}.{field.name}", field
        elif not field.derived:
            for inner in field.types:
                if inner not in above and hasattr(inner, "__dataclass_fields__"):
                    yield from _staying_in(inner, f"{path}.{field.name}", (*above, kind))
