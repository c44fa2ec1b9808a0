"""Writes `us_core.json`: what the profiles of US Core ask for beyond R4 itself, from the published package.

python -m kapfhir.fhir.compile_profiles PACKAGE.tgz [us_core.json]

    {"us-core-procedure": {"url": "http://...", "type": "Procedure", "needs": [["rule", "", "us-core-7"], ...]}}

A need is [kind, path, value]:
    there    an element is there; below another element: in each of its items
    some     an item of the list shows this pattern, or (`codes`) has one of these codes
    like     the element shows this pattern
    codes    the element has one of these codes: system -> codes; none: any code of the system, for the package does not list them
    most     a list has at most so many items
    targets  a reference leads to one of these types
    types    a choice has one of these types
    rule     an invariant, by its name; profile_rules.py says what it means

Left out is what R4 says as well, and what holds inside a slice of a vital sign: R4's own profiles of vital signs, which hold
without a claim, say the same there.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from .compile_facts import expand
from .facts import Facts, load_facts

DATA = Path(__file__).with_name("us_core.json")
CORE = "http://hl7.org/fhir/StructureDefinition/"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
PROFILES = (
    "allergyintolerance blood-pressure bmi body-height body-temperature body-weight careplan careteam "
    "condition-encounter-diagnosis condition-problems-health-concerns documentreference encounter goal heart-rate "
    "location medication medicationrequest observation-clinical-result observation-lab "
    "observation-screening-assessment organization patient practitioner practitionerrole procedure pulse-oximetry "
    "questionnaireresponse relatedperson respiratory-rate servicerequest simple-observation "
)
TWICE = {("us-core-6", "content.attachment"): "us-core-6-attachment"}  # one name for two rules
LEFT_OUT = ("extension", "modifierExtension", "meta", "contained")
Need = list[Any]


def compile_profiles(package: Path, facts: Facts) -> dict[str, Any]:
    """The published package as the data above."""
    structures: dict[str, Any] = {}
    value_sets: dict[str, Any] = {}
    code_systems: dict[str, Any] = {}
    with tarfile.open(package) as tar:
        for member in tar:
            name = member.name.removeprefix("package/")
            if name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-")):
                file = tar.extractfile(member)
                assert file is not None
                resource = json.load(file)
                kinds = {"StructureDefinition": structures, "ValueSet": value_sets, "CodeSystem": code_systems}
                kinds[resource["resourceType"]][resource["url"]] = resource
    return {
        f"us-core-{name}": {
            "url": f"{US_CORE}us-core-{name}",
            "type": structures[f"{US_CORE}us-core-{name}"]["type"],
            "needs": _Needs(structures, value_sets, code_systems, facts).of(structures[f"{US_CORE}us-core-{name}"]),
        }
        for name in PROFILES.split()
    }


class _Needs:
    def __init__(self, structures: Any, value_sets: Any, code_systems: Any, facts: Facts) -> None:
        self.structures, self.value_sets, self.code_systems, self.facts = structures, value_sets, code_systems, facts

    def of(self, structure: dict[str, Any]) -> list[Need]:
        elements = structure["snapshot"]["element"]
        by_id = {e["id"]: e for e in elements}
        needs: list[Need] = []
        for element in elements:
            path = element["path"].partition(".")[2]
            owner_id, _, _ = element["id"].rpartition(".")
            if ":" in owner_id or path.startswith(LEFT_OUT) or path.count(".") > 1:
                continue
            needs += self._rules(element, path)
            if "sliceName" in element:
                needs += self._slice(element, path, by_id)
            elif path:
                needs += self._plain(element, path, self._base(structure["type"], path))
        listed = {path for kind, path, _ in needs if kind == "some"}
        return [need for need in needs if not (need[0] == "there" and need[1] in listed)]

    def _base(self, kind: str, path: str) -> Any:
        element = None
        for step in path.split("."):
            element = self.facts.elements(kind).get(step)
            if element is None:
                return None
            kind = element.types[0]
        return element

    def _plain(self, element: dict[str, Any], path: str, base: Any) -> list[Need]:
        needs: list[Need] = []
        if base is None:
            return needs
        if element["min"] and not base.required:
            needs.append(["there", path, None])
        if element["max"] != "*" and base.many:
            needs.append(["most", path, int(element["max"])])
        value = _fixed(element)
        if value is not None:
            needs.append(["like", path, value])
        bound = self._codes(element)
        if bound is not None and bound[0] != base.binding:
            needs.append(["codes", path, bound[1]])
        types = [kind["code"] for kind in element.get("type", [])]
        if base.choice and set(types) < set(base.types):
            needs.append(["types", path, sorted(types)])
        targets = {
            self._type_of(t)
            for kind in element.get("type", [])
            if kind["code"] == "Reference"
            for t in kind.get("targetProfile", [])
        }
        if targets and base.targets and "Resource" not in base.targets and targets < set(base.targets):
            needs.append(["targets", path, sorted(targets)])
        return needs

    def _slice(self, element: dict[str, Any], path: str, by_id: dict[str, Any]) -> list[Need]:
        """A slice that must be there: what its items show."""
        if not element["min"] or path.endswith("[x]"):
            return []
        pattern = _fixed(element) or _inner(element["id"], by_id)
        bound = self._codes(element)
        if pattern is None and (bound is None or not bound[1]):
            raise SystemExit(f"{element['id']}: a slice without a pattern or codes; say here what it means")
        return [["some", path, pattern if pattern is not None else {"codes": bound[1] if bound else ""}]]

    def _rules(self, element: dict[str, Any], path: str) -> list[Need]:
        pattern = _fixed(element) if "sliceName" in element else None
        return [
            [
                "rule",
                path,
                TWICE.get((constraint["key"], path), constraint["key"]) + (f" {json.dumps(pattern)}" if pattern else ""),
            ]
            for constraint in element.get("constraint", [])
            if constraint["severity"] == "error" and "us/core" in constraint.get("source", "us/core" * _ours(constraint["key"]))
        ]

    def _codes(self, element: dict[str, Any]) -> tuple[str, Any] | None:
        binding = element.get("binding", {})
        if binding.get("strength") != "required" or "valueSet" not in binding:
            return None
        url = binding["valueSet"].split("|")[0]
        listed = expand(self.value_sets, self.code_systems, url)
        if listed is None:
            included = self.value_sets.get(url, {}).get("compose", {}).get("include", [])
            listed = {include["system"]: [] for include in included if "system" in include}
        return url.rsplit("/", 1)[1], {system: " ".join(codes) for system, codes in listed.items()}

    def _type_of(self, profile: str) -> str:
        if profile.startswith(CORE):
            return profile.removeprefix(CORE)
        return str(self.structures[profile]["type"])


def _ours(key: str) -> bool:
    return key.startswith("us-core-") or key == "pd-1"


def _fixed(element: dict[str, Any]) -> Any:
    return next((value for key, value in element.items() if key.startswith(("fixed", "pattern"))), None)


def _inner(prefix: str, by_id: dict[str, Any]) -> Any:
    """The pattern that the fixed values below a slice make: category:VSCat.coding.system and .code; component:systolic.code."""
    parts = {i.removeprefix(f"{prefix}."): _fixed(e) for i, e in by_id.items() if i.startswith(f"{prefix}.")}
    if parts.get("code") is not None:
        return {"code": parts["code"]}
    coding = {name.removeprefix("coding."): value for name, value in parts.items() if value is not None}
    return {"coding": [coding]} if coding else None


def main() -> None:
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else DATA
    compiled = compile_profiles(Path(sys.argv[1]), load_facts())
    target.write_text(json.dumps(compiled, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
