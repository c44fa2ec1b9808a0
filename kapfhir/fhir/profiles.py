"""Does a resource satisfy a profile of US Core? What it lacks, and what stands in for an element that nobody knows.

`python -m kapfhir.fhir.compile_profiles` compiles `us_core.json` from the published package; that module says what a need is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .facts import Facts
from .profile_rules import ABSENT, RULES, has

DATA = Path(__file__).with_name("us_core.json")
UNKNOWN = {"url": ABSENT, "valueCode": "unknown"}
UNKNOWN_CODE = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown", "display": "Unknown"}
ASKED_BY = {
    "us-core-2": "dataAbsentReason",
    "us-core-7": "performed[x]",
    "us-core-21": "requester",
}  # rules that one element answers
Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a profile asks for beyond R4."""

    kind: str
    path: str
    value: Any = None

    @property
    def element(self) -> str:
        """The element that would answer it."""
        return (ASKED_BY.get(self.value, self.path) if self.kind == "rule" else self.path) or str(self.value)

    def met(self, resource: Resource) -> bool:
        """Whether a resource that is R4 has what is asked for."""
        owners, name = _owners(resource, self.path)
        if self.kind == "there":
            return all(has(owner, name) for owner in owners)
        values = [value for owner in owners for value in _values(owner, name)] if name else [resource]
        if self.kind == "rule":
            return self._by_rule(values)
        if self.kind == "some":
            return any(_shows(self.value, value) for value in values)
        if self.kind == "like":
            return all(_shows(self.value, value) for value in values)
        if self.kind == "codes":
            return all(_is_one_of(self.value, value) for value in values)
        if self.kind == "most":
            return all(len(owner.get(name, ())) <= self.value for owner in owners)
        if self.kind == "types":
            stem = name.removesuffix("[x]")
            allowed = {stem + kind[0].upper() + kind[1:] for kind in self.value}
            return all(
                key.removeprefix("_") in allowed for owner in owners for key in owner if key.removeprefix("_").startswith(stem)
            )
        return all(value.get("reference", "").partition("/")[0] in ("", *self.value) for value in values)

    def _by_rule(self, values: list[Any]) -> bool:
        key, _, pattern = str(self.value).partition(" ")
        wanted = json.loads(pattern) if pattern else {}
        return all(RULES[key](value) for value in values if not wanted or _shows(wanted, value))


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, and what it asks for."""

    name: str
    url: str
    type: str
    needs: tuple[Need, ...]

    def lacks(self, resource: Resource) -> list[Need]:
        """What a resource of its type lacks; empty: it may claim the profile."""
        return [need for need in self.needs if not need.met(resource)]


@cache
def load_profiles() -> dict[str, Profile]:
    """The profiles of US Core that travel with this package, by name; read once."""
    return {
        name: Profile(name, data["url"], data["type"], tuple(Need(*need) for need in data["needs"]))
        for name, data in json.loads(DATA.read_bytes()).items()
    }


def stand_in(need: Need, profile: Profile, facts: Facts) -> tuple[str, Any] | None:
    """What stands for an element that nobody knows, as US Core wants it; None where it must be known.

    A code of a required binding has no such thing, and neither has an element that is made of elements.
    """
    if need.kind not in ("there", "rule") or "." in need.element or (need.kind == "rule" and need.value not in ASKED_BY):
        return None
    if any(other.kind == "codes" and other.path == need.path for other in profile.needs):
        return None
    element = facts.elements(profile.type)[need.element]
    name = element.types[0]
    if element.choice:
        return (f"_{element.key('dateTime')}", {"extension": [UNKNOWN]}) if "dateTime" in element.types else None
    if element.binding or name in ("code", "boolean", "Identifier"):
        return None
    if name == "CodeableConcept":
        coded = {"coding": [UNKNOWN_CODE]}
        return element.name, [coded] if element.many else coded
    if "." in name:
        return None
    absent = {"extension": [UNKNOWN]}
    if name[0].islower():
        return f"_{element.name}", [absent] if element.many else absent
    return element.name, [absent] if element.many else absent


def _owners(resource: Resource, path: str) -> tuple[list[Any], str]:
    """What the last element of a path stands in, and its name."""
    *outer, name = path.split(".")
    owners: list[Any] = [resource]
    for step in outer:
        owners = [value for owner in owners for value in _values(owner, step)]
    return owners, name


def _values(owner: Any, name: str) -> Iterator[Any]:
    if name.endswith("[x]"):
        stem = name.removesuffix("[x]")
        yield from (value for key, value in owner.items() if key.startswith(stem))
        return
    value = owner.get(name)
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def _shows(pattern: Any, node: Any) -> bool:
    """Whether a value has everything of a pattern; `codes`: whether it has one of them."""
    if isinstance(pattern, dict) and "codes" in pattern:
        return _is_one_of(pattern["codes"], node)
    if isinstance(pattern, dict):
        return isinstance(node, dict) and all(key in node and _shows(inner, node[key]) for key, inner in pattern.items())
    if isinstance(pattern, list):
        return isinstance(node, list) and all(any(_shows(inner, one) for one in node) for inner in pattern)
    return bool(pattern == node)


def _is_one_of(codes: Mapping[str, str], node: Any) -> bool:
    if isinstance(node, str):
        return any(node in listed.split() for listed in codes.values())
    return any(
        coding.get("system") in codes and (not codes[coding["system"]] or coding.get("code") in codes[coding["system"]].split())
        for coding in node.get("coding", [node])
    )
