"""Is this resource R4? Every problem of it at once, by the definitions of 4.0.1; no problem repeats a value."""

from __future__ import annotations

from typing import Any

from kapfhir.errors import Problem

from .rules.primitives import PATTERNS
from .rules.scope import Scope
from .rules.specials import walk_root
from .rules.walk import RESOURCES, walk_resource


def check(resource: Any) -> list[Problem]:
    """All problems of a resource as Python data (decimals as Decimal); empty if there are none."""
    scope = Scope(_name(resource), resource if isinstance(resource, dict) else {})
    walk_root(scope, resource, "", walk_resource)
    return scope.found


def _name(resource: Any) -> str:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if kind not in RESOURCES:
        return "?"
    name = resource.get("id")
    return f"{kind}/{name}" if isinstance(name, str) and PATTERNS["id"].fullmatch(name) else f"{kind}/?"
