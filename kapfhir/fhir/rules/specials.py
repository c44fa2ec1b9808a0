"""What single types ask beyond elements and invariants: references, extensions, narratives, contained resources, codings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kapfhir.fhir.facts import Element, load_facts

from . import references
from .bundle import check_bundle
from .invariants import codings, has
from .narrative import find_div_fault
from .primitives import ABSOLUTE, json_name
from .scope import Scope
from .types import type_facts
from .vitals import find_vital_faults

CORE = "http://hl7.org/fhir/StructureDefinition/"
FACTS = load_facts()
# R4's own definitions use these beyond the places that R4 gives for them, and later versions allow it
DEFINING = ("structuredefinition-", "elementdefinition-", "valueset-", "codesystem-", "capabilitystatement-", "regex")


def codes_hint(codes: Mapping[str, frozenset[str]]) -> str:
    known = sorted({code for group in codes.values() for code in group})
    return f"one of {', '.join(known)}" if len(known) <= 20 else ""


# ---------------------------------------------------------------------------------------------- references


def _reference(scope: Scope, node: dict[str, Any], path: str, _place: str) -> None:
    literal, named = node.get("reference"), node.get("type")
    if named is not None and named not in FACTS.resources:
        scope.say(f"{path}.type", "wrong-target", "is not a resource type of R4")
    if literal is None:
        return
    if literal.startswith("#"):
        name = literal[1:]
        if name:
            scope.pointed.add(name)
            if name not in scope.contained:
                scope.say(f"{path}.reference", "ref-1", "points to a contained resource that is not there")
        else:
            scope.uplinks.add(path)
        return
    kind = references.read_type(literal)
    if kind is None:
        # HL7's validator takes any urn in a reference, but not the capitals that keep it from being matched as a text
        # and a relative URL that is no address of a server of FHIR: R4 lets a reference be any URL
        loose = (references.LOCATION.fullmatch(literal) and literal.partition("/")[0] not in FACTS.resources) or (
            literal.startswith("urn:") and not references.URN.fullmatch(literal.lower())
        )
        hint = "Type/id, an absolute URL, urn:uuid: in lower case, or #id"
        scope.say(f"{path}.reference", "bad-reference", "is no well-formed reference", hint, "warning" if loose else "error")
    elif references.is_conditional(literal) and not scope.conditional:
        scope.say(f"{path}.reference", "bad-reference", "is a query, which only a transaction may have")
    elif kind and named and named in FACTS.resources and kind != named:
        scope.say(f"{path}.type", "wrong-target", f"differs from the type in reference, {kind}")


def _targets(scope: Scope, node: dict[str, Any], path: str, element: Element) -> None:
    if not element.targets or "Resource" in element.targets:
        return
    literal, kind = node.get("reference"), node.get("type")
    if isinstance(literal, str):
        kind = _contained_type(scope, literal[1:]) if literal.startswith("#") else references.read_type(literal) or kind
    if isinstance(kind, str) and kind in FACTS.resources and kind not in element.targets:
        scope.say(path, "wrong-target", f"points to {kind}; it takes {' or '.join(element.targets)}")


def _contained_type(scope: Scope, name: str) -> Any:
    if not name:
        return scope.root.get("resourceType")
    for node in scope.root.get("contained", ()):
        if isinstance(node, dict) and node.get("id") == name:
            return node.get("resourceType")
    return None


# ---------------------------------------------------------------------------------------------- codings


def bound(scope: Scope, node: dict[str, Any], path: str, element: Element, kind: str) -> None:
    """What the element asks of its value beyond the value's type: targets, codes, no comparator."""
    if kind == "Reference":
        _targets(scope, node, path, element)
    elif kind == "Quantity" and element.simple and has(node, "comparator"):
        scope.say(path, "sqty-1", "has a comparator, which this Quantity may not")
    elif kind == "Coding" and element.codes:
        if node.get("code") not in element.codes.get(node.get("system", ""), ()):
            scope.say(path, "wrong-code", f"is not a coding of {element.binding}", codes_hint(element.codes))
    elif (
        kind == "CodeableConcept"
        and element.codes
        and not any(code in element.codes.get(system, ()) for system, code in _safe_codings(node))
    ):
        scope.say(path, "wrong-code", f"has no coding of {element.binding}", codes_hint(element.codes))


def _safe_codings(node: dict[str, Any]) -> list[tuple[Any, Any]]:
    try:
        return [(s, c) for s, c in codings(node) if isinstance(s, str) and isinstance(c, str)]
    except (AttributeError, TypeError):
        return []


# ---------------------------------------------------------------------------------------------- extensions


def element(scope: Scope, node: Any, path: str, places: tuple[str, str], walk: Callable[..., None]) -> None:
    """The object beside a primitive, with id and extensions only. `places` are the primitive's path and type."""
    before = len(scope.found)
    walk(scope, node, path, type_facts("Element"), places[0])
    if len(scope.found) == before and isinstance(node, dict):
        for number, extension in enumerate(node.get("extension", ())):
            _core(scope, extension, f"{path}.extension[{number}]", {*places, "Element"})


