"""Where a reference points: to a resource by type and id, however it is written, or to nothing that can be told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kapfhir.fhir.facts import load_facts

from .doubles import Doubles
from .pseudonyms import Pseudonyms

LITERAL = re.compile(
    r"(?P<base>[A-Za-z][A-Za-z0-9+.-]*://\S+/)?(?P<kind>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?"
)
OWNERS = ("subject", "patient", "beneficiary", "individual")  # elements that say whose a resource is


@dataclass(slots=True)
class Scope:
    """What holds for one resource. `days`: the shift of its patient; `links`: full URLs of the Bundle that it stands in."""

    pseudonyms: Pseudonyms
    links: Mapping[str, str] = field(default_factory=dict)
    doubles: Doubles = field(default_factory=Doubles)
    base: str = ""  # of the server, where the Bundle tells it
    days: int | None = None
    outer: str = ""  # pseudonym of the resource, for the ids of what it contains
    contained: frozenset[str] = frozenset()
    pointed: set[str] = field(default_factory=set)
    tells: str = ""  # `age`, `birth` or `number` (of a person) below an element that holds one
    years_ago: int = 0  # since the ages of the resource were true

    def resolve(self, reference: Any) -> str:
        """`Type/pseudonym`, `#pseudonym`, or nothing where the text is no reference to a resource."""
        if not isinstance(reference, str):
            return ""
        if reference in self.links:
            return self.links[reference]
        if reference.startswith("#"):
            if reference[1:] not in self.contained:
                return ""
            self.pointed.add(reference[1:])
            return f"#{self.inner_id(reference[1:])}"
        match = LITERAL.fullmatch(reference)
        if match and match["kind"] in load_facts().resources:
            name = f"{match['kind']}/{self.pseudonyms.of_resource(match['kind'], match['id'])}"
            if base := match["base"] or self.base:
                self.doubles.meet(name, base)
            return name
        if reference.startswith(("urn:uuid:", "urn:oid:")):
            return f"urn:uuid:{self.pseudonyms.of('urn', reference)}"
        return ""

    def inner_id(self, identity: str) -> str:
        return self.pseudonyms.of(f"contained {self.outer}", identity)


def patient_of(resource: Mapping[str, Any], scope: Scope) -> str:
    """The pseudonym of the one patient whose resource it is; empty where there is none, or more than one."""
    if resource.get("resourceType") == "Patient":
        identity = resource.get("id")
        return scope.pseudonyms.of_resource("Patient", identity) if isinstance(identity, str) else ""
    for name in OWNERS:
        owner = resource.get(name)
        if isinstance(owner, dict):  # by a name that tells no patient: whoever else is named is not the one
            return _patient(owner.get("reference"), scope)
    every = {found for reference in _references(resource) if (found := _patient(reference, scope))}
    return every.pop() if len(every) == 1 else ""


def _patient(reference: Any, scope: Scope) -> str:
    if isinstance(reference, str) and reference.startswith("#"):
        return ""
    kind, _, pseudonym = scope.resolve(reference).partition("/")
    return pseudonym if kind == "Patient" else ""


def _references(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "reference":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)
