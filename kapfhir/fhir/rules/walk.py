"""The complete walk over a resource: every problem, each with its path. `fast.py` answers the common case, that there is none."""

from __future__ import annotations

import re
from typing import Any

from kapfhir.fhir.facts import Element, load_facts

from . import specials
from .invariants import has
from .primitives import ELEMENT_ID, PRIMITIVES, Fault, find_fault, is_mime_type, json_name
from .scope import Scope, safe_name
from .types import TypeFacts, type_facts

RESOURCES = load_facts().resources
LATER = re.compile(r"http://hl7\.org/fhir/[0-9]\.[0-9]/StructureDefinition/extension-")
DEPTH = 100  # levels of elements; deeper is an attack, or a mistake


def walk_resource(scope: Scope, node: Any, path: str, expected: str = "") -> None:
    """One resource, also one that is contained or an entry of a Bundle."""
    if not isinstance(node, dict):
        scope.say(path or "resource", "wrong-type", f"is {json_name(node)}, not an object")
        return
    name = node.get("resourceType")
    if not isinstance(name, str) or name not in RESOURCES:
        scope.say(f"{path}.resourceType".strip("."), "unknown-resource", "is not a resource type of R4 4.0.1")
        return
    if expected and name != expected:
        scope.say(f"{path}.resourceType", "unknown-resource", f"is not {expected}, as it must be here")
    walk_element(scope, node, path or name, type_facts(name), name)


def walk_element(scope: Scope, node: Any, path: str, facts: TypeFacts, place: str) -> None:
    """One object. `place` is where it stands in terms of the definitions: `Patient.name`."""
    if not isinstance(node, dict):
        scope.say(path, "wrong-type", f"is {json_name(node)}, not an object")
        return
    is_resource = facts.name in RESOURCES
    if not node or (len(node) == 1 and "id" in node and not is_resource):
        scope.say(path, "ele-1", "is an object without content", "leave the element out")
        return
    if path.count(".") > DEPTH:
        scope.say(path[:100], "too-deep", f"is nested more than {DEPTH} levels deep")
        return
    before = len(scope.found)
    for key in node:
        if key != "resourceType" or not is_resource:
            _key(scope, node, key, path, facts)
    for name, keys in facts.required:
        if not any(key in node for key in keys):
            scope.say(f"{path}.{name}", "missing-element", "is missing: it is required")
    for name, keys in facts.choices:
        present = [key for key in keys if key in node or f"_{key}" in node]
        if len(present) > 1:
            scope.say(f"{path}.{name}", "two-of-a-choice", f"is there as {' and as '.join(present)}; one is allowed")
    if "id" in node and not is_resource and facts.name != "ElementDefinition":  # a snapshot and a differential share ids
        first = scope.ids.setdefault(str(node["id"]), path)
        if first != path:
            scope.say(f"{path}.id", "duplicate-id", "is the id of another element of the resource, too")
    broken = any(p.severity == "error" for p in scope.found[before:])
    for rule in facts.rules:
        try:
            kept = not all(has(node, name) for name in rule.needs) or rule.holds(node)
        except (AttributeError, ArithmeticError, IndexError, KeyError, TypeError, ValueError):
            kept = broken  # the wrong shape that stopped the rule is reported already
        if not kept:
            scope.say(path, rule.key, rule.text, rule.hint, rule.severity)
    special = specials.BY_TYPE.get(facts.name)
    if special is not None and not broken:
        special(scope, node, path, place)


def _key(scope: Scope, node: dict[str, Any], key: Any, path: str, facts: TypeFacts) -> None:
    element = facts.elements.get(key)
    if element is not None:
        _property(scope, node, key, f"{path}.{key}", facts)
        return
    plain = facts.elements.get(key[1:]) if isinstance(key, str) and key.startswith("_") else None
    if plain is not None and plain.types[0] in PRIMITIVES:
        _extended(scope, node, key, f"{path}.{key}", facts)
        return
    name = safe_name(key)
    hint = facts.near(name) if name != "?" else ""
    text = (
        "is not a type that this choice takes"
        if "takes" in hint or "not take" in hint
        else f"is unknown: {facts.name} has no such element"
    )
    scope.say(f"{path}.{name}", "unknown-element", text, hint)


