"""One id that two servers gave to two resources: they, and so two patients, would become one. That is refused, never done.

An address (the fullUrl of a Bundle's entry, an absolute reference) says of which server an id is. Without one, two resources of
one id are two versions of one, or two: the patient, an identifier, and what stays with a person all their life tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kapfhir.errors import ConfigError

LASTING = ("birthDate", "gender")  # two of these are two persons, whatever else is the same
TRAITS = ("name", "title", "code", "url", "deviceName", "type")  # tell where no identifier does
SCHEME = re.compile(r"https?://", re.IGNORECASE)
HINT = "de-identify the export of each server by itself, with a key of its own; of two versions of a resource take one"


@dataclass(frozen=True, slots=True)
class _Person:
    """What tells a resource that is nobody's from another of its id: hashes, no values."""

    lasting: tuple[int | None, ...]
    identifiers: frozenset[int]
    traits: int
    addressed: bool


@dataclass(slots=True)
class Doubles:
    """One per run. Names are pseudonyms: `Type/pseudonym`."""

    unplaced: int = 0  # resources without an address: that they are of two servers may not be seen
    _bases: dict[str, str] = field(default_factory=dict)
    _owners: dict[int, int] = field(default_factory=dict)
    _persons: dict[str, _Person] = field(default_factory=dict)

    def meet(self, name: str, base: str) -> None:
        """A resource by an address of this server. ConfigError if another server has one of its type and id."""
        plain = SCHEME.sub("", base).lower().rstrip("/")
        if plain and self._bases.setdefault(name, plain) != plain:
            _refuse(name, "are of two servers and have one id")

    def note(self, name: str, resource: Mapping[str, Any], owner: str, base: str) -> None:
        """A resource as it stands. ConfigError if it is not one that had its type and id before."""
        self.unplaced += not base
        if owner and not name.startswith("Patient/"):
            known = hash(owner)
            if self._owners.setdefault(hash(name), known) != known:
                _refuse(name, "have one id, but not one patient")
        else:
            person = _person(resource, addressed=bool(base))
            known_one = self._persons.setdefault(name, person)
            versions = person.addressed and known_one.addressed  # `meet` saw that it is one address
            if not versions and not _may_be_one(known_one, person):
                _refuse(name, "have one id, but are not the same")


def _refuse(name: str, why: str) -> None:
    raise ConfigError(f"two resources of the type {name.partition('/')[0]} {why}: they would become one", HINT)


def _person(resource: Mapping[str, Any], *, addressed: bool) -> _Person:
    return _Person(
        tuple(hash(str(resource[name])) if resource.get(name) else None for name in LASTING),
        frozenset(_identifiers(resource.get("identifier"))),
        hash(str([resource.get(name) for name in TRAITS])),
        addressed,
    )


def _may_be_one(one: _Person, other: _Person) -> bool:
    if any(a is not None and b is not None and a != b for a, b in zip(one.lasting, other.lasting, strict=True)):
        return False
    if one.identifiers and other.identifiers:
        return bool(one.identifiers & other.identifiers)
    return one.traits == other.traits


def _identifiers(values: Any) -> Iterator[int]:
    """Those of a named system: a number alone is nobody's."""
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, dict) and value.get("system") and value.get("value"):
            yield hash((str(value["system"]), str(value["value"])))
