"""The quick answer "there is nothing wrong", compiled for each shape of object that comes up more than once.

A shape is a type and the keys of an object, in their order. Whatever depends on the keys alone (unknown and missing elements,
choices, half of the invariants) is decided once, when the shape is compiled; what is left is straight code over the values.
The answer True means that the walk would find nothing. False means nothing: the walk has to look. A property test holds the two
together, and `templates.py` holds the code for the common data types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

from kapfhir.fhir.facts import Element, load_facts
from kapfhir.fhir.shared import SharedList, SharedObject

from . import specials
from .invariants import has
from .primitives import PRIMITIVES
from .scope import Scope
from .templates import TEMPLATES, is_list, is_object, write_primitive
from .types import TypeFacts, type_facts
from .vitals import keeps_vitals
from .writer import Writer

Check = Callable[..., bool]
RESOURCES = load_facts().resources
ABSENT = {
    code: {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": code}]}
    for code in ("unknown", "not-performed", "not-applicable", "error")
}  # all that stands beside a primitive that is missing, by the reason
SEEN_BEFORE = 2  # sightings of a shape before it is compiled: compiling costs as much as twenty walks
SHAPES = 400  # shapes kept of one type; more is no pattern
NESTED = 20  # levels of items in items, and of extensions; deeper is left to the walk

_shapes: dict[str, dict[tuple[str, ...], Check]] = {}
_sightings: Counter[tuple[str, tuple[str, ...]]] = Counter()


def is_right(resource: Any) -> bool:
    """True if there is no problem for sure."""
    try:
        kind, keys = resource["resourceType"], tuple(resource)
        check = _shapes[kind].get(keys) if kind in _shapes else None
        if check is None:
            if kind not in RESOURCES:
                return False
            check = _learn(kind, keys)
        return check(resource, 0)
    except Exception:  # noqa: BLE001 - whatever is wrong with the resource, the walk says it in words
        return False


def _never(_node: Any, _depth: int) -> bool:
    return False


def _learn(name: str, keys: tuple[str, ...]) -> Check:
    """The check for a shape that has none yet. `name` is a type, or `Extension@` and its place."""
    shapes = _shapes.setdefault(name, {})
    if keys in shapes:
        return shapes[keys]
    if len(shapes) >= SHAPES:
        return _never
    if len(_sightings) > 10_000:
        _sightings.clear()
    _sightings[name, keys] += 1
    if _sightings[name, keys] <= SEEN_BEFORE:
        return _never
    shapes[keys] = _compile(name, keys)
    return shapes[keys]


def _compile(name: str, keys: tuple[str, ...]) -> Check:
    kind, _, place = name.partition("@")
    facts = type_facts(kind)
    own = keys
    if kind in RESOURCES:
        own = tuple(k for k in keys if k != "resourceType")
        if kind == "Bundle" or "contained" in keys:
            return _never
    if not all(isinstance(k, str) and (k in facts.elements or _stands_in(k, own, facts)) for k in own) or own in ((), ("id",)):
        return _never
    named = {k.removeprefix("_") for k in own}
    if any(not set(alternatives) & set(own) for _, alternatives in facts.required):
        return _never
    if any(len(set(alternatives) & named) > 1 for _, alternatives in facts.choices):
        return _never
    writer = Writer()
    for number, key in enumerate(own):
        var = f"v{number}"
        writer.add(f"{var} = d[{key!r}]")
        if key in facts.elements:
            _write_element(writer, var, facts.elements[key], kind)
        else:
            writer.fail_unless(f"{var} == {writer.constant(ABSENT)}.get({var}['extension'][0].get('valueCode'))")
    for rule in facts.rules:
        if all(has(own, need) for need in rule.needs):
            if not rule.by_keys:
                writer.fail_unless(f"{writer.constant(rule.holds)}(d)")
            elif not rule.holds(dict.fromkeys(own)):
                return _never
    if kind == "Extension":
        known = writer.constant(_Places(place, next((k for k in own if k.startswith("value")), ""), "extension" in own))
        writer.fail_unless(f"{known}[d['url']] or {known}.allows(d)")
    elif kind == "Observation":
        writer.fail_unless(f"{writer.constant(keeps_vitals)}(d)")
    elif kind == "Narrative" or kind in TEMPLATES:
        return _never  # these are written where they stand
    return writer.compile(f"{name} {' '.join(keys)}")


def _stands_in(key: str, own: tuple[str, ...], facts: TypeFacts) -> bool:
    """Whether this key says of a single primitive why it is missing; more than that is left to the walk."""
    element = facts.elements.get(key[1:]) if key.startswith("_") and key[1:] not in (*own, "id") else None
    if element is None or element.many or element.codes or facts.name == "Extension":  # a required code can't be absent
        return False
    return element.types[0] in PRIMITIVES


class _Places(dict[str, bool]):
    """Extension url -> may it stand at this place with any value of this kind? Asked of the walk's own rules, once for a url."""

    def __init__(self, place: str, value: str, nested: bool) -> None:
        super().__init__()
        self.place, self.keys_there = place, [k for k in (value, "extension" if nested else "") if k]

    def __missing__(self, url: str) -> bool:
        scope = Scope("", {})
        specials.BY_TYPE["Extension"](scope, {"url": url, **dict.fromkeys(self.keys_there)}, "", self.place)
        if len(self) > 1000:
            self.clear()
        self[url] = not scope.found and not specials.asks_value(url)
        return self[url]

    def allows(self, node: dict[str, Any]) -> bool:
        """May it stand here with the value that it has?"""
        scope = Scope("", {})
        specials.BY_TYPE["Extension"](scope, node, "", self.place)
        return not scope.found


