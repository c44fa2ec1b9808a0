"""What an invariant is here: a name, the type it speaks of, and a function that says whether an object keeps it.

`needs` names the elements without which it can't be broken, so that a shape of object that lacks them need not be asked.
A rule with `by_keys` looks only at which elements there are: it is asked once for a shape of object, not for each object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant of the definitions, compiled by hand."""

    key: str
    text: str
    holds: Callable[[Node], bool]
    needs: tuple[str, ...] = ()
    by_keys: bool = False
    severity: str = "error"
    hint: str = ""


RULES: dict[str, list[Rule]] = {}


def add_rule(
    types: str,
    key: str,
    text: str,
    holds: Callable[[Node], bool],
    *,
    needs: str = "",
    by_keys: bool = False,
    severity: str = "error",
    hint: str = "",
) -> None:
    """Registers a rule for each of the types named."""
    for name in types.split():
        RULES.setdefault(name, []).append(Rule(key, text, holds, tuple(needs.split()), by_keys, severity, hint))


def has(node: Iterable[str], name: str) -> bool:
    """Is the element there: by itself, or as `_name` with an extension only? For a choice give `value[x]`."""
    if name.endswith("[x]"):
        stem = name[:-3]
        size = len(stem)
        return any(k.startswith(stem) and k[size : size + 1].isupper() for k in (key.removeprefix("_") for key in node))
    return name in node or f"_{name}" in node


def rules_of(type_name: str) -> list[Rule]:
    return RULES.get(type_name, [])


def codings(concept: Any) -> Iterator[tuple[Any, Any]]:
    """(system, code) of each coding of a CodeableConcept."""
    for coding in concept.get("coding", ()) if isinstance(concept, dict) else ():
        yield coding.get("system"), coding.get("code")
