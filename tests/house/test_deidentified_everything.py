"""A word that must not leave, in every element of every resource type that may leave: it is in no byte, and what went is counted.

The resources are made of R4's definitions, with every choice of a type side by side. They are no valid ones, so the walk is asked
and not the command: what is not R4 would be withheld as a whole.
"""

import re
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from kapfhir.deidentification.dates import Dates
from kapfhir.deidentification.pseudonyms import Pseudonyms
from kapfhir.deidentification.references import Scope
from kapfhir.deidentification.table import extensions, passes
from kapfhir.deidentification.walk import Walk
from kapfhir.fhir.exact import dumps
from kapfhir.fhir.facts import load_facts

FACTS = load_facts()
PSEUDONYMS = Pseudonyms(b"1" * 32)
DEEP = 4
PRIMITIVES = {
    "base64Binary": "UXVva2thUXVva2thUXVva2th",
    "boolean": True,
    "canonical": "https://quokka.example/fhir/Questionnaire/quokka|5550142",
    "code": "quokka",
    "date": "1931-02-28",
    "dateTime": "1931-02-28T04:05:06-08:00",
    "decimal": Decimal("5550142.5"),
    "id": "quokka-5550142",
    "instant": "1931-02-28T04:05:06.789Z",
    "integer": 5550142,
    "markdown": "Quokka of 1 Nowhere Lane, 5550142",
    "oid": "urn:oid:1.2.5550142",
    "positiveInt": 5550142,
    "string": "Quokka 5550142",
    "time": "04:05:06",
    "unsignedInt": 5550142,
    "uri": "https://quokka.example/5550142",
    "url": "http://192.0.2.77/quokka",
    "uuid": "urn:uuid:quokka-5550142",
    "xhtml": "<div>Quokka</div>",
}
TRACES = re.compile(r"quokka|nowhere|5550142|1931|192\.0\.2|UXVva2", re.IGNORECASE)
STRANGE = {"url": "https://quokka.example/StructureDefinition/quokka", "valueString": "Quokka"}
KNOWN = sorted(url for url in extensions() if "#" not in url)
BESIDE = {
    "id": "quokka",
    "extension": [STRANGE, *({"url": url, "valueString": "Quokka", "_valueCode": {"id": "quokka"}} for url in KNOWN)],
}
NOT_PLANTED = {"modifierExtension", "implicitRules", "resourceType"}  # these withhold a resource, and a type is what it is


def planted(kind, depth=0):
    """An object of this type with the word in each of its elements, and in those of R4's datatypes below it."""
    node = {}
    for name, element in FACTS.elements(kind).items():
        if name.endswith("[x]") or name in NOT_PLANTED or (name == "contained" and depth):
            continue
        value = value_of(element, depth)
        if value is not None:
            node[name] = [value] if element.many else value
        if element.types[0] in PRIMITIVES and depth < DEEP:
            node[f"_{name}"] = [BESIDE] if element.many else BESIDE
    return node | {"quokka": "Quokka", "_quokka": {"id": "quokka"}}


def value_of(element, depth):
    kind = element.types[0]
    if element.codes and kind == "code":
        return min(code for codes in element.codes.values() for code in codes)
    if kind in PRIMITIVES:
        return PRIMITIVES[kind]
    if kind == "Extension":
        return BESIDE["extension"][depth]
    if kind == "Resource":
        return {"resourceType": "Patient", "id": "quokka", "name": [{"text": "Quokka"}]}
    return planted(kind, depth + 1) if depth < DEEP else None


def walked(node, kind, manner="shift"):
    one = Walk(PSEUDONYMS, Dates(manner, date(2026, 1, 1)))
    return one.element(node, kind, kind, Scope(PSEUDONYMS, days=7)), one.counts


@pytest.mark.parametrize("manner", ["shift", "year"])
@pytest.mark.parametrize("kind", sorted(passes()))
def test_no_element_of_any_type_lets_it_through(kind, manner):
    node = planted(kind)
    assert len(TRACES.findall(dumps(node).decode())) > 50, "it is planted, and would be seen"
    out, counts = walked(node, kind, manner)
    assert TRACES.findall(dumps(out or {}).decode()) == []
    assert TRACES.findall(str(counts)) == []


def leaves(node, kind, path):
    """The paths of all values as the walk names them: of a backbone element that of its type."""
    if isinstance(node, list):
        for item in node:
            yield from leaves(item, kind, path)
    elif isinstance(node, dict):
        for key, value in node.items():
            element = FACTS.elements(kind).get(key.removeprefix("_"))
            inner = element.types[0] if element and not (key.startswith("_") and element.types[0] in PRIMITIVES) else "Element"
            if element is None:
                yield f"{path}.(unknown element)"
            else:
                yield from leaves(value, inner, inner if inner.partition(".")[0] in passes() else f"{path}.{element.name}")
    else:
        yield path


def is_told(path, counts):
    """Stands the element, or one that holds it, in the report as something else than kept?"""
    rows = {re.sub(r"\([a-zA-Z-]*\)(?=\.|$)", "", row) for row, action in counts if action != "kept" and row}
    parents = [path.rsplit(".", up)[0] for up in range(path.count("."))]
    return bool(rows.intersection(parents))


@pytest.mark.parametrize("kind", sorted(passes()))
def test_what_goes_is_told_by_element(kind):
    for name, element in FACTS.elements(kind).items():
        if name.endswith("[x]") or name in NOT_PLANTED | {"id", "contained"}:
            continue
        for value in alone(value_of(element, 2)):
            node = {name: [value] if element.many else value}
            out, counts = walked(node, kind)
            missing = Counter(leaves(node, kind, kind)) - Counter(leaves(out or {}, kind, kind))
            assert [path for path in missing if not is_told(path, counts)] == [], node


def alone(value):
    """The value, and if it is an object, one object for each of its keys beside what it can't be without."""
    yield value
    if isinstance(value, dict):
        base = {"reference": "Patient/1", "system": "http://loinc.org", "code": "44261-6", "value": "x"}
        for key, inner in value.items():
            yield {name: base[name] for name in base if value.get(name) in (*PRIMITIVES.values(),)} | {key: inner}
