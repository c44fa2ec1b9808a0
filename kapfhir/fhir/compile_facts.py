"""The published R4 package -> facts.json. Run when the package changes: `python -m kapfhir.fhir.compile_facts [PACKAGE.tgz [facts.json]]`."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from .facts import DATA

PACKAGE = Path(__file__).parents[2] / "ig" / "packages" / "hl7.fhir.r4.core-4.0.1-rebuilt.tgz"
SYSTEM_STRING = "http://hl7.org/fhirpath/System."


def compile_facts(package: Path) -> dict[str, Any]:
    """The published package as the data above."""
    structures: list[dict[str, Any]] = []
    value_sets: dict[str, Any] = {}
    code_systems: dict[str, Any] = {}
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
                else:
                    (value_sets if kind == "ValueSet" else code_systems)[resource["url"]] = resource
    types: dict[str, dict[str, list[Any]]] = {}
    used: set[str] = set()
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
    codes = {}
    for url in sorted(used):
        expanded = _expand(value_sets, code_systems, url)
        if expanded:
            codes[url.rsplit("/", 1)[1]] = {system: " ".join(c) for system, c in expanded.items()}
    resources = sorted(s["type"] for s in structures if s["kind"] == "resource" and not s.get("abstract"))
    return {"types": types, "codes": codes, "regex": regex, "resources": resources}


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


def _expand(value_sets: dict[str, Any], code_systems: dict[str, Any], url: str) -> dict[str, list[str]] | None:
    """The codes of a value set by system; None where the package does not list them all."""
    out: dict[str, list[str]] = {}
    if url not in value_sets:
        return None
    for include in value_sets[url].get("compose", {}).get("include", []):
        if "filter" in include:
            return None
        for other in include.get("valueSet", []):
            inner = _expand(value_sets, code_systems, other.split("|")[0])
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
