"""The invariants of US Core, by the names that it gives them. Each takes the element that it is about.

Where a rule depends on a status or an intent, which R4 always has, one without it is held to the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kapfhir.luhn import is_npi

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UCUM = "http://unitsofmeasure.org"
DONE = ("completed", "in-progress")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
A_DAY = 10  # characters of 2026-01-05
Node = Any


def has(node: Node, name: str) -> bool:
    """Whether an element is there: with a value, or with an extension where it would stand; `value[x]` under any of its names."""
    if name.endswith("[x]"):
        stem = name.removesuffix("[x]")
        return any(key.removeprefix("_").startswith(stem) for key in node)
    return name in node or f"_{name}" in node


def _is_named(name: Node) -> bool:
    absent = any(extension.get("url") == ABSENT for extension in name.get("extension", ()))
    return (has(name, "family") or has(name, "given")) != absent


def _is_npi(identifier: Node) -> bool:
    return is_npi(str(identifier.get("value", "")))


RULES: dict[str, Callable[[Node], bool]] = {
    "pd-1": lambda role: has(role, "telecom") or has(role, "endpoint"),
    "us-core-1": lambda moment: not isinstance(moment, str) or len(moment) >= A_DAY,
    "us-core-2": lambda seen: any(has(seen, name) for name in ("component", "hasMember", "dataAbsentReason", "value[x]")),
    "us-core-3": lambda thing: thing.get("valueQuantity", thing).get("system", UCUM) == UCUM if isinstance(thing, dict) else True,
    "us-core-6": _is_named,
    "us-core-6-attachment": lambda attachment: has(attachment, "url") or has(attachment, "data"),
    "us-core-7": lambda procedure: procedure.get("status", "completed") not in DONE or has(procedure, "performed[x]"),
    "us-core-13": lambda role: any(has(role, n) for n in ("practitioner", "organization", "healthcareService", "location")),
    "us-core-14": lambda person: has(person, "name") or has(person, "relationship"),
    "us-core-16": _is_npi,
    "us-core-17": _is_npi,
    "us-core-21": lambda request: request.get("intent", "order") not in ORDERS or has(request, "requester"),
}

# Where R4 and our own records leave nothing to ask: their days are whole, their quantities are of UCUM.
ALWAYS = ("us-core-1", "us-core-3")
ANSWERS = {  # a rule that holds wherever one of these elements is
    "pd-1": ("telecom", "endpoint"),
    "us-core-2": ("component", "hasMember", "dataAbsentReason", "value[x]"),
    "us-core-7": ("performed[x]",),
    "us-core-13": ("practitioner", "organization", "healthcareService", "location"),
    "us-core-14": ("name", "relationship"),
    "us-core-21": ("requester",),
}
