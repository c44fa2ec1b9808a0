"""Which search parameters R4 defines for a type, and the values that a resource has for them. Read from one small JSON file.

`python -m kapfhir.fhir.compile_search` compiles that file from the published definitions.

    {"Observation": {"code": ["token", [["code", "CodeableConcept"]], "", "clinical-code"],
                     "patient": ["reference", [["subject:Patient", "Reference"]], "Patient", "clinical-patient"], ...}}

A path is a row of JSON keys; `telecom[system=email]` keeps the items with that value, `subject:Patient` the references to that
type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("search.json")
DEFINITION = "http://hl7.org/fhir/SearchParameter/"

# The FHIR types in which a parameter of a kind can find something.
INDEXED: Mapping[str, frozenset[str]] = {
    "token": frozenset(["Identifier", "CodeableConcept", "Coding", "ContactPoint", "code", "string", "boolean", "uri", "id"]),
    "reference": frozenset(["Reference", "canonical", "uri"]),
    "date": frozenset(["date", "dateTime", "instant", "Period", "Timing"]),
    "string": frozenset(["string", "markdown", "HumanName", "Address"]),
    "quantity": frozenset(["Quantity", "Age", "Duration", "SimpleQuantity", "Money", "Range"]),
    "number": frozenset(["decimal", "integer", "positiveInt", "unsignedInt", "Range"]),
    "uri": frozenset(["uri", "url", "canonical", "oid", "uuid"]),
}

Finder = Callable[[Mapping[str, Any]], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a parameter: how to find its values, and what type they have."""

    text: str
    key: str  # the first JSON key: without it in the resource there is nothing to find
    type: str  # a FHIR type, or `?exists`: true unless the element is absent or false
    find: Finder


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A parameter of one resource type."""

    name: str
    kind: str  # token | reference | date | string | quantity | number | uri
    paths: tuple[Place, ...]
    targets: tuple[str, ...]  # resource types that a reference may point to; empty: any
    definition: str  # canonical URL of its definition


@cache
def _data() -> dict[str, dict[str, list[Any]]]:
    data: dict[str, dict[str, list[Any]]] = json.loads(DATA.read_bytes())
    return data


@cache
def described_types() -> frozenset[str]:
    """The resource types whose own parameters are known; of all others only those of every resource are."""
    return frozenset(_data()) - {"Resource"}


@cache
def search_parameters(type_name: str) -> Mapping[str, SearchParameter]:
    """The parameters of a resource type by name, those of every resource (`_tag`, `_profile`, ...) among them."""
    rows = {**_data()["Resource"], **_data().get(type_name, {})}
    return {
        name: SearchParameter(
            name,
            kind,
            tuple(Place(text, re.split(r"[.\[:]", text)[0], kind_of_value, compile_path(text)) for text, kind_of_value in paths),
            tuple(targets.split("|")) if targets else (),
            DEFINITION + definition,
        )
        for name, (kind, paths, targets, definition) in rows.items()
    }


def compile_path(text: str) -> Finder:
    """The function that finds every value at a path, lists opened."""
    text, _, target = text.partition(":")
    steps: list[tuple[str, str, str]] = []
    for part in re.findall(r"[^.\[]+(?:\[[^\]]*\])?", text):
        name, _, condition = part.partition("[")
        key, _, value = condition.removesuffix("]").partition("=")
        steps.append((name, key, value))

    def find(node: Any, at: int = 0) -> Iterator[Any]:
        if at == len(steps):
            yield node
            return
        name, key, value = steps[at]
        below = node.get(name) if isinstance(node, dict) else None
        if below is None:
            return
        for item in below if isinstance(below, list) else (below,):
            if not key or (isinstance(item, dict) and item.get(key) == value):
                yield from find(item, at + 1)

    if not target:
        return find
    return lambda resource: (value for value in find(resource) if points_to(value, target))


def points_to(reference: Any, type_name: str) -> bool:
    """Whether a Reference says that its target is of this type: by its URL, or by `type`."""
    if not isinstance(reference, dict):
        return False
    url = reference.get("reference", "")
    parts = url.split("/_history/")[0].rsplit("/", 2) if isinstance(url, str) else []
    return (len(parts) > 1 and parts[-2] == type_name) or reference.get("type") == type_name
