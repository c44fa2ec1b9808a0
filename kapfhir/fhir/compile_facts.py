"""The published R4 package -> facts.json. Run when the package changes.

    python -m kapfhir.fhir.compile_facts [PACKAGE.tgz [facts.json]]

The package was repacked from a set of definitions that somebody had added elements to. `ADDED` and `CHANGED` undo that:
they are what a comparison with the published profiles-types.xml and profiles-resources.xml of 4.0.1 showed, element by element.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from .facts import DATA

PACKAGE = Path(__file__).parents[2] / "ig" / "packages" / "hl7.fhir.r4.core-4.0.1-rebuilt.tgz"
SYSTEM_STRING = "http://hl7.org/fhirpath/System."
CORE = "http://hl7.org/fhir/StructureDefinition/"
ADDED = {  # owner -> elements that 4.0.1 does not have
    "Binary": "url",
    "DeviceDefinition": "bodySite classification",
    "Meta": "account accounts author compartment onBehalfOf project",
    "ObservationDefinition": "publisher",
    "ResearchStudy": (
        "associatedParty classifier comparisonGroup descriptionSummary label name outcomeMeasure progressStatus recruitment "
        "region result studyDesign whyStopped"
    ),
    "ResearchStudy.objective": "description",
    "EvidenceVariable.characteristic": (
        "definitionByCombination definitionByTypeAndValue definitionCanonical definitionCodeableConcept definitionExpression "
        "definitionId definitionReference duration[x] instances[x] linkId note timeFromEvent"
    ),
}
CHANGED: dict[str, dict[str, list[Any]]] = {  # owner -> rows as 4.0.1 has them
    "AuditEvent.source": {
        "observer": ["Reference", 1, 1, "", "PractitionerRole|Practitioner|Organization|Device|Patient|RelatedPerson"]
    },
    "Bundle.entry.response": {"outcome": ["Resource", 0, 1]},
    "DetectedIssue": {"status": ["code", 1, 1, "observation-status"]},
    "EvidenceVariable": {"characteristic": ["EvidenceVariable.characteristic", 1, 0]},
    "EvidenceVariable.characteristic": {
        "description": ["string", 0, 1],
        "definition[x]": [
            "Reference|canonical|CodeableConcept|Expression|DataRequirement|TriggerDefinition",
            1,
            1,
            "",
            "Group",
        ],
        "usageContext": ["UsageContext", 0, 0],
        "exclude": ["boolean", 0, 1],
        "participantEffective[x]": ["dateTime|Period|Duration|Timing", 0, 1],
        "timeFromStart": ["Duration", 0, 1],
        "groupMeasure": ["code", 0, 1, "group-measure"],
    },
    "MeasureReport": {
        "subject": ["Reference", 0, 1, "", "Patient|Practitioner|PractitionerRole|Location|Device|RelatedPerson|Group"],
    },
    "ResearchStudy": {"site": ["Reference", 0, 0, "", "Location"]},
}


def compile_facts(package: Path) -> dict[str, Any]:
    """The published package as the data above."""
    structures: list[dict[str, Any]] = []
    extensions: dict[str, list[str]] = {}
    value_sets: dict[str, Any] = {}
    code_systems: dict[str, Any] = {}
    used: set[str] = set()  # value sets of required bindings
    with tarfile.open(package) as tar:
        for member in tar:
            name = member.name.removeprefix("package/")
            if name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-")):
                file = tar.extractfile(member)
                assert file is not None
                resource = json.load(file)
                kind = resource["resourceType"]
                if kind == "StructureDefinition":
                    if resource.get("derivation") != "constraint" and resource["kind"] != "logical":
                        structures.append(resource)
                    elif resource["type"] == "Extension" and resource["url"].startswith(CORE):
                        extensions[resource["url"].removeprefix(CORE)] = _extension(resource, used)
                else:
                    (value_sets if kind == "ValueSet" else code_systems)[resource["url"]] = resource
    types: dict[str, dict[str, list[Any]]] = {}
    simple: list[str] = []
    regex: dict[str, str] = {}
    for structure in structures:
        if structure["kind"] == "primitive-type":
            for extension in structure["snapshot"]["element"][-1].get("type", [{}])[0].get("extension", []):
                if extension["url"].endswith("/regex"):
                    regex[structure["name"]] = extension["valueString"]
            continue
        for element in structure["snapshot"]["element"][1:]:
            owner, name = element["path"].rsplit(".", 1)
            types.setdefault(owner, {})[name] = _row(element, used)
            if any(p.endswith("/SimpleQuantity") for kind in element.get("type", []) for p in kind.get("profile", [])):
                simple.append(element["path"])
    _correct(types)
    codes = {}
    rows_bound = [row for rows in types.values() for row in rows.values() if len(row) > 3]
    bound = {row[3] for row in rows_bound} | {row[2] for row in extensions.values() if len(row) > 2}
    for url in sorted(u for u in used if u.rsplit("/", 1)[1] in bound):
        expanded = expand(value_sets, code_systems, url)
        if expanded:
            codes[url.rsplit("/", 1)[1]] = {system: " ".join(c) for system, c in expanded.items()}
    resources = sorted(s["type"] for s in structures if s["kind"] == "resource" and not s.get("abstract"))
    return {
        "types": types,
        "codes": codes,
        "regex": regex,
        "resources": resources,
        "simple": sorted(simple),
        "extensions": extensions,
    }


def _correct(types: dict[str, dict[str, list[Any]]]) -> None:
    for owner, names in ADDED.items():
        for name in names.split():
            types[owner].pop(name)
            for inner in [t for t in types if t == f"{owner}.{name}" or t.startswith(f"{owner}.{name}.")]:
                del types[inner]
    for owner, rows in CHANGED.items():
        types[owner].update(rows)


def _extension(structure: dict[str, Any], used: set[str]) -> list[str]:
    """Where a core extension may stand; types (none: it holds extensions), required binding and targets of its value."""
    nothing: dict[str, Any] = {"min": 0, "max": "0", "path": "Extension.value[x]"}
    value = next((e for e in structure["snapshot"]["element"] if e["path"] == "Extension.value[x]"), nothing)
    kinds, _, _, *more = _row(value if value["max"] != "0" else nothing, used)
    return ["|".join(context["expression"] for context in structure.get("context", [])), kinds, *more]


def _row(element: dict[str, Any], used: set[str]) -> list[Any]:
    high = 0 if element["max"] == "*" else int(element["max"])
    if "contentReference" in element:
        return [element["contentReference"].split("#")[1], element["min"], high]
    kinds, targets = [], []
    for kind in element.get("type", []):
        code = kind["code"]
        if code.startswith(SYSTEM_STRING):
            code = "string"
        kinds.append(element["path"] if code in ("BackboneElement", "Element") and "." in element["path"] else code)
        targets += [t.rsplit("/", 1)[1] for t in kind.get("targetProfile", []) if code == "Reference"]
    binding = element.get("binding", {})
    bound = ""
    if binding.get("strength") == "required" and "valueSet" in binding:
        url = binding["valueSet"].split("|")[0]
        used.add(url)
        bound = url.rsplit("/", 1)[1]
    row = [("|".join(kinds)), element["min"], high, bound, "|".join(targets)]
    while row[-1] == "":
        row.pop()
    return row


def expand(value_sets: dict[str, Any], code_systems: dict[str, Any], url: str) -> dict[str, list[str]] | None:
    """The codes of a value set by system; None where the package does not list them all."""
    out: dict[str, list[str]] = {}
    if url not in value_sets:
        return None
    for include in value_sets[url].get("compose", {}).get("include", []):
        if "filter" in include:
            return None
        for other in include.get("valueSet", []):
            inner = expand(value_sets, code_systems, other.split("|")[0])
            if inner is None:
                return None
            for system, codes in inner.items():
                out.setdefault(system, []).extend(codes)
        if "system" not in include:
            continue
        if "concept" in include:
            codes = [c["code"] for c in include["concept"]]
        else:
            system = code_systems.get(include["system"], {})
            if system.get("content") != "complete":
                return None
            codes = _flat(system.get("concept", []))
        if any(" " in c for c in codes):
            return None
        out.setdefault(include["system"], []).extend(codes)
    return out


def _flat(concepts: list[dict[str, Any]]) -> list[str]:
    return [code for c in concepts for code in (c["code"], *_flat(c.get("concept", [])))]


def main() -> None:
    package = Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else DATA
    target.write_text(json.dumps(compile_facts(package), separators=(",", ":"), sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    main()
