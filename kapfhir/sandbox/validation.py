"""`$validate`: what the checks of R4 say of a resource, without storing it."""

from __future__ import annotations

from typing import Any

from .checking import check_resource, require_shape
from .outcome import Issue, build_outcome, refuse
from .store import Store
from .wire import Answer, Call, parse_resource, write_json

MODES = ("create", "update", "delete", "profile")


def validate(store: Store, call: Call, type_name: str, identity: str = "") -> Answer:
    """200 with an OperationOutcome; the resource is the body, a parameter of it, or the one that the URL names."""
    body = call.resource or (parse_resource(call.body) if call.body.strip() else None)
    options = dict(call.parameters)
    if body and body.get("resourceType") == "Parameters" and type_name != "Parameters":
        rows = body.get("parameter", [])
        named = {row.get("name"): row for row in rows if isinstance(row, dict)} if isinstance(rows, list) else {}
        options |= {name: _value(named[name]) for name in ("mode", "profile") if name in named}
        body = named.get("resource", {}).get("resource")
    if options.get("mode", "create") not in MODES:
        raise refuse(400, "value", f"mode is none of {', '.join(MODES)}", "Parameters.parameter")
    issues: list[Issue] = []
    if options.get("mode") == "delete":
        issues += _deletion(store, type_name, identity)
    else:
        resource = body or _stored(store, type_name, identity)
        require_shape(resource, type_name)
        issues += check_resource(resource)
        if options.get("profile"):
            text = "only R4 itself was checked, this server knows no profiles"
            issues.append(Issue("not-supported", text, severity="warning"))
    return Answer(200, write_json(build_outcome(issues or [Issue("informational", "no problems found", severity="information")])))


def _value(row: dict[str, Any]) -> str:
    return next((value for key, value in row.items() if key.startswith("value") and isinstance(value, str)), "")


def _stored(store: Store, type_name: str, identity: str) -> dict[str, Any]:
    held = store.read(type_name, identity) if identity else None
    if held is None or held.deleted:
        raise refuse(400, "required", "there is no resource to validate; send it as the body or as parameter 'resource'")
    return held.resource


def _deletion(store: Store, type_name: str, identity: str) -> list[Issue]:
    if not identity:
        raise refuse(400, "required", "mode delete wants the URL of one resource")
    who = [f"{t}/{i} in {path}" for t, i, path in store.referrers(type_name, identity)]
    return [Issue("conflict", f"{type_name}/{identity} is referred to by {', '.join(who)}")] if who else []
