"""What the definitions say of a type, laid out for a walk: its elements by JSON key, what it must have, its choices."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from kapfhir.fhir.facts import Element, load_facts

from . import invariants_clinical, invariants_datatypes, invariants_definitions  # noqa: F401 - each registers its rules
from .invariants import Rule, rules_of
from .primitives import PRIMITIVES


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A type: a resource, a data type or a backbone element."""

    name: str
    elements: dict[str, Element]  # by JSON key; choices by each of their keys
    required: tuple[tuple[str, tuple[str, ...]], ...]  # what to call it; keys of which one must be there
    choices: tuple[tuple[str, tuple[str, ...]], ...]  # `value[x]`, its keys
    rules: tuple[Rule, ...]

    def near(self, key: str) -> str:
        """A hint for a key that the type does not have."""
        for name, keys in self.choices:
            if key.startswith(name[:-3]) and key[len(name) - 3 : len(name) - 2].isupper():
                kinds = sorted(self.elements[k].types[0] for k in keys)
                return f"{name} takes {', '.join(kinds)}" if len(kinds) < 12 else f"{name} does not take that type"
        close = get_close_matches(key, list(self.elements), 1, 0.6)
        return f"did you mean '{close[0]}'?" if close else ""


@cache
def type_facts(name: str) -> TypeFacts:
    """The facts of a type, by its name or the path of its backbone element."""
    every = load_facts().elements(name)
    elements = {key: e for key, e in every.items() if not key.endswith("[x]")}
    required, choices = [], []
    for key, element in every.items():
        if element.choice and not key.endswith("[x]"):
            continue
        keys = tuple(element.key(kind) for kind in element.types) if element.choice else (key,)
        if element.choice:
            choices.append((key, keys))
        if element.required:
            both = keys + tuple(f"_{k}" for k, kind in zip(keys, element.types, strict=False) if kind in PRIMITIVES)
            required.append((key, both))
    return TypeFacts(name, elements, tuple(required), tuple(choices), tuple(rules_of(name)))
