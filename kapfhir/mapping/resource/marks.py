"""Constants as marks: by what a resource, or an item of a list, is known when it is read."""

from __future__ import annotations

from typing import Any

NOT_MARKS = ("display", "text", "meta")  # words, and what servers change: never what something is known by


def marks(constant: Any) -> Any:
    if isinstance(constant, dict):
        return {k: marks(v) for k, v in constant.items() if k not in NOT_MARKS}
    return [marks(v) for v in constant] if isinstance(constant, list) else constant


def system_of(reference: Any) -> Any:
    return reference.get("identifier", {}).get("system")


def shows(known: frozenset[tuple[str, str]], node: Any) -> bool:
    """True if a Coding, or one of a CodeableConcept's, is among the known ones."""
    codings = node.get("coding", [node]) if isinstance(node, dict) else []
    return any(isinstance(c, dict) and (c.get("system"), c.get("code")) in known for c in codings)


def covers(wants: Any, node: Any) -> bool:
    """True if the node shows every constant."""
    if isinstance(wants, dict):
        return isinstance(node, dict) and all(k in node and covers(w, node[k]) for k, w in wants.items())
    if isinstance(wants, list):
        return isinstance(node, list) and all(any(covers(w, n) for n in node) for w in wants)
    return bool(wants == node)


def clash(one: Any, other: Any) -> bool:
    """True if no node can show both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return any(clash(one[k], other[k]) for k in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return bool(one) and bool(other) and all(clash(a, b) for a in one for b in other)
    return one is not None and other is not None and one != other
