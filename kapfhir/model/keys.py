"""What lists must keep to, since FHIR says so: the order of items that become resources of their own, each label once."""

from __future__ import annotations

from typing import Any

from .values import require


def require_key_order(*lists: tuple[Any, ...]) -> None:
    """Items that become resources of their own have no order in FHIR: their keys give it."""
    for items in filter(None, lists):
        keys = [item.key for item in items]
        require(
            keys == sorted(set(keys)) and not any("/" in k for k in keys),
            "items-out-of-order",
            "items stand in the order of their keys, each key once, without '/'",
        )


def require_labels_once(labels: tuple[str, ...]) -> None:
    """A security label stands on a resource once. No field is named: rather no record than one without its labels."""
    require(len(set(labels)) == len(labels), "label-twice", "a security label stands once")
