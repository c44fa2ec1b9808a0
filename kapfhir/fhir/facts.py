"""What R4 4.0.1 says of every element: type, cardinality, codes, reference targets. Read from one small JSON file.

`python -m kapfhir.fhir.compile_facts` compiles that file from the published definitions.

    {"types":   {"Encounter": {"status": ["code", 1, 1, "encounter-status"], "subject": ["Reference", 0, 1, "", "Patient"]}},
     "codes":   {"encounter-status": {"http://hl7.org/fhir/encounter-status": "planned arrived ..."}},
     "regex":   {"date": "..."}, "resources": ["Account", ...], "simple": ["MedicationAdministration.dosage.dose", ...],
     "extensions": {"procedure-method": ["Procedure", "CodeableConcept"], ...}}

`simple` are the Quantity elements that take no comparator; `extensions` are those of R4 core: where they may stand, then the
types, the required binding and the targets of their value. A backbone element is a type of its own, named by its path
(`Encounter.location`); max 0 stands for `*`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).with_name("facts.json")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type, as JSON names it."""

    name: str  # `status`, `effective[x]`, `effectivePeriod`
    types: tuple[str, ...]
    required: bool
    many: bool
    codes: Mapping[str, frozenset[str]]  # system -> codes of its required binding; empty: no such binding
    targets: tuple[str, ...]  # resource types that a Reference may point to
    choice: str = ""  # `effective[x]` for effectivePeriod and for effective[x]
    binding: str = ""  # name of the value set of its required binding, also where its codes are not listed
    simple: bool = False  # a Quantity without comparator

    def key(self, type_name: str) -> str:
        """The JSON key for a value of this type."""
        stem = self.choice.removesuffix("[x]")
        return stem + type_name[0].upper() + type_name[1:] if self.choice else self.name


class CoreExtension(NamedTuple):
    """An extension of R4 core: the paths where it may stand, and its value; without a type it holds extensions."""

    where: frozenset[str]
    value: Element


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


class Facts:
    """Questions to the definitions."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._types: dict[str, dict[str, list[Any]]] = data["types"]
        self._codes: dict[str, dict[str, str]] = data["codes"]
        self.regex: dict[str, str] = data["regex"]
        self._known: dict[str, dict[str, Element]] = {}
        self._resources: list[str] = data["resources"]
        self._simple = frozenset(data["simple"])
        self.extensions = {name: self._extension(row) for name, row in data["extensions"].items()}

    def _extension(self, row: list[str]) -> CoreExtension:
        where, kinds, codes, targets = [*row, "", ""][:4]
        value = Element("value[x]", _split(kinds), False, False, self._codes_of(codes), _split(targets), "value[x]", codes)
        return CoreExtension(frozenset(where.split("|")), value)

    def _codes_of(self, binding: str) -> dict[str, frozenset[str]]:
        return {s: frozenset(c.split()) for s, c in self._codes.get(binding, {}).items()}

    @staticmethod
    def load(path: Path) -> Facts:
        return Facts(json.loads(path.read_bytes()))

    @cached_property
    def resources(self) -> frozenset[str]:
        return frozenset(self._resources)

    def elements(self, type_name: str) -> dict[str, Element]:
        """Every element of a type by every name that JSON or a map may give it; empty for a primitive."""
        if type_name not in self._known:
            out: dict[str, Element] = {}
            for name, row in self._types.get(type_name, {}).items():
                kinds, low, high, codes, targets = [*row, "", ""][:5]
                allowed, targets = self._codes_of(codes), _split(targets)
                choice = name if name.endswith("[x]") else ""
                simple = f"{type_name}.{name}" in self._simple
                whole = Element(name, tuple(kinds.split("|")), low > 0, high != 1, allowed, targets, choice, codes, simple)
                out[name] = whole
                for kind in whole.types if choice else ():
                    out[whole.key(kind)] = replace(whole, name=whole.key(kind), types=(kind,))
            self._known[type_name] = out
        return self._known[type_name]


@cache
def load_facts() -> Facts:
    """The facts that travel with this package; read once."""
    return Facts.load(DATA)
