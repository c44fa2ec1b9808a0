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
    words, title = plan.words, plan.title

    def make(scope: Scope) -> Resource:
        out = constants.copy()
        out["id"] = address(scope[-1].key, tuple([scope[i].key for i in places])).id
        if narrative:
            out["text"] = {"status": "generated", "div": _say(title, scope[0], words)}
        for put in puts:
            put(scope, out)
        return out

    return make


def _say(title: str, item: Any, words: tuple[Words, ...]) -> str:
    """The narrative: what the lines of the slot take from its own item."""
    said = title
    for name, many, say in words:
        value = getattr(item, name)
        if value is not None and value != ():
            said += f"; {name.replace('_', ' ')}: {', '.join(map(say, value)) if many else say(value)}"
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{_escape(said)}</div>'


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
