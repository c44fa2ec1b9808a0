"""Classes of fault: each finds every place of a right resource where it can be planted, and says how.

The faults of one element are here, those of what elements mean together in `faults_together.py`.
"""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kapfhir.fhir.exact import dumps
from kapfhir.fhir.facts import Element
from kapfhir.fhir.rules.primitives import INTEGERS
from kapfhir.fhir.rules.types import type_facts

GONE = object()  # the value of an element that is taken out
Path = tuple[str | int, ...]
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What to set or take out, and the name of this way of going wrong; `text` is a last change to the JSON text."""

    way: str
    sets: tuple[tuple[Path, Any], ...]
    text: Callable[[bytes], bytes] = bytes

    @property
    def path(self) -> str:
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.sets[0][0]).lstrip(".")

    @property
    def place(self) -> str:
        """The path without the numbers of items."""
        return re.sub(r"\[\d+\]", "", self.path)

    def apply(self, resource: Resource) -> bytes:
        """The JSON text of the changed resource."""
        changed = copy.deepcopy(resource)
        for path, value in self.sets:
            owner: Any = changed
            for step in path[:-1]:
                owner = owner[step]
            if value is GONE:
                del owner[path[-1]]
            else:
                owner[path[-1]] = copy.deepcopy(value)
        return self.text(dumps(changed))


@dataclass(frozen=True, slots=True)
class Place:
    """A property of an object, or (`item`) one value of a list."""

    path: Path
    owner: str  # the type that has the element
    element: Element
    value: Any
    item: bool

    @property
    def kind(self) -> str:
        return self.element.types[0]

    @property
    def single(self) -> bool:
        """True for one value, be it in a list or not; False for a whole list."""
        return self.item or not self.element.many


def places(node: Resource, kind: str = "", path: Path = ()) -> Iterator[Place]:
    """Everything below an object that R4 knows."""
    kind = kind or node["resourceType"]
    for key, value in node.items():
        element = type_facts(kind).elements.get(key)
        if element is None:
            continue
        yield Place((*path, key), kind, element, value, item=False)
        for number, one in enumerate(value) if element.many else [(None, value)]:
            at = (*path, key) if number is None else (*path, key, number)
            if number is not None:
                yield Place(at, kind, element, one, item=True)
            if isinstance(one, dict):
                inner = element.types[0]
                yield from places(one, one["resourceType"] if inner == "Resource" else inner, at)


def paths_of(resource: Resource) -> Iterator[str]:
    """The elements of a resource, without numbers; codes of a system of FHIR count as well."""
    for place in places(resource):
        name = ".".join(str(step) for step in place.path if not isinstance(step, int))
        yield name
        if place.element.name == "url" or (place.element.codes and isinstance(place.value, str)):
            yield f"{name}={place.value}"


def put(place: Place, way: str, value: Any) -> Change:
    return Change(way, ((place.path, value),))


def objects(resource: Resource) -> list[tuple[Path, str, Resource]]:
    """Every object with its path and type, the resource first."""
    found = [((), resource["resourceType"], resource)]
    return found + [
        (p.path, p.kind if p.kind != "Resource" else p.value["resourceType"], p.value)
        for p in places(resource)
        if p.single and isinstance(p.value, dict)
    ]


# ------------------------------------------------------------------------------------------------- shape


def unknown_element(resource: Resource) -> Iterator[Change]:
    for path, kind, node in objects(resource):
        yield Change("added", (((*path, "nonsense"), "x"),))
        for key in node:
            if key in type_facts(kind).elements and f"{key}s" not in type_facts(kind).elements:
                yield Change("misspelt", (((*path, f"{key}s"), node[key]), ((*path, key), GONE)))


def wrong_type(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if not place.single:
            continue
        if isinstance(place.value, dict):
            yield put(place, "text for an object", "x")
        elif isinstance(place.value, str):
            yield put(place, "number for a text", 7)
            yield put(place, "boolean for a text", True)
            yield put(place, "object for a text", {"value": place.value})
        elif isinstance(place.value, bool):
            yield put(place, "text for a boolean", "true")
            yield put(place, "number for a boolean", 1)
        else:
            yield put(place, "text for a number", str(place.value))
            yield put(place, "boolean for a number", True)


def missing_element(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if place.element.required and not place.item:
            yield put(place, "taken out", GONE)


def two_of_a_choice(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if place.element.choice and not place.item:
            for other, element in type_facts(place.owner).elements.items():
                if element.choice == place.element.choice and other != place.path[-1] and element.types[0] in VALUES:
                    yield Change("a second", (((*place.path[:-1], other), VALUES[element.types[0]]),))


def empty(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if not place.single:
            yield put(place, "empty list", [])
        elif isinstance(place.value, dict):
            yield put(place, "empty object", {})
            if place.kind != "Resource":
                yield put(place, "only an id", {"id": "a"})
        elif isinstance(place.value, str):
            yield put(place, "empty text", "")
            yield put(place, "only blanks", "  ")


def null(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        yield put(place, "null for a list" if not place.single else "null in a list" if place.item else "null", None)


def too_many(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if not place.element.many:
            yield put(place, "twice", [place.value, place.value])
            yield put(place, "in a list", [place.value])


def no_list(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if not place.single:
            yield put(place, "without its list", place.value[0])
        elif place.item:
            yield put(place, "list in a list", [place.value])


def left_out(resource: Resource) -> Iterator[Change]:
    """No fault in itself: what else the resource says may need the element, or not."""
    for place in places(resource):
        if not place.element.required and not place.item:
            yield put(place, "taken out", GONE)


# ------------------------------------------------------------------------------------------------- primitives


def wrong_code(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if not place.element.codes or not place.single:
            continue
        if place.kind == "code":
            yield put(place, "unknown", "nonsense")
            yield put(place, "in capitals", str(place.value).upper())
        elif place.kind == "Coding":
            yield put(place, "coding", {**place.value, "code": "nonsense"})
        elif place.kind == "CodeableConcept":
            yield put(place, "unknown coding", {"coding": [{**place.value["coding"][0], "code": "nonsense"}]})
            yield put(place, "of another system", {"coding": [{**place.value["coding"][0], "system": "http://loinc.org"}]})
            yield put(place, "text alone", {"text": "x"})


def bad_date(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if place.kind in ("date", "dateTime", "instant", "time") and place.single:
            bad = ["nonsense", "2026-13-01", "2026-02-30", "05/01/2026", "2026-1-5", "20260105"]
            bad += ["2026-01-05T10:00:00", "2026-01-05T10:00Z", "2026-01-05T25:00:00Z", "2026-01-05 10:00:00Z"]
            bad += ["2026-01-05T10:00:00+15:00", "2026-01-05T10:00:00z", "0000-01-01", "2026-01-05T10:00:00.Z"]
            bad += {"date": ["2026-01-05T10:00:00Z"], "instant": ["2026-01-05"]}.get(place.kind, [])
            for text in bad:
                yield put(place, re.sub(r"\d", "9", text), text)


def bad_number(resource: Resource) -> Iterator[Change]:
    for place in places(resource):
        if place.kind in INTEGERS and place.single:
            yield put(place, "fraction", Decimal("1.5"))
            yield put(place, "too large", 2**31)
            yield put(place, "as text", str(place.value))
            if place.kind != "integer":
                yield put(place, "negative", -1)
            if place.kind == "positiveInt":
                yield put(place, "zero", 0)
        elif place.kind == "decimal" and place.single:
            yield put(place, "as text", str(place.value))
            yield put(place, "with a comma", "1,5")
            yield put(place, "words", "about 5")
            yield put(place, "object", {"value": 1})


def bad_id(resource: Resource) -> Iterator[Change]:
    for path, _, node in objects(resource):
        if "resourceType" in node:
            for bad in ("a_b", "a b", "a" * 65, "a/b", "ä", " a"):
                yield Change("long" if len(bad) > 9 else bad, (((*path, "id"), bad),))
    for place in places(resource):
        if place.kind == "id" and place.path[-1] != "id":
            yield put(place, "a_b", "a_b")


def bad_text(resource: Resource) -> Iterator[Change]:
    """Blanks where the type has none, and what no text may hold."""
    for place in places(resource):
        if not place.single or not isinstance(place.value, str):
            continue
        if place.kind in ("uri", "url", "canonical"):
            yield put(place, "blank in a uri", f"{place.value[:12]} {place.value[12:]}")
            yield put(place, "urn:uuid of nothing", "urn:uuid:nonsense")
            yield put(place, "urn:oid of nothing", "urn:oid:nonsense")
        elif place.kind == "code":
            yield put(place, "blank before a code", f" {place.value}")
            yield put(place, "blank after a code", f"{place.value} ")
            yield put(place, "two blanks in a code", f"{place.value[:1]}  {place.value[1:]}")
        elif place.kind in ("string", "markdown"):
            yield put(place, "control character", f"a\x07{place.value}")
            yield put(place, "blank before a text", f" {place.value}")


def bad_base64(resource: Resource) -> Iterator[Change]:
    """In attachments; of people also in a photo, which they have not."""
    for name, text in (
        ("signs", "####"),
        ("cut", "YWJ"),
        ("stray sign", "YW-j"),
        ("padding inside", "YQ==YQ=="),
        ("url form", "_-8="),
    ):
        for place in places(resource):
            if place.kind == "base64Binary" and place.single:
                yield put(place, name, text)
        photo = [{"contentType": "image/png", "data": text}]
        if resource["resourceType"] in ("Patient", "Practitioner", "RelatedPerson"):
            yield Change(name, ((("photo",), photo),))


VALUES: dict[str, Any] = {
    "string": "x",
    "boolean": True,
    "integer": 1,
    "dateTime": "2026-01-05",
    "date": "2026-01-05",
    "uri": "http://example.org/x",
    "canonical": "http://example.org/x",
    "Period": {"start": "2026-01-05"},
    "Quantity": {"value": 1, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
    "Age": {"value": 30, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"},
    "Duration": {"value": 30, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"},
    "Range": {"low": {"value": 1}},
    "Ratio": {"numerator": {"value": 1}, "denominator": {"value": 2}},
    "CodeableConcept": {"text": "x"},
    "Reference": {"display": "x"},
    "Timing": {"code": {"text": "x"}},
    "Annotation": {"text": "x"},
}

SHAPES: dict[str, Callable[[Resource], Iterator[Change]]] = {
    "unknown element": unknown_element,
    "wrong JSON type": wrong_type,
    "missing element": missing_element,
    "two of a choice": two_of_a_choice,
    "empty": empty,
    "null": null,
    "too many": too_many,
    "no list": no_list,
    "left out": left_out,
    "wrong code": wrong_code,
    "bad date": bad_date,
    "bad number": bad_number,
    "bad id": bad_id,
    "bad text": bad_text,
    "bad base64": bad_base64,
}
