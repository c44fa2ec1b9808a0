"""The sandbox's door to the checks of R4: the problems of a resource, as issues of an OperationOutcome."""

from __future__ import annotations

import re
from typing import Any

from kapfhir.errors import Problem
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.validate import check

from .outcome import Issue, refuse

INVARIANT = re.compile(r"[a-z]{2,4}-\d+[a-z]?")
ISSUE_CODES = {
    "missing-element": "required",
    "missing-code": "required",
    "wrong-code": "code-invalid",
    "bad-unit": "code-invalid",
    "unknown-element": "structure",
    "wrong-type": "structure",
    "list-expected": "structure",
    "not-a-list": "structure",
    "two-of-a-choice": "structure",
    "unknown-resource": "structure",
    "bad-date": "value",
    "bad-id": "value",
    "bad-value": "value",
    "bad-reference": "value",
    "wrong-target": "value",
}


def check_resource(resource: dict[str, Any]) -> list[Issue]:
    """Every problem of a resource; none is a good resource."""
    return [_issue(problem) for problem in check(resource)]


def _issue(problem: Problem) -> Issue:
    code = "invariant" if INVARIANT.fullmatch(problem.code) else ISSUE_CODES.get(problem.code, "invalid")
    text = f"{problem.text}; {problem.hint}" if problem.hint else problem.text
    return Issue(code, f"{text} [{problem.code}]", problem.column, problem.severity)


def require_shape(resource: dict[str, Any], type_name: str) -> None:
    """Refuses a body that is not of the type that the URL names."""
    found = resource.get("resourceType")
    if not isinstance(found, str):
        raise refuse(400, "required", "the body has no resourceType, so it is no FHIR resource")
    if found not in load_facts().resources:
        raise refuse(400, "not-supported", "the body's resourceType is no resource type of R4", "resourceType")
    if found != type_name:
        raise refuse(400, "invalid", f"the body is a {found}, the URL is for {type_name}", found)
    if not isinstance(resource.get("meta", {}), dict):
        raise refuse(422, "structure", "meta is not an object", f"{found}.meta")
