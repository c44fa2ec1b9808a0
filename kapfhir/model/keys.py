"""The order of items that become resources of their own."""

from __future__ import annotations

from typing import Any

from .values import require


def require_key_order(*lists: tuple[Any, ...]) -> None:
    """Items that become resources of their own have no order in FHIR: their keys give it."""
    for items in lists:
        keys = [item.key for item in items]
        require(
            keys == sorted(set(keys)) and not any("/" in k for k in keys),
            "items-out-of-order",
            "items stand in the order of their keys, each key once, without '/'",
        )
