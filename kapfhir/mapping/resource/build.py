"""A checked slot of a map -> the functions that find its items in a record and make a resource of each."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from kapfhir.fhir.facts import Facts
from kapfhir.fhir.identity import Origin

from .check import SlotPlan, Words
from .parts import Scope

Resource = dict[str, Any]
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST", "display": "test health data"}


def scopes_of(plan: SlotPlan) -> Callable[[Any], list[Scope]]:
    """The function record -> one scope per resource of this slot."""
    target, when = plan.target, plan.when
    steps = [(operator.attrgetter(name), many) for name, many in zip(target.each, reversed(target.keyed[:-1]), strict=True)]

    def scopes(record: Any) -> list[Scope]:
        out: list[Scope] = [(record,)]
        for get, many in steps:
            if many:
                out = [(item, *scope) for scope in out for item in get(scope[0])]
            else:
                out = [(item, *scope) for scope in out if (item := get(scope[0])) is not None]
        return [s for s in out if getattr(s[0], when) is not None] if when else out

    return scopes


def maker_of(plan: SlotPlan, origin: Origin, facts: Facts) -> Callable[[Scope], Resource]:
    """The function scope -> resource: constants, identity, narrative, then what the lines put."""
    target, puts = plan.target, plan.whole.puts
    address, places = target.address, [i for i in reversed(range(len(target.levels) - 1)) if target.keyed[i]]
    meta = {"source": origin.system, **plan.whole.constants.get("meta", {})}
    if origin.synthetic:
        meta["security"] = [*meta.get("security", ()), HTEST]
    constants = {"resourceType": target.name.resource, "id": "", "meta": meta}
    constants |= {k: v for k, v in plan.whole.constants.items() if k != "meta"}
    narrative = "text" in facts.elements(target.name.resource)
    tell = _teller(plan.title, plan.words)

    def make(scope: Scope) -> Resource:
        out = constants.copy()
        out["id"] = address(scope[-1].key, tuple([scope[i].key for i in places])).id
        if narrative:
            out["text"] = {"status": "generated", "div": tell(scope[0])}
        for put in puts:
            put(scope, out)
        return out

    return make


def _teller(title: str, words: tuple[Words, ...]) -> Callable[[Any], str]:
    """The function item -> narrative: what the lines of the slot take from its own item."""
    ways = [(name, f"; {name.replace('_', ' ')}: ", many, say) for name, many, say in words]

    def tell(item: Any) -> str:
        said = title
        for name, label, many, say in ways:
            value = getattr(item, name)
            if many:
                if value:
                    said += label + ", ".join(map(say, value))
            elif value is not None:
                said += label + say(value)
        if "&" in said or "<" in said or ">" in said:
            said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'

    return tell
