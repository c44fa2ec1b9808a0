"""JSON Schemas of what people and programs read and write: for editors, and for those who read our files.

A schema knows the shape of a map, not the fields of its concept or the columns of an export: `kapfhir check` knows these.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from pydantic import TypeAdapter

from kapfhir.configfile import ConfigFile
from kapfhir.model.concepts import CONCEPTS

from .lines import LINES

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
HOME = "https://kapfhir.org/schema"
TEXT: Schema = {"type": ["string", "number", "boolean"]}  # every scalar of a map is text, however YAML reads it
TEXTS: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
WHERE: Schema = {"type": "object", "additionalProperties": TEXTS, "description": "only rows whose cell is one of these"}
YES: Schema = {"enum": ["yes", "no", True, False]}  # YAML 1.1 reads yes as true
COUNT: Schema = {"type": "integer", "minimum": 0}


def build_schemas() -> dict[str, Schema]:
    """Every schema by its file name."""
    found = {
        "source-map": source_map(),
        "resource-map": resource_map(),
        "config": ConfigFile.model_json_schema(),
        "rejected": rejected(),
        "manifest": manifest(),
        "json-line": TypeAdapter(reduce(or_, LINES.values())).json_schema(),
    }
    return {f"{name}.json": {"$schema": DRAFT, "$id": f"{HOME}/{name}.json"} | schema for name, schema in found.items()}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None, **more: Any) -> Schema:
    properties = required | (optional or {})
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False} | more


def source_map() -> Schema:
    """sources/NAME/*.yaml."""
    rule = {
        "from": TEXTS | {"description": "the column, or several that belong together; in a key also constants, `= phq-9`"},
        "checked": {"type": "object", "additionalProperties": TEXT, "description": "checkbox column: our code"},
        "people": {"enum": ["patient", "practitioner"], "description": "the column, of several the first, holds their names"},
        "format": TEXTS | {"description": "of dates: MM/DD/YYYY hh:mm, iso, excel, or several"},
        "unit": TEXT | {"description": "the UCUM unit of the column's numbers"},
        "codes": TEXT | {"description": "the code table, without .csv"},
        "split": TEXT | {"description": "what stands between several values in the cell"},
        "as": TEXT | {"description": "a named parser: dose-text.dose, pressure-text.systolic, ..."},
        "plus": TEXT | {"description": "a duration to add: 40 min"},
        "convert": TEXT | {"description": "the UCUM unit that the amount is brought to"},
        "times": {
            "anyOf": [{"type": "string", "pattern": "^= "}, _object({"from": TEXT, "unit": TEXT}, {})],
            "description": "what the amount is taken times before that: = 50 mg/mL, or a column and its unit",
        },
        "empty": TEXTS | {"description": "texts that mean nothing in this column"},
        "precedence": TEXTS | {"description": "another order of the tables than that of the map"},
        "where": WHERE,
    }
    either = [{"required": ["from"]}, {"required": ["checked"]}]
    line = {"anyOf": [TEXT, _object({}, rule, oneOf=either)]}
    return _object(
        {
            "concept": {"anyOf": [{"enum": list(CONCEPTS)}, {"type": "string", "pattern": "^TODO"}]},
            "table": TEXT | {"description": "the stem of a file, or the name of a sheet"},
            "fields": {
                "type": "object",
                "patternProperties": {r"^[A-Za-z_]\w*(\[[^\[\]/]+\])?(\.[A-Za-z_]\w*(\[[^\[\]/]+\])?)*$": line},
                "additionalProperties": False,
                "description": "field of the concept: column, `= constant`, or a rule",
            },
        },
        {
            "where": WHERE,
            "zone": TEXT | {"description": "the IANA time zone, if not the clinic's"},
            "empty": TEXTS | {"description": "texts that mean nothing in this table"},
            "encoding": TEXT,
            "delimiter": TEXT,
            "decimal": {"enum": [".", ","]},
            "optional": YES | {"description": "yes: an export may lack the table"},
            "precedence": TEXTS | {"description": "tables that may hold the same sessions, the one that is believed first"},
            "stand_in": YES | {"description": "yes: a record only where no other table has it"},
            "scope": {"enum": ["full", "delta"], "description": "delta: the table holds only what changed"},
        },
        title="A source map: the columns of a table to the fields of a concept",
    )


def resource_map() -> Schema:
    """fhir/*.yaml."""
    elements: Schema = {
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/repeat"}]},
        "description": "path of an element: field, ^field, field -> slot, -> slot (perhaps `, else field`), `= constant`, "
        "or each/elements",
    }
    slot = _object(
        {"resource": {"type": "string"}, "elements": elements},
        {
            "title": {"type": "string"},
            "each": {"type": "string"},
            "when": {"type": "string"},
            "profiles": {"type": "string", "description": "the profiles that the resource claims where it satisfies them"},
            "us-core": elements | {"description": "lines for the realm of US Core alone"},
        },
    )
    return _object(
        {
            "concept": {"enum": list(CONCEPTS)},
            "resources": {"type": "object", "additionalProperties": slot, "description": "slot: resource, lines"},
        },
        title="A resource map: the fields of a concept to the elements of its resources",
    ) | {"$defs": {"repeat": _object({"each": {"type": "string"}, "elements": elements})}}


def rejected() -> Schema:
    """A line of rejected.ndjson."""
    text: Schema = {"type": "string"}
    return _object(
        {
            "code": text,
            "severity": {"enum": ["error", "warning", "information"]},
            "table": text,
            "row": COUNT | {"description": "the line on which the record starts; the header is 1, 0 is the whole table"},
            "column": text,
            "map_line": text,
            "text": text,
            "hint": text,
            "effect": text | {"description": "what was lost by it"},
        },
        title="A line of rejected.ndjson: one problem, without a cell's value",
    )


def manifest() -> Schema:
    """manifest.json."""
    text: Schema = {"type": "string"}
    entry = _object({"type": text, "url": text, "count": COUNT})
    files = {"type": "array", "items": _object({"url": text, "count": COUNT})}
    return _object(
        {
            "transactionTime": {"type": "string", "format": "date-time"},
            "request": text,
            "requiresAccessToken": {"const": False},
            "output": {"type": "array", "items": entry},
            "error": {"type": "array", "maxItems": 0},
            "extension": _object({"https://kapfhir.org/fhir/manifest": _object({"files": files})}),
        },
        title="manifest.json: what `kapfhir map` wrote, in the shape of a Bulk Data manifest",
    )