def _extension(scope: Scope, node: dict[str, Any], path: str, place: str) -> None:
    url = node["url"]
    inner = place.startswith("Extension.")
    if "|" in url:
        scope.say(f"{path}.url", "versioned-extension", "has a version, which the URL of an extension may not")
    elif not ABSOLUTE.fullmatch(url) and not inner:
        scope.say(f"{path}.url", "bad-extension", "is not absolute")
    if has(node, "extension") == has(node, "value[x]"):
        scope.say(path, "ext-1", "must have either extensions or a value, and not both")
    owner = place.rpartition(".")[0]
    if not inner and owner != "Element":
        above = {owner, "Element"}
        if owner in FACTS.resources:
            above |= {"Resource", "DomainResource"}
        _core(scope, node, path, above)


def _core(scope: Scope, node: dict[str, Any], path: str, places: set[str]) -> None:
    """Where R4 core knows the extension: does it stand where it may, and is its value of the right type?"""
    name = node["url"].removeprefix(CORE)
    if name == node["url"] or name not in FACTS.extensions:
        return
    where, kinds = FACTS.extensions[name]
    if "ElementDefinition.type" in places:
        places = places | {"ElementDefinition.type.code"}  # System types have no value to hang an extension on
    elsewhere = any(w.startswith("Extension") for w in where) or name.startswith(DEFINING)
    if not where & places and not elsewhere:
        scope.say(path, "extension-context", f"is an extension of {' or '.join(sorted(where))}, not of this element")
    value = next((k for k in node if k.startswith("value")), None)
    if value is not None and kinds and not any(value == "value" + kind[0].upper() + kind[1:] for kind in kinds):
        scope.say(
            f"{path}.{value}", "extension-type", f"has the wrong type for this extension: it takes {' or '.join(sorted(kinds))}"
        )
    elif value is not None and not kinds:
        scope.say(f"{path}.{value}", "extension-type", "is a value, and this extension takes extensions only")


# ---------------------------------------------------------------------------------------------- narrative, contained, Observation


def _narrative(scope: Scope, node: dict[str, Any], path: str, _place: str) -> None:
    fault = find_div_fault(node["div"])
    if fault is not None:
        scope.fault(f"{path}.div", fault)


def _observation(scope: Scope, node: dict[str, Any], path: str, _place: str) -> None:
    for below, code, text in find_vital_faults(node):
        scope.say(f"{path}.{below}" if below else path, code, text)


def resource(scope: Scope, node: Any, path: str, element: Element, walk: Callable[..., None]) -> None:
    """A resource inside of another: contained, or an entry of a Bundle or of Parameters (which is a scope of its own)."""
    if element.name != "contained":
        if scope.is_right is not None and scope.is_right(node):
            return
        base = node if isinstance(node, dict) else {}
        inner = Scope(scope.file, base, scope.found, conditional=scope.conditional, is_right=scope.is_right)
        walk_root(inner, node, path, walk)
        return
    if not isinstance(node, dict):
        scope.say(path, "wrong-type", f"is {json_name(node)}, not an object")
        return
    if "contained" in node:
        scope.say(path, "dom-2", "is contained and has contained resources itself")
    meta = node.get("meta")
    if isinstance(meta, dict):
        if "versionId" in meta or "lastUpdated" in meta:
            scope.say(path, "dom-4", "is contained and has a meta.versionId or meta.lastUpdated")
        if "security" in meta:
            scope.say(path, "dom-5", "is contained and has a security label")
    if not isinstance(node.get("id"), str):
        scope.say(f"{path}.id", "missing-element", "is missing: a contained resource needs one")
    walk(scope, node, path)


def walk_root(scope: Scope, node: Any, path: str, walk: Callable[..., None]) -> None:
    """A resource with what it contains."""
    contained = node.get("contained") if isinstance(node, dict) else None
    base = path or (str(node.get("resourceType")) if isinstance(node, dict) else "")
    for number, item in enumerate(contained if isinstance(contained, list) else ()):
        name = item.get("id") if isinstance(item, dict) else None
        if isinstance(name, str):
            if name in scope.contained:
                scope.say(f"{base}.contained[{number}].id", "duplicate-id", "is the id of another contained resource, too")
            scope.contained.setdefault(name, f"{base}.contained[{number}]")
    walk(scope, node, path)
    if scope.contained:
        scope.pointed |= _hashes(node)
        for name, where in scope.contained.items():
            if name not in scope.pointed and not any(up.startswith(f"{where}.") for up in scope.uplinks):
                scope.say(where, "dom-3", "is contained, but nothing refers to it")


def _hashes(node: Any) -> set[str]:
    """Ids that a canonical, uri or url names as `#id`."""
    if isinstance(node, dict):
        return set().union(*map(_hashes, node.values())) if node else set()
    if isinstance(node, list):
        return set().union(*map(_hashes, node)) if node else set()
    return {node[1:]} if isinstance(node, str) and node.startswith("#") and len(node) > 1 else set()


BY_TYPE: dict[str, Callable[[Scope, dict[str, Any], str, str], None]] = {
    "Reference": _reference,
    "Extension": _extension,
    "Narrative": _narrative,
    "Observation": _observation,
    "Bundle": check_bundle,
}
