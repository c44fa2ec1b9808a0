"""Compares our verdicts with those of HL7's validator test suite, on the base-R4 cases that a fixed rule selects.

    git clone https://github.com/FHIR/fhir-test-cases CASES && git -C CASES checkout 2dee8a0f8fa0b948b4cd28f0edfc34a0322318fe
    python bench/hl7_cases.py CASES

The rule was fixed before the first run: R4, JSON, our resource types, no package, no profile and no extension from outside of R4
core, no setting, a stored verdict that does not hang on a terminology server; one case per file. Ends with 1 below 75 of 78.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kapfhir.fhir.compile_facts import PACKAGE
from kapfhir.fhir.validate import check_text

ALLOWED_TEXT = """
name file version java module description explanation documentation comment profile fetcher
firely-sdk-current firely-sdk-wip brianpos dotnet-brianpos
"""
ALLOWED = frozenset(ALLOWED_TEXT.split())
MODULES = frozenset(["shc", "dsig", "cda", "cdshooks", "matchetype", "v2", "scoring", "xver", "logical"])
TYPES_TEXT = """
AdverseEvent AllergyIntolerance Bundle CarePlan CareTeam ClinicalImpression Composition Condition Consent DetectedIssue Device
DocumentReference Encounter EpisodeOfCare Flag Goal List Location Medication MedicationAdministration MedicationRequest
MedicationStatement Observation Organization Patient PlanDefinition Practitioner PractitionerRole Procedure Provenance
Questionnaire QuestionnaireResponse RelatedPerson ServiceRequest Task
"""
TYPES = frozenset(TYPES_TEXT.split())
CORE = "http://hl7.org/fhir/StructureDefinition/"
TARGET = 75
Case = dict[str, Any]


class Suite:
    """The folder `validator` of a checkout."""

    def __init__(self, checkout: Path) -> None:
        self.folder = checkout / "validator"
        self.cases: list[Case] = json.loads((self.folder / "manifest.json").read_bytes())["test-cases"]
        with tarfile.open(PACKAGE) as tar:
            names = [name.removeprefix("package/") for name in tar.getnames()]
        self.core = {CORE + n.removeprefix("StructureDefinition-")[:-5] for n in names if n.startswith("StructureDefinition-")}

    def text(self, case: Case) -> bytes:
        path = self.folder / case["file"]
        return path.read_bytes() if path.is_file() else b""

    def tree(self, case: Case) -> Any:
        try:
            return json.loads(self.text(case).decode("utf-8-sig"))
        except ValueError:
            return None

    def root_type(self, case: Case) -> str | None:
        tree = self.tree(case)
        if isinstance(tree, dict):
            return tree.get("resourceType")
        match = re.search(rb'"resourceType"\s*:\s*"(\w+)"', self.text(case))
        return match[1].decode() if match else None

    def issues(self, case: Case) -> list[Any] | None:
        """Of the stored outcome; None where there is none."""
        stored = case.get("java")
        if isinstance(stored, str):
            path = self.folder / "outcomes" / stored
            outcome = json.loads(path.read_bytes()) if path.is_file() else {}
        else:
            outcome = (stored or {}).get("outcome", stored or {})
        if "resourceType" in outcome:
            return list(outcome.get("issue", []))
        return [{"severity": "error"}] * outcome["errorCount"] if "errorCount" in outcome else None

    def is_selected(self, case: Case) -> bool:
        issues, tree = self.issues(case), self.tree(case)
        errors = [i for i in issues or [] if i["severity"] in ("error", "fatal")]
        return (
            case.get("version") in ("4.0", "4.0.1")
            and case["file"].endswith(".json")
            and self.root_type(case) in TYPES
            and case.get("use-test") is not False
            and case.get("module") not in MODULES
            and set(case) <= ALLOWED
            and issues is not None
            and all(url.split("|")[0] in self.core for url in _profiles(tree))
            and all(self._is_known(url) for url in _extensions(tree))
            and {n["resourceType"] for n in _objects(tree) if isinstance(n.get("resourceType"), str)} <= TYPES
            and not (errors and all(any("server" in e["url"] for e in i.get("extension", [])) for i in errors))
        )

    def _is_known(self, url: str) -> bool:
        return ":" not in url or url.partition("|")[0] in self.core or "example.org" in url or "acme.com" in url


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(value)


def _profiles(tree: Any) -> Iterator[str]:
    for node in _objects(tree):
        meta = node.get("meta")
        yield from (p for p in (meta.get("profile") or [] if isinstance(meta, dict) else []) if isinstance(p, str))


def _extensions(tree: Any) -> Iterator[str]:
    for node in _objects(tree):
        for key in ("extension", "modifierExtension"):
            items = node.get(key)
            yield from (
                e["url"]
                for e in (items if isinstance(items, list) else [])
                if isinstance(e, dict) and isinstance(e.get("url"), str)
            )


def main() -> None:
    suite = Suite(Path(sys.argv[1]))
    selected: dict[str, Case] = {}
    for case in suite.cases:
        if case["file"] not in selected and suite.is_selected(case):
            selected[case["file"]] = case
    score, sizes = {True: 0, False: 0}, {True: 0, False: 0}
    for case in selected.values():
        expected = not any(i["severity"] in ("error", "fatal") for i in suite.issues(case) or [])
        errors = [p for p in check_text(suite.text(case)) if p.severity == "error"]
        sizes[expected] += 1
        score[expected] += (not errors) == expected
        if (not errors) != expected:
            print(f"differs: {case['name']} is {'valid' if expected else 'invalid'} to HL7; {errors[:1] or 'no error here'}")
    total = sum(score.values())
    halves = f"valid {score[True]}/{sizes[True]}, invalid {score[False]}/{sizes[False]}"
    print(f"{halves}, together {total}/{len(selected)} of {len(suite.cases)} cases")
    sys.exit(total < TARGET)


if __name__ == "__main__":
    main()