def _property(scope: Scope, node: dict[str, Any], key: str, path: str, facts: TypeFacts) -> None:
    element, value = facts.elements[key], node[key]
    if not element.many:
        if isinstance(value, list):
            scope.say(path, "not-a-list", "is a list, but takes one value")
        else:
            _value(scope, value, path, element, facts)
        return
    if not isinstance(value, list):
        scope.say(path, "list-expected", f"is {json_name(value)}, but takes a list")
        return
    if not value:
        scope.say(path, "empty", "is an empty list", "leave the element out")
    beside = node.get(f"_{key}") if element.types[0] in PRIMITIVES else None
    for number, item in enumerate(value):
        if item is None and isinstance(beside, list) and len(beside) > number and beside[number] is not None:
            continue
        _value(scope, item, f"{path}[{number}]", element, facts)


def _extended(scope: Scope, node: dict[str, Any], key: str, path: str, facts: TypeFacts) -> None:
    """`_birthDate`: id and extensions of a primitive."""
    element = facts.elements[key[1:]]
    value, plain = node[key], node.get(key[1:])
    places = (f"{facts.name}.{key[1:]}", element.types[0])
    bare = path[: -len(key)] + key[1:]
    if not element.many:
        if isinstance(value, list):
            scope.say(path, "not-a-list", "is a list, but takes one value")
            return
        specials.element(scope, value, path, places, walk_element)
        if plain is None and element.required:
            _codeless(scope, value, bare, element)
        return
    if not isinstance(value, list):
        scope.say(path, "list-expected", f"is {json_name(value)}, but takes a list")
        return
    if not value or (isinstance(plain, list) and len(plain) != len(value)) or all(v is None for v in value):
        scope.say(path, "empty", "does not fit the list of values beside it", "give one entry, or null, for each value")
    for number, item in enumerate(value):
        there = isinstance(plain, list) and len(plain) > number and plain[number] is not None
        if item is not None:
            specials.element(scope, item, f"{path}[{number}]", places, walk_element)
        if not there and item is None:
            scope.say(f"{path}[{number}]", "null", "is null, and so is the value beside it")
        elif not there:
            _codeless(scope, item, f"{bare}[{number}]", element)


def _codeless(scope: Scope, beside: Any, path: str, element: Element) -> None:
    """A required binding is not met by an extension, unless that carries the code of a later FHIR version."""
    extensions = beside.get("extension", ()) if isinstance(beside, dict) else ()
    later = any(isinstance(e, dict) and LATER.match(str(e.get("url"))) for e in extensions)
    if element.codes and not later:
        scope.say(path, "missing-code", "has an extension but no code, and a code is required")


def _value(scope: Scope, value: Any, path: str, element: Element, facts: TypeFacts) -> None:
    kind = element.types[0]
    if value is None:
        scope.say(path, "null", "is null", "leave the element out")
    elif kind in PRIMITIVES:
        _primitive(scope, value, path, element, facts)
    elif kind == "Resource":
        specials.resource(scope, value, path, element, walk_resource)
    else:
        place = f"{facts.name}.{element.choice or element.name}"
        walk_element(scope, value, path, type_facts(kind), place)
        if isinstance(value, dict):
            specials.bound(scope, value, path, element, kind)


def _primitive(scope: Scope, value: Any, path: str, element: Element, facts: TypeFacts) -> None:
    kind = element.types[0]
    if element.name == "id" and kind == "string":
        kind = "id" if facts.name in RESOURCES else "string"
    elif element.name == "url" and facts.name == "Extension":
        kind = "uri"
    fault = find_fault(kind, value)
    if fault is None and element.name == "id" and kind == "string" and not ELEMENT_ID.fullmatch(value):
        fault = Fault("bad-id", "holds a blank")
    if fault is not None:
        scope.fault(path, fault)
    elif element.binding and isinstance(value, str):
        if element.codes:
            if not any(value in codes for codes in element.codes.values()):
                hint = specials.codes_hint(element.codes)
                scope.say(path, "wrong-code", f"is not a code of {element.binding}", hint)
        elif element.name == "contentType" and not is_mime_type(value):
            scope.say(path, "wrong-code", "is not a MIME type")
