"""Interactions that name their resource by a search: create unless it is there, update or delete what is found (R4, http)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from .outcome import refuse
from .query import conditional
from .search import find
from .store import Store, Version
from .writing import IDENTITY, require_id


def find_one(store: Store, type_name: str, criteria: str, what: str = "the condition") -> Version | None:
    """The only match, or None; refuses several."""
    matches = find(store, conditional(type_name, criteria), 2)
    if len(matches) > 1:
        raise refuse(
            412, "multiple-matches", f"{what} on {type_name} is met by more than one resource, {_names(matches)} among them"
        )
    return matches[0] if matches else None


def choose_update_id(store: Store, resource: dict[str, Any], criteria: str) -> tuple[str, bool]:
    """Which id a conditional update writes to, and whether that resource is there already."""
    type_name = resource["resourceType"]
    match = find_one(store, type_name, criteria)
    given = resource.get("id")
    if match is None:
        if given is None:
            return new_id(), False
        if not isinstance(given, str) or not IDENTITY.fullmatch(given):
            raise refuse(400, "value", "an id has 1 to 64 letters, digits, - and .", f"{type_name}.id")
        if store.holds(type_name, given):
            text = f"the condition is met by none, but {type_name}/{given} is there and does not meet it"
            raise refuse(409, "conflict", text, f"{type_name}.id")
        return given, False
    if given is not None:
        require_id(resource, match.id)
    return match.id, True


def new_id() -> str:
    return str(uuid4())


def _names(matches: list[Version]) -> str:
    return " and ".join(match.reference for match in matches)
