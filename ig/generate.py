"""Writes the definitions of everything of our own that is sent: extensions, the code system, questionnaires.

python ig/generate.py            writes ig/*.json
python ig/generate.py --check    writes nothing; ends with 1 when a file is not what would be written

They come from tables: `mappings/codes/*.csv` (every row whose system is `kap` is a concept), `kapfhir.model.scales` (items,
ranges, choices), and beside this file `extensions.csv`, `instruments.csv`, `items.csv` (item text, where its licence allows it).
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

from kapfhir.model.scales import SCALES, Scale

HERE = Path(__file__).resolve().parent
CODES = HERE.parent / "mappings" / "codes"
BASE = "https://kapfhir.org/fhir"
VERSION = "1.0.0"
LOCAL = "kap"
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
                {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
                {"id": "Extension.url", "path": "Extension.url", "fixedUri": head["url"]},
                value,
                *(units if row["type"] in ("Quantity", "Duration") else ()),
            ]
        },
    }


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


def build_item(scale: Scale, number: int, codings: dict[str, dict[str, dict[str, str]]], texts: dict[str, str]) -> dict[str, Any]:
    question = scale.questions[number - 1]
    coding = codings["question"][question]
    item: dict[str, Any] = {"linkId": coding["code"], "code": [coding], "prefix": str(number)}
    if question in texts:
        item["text"] = texts[question]
    if scale.choices:
        item["type"] = "choice"
        item["answerOption"] = [
            {"valueCoding": codings["choice"][choice] | {"display": texts[choice]}} for choice in scale.choices
        ]
        return item
    limits = {"minValue": 0, "maxValue": scale.most}
    item["extension"] = [
        {"url": f"http://hl7.org/fhir/StructureDefinition/{name}", "valueInteger": value} for name, value in limits.items()
    ]
    return item | {"type": "integer"}


def build_questionnaire(
    row: dict[str, str], codings: dict[str, dict[str, dict[str, str]]], texts: dict[str, str]
) -> dict[str, Any]:
    scale = SCALES[row["instrument"]]
    worded = scale.questions[0] in texts
    description = f"{row['title']}: {len(scale.questions)} items{'' if worded else ', without their wording'}."
    items = [build_item(scale, number, codings, texts) for number in range(1, len(scale.questions) + 1)]
    uses_loinc = "http://loinc.org" in json.dumps(items) or row["panel_system"] == "http://loinc.org"
    questionnaire = build_head("Questionnaire", row["instrument"], row["title"], description) | {
        "subjectType": ["Patient"],
        "copyright": row["copyright"] + (f" {LOINC_NOTICE}" if uses_loinc else ""),
        "item": items,
    }
    if row["panel"]:
        questionnaire["code"] = [{"system": row["panel_system"], "code": row["panel"]}]
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
    texts = {row["code"]: row["text"] for row in load_table(HERE / "items.csv")}
    definitions = [
        build_code_system(),
        *(build_extension(row) for row in load_extensions()),
        *(build_questionnaire(row, codings, texts) for row in load_table(HERE / "instruments.csv")),
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