def _write_element(w: Writer, var: str, element: Element, owner: str) -> None:
    kind = element.types[0]
    if not element.many:
        _write_value(w, var, kind, element, owner)
    elif kind in PRIMITIVES:
        _write_items(w, var, kind, element, owner)
    else:
        with w.unless_known(var, SharedList, _question(kind, element, owner, many=True), outermost=kind == "Extension"):
            _write_items(w, var, kind, element, owner)


def _write_items(w: Writer, var: str, kind: str, element: Element, owner: str) -> None:
    w.fail_unless(is_list(var))
    item = f"{var}i"
    w.add(f"for {item} in {var}:")
    with w.indented():
        _write_value(w, item, kind, element, owner)


def _write_value(w: Writer, var: str, kind: str, element: Element, owner: str) -> None:
    if kind in PRIMITIVES:
        write_primitive(w, var, kind, element, resource=owner in RESOURCES, extension=owner == "Extension")
    elif kind == "Resource":
        w.add("return False")
    elif kind in TEMPLATES:
        with w.unless_known(var, SharedObject, _question(kind, element, owner)):
            TEMPLATES[kind](w, var, element)
    else:
        deeper = owner == kind or owner.startswith(f"{kind}.") or kind == "Extension"
        with w.unless_known(var, SharedObject, _question(kind, element, owner), outermost=deeper):
            _write_shape(w, var, _name(kind, element, owner), deeper=deeper)


def _write_shape(w: Writer, var: str, name: str, *, deeper: bool) -> None:
    shapes = w.constant(_shapes.setdefault(name, {}))
    w.fail_unless(is_object(var))
    w.add(f"f = {shapes}.get(tuple({var}))")
    w.add("if f is None:")
    w.add(f"    f = {w.constant(_learn)}({name!r}, tuple({var}))")
    if deeper:
        w.fail_unless(f"depth < {NESTED} and f({var}, depth + 1)")
    else:
        w.fail_unless(f"f({var}, depth)")


def _name(kind: str, element: Element, owner: str) -> str:
    return f"Extension@{owner}.{element.name}" if kind == "Extension" else kind


@cache
def _asked(*_about: object) -> object:
    return object()


def _question(kind: str, element: Element, owner: str, *, many: bool = False) -> object:
    """What is asked of a value: the same object for all that the code for it hangs on."""
    binding = element.binding if element.codes else ""
    return _asked(_name(kind, element, owner), many, binding, element.targets, element.simple)
