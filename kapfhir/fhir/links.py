"""What a resource points to, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def references(node: Any) -> Iterator[str]:
    """Every literal reference (`Type/id`) in a resource."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "reference" and isinstance(value, str):
                yield value
            elif isinstance(value, (dict, list)):
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def patient_of(resource: Mapping[str, Any], targets: Iterable[str] | None = None) -> str:
    """The id of the patient whose resource it is; empty if it points to none. `targets`: its references, where they are known."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    first = [
        reference["reference"]
        for name in ("subject", "patient")
        if (reference := resource.get(name)) and "reference" in reference
    ]
    found = (r for r in (*first, *(references(resource) if targets is None else targets)) if r.startswith("Patient/"))
    return next(found, "").removeprefix("Patient/")
