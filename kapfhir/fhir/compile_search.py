"""The published R4 SearchParameters -> search.json.

Run when the package changes: `python -m kapfhir.fhir.compile_search [PACKAGE.tgz [search.json]]`.

A parameter's expression is FHIRPath. Those of the types below use a small part of it (paths, unions, `as`, `ofType`, `where`
with one equality or `resolve() is Type`), which is turned here into JSON keys with their types, so that a search needs no
FHIRPath at all. An expression that uses anything else stops the compilation: a parameter is right or is not offered.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .compile_facts import PACKAGE
from .facts import Element, load_facts
from .search import DATA, INDEXED

TYPES = [
    "AdverseEvent",
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "CodeSystem",
    "Condition",
    "Consent",
    "DetectedIssue",
    "Device",
    "DocumentReference",
    "Encounter",
    "EpisodeOfCare",
    "Flag",
    "Goal",
    "List",
    "Location",
    "Medication",
    "MedicationAdministration",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Organization",
    "Patient",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RiskAssessment",
    "ServiceRequest",
    "StructureDefinition",
    "ValueSet",
]
OMITTED = {"phonetic"}  # asks for matching by sound, which R4 leaves to the server
ANY = 100  # so many targets stand for "any resource"
COMMON = ("_profile", "_security", "_source", "_tag")  # from Resource; `_id` and `_lastUpdated` are columns of the store

STEP = re.compile(
    r"""\.(?:as\((?P<as>\w+)\) | ofType\((?P<of>\w+)\) | where\(resolve\(\)\ is\ (?P<is>\w+)\)
        | where\((?P<key>\w+)='(?P<value>[^']*)'\) | (?P<name>\w+)(?![\w(]))""",
    re.VERBOSE,
)
NOT_FALSE = re.compile(r"(?P<path>[\w.]+)\.exists\(\) and (?P=path) != false")


def compile_search(package: Path) -> dict[str, dict[str, list[Any]]]:
    """Type -> parameter -> [kind, [[JSON path, FHIR type], ...], target types, name of the definition]."""
    out: dict[str, dict[str, list[Any]]] = {name: {} for name in ("Resource", *TYPES)}
    for definition in _definitions(package):
        code, kind, expression = definition["code"], definition["type"], definition.get("expression", "")
        if kind not in INDEXED or not expression or code in OMITTED:
            continue  # composite, special, and those that are only words
        for base in definition["base"]:
            if base not in out or (base == "Resource" and code not in COMMON):
                continue
            paths = [path for part in _union(expression, base) for path in _compile(base, part, kind)]
            unique = [list(path) for path in dict.fromkeys(paths)]
            if unique:
                targets = definition.get("target", []) if kind == "reference" else []
                named = "|".join(targets) if len(targets) < ANY else ""
                out[base][code] = [kind, unique, named, definition["url"].rsplit("/", 1)[1]]
    return {name: dict(sorted(parameters.items())) for name, parameters in out.items()}


def _definitions(package: Path) -> Iterator[dict[str, Any]]:
    with tarfile.open(package) as tar:
        for member in tar:
            if member.name.startswith("package/SearchParameter-"):
                file = tar.extractfile(member)
                assert file is not None
                yield json.load(file)


def _union(expression: str, base: str) -> list[str]:
    """The alternatives of a union that start at this type."""
    return [part for part in map(str.strip, expression.split(" | ")) if re.match(rf"\(*{base}\b", part)]


def _compile(base: str, expression: str, kind: str) -> Iterator[tuple[str, str]]:
    """One alternative as JSON paths, each with the FHIR type that stands at its end."""
    if match := NOT_FALSE.fullmatch(expression):
        for path, _ in _walk(base, _steps(match["path"], base)):
            yield path, "?exists"
        return
    # `(A.b as X).c` means the same as `A.b.as(X).c`
    plain = re.sub(r"\(([\w.]+) as (\w+)\)", r"\1.as(\2)", expression)
    for path, type_name in _walk(base, _steps(plain, base)):
        if type_name in INDEXED[kind]:
            yield path, type_name


def _steps(expression: str, base: str) -> list[re.Match[str]]:
    at, steps = len(base), []
    while at < len(expression):
        match = STEP.match(expression, at)
        if match is None:
            raise ValueError(f"expression of {base} uses FHIRPath that is not compiled: {expression}")
        steps.append(match)
        at = match.end()
    return steps


def _walk(base: str, steps: list[re.Match[str]]) -> Iterator[tuple[str, str]]:
    """Follows the steps through the definitions; a choice without a type becomes one path per type."""
    facts = load_facts()
    heads: list[tuple[str, str]] = [("", "Patient" if base == "Resource" else base)]  # any type stands for its parent
    for number, step in enumerate(steps):
        if step["is"]:
            heads = [(f"{path}:{step['is']}", kind) for path, kind in heads]
        elif step["key"]:
            heads = [(f"{path}[{step['key']}={step['value']}]", kind) for path, kind in heads]
        elif step["name"]:
            following = steps[number + 1] if number + 1 < len(steps) else None
            wanted = (following["as"] or following["of"]) if following else None
            found = []
            for path, kind in heads:
                elements = facts.elements(kind)
                element = elements.get(step["name"]) or elements[f"{step['name']}[x]"]
                found += [(f"{path}.{key}".removeprefix("."), type_name) for key, type_name in _keys(element, wanted)]
            heads = found
    yield from heads


def _keys(element: Element, wanted: str | None) -> Iterator[tuple[str, str]]:
    for type_name in element.types:
        if wanted is None or type_name.lower() == wanted.lower():  # the definitions also write DateTime
            yield element.key(type_name), type_name


def main() -> None:
    package = Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else DATA
    target.write_text(json.dumps(compile_search(package), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
