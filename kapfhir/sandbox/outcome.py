"""What the sandbox says when it refuses: an HTTP status and an OperationOutcome that names the element and the way out.

A `Refusal` is raised wherever something can't be done; `routes` turns it into the answer, a batch into the answer of its entry.
Diagnostics name types, ids, elements and parameters, never the values of a resource.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome; `expression` is the FHIRPath of the element, `code` one of R4's issue types."""

    code: str
    text: str
    expression: str = ""
    severity: str = "error"  # fatal | error | warning | information

    def to_fhir(self) -> dict[str, Any]:
        issue: dict[str, Any] = {"severity": self.severity, "code": self.code, "diagnostics": self.text}
        if self.expression:
            issue["expression"] = [self.expression]
        return issue


class Refusal(Exception):  # noqa: N818  # it is the answer, not a fault
    """The request can't be done: `status` and the issues that say why."""

    def __init__(self, status: int, issues: Iterable[Issue], headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.issues = tuple(issues)
        self.headers = headers or {}
        super().__init__(f"{status}: " + "; ".join(issue.text for issue in self.issues))

    def within(self, place: str) -> Refusal:
        """The same refusal, told from the Bundle: `Patient.name` becomes `Bundle.entry[3].resource.name`."""
        return Refusal(
            self.status, [replace(issue, expression=_place(issue.expression, place)) for issue in self.issues], self.headers
        )

    def outcome(self) -> dict[str, Any]:
        return build_outcome(self.issues)


def refuse(status: int, code: str, text: str, expression: str = "", headers: dict[str, str] | None = None) -> Refusal:
    """A refusal with one issue."""
    return Refusal(status, [Issue(code, text, expression)], headers)


def build_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [issue.to_fhir() for issue in issues]}


def build_notice(text: str) -> dict[str, Any]:
    """The outcome of something that went well."""
    return build_outcome([Issue("informational", text, severity="information")])


def _place(expression: str, place: str) -> str:
    if not expression:
        return place
    if expression.startswith("Bundle.entry"):
        return expression
    _, dot, rest = expression.partition(".")
    return f"{place}.resource{dot}{rest}"
