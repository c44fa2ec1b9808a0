"""`/metadata`: the CapabilityStatement, which says just what works, quirks included."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.search import DEFINITION, described_types, search_parameters

from .quirks import Behaviour
from .search import SUBSETTED
from .wire import Answer, Call, parse_parameters, write_json

READING = ("read", "vread", "history-instance", "history-type", "search-type")
WRITING = ("create", "update", "delete")
SUMMARY_OF_RESOURCE = ("type",)
NEEDED = ("resourceType", "status", "date", "kind", "fhirVersion", "format")


def build_metadata(call: Call, behaviour: Behaviour) -> Answer:
    """The statement; `_elements` and `_summary=true` make it short."""
    options = dict(parse_parameters(call.query))
    return Answer(200, _metadata(behaviour, call.base, options.get("_elements", ""), options.get("_summary", "")))


@lru_cache(maxsize=16)
def _metadata(behaviour: Behaviour, base: str, elements: str, summary: str) -> bytes:
    statement = build_statement(behaviour, base)
    if elements:
        wanted = {*NEEDED, *(name.strip().split(".")[0] for name in elements.split(","))}
        statement = {name: value for name, value in statement.items() if name in wanted}
    elif summary == "true":
        rest = statement["rest"][0]
        rest["resource"] = [{name: row[name] for name in SUMMARY_OF_RESOURCE} for row in rest["resource"]]
    if elements or summary == "true":
        statement["meta"] = {"tag": [SUBSETTED]}
    return write_json(statement)


def build_statement(behaviour: Behaviour, base: str) -> dict[str, Any]:
    """The whole statement of a sandbox at this base."""
    release = version("kapfhir")
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "publisher": "kapfhir",
        "kind": "instance",
        "software": {"name": "kapfhir sandbox", "version": release},
        "implementation": {"description": "An embedded FHIR server for development and tests", "url": base},
        "fhirVersion": behaviour.fhir_version,
        "format": ["application/fhir+json"],
        "rest": [_rest(behaviour)],
    }


def _rest(behaviour: Behaviour) -> dict[str, Any]:
    system = ["history-system"]
    if behaviour.writable:
        system += ["transaction", "batch"] if behaviour.transaction else ["batch"]
    return {
        "mode": "server",
        "documentation": "No access control. References are checked on write; updates that change nothing make no version.",
        "interaction": _codes(system),
        "resource": [_resource(name, behaviour) for name in sorted(load_facts().resources)],
    }


def _resource(type_name: str, behaviour: Behaviour) -> dict[str, Any]:
    parameters = search_parameters(type_name)
    references = [name for name, parameter in parameters.items() if parameter.kind == "reference"]
    out: dict[str, Any] = {
        "type": type_name,
        "interaction": _codes([*READING, *(WRITING if behaviour.writable else ())]),
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": behaviour.writable and behaviour.update_create,
        "conditionalCreate": behaviour.writable,
        "conditionalRead": "full-support",
        "conditionalUpdate": behaviour.writable,
        "conditionalDelete": "single" if behaviour.writable else "not-supported",
        "referencePolicy": ["literal", "logical", "enforced"],
    }
    if references:
        out["searchInclude"] = ["*", *(f"{type_name}:{name}" for name in references)]
    if reverse := _referring(type_name):
        out["searchRevInclude"] = list(reverse)
    out["searchParam"] = [
        {"name": "_id", "definition": f"{DEFINITION}Resource-id", "type": "token"},
        {"name": "_lastUpdated", "definition": f"{DEFINITION}Resource-lastUpdated", "type": "date"},
        *({"name": p.name, "definition": p.definition, "type": p.kind} for p in parameters.values()),
    ]
    out["operation"] = [{"name": "validate", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate"}]
    return out


@cache
def _referring(type_name: str) -> tuple[str, ...]:
    """The reference parameters that name this type as a target."""
    return tuple(
        f"{source}:{name}"
        for source in sorted(described_types())
        for name, parameter in search_parameters(source).items()
        if type_name in parameter.targets
    )


def _codes(names: list[str]) -> list[dict[str, str]]:
    return [{"code": name} for name in names]
