"""Invariants of the resources that define things: questionnaires, code systems, value sets, structures, plans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .invariants import Node, add_rule, has

NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,254}")
WITH_OPTIONS = frozenset(["choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"])
WITH_LENGTH = frozenset(["boolean", "decimal", "integer", "string", "text", "url", "open-choice"])
TOKEN = re.compile(r"[a-zA-Z0-9/\-_\[\]@]+")


def _with(*names: str) -> Any:
    return lambda node: any(has(node, name) for name in names)


def _never(_: Node) -> bool:
    return False


def _unless_type(*types: str) -> Any:
    return lambda node: node.get("type") not in types


def _deep(items: Any, name: str, value: str) -> Iterator[Any]:
    for item in items:
        yield item.get(value)
        yield from _deep(item.get(name, ()), name, value)


def _unique(values: Iterator[Any]) -> bool:
    known = [v for v in values if v is not None]
    return len(known) == len(set(known))


def _elements(node: Node) -> list[Node]:
    return [*node.get("snapshot", {}).get("element", ()), *node.get("differential", {}).get("element", ())]


def _unique_ids(view: str) -> Any:
    return lambda node: _unique(e["id"] for e in node[view]["element"])


for _type, _key in (
    ("Questionnaire", "que-0"),
    ("PlanDefinition", "pdf-0"),
    ("StructureDefinition", "sdf-0"),
    ("CodeSystem", "csd-0"),
    ("ValueSet", "vsd-0"),
):
    add_rule(
        _type,
        _key,
        "has a name that programs can't use as an identifier",
        lambda node: NAME.fullmatch(node["name"]) is not None,
        needs="name",
        severity="warning",
    )
add_rule("Questionnaire", "que-2", "has a linkId twice", lambda n: _unique(_deep(n["item"], "item", "linkId")), needs="item")
ITEM = "Questionnaire.item"
add_rule(
    ITEM,
    "que-1",
    "is a group without items, or a display with items",
    lambda n: (n.get("type") != "group" or "item" in n) and (n.get("type") != "display" or "item" not in n),
)
add_rule(ITEM, "que-3", "is a display with a code", _unless_type("display"), needs="code")
add_rule(ITEM, "que-4", "has both answerOption and answerValueSet", _never, needs="answerOption answerValueSet", by_keys=True)
add_rule(
    ITEM,
    "que-5",
    "has options, which its type does not take",
    lambda n: n.get("type") in WITH_OPTIONS or not (has(n, "answerOption") or has(n, "answerValueSet")),
)
add_rule(
    ITEM,
    "que-6",
    "is a display that is required or repeats",
    lambda n: n.get("type") != "display" or not (has(n, "required") or has(n, "repeats")),
)
add_rule(ITEM, "que-8", "is a group or a display with an initial value", _unless_type("group", "display"), needs="initial")
add_rule(ITEM, "que-9", "is a display with readOnly", _unless_type("display"), needs="readOnly")
add_rule(
    ITEM, "que-10", "has a maxLength, which its type does not take", lambda n: n.get("type") in WITH_LENGTH, needs="maxLength"
)
add_rule(ITEM, "que-11", "has both answerOption and initial", _never, needs="answerOption initial", by_keys=True)
add_rule(
    ITEM,
    "que-12",
    "has more than one enableWhen and no enableBehavior",
    lambda n: len(n["enableWhen"]) < 2 or has(n, "enableBehavior"),
    needs="enableWhen",
)
add_rule(
    ITEM,
    "que-13",
    "has several initial values and does not repeat",
    lambda n: n.get("repeats") is True or len(n["initial"]) < 2,
    needs="initial",
)
add_rule(
    "Questionnaire.item.enableWhen",
    "que-7",
    "asks whether an answer exists, but does not compare with a boolean",
    lambda n: n.get("operator") != "exists" or has(n, "answerBoolean"),
)
add_rule("CodeSystem", "csd-1", "has a code twice", lambda n: _unique(_deep(n["concept"], "concept", "code")), needs="concept")
INCLUDE = "ValueSet.compose.include"
add_rule(INCLUDE, "vsd-1", "has neither a system nor a valueSet", _with("valueSet", "system"), by_keys=True)
add_rule(
    INCLUDE,
    "vsd-2",
    "has concepts or filters but no system",
    lambda n: has(n, "system") or not (has(n, "concept") or has(n, "filter")),
    by_keys=True,
)
add_rule(INCLUDE, "vsd-3", "has both concepts and filters", _never, needs="concept filter", by_keys=True)
CONTAINS = "ValueSet.expansion.contains"
add_rule(CONTAINS, "vsd-6", "has neither code nor display", _with("code", "display"), by_keys=True)
add_rule(CONTAINS, "vsd-9", "has no code and is not abstract", lambda n: has(n, "code") or n.get("abstract") is True)
add_rule(CONTAINS, "vsd-10", "has a code but no system", _with("system"), needs="code", by_keys=True)
STRUCTURE = "StructureDefinition"
add_rule(
    STRUCTURE,
    "sdf-1",
    "has a path twice in its snapshot",
    lambda n: n.get("derivation") == "constraint" or _unique(e.get("path") for e in n["snapshot"]["element"]),
    needs="snapshot",
)
add_rule(
    STRUCTURE,
    "sdf-4",
    "is not abstract and has no baseDefinition",
    lambda n: n.get("abstract") is True or has(n, "baseDefinition"),
)
add_rule(
    STRUCTURE,
    "sdf-5",
    "defines an extension and gives no context",
    lambda n: n.get("type") != "Extension" or n.get("derivation") == "specialization" or has(n, "context"),
)
add_rule(STRUCTURE, "sdf-6", "has neither a snapshot nor a differential", _with("snapshot", "differential"), by_keys=True)
add_rule(
    STRUCTURE,
    "sdf-11",
    "has a snapshot that does not begin with its type",
    lambda n: n.get("kind") == "logical" or n["snapshot"]["element"][0].get("path") == n.get("type"),
    needs="snapshot",
)
add_rule(STRUCTURE, "sdf-14", "has an element without id", lambda n: all("id" in e for e in _elements(n)))
add_rule(STRUCTURE, "sdf-16", "has an element id twice in its snapshot", _unique_ids("snapshot"), needs="snapshot")
add_rule(STRUCTURE, "sdf-17", "has an element id twice in its differential", _unique_ids("differential"), needs="differential")
add_rule(
    STRUCTURE,
    "sdf-18",
    "has a contextInvariant and is no extension",
    lambda n: n.get("type") == "Extension",
    needs="contextInvariant",
)
add_rule(
    STRUCTURE,
    "sdf-23",
    "has a slice name on its root",
    lambda n: not any("." not in e.get("path", ".") and "sliceName" in e for e in _elements(n)),
)
add_rule("StructureDefinition.mapping", "sdf-2", "has neither name nor uri", _with("name", "uri"), by_keys=True)
add_rule(
    "StructureDefinition.snapshot",
    "sdf-3",
    "has an element without definition, min or max",
    lambda n: all(has(e, "definition") and "min" in e and "max" in e for e in n["element"]),
)
add_rule(
    "StructureDefinition.snapshot", "sdf-8b", "has an element without base", lambda n: all("base" in e for e in n["element"])
)
ELEMENT = "ElementDefinition"
add_rule(ELEMENT, "eld-2", "has a min above its max", lambda n: n["max"] == "*" or n["min"] <= int(n["max"]), needs="min max")
add_rule(ELEMENT, "eld-6", "has a fixed value and several types", lambda n: len(n.get("type", ())) <= 1, needs="fixed[x]")
add_rule(ELEMENT, "eld-7", "has a pattern and several types", lambda n: len(n.get("type", ())) <= 1, needs="pattern[x]")
add_rule(ELEMENT, "eld-8", "has both a pattern and a fixed value", _never, needs="pattern[x] fixed[x]", by_keys=True)
add_rule(ELEMENT, "eld-13", "has a type twice", lambda n: _unique(t.get("code") for t in n["type"]), needs="type")
add_rule(
    ELEMENT, "eld-14", "has a constraint key twice", lambda n: _unique(c.get("key") for c in n["constraint"]), needs="constraint"
)
add_rule(
    ELEMENT,
    "eld-16",
    "has a sliceName of other characters than letters, digits and / - _ [ ] @",
    lambda n: TOKEN.fullmatch(n["sliceName"]) is not None,
    needs="sliceName",
)
add_rule(
    ELEMENT, "eld-18", "is a modifier without a reason", lambda n: n.get("isModifier") is not True or has(n, "isModifierReason")
)
add_rule(
    ELEMENT, "eld-22", "has sliceIsConstraining but no sliceName", _with("sliceName"), needs="sliceIsConstraining", by_keys=True
)
add_rule(
    "ElementDefinition.slicing",
    "eld-1",
    "has neither discriminator nor description",
    _with("discriminator", "description"),
    by_keys=True,
)
