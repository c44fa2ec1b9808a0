"""What may be repeated of a server's refusal, in words that can't hold a patient's data.

Servers quote what they refuse: `diagnostics` and `details.text` hold birth dates, names, identifiers. So they are never shown,
not even with -v. What is told of an OperationOutcome's issue is taken from closed lists only:

- its severity and code, if they are FHIR's own;
- its expression or location, cut before the first word that is no R4 element or type, and without anything in quotes or brackets
  other than a number;
- the HAPI-#### numbers in its diagnostics, with our words for those that we know;
- what our own patterns find in its diagnostics: an element's name, the type of a missing target.

Whoever needs the raw text finds it in the server's log, under the number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from kapfhir.fhir.facts import load_facts

SEVERITIES = frozenset(["fatal", "error", "warning", "information"])
ISSUE_TYPES = """
invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported duplicate
multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient lock-error no-store
exception timeout incomplete throttled informational
"""
CODES = frozenset(ISSUE_TYPES.split())
NUMBERS = {  # HAPI's own numbers for its messages
    "HAPI-0302": "the server does not know this type of resource",
    "HAPI-0418": "a type of resource that this server does not take",
    "HAPI-0420": "the id in the body is not the id of the address",
    "HAPI-0450": "the body can't be parsed as R4",
    "HAPI-0507": "a reference points to another server",
    "HAPI-0521": "the id is not a FHIR id",
    "HAPI-0535": "a resource stands twice in the transaction",
    "HAPI-0549": "a race was lost, several times",
    "HAPI-0550": "a race was lost",
    "HAPI-0823": "somebody else wrote it at the same time",
    "HAPI-0825": "somebody else created it at the same time",
    "HAPI-0929": "the body has not the identifier of the address",
    "HAPI-0931": "a reference points to a type that the element does not take",
    "HAPI-0960": "the server gives ids itself",
    "HAPI-0988": "several resources have this identifier",
    "HAPI-0989": "the version is not the current one",
    "HAPI-1091": "nothing matches a conditional reference",
    "HAPI-1094": "the target of a reference is not there",
    "HAPI-1096": "the target of a reference is deleted",
    "HAPI-1814": "the type in the body is not the type of the address",
    "HAPI-1821": "an element has a value that R4 does not allow",
    "HAPI-2223": "the server failed inside",
    "HAPI-2279": "the id in the body is not the id of the match",
    "HAPI-2840": "an equal resource is there already under another id",
}
NUMBER = re.compile(r"\bHAPI-\d{4}\b")
ELEMENT = re.compile(r"\[element=\"([A-Za-z]+)\"\]")
TARGET = re.compile(r"Resource ([A-Za-z]+)/[A-Za-z0-9.\-]{1,64} not found, specified in path: ([A-Za-z.]+)")
STEP = re.compile(r"([A-Za-z]+)((?:\[\d{1,6}\]|\[x\])*)(?:\.|$)")
LONGEST = 5  # issues that are told


@cache
def _words() -> frozenset[str]:
    """Every name that R4 gives to a type or an element."""
    facts = load_facts()
    words = {"resource", "Bundle", "entry", *facts.resources}
    todo = list(facts.resources)
    seen = set(todo)
    while todo:
        for name, element in facts.elements(todo.pop()).items():
            words.add(name.removesuffix("[x]"))
            new = set(element.types) - seen
            seen |= new
            todo += new
    return frozenset(words)


def safe_path(path: object) -> str:
    """The part of a FHIRPath that surely holds nothing but names of elements; may be empty."""
    if not isinstance(path, str):
        return ""
    text = re.sub(r"/\*.*?\*/|\.ofType\([A-Za-z]+\)", "", path).replace("/.", ".")
    out: list[str] = []
    at = 0
    while (step := STEP.match(text, at)) and step[1] in _words() and step.end() > at:
        out.append(step[1] + step[2])
        at = step.end()
    return ".".join(out)


def describe(body: object) -> str:
    """An OperationOutcome in words; empty for anything else."""
    issues = body.get("issue") if isinstance(body, dict) and body.get("resourceType") == "OperationOutcome" else None
    if not isinstance(issues, list):
        return ""
    bad = [i for i in issues if isinstance(i, dict) and i.get("severity") in ("fatal", "error")]
    told = list(dict.fromkeys(_describe_issue(i) for i in bad or issues if isinstance(i, dict)))
    more = f"; {len(told) - LONGEST} more" if len(told) > LONGEST else ""
    return "; ".join(told[:LONGEST]) + more


def _describe_issue(issue: dict[str, Any]) -> str:
    severity, code = str(issue.get("severity")), str(issue.get("code"))
    head = f"{severity if severity in SEVERITIES else 'issue'} {code if code in CODES else 'of an unknown code'}"
    places = [path for path in map(safe_path, _texts(issue.get("expression"), issue.get("location"))) if path]
    at = f" at {', '.join(dict.fromkeys(places))}" if places else ""
    words = list(dict.fromkeys(_known(str(issue.get("diagnostics", "")))))
    return head + at + (f" ({'; '.join(words)})" if words else "")


def _texts(*lists: object) -> Iterator[object]:
    for some in lists:
        yield from some if isinstance(some, list) else ()


def _known(diagnostics: str) -> Iterator[str]:
    for number in NUMBER.findall(diagnostics):
        yield f"{number}: {NUMBERS[number]}" if number in NUMBERS else number
    for element in ELEMENT.findall(diagnostics):
        if element in _words():
            yield f"element {element}"
    for target, path in TARGET.findall(diagnostics):
        if target in _words() and (place := safe_path(path)):
            yield f"{target} that {place} points to"
