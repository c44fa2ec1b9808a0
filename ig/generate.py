"""Writes the definitions of everything of our own that is sent: extensions, profiles, the code system, questionnaires.

python ig/generate.py            writes ig/*.json
python ig/generate.py --check    writes nothing; ends with 1 when a file is not what would be written

They come from tables: `mappings/codes/*.csv` (every row whose system is `kap` is a concept), `mappings/scales/*.yaml` (items,
ranges, choices, the wording where its licence allows it), and `extensions.csv`, `profiles.csv` and `forms.csv` beside this file.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

from kapfhir.mapping.resource.claims import OURS
from kapfhir.mapping.scales.compile import load_shipped
from kapfhir.mapping.scales.load import ScaleFile
from kapfhir.model.scales import Item

HERE = Path(__file__).resolve().parent
CODES = HERE.parent / "mappings" / "codes"
BASE = "https://kapfhir.org/fhir"
VERSION = "1.0.0"
LOCAL = "kap"
LOINC, CORE = "http://loinc.org", "http://hl7.org/fhir/StructureDefinition"
FILES = load_shipped()
LABELS = {option.choice: option.label for file in FILES for option in file.options}
Codings = dict[str, dict[str, dict[str, str]]]
LOINC_NOTICE = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, Inc. and the LOINC "
    "Committee and is available at no cost under the license at http://loinc.org/license."
)


def load_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_systems() -> dict[str, str]:
    return {row["alias"]: row["uri"] for row in load_table(CODES / "systems.csv")}


def load_codings(table: str, systems: dict[str, str]) -> dict[str, dict[str, str]]:
    """The first standard coding of each code of a table."""
    codings: dict[str, dict[str, str]] = {}
    for row in load_table(CODES / f"{table}.csv"):
        coding = {"system": systems[row["system"]], "code": row["standard"], "display": row["display"]}
        codings.setdefault(row["code"], {key: value for key, value in coding.items() if value})
    return codings


def build_head(kind: str, name: str, title: str, description: str) -> dict[str, Any]:
    """What every definition starts with; no publisher and no date: a definition says what it is, not who made it when."""
    return {
        "resourceType": kind,
        "id": name,
        "url": f"{BASE}/{kind}/{name}",
        "version": VERSION,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "title": title,
        "status": "active",
        "experimental": False,
        "description": description,
    }


def build_extension(row: dict[str, str]) -> dict[str, Any]:
    value: dict[str, Any] = {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": row["type"]}]}
    parts = {"system": {"fixedUri": "http://unitsofmeasure.org"}, "code": {"fixedCode": row["unit"]} if row["unit"] else {}}
    units = [
        {"id": f"Extension.value[x].{part}", "path": f"Extension.value[x].{part}", "min": 1, **fixed}
        for part, fixed in parts.items()
    ]
    head = build_head("StructureDefinition", row["name"], row["title"], row["description"])
    parts_of = load_parts(head["url"])
    nested: list[dict[str, Any]] = [{"id": "Extension.extension", "path": "Extension.extension", "max": "0"}]
    if parts_of:
        nested = [element for part in parts_of for element in build_part(part, first=part is parts_of[0])]
        value, units = {"id": "Extension.value[x]", "path": "Extension.value[x]", "max": "0"}, []
    return head | {
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": path} for path in row["contexts"].split()],
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {
            "element": [
                {"id": "Extension", "path": "Extension", "short": row["title"], "definition": row["description"], "max": "1"},
                *nested,
                {"id": "Extension.url", "path": "Extension.url", "fixedUri": head["url"]},
                value,
                *(units if row["type"] in ("Quantity", "Duration") else ()),
            ]
        },
    }


def load_parts(url: str) -> list[dict[str, str]]:
    """The rows of codes/extensions.csv that are parts of the extension with this url: `waste.amount` of `waste`."""
    rows = load_table(CODES / "extensions.csv")
    name = next((row["name"] for row in rows if row["url"] == url), "")
    return [row for row in rows if row["name"].startswith(f"{name}.")]


def build_part(row: dict[str, str], *, first: bool) -> list[dict[str, Any]]:
    """One part of an extension that has parts; the first, without which it says nothing, is required."""
    base = f"Extension.extension:{row['url']}"
    least = {"min": 1} if first else {}
    return [
        {"id": base, "path": "Extension.extension", "sliceName": row["url"], **least, "max": "1"},
        {"id": f"{base}.extension", "path": "Extension.extension.extension", "max": "0"},
        {"id": f"{base}.url", "path": "Extension.extension.url", "fixedUri": row["url"]},
        {"id": f"{base}.value[x]", "path": "Extension.extension.value[x]", "min": 1, "type": [{"code": row["type"]}]},
    ]


def build_form(name: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    """A form that is no scale: its rows are its items, the first row says what it is."""
    first, *items = rows
    described = build_head("Questionnaire", name, first["text"], f"{first['text']}: {len(items)} items, in our own words.")
    return described | {
        "subjectType": ["Patient"],
        "item": [{"linkId": row["item"], "text": row["text"], "type": row["type"]} for row in items],
    }


def load_profiles() -> list[tuple[str, list[dict[str, str]]]]:
    """The rows of profiles.csv; stops unless the maps claim just these profiles of ours."""
    rows = load_table(HERE / "profiles.csv")
    names = {row["profile"]: next(r["path"] for r in rows if r["profile"] == row["profile"]) for row in rows}
    if names != OURS:
        raise SystemExit("ig/profiles.csv and the profiles of kapfhir/mapping/resource/claims.py differ; make them agree")
    return [(name, [row for row in rows if row["profile"] == name]) for name in names]


def build_profile(name: str, rows: list[dict[str, str]], systems: dict[str, str]) -> dict[str, Any]:
    """A profile: its first row is the resource, the others are elements; `type:session` is a slice told apart by its pattern."""
    first, *rest = rows
    head = build_head("StructureDefinition", name, first["short"], first["definition"])
    kind = first["path"]
    elements: list[dict[str, Any]] = [{"id": kind, "path": kind, "short": first["short"], "definition": first["definition"]}]
    for row in rest:
        path, _, slice_name = row["path"].partition(":")
        if slice_name:
            by = {"discriminator": [{"type": "pattern", "path": "$this"}], "rules": "open"}
            elements.append({"id": f"{kind}.{path}", "path": f"{kind}.{path}", "slicing": by, "min": int(row["min"])})
        element: dict[str, Any] = {"id": f"{kind}.{row['path']}", "path": f"{kind}.{path}"}
        element |= {"sliceName": slice_name} if slice_name else {}
        element |= {"short": row["short"]} if row["short"] else {}
        element |= {"min": int(row["min"])} if row["min"] else {}
        element |= {"max": row["max"]} if row["max"] else {}
        if row["pattern"]:
            system, _, code = row["pattern"].partition("#")
            element["patternCodeableConcept"] = {"coding": [{"system": systems[system], "code": code}]}
        elements.append(element | {"mustSupport": True})
    return head | {
        "fhirVersion": "4.0.1",
        "kind": "resource",
        "abstract": False,
        "type": kind,
        "baseDefinition": f"{CORE}/{kind}",
        "derivation": "constraint",
        "differential": {"element": elements},
    }


def load_forms() -> list[tuple[str, list[dict[str, str]]]]:
    rows = load_table(HERE / "forms.csv")
    return [(name, [row for row in rows if row["form"] == name]) for name in dict.fromkeys(row["form"] for row in rows)]


def build_code_system() -> dict[str, Any]:
    """Every `kap` code of the code tables, once; one code with two displays is an error of the tables."""
    concepts: dict[str, dict[str, Any]] = {}
    for path in sorted(CODES.glob("*.csv")):
        for row in load_table(path):
            if row.get("system") != LOCAL:
                continue
            code, display = row["standard"], row["display"]
            concept = concepts.setdefault(code, {"code": code, "display": display, "property": []})
            if not display or concept["display"] != display:
                raise SystemExit(f"{path.name}: code '{code}' has no display, or another one than in another table; give it one")
            table = {"code": "table", "valueString": path.stem}
            if table not in concept["property"]:
                concept["property"].append(table)
    description = "The codes of kapfhir for which no standard code system has one, or none that may be used freely."
    return build_head("CodeSystem", LOCAL, "kapfhir codes", description) | {
        "name": "KapCodes",
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "property": [{"code": "table", "description": "The code table in which the code is used", "type": "string"}],
        "concept": [concepts[code] for code in sorted(concepts)],
    }


def build_item(file: ScaleFile, item: Item, number: int, codings: Codings) -> dict[str, Any]:
    coding = codings["question"][item.question]
    built: dict[str, Any] = {"linkId": coding["code"], "code": [coding], "prefix": str(number)}
    if item.question in file.texts:
        built["text"] = file.texts[item.question]
    if item.choices:
        built["type"] = "choice"
        built["answerOption"] = [build_option(codings["choice"][c] | {"display": LABELS[c]}, n) for c, n in item.choices.items()]
        return built
    if not isinstance(item.numbers, range):
        return built | {"type": "choice", "answerOption": [{"valueInteger": n} for n in item.numbers]}
    limits = {"minValue": item.numbers[0], "maxValue": item.numbers[-1]}
    built["extension"] = [{"url": f"{CORE}/{name}", "valueInteger": value} for name, value in limits.items()]
    return built | {"type": "integer"}


def build_option(coding: dict[str, str], score: int) -> dict[str, Any]:
    return {"extension": [{"url": f"{CORE}/ordinalValue", "valueDecimal": score}], "valueCoding": coding}


def build_questionnaire(file: ScaleFile, codings: Codings, systems: dict[str, str]) -> dict[str, Any]:
    scale = file.scale
    worded = bool(scale.items) and scale.items[0].question in file.texts
    description = f"{scale.title}: {len(scale.items)} items{'' if worded else ', without their wording'}."
    items = [build_item(file, item, number, codings) for number, item in enumerate(scale.items, 1)]
    system, _, panel = file.panel.partition("#")
    uses_loinc = LOINC in json.dumps(items) or systems.get(system) == LOINC
    questionnaire = build_head("Questionnaire", str(scale.instrument), scale.title, description) | {
        "subjectType": ["Patient"],
        "copyright": file.notice + (f" {LOINC_NOTICE}" if uses_loinc else ""),
    }
    if items:
        questionnaire["item"] = items
    if panel:
        questionnaire["code"] = [{"system": systems[system], "code": panel}]
    return questionnaire


def load_extensions() -> list[dict[str, str]]:
    """The rows of extensions.csv; stops unless the maps know just these extensions of ours, under the same url and type."""
    rows = load_table(HERE / "extensions.csv")
    defined = {(f"{BASE}/StructureDefinition/{row['name']}", row["type"]) for row in rows}
    used = {(row["url"], row["type"]) for row in load_table(CODES / "extensions.csv") if row["url"].startswith(BASE)}
    if defined != used:
        different = sorted(url for url, _ in defined ^ used)
        raise SystemExit(
            f"ig/extensions.csv and mappings/codes/extensions.csv differ about {', '.join(different)}; make them agree"
        )
    return rows


def build_all() -> dict[str, str]:
    """File name to file text of every definition."""
    systems = load_systems()
    codings = {table: load_codings(table, systems) for table in ("question", "choice")}
    definitions = [
        build_code_system(),
        *(build_extension(row) for row in load_extensions()),
        *(build_profile(name, rows, systems) for name, rows in load_profiles()),
        *(build_questionnaire(file, codings, systems) for file in FILES),
        *(build_form(name, rows) for name, rows in load_forms()),
    ]
    return {f"{d['resourceType']}-{d['id']}.json": json.dumps(d, indent=2, ensure_ascii=False) + "\n" for d in definitions}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    wanted = build_all()
    found = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.json")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if arguments:
        for name in stale:
            print(f"ig/{name} is not what its tables say; run: python ig/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        if name in wanted:
            (HERE / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (HERE / name).unlink()
        print(f"ig/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
