"""The checked slots of a concept -> the function that makes the resources of a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kapfhir.fhir.facts import Facts
from kapfhir.fhir.identity import Origin
from kapfhir.fhir.shared import share

from .claims import Note
from .parts import given
from .references import Target, identity
from .slots import SlotPlan, Words
from .writing import Scope, Value, Writer

Resource = dict[str, Any]
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST", "display": "test health data"}


def builder_of(plans: list[SlotPlan], origin: Origin, facts: Facts, note: Note) -> Callable[[Any], list[Resource]]:
    """The function record -> its resources, slot by slot."""
    w = Writer()
    scopes: dict[tuple[str, ...], Scope] = {(): (w.argument,)}
    lists = []
    for plan in plans:
        found = w.name("[]", w.body)
        scope = _scope(w, plan.target, scopes)
        item = scope[0]
        assert item.block is not None
        with w.inside(item.block), w.only(w.derive(item, f"{item}.{plan.when}", optional=True).test if plan.when else ""):
            w.line(f"{found}.append({_resource(w, scope, plan, origin, facts, note)})")
        lists.append(f"*{found}")
    build: Callable[[Any], list[Resource]] = w.function(f"[{', '.join(lists)}]")
    return build


def _scope(w: Writer, target: Target, scopes: dict[tuple[str, ...], Scope]) -> Scope:
    """The items that a slot walks: those of one list are walked once for all slots."""
    scope = scopes[()]
    for depth, many in enumerate(reversed(target.keyed[:-1]), 1):
        path = target.each[:depth]
        if path not in scopes:
            inner = w.derive(scope[0], f"{scope[0]}.{path[-1]}", optional=not many)
            scopes[path] = (w.item(inner, many=many), *scope)
        scope = scopes[path]
    return scope


def _resource(w: Writer, scope: Scope, plan: SlotPlan, origin: Origin, facts: Facts, note: Note) -> Value:
    """Constants, identity, narrative, then what the lines put."""
    kind = plan.target.name.resource
    meta = {"source": origin.system, **plan.whole.constants.get("meta", {})}
    if plan.claims.always:
        meta["profile"] = list(plan.claims.always)
    if origin.synthetic:
        meta["security"] = [*meta.get("security", ()), HTEST]
    constants = {"resourceType": kind, "id": "", "meta": meta}
    constants |= {k: v for k, v in plan.whole.constants.items() if k != "meta"}
    entries = [("id", identity(w, scope, plan.target, plan.target)[0])]
    put = [entry for put in plan.whole.puts for entry in put(w, scope)]
    own = next((value for key, value in put if key == "meta"), None)
    if own is not None:  # what lines say of it comes beside what every resource has
        filled = f"{w.bind(_with_meta)}({w.bind(share(meta))}, {f'{own} if {own.test} else None' if own.test else own})"
        entries.append(("meta", Value(filled)))
    if "text" in facts.elements(kind):
        entries.append(("text", Value(f"{w.bind(_narrative)}({_said(w, scope[0], plan.title, plan.words)})")))
    built = w.node(constants, entries + [entry for entry in put if entry[0] != "meta"])
    finish = plan.claims.finish(plan.place, note)
    if finish is None:
        return built
    named = w.name(built.source)
    w.line(f"{w.bind(finish)}({named})")
    return Value(named, None, built.test)


def _said(w: Writer, item: Value, title: str, words: tuple[Words, ...]) -> str:
    """The title, then what the lines of the slot take from its own item."""
    said = [w.bind(title)]
    for f, say in words:
        value, label = given(w, item, f), f"; {f.name.replace('_', ' ')}: "
        if f.many:
            each = say(w, Value("one"))
            text = f'{label!r} + ", ".join([{each} for one in {value}]) if {value} else ""'
        else:
            text = w.labelled(label, say(w, value))
        said.append(w.derive(value, text, otherwise='""').source)
    return "f'" + "".join(f"{{{one}}}" for one in said) + "'"


def _with_meta(meta: dict[str, Any], own: dict[str, Any] | None) -> dict[str, Any]:
    """Both, with the labels of both."""
    if own is None:
        return meta
    labels = [*own.get("security", ()), *meta.get("security", ())]
    return meta | own | ({"security": labels} if labels else {})


def _narrative(said: str) -> dict[str, str]:
    if "&" in said or "<" in said or ">" in said:
        said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'}
