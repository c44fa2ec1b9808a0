"""What R4 4.0.1 says of every element: type, cardinality, codes, reference targets. Read from one small JSON file.

`python -m kapfhir.fhir.compile_facts` compiles that file from the published definitions.

    {"types":   {"Encounter": {"status": ["code", 1, 1, "encounter-status"], "subject": ["Reference", 0, 1, "", "Patient|Group"], ...}},
     "codes":   {"encounter-status": {"http://hl7.org/fhir/encounter-status": "planned arrived ..."}},
     "regex":   {"date": "..."}, "resources": ["Account", ...]}

A backbone element is a type of its own, named by its path (`Encounter.location`); max 0 stands for `*`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

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

    def key(self, type_name: str) -> str:
        """The JSON key for a value of this type."""
        stem = self.choice.removesuffix("[x]")
        return stem + type_name[0].upper() + type_name[1:] if self.choice else self.name


class Facts:
    """Questions to the definitions."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._types: dict[str, dict[str, list[Any]]] = data["types"]
        self._codes: dict[str, dict[str, str]] = data["codes"]
        self.regex: dict[str, str] = data["regex"]
        self._known: dict[str, dict[str, Element]] = {}
        self._resources: list[str] = data["resources"]

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
                kinds, low, high, codes, targets = (row + ["", ""])[:5]
                allowed = {s: frozenset(c.split()) for s, c in self._codes.get(codes, {}).items()}
                targets = tuple(targets.split("|")) if targets else ()
                whole = Element(name, tuple(kinds.split("|")), low > 0, high != 1, allowed, targets, name if name.endswith("[x]") else "")
                out[name] = whole
                if whole.choice:
                    for kind in whole.types:
                        out[whole.key(kind)] = Element(whole.key(kind), (kind,), whole.required, whole.many, allowed, targets, name)
            self._known[type_name] = out
        return self._known[type_name]


@cache
def load_facts() -> Facts:
    """The facts that travel with this package; read once."""
    return Facts.load(DATA)
