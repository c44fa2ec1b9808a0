"""Laws of de-identification, over resources of every type that we emit: what leaves is R4, and nothing that was written leaves with it."""

import re
from datetime import date, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from strategies import CODES, items

from kapfhir.data import example_resources
from kapfhir.deidentification.dates import Dates
from kapfhir.deidentification.doubles import Doubles
from kapfhir.deidentification.pseudonyms import Pseudonyms
from kapfhir.deidentification.resource import Deidentifier
from kapfhir.deidentification.walk import WithheldError
from kapfhir.fhir.exact import dumps, loads
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.fhir.validate import check
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.concepts import CONCEPTS

ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=True)
KEY = Pseudonyms(b"k" * 32)
AS_OF = date(2026, 1, 1)
ATTACKS = (
    "Quokka~ 9",
    "98765432",
    98765432,
    "http://quokka.example/fhir",
    "192.0.2.77",
    "1931-02-28",
    "urn:uuid:quokka",
    "Patient/quokka",
    "quokka@quokka.example",
)
TRACES = re.compile(r"quokka|98765432|1931|192\.0\.2\.77", re.IGNORECASE)


@cache
def library():
    return load_library(MapFolder.over(), CODES, load_facts(), ORIGIN)


def deidentifier(manner="shift"):
    return Deidentifier(KEY, Dates(manner, AS_OF))


@pytest.mark.parametrize("manner", ["shift", "year"])
@pytest.mark.parametrize("concept", CONCEPTS)
def test_what_leaves_is_r4(concept, manner):
    one = deidentifier(manner)

    @settings(max_examples=25, deadline=None, database=None)
    @given(items(CONCEPTS[concept]))
    def law(record):
        for resource in library().build(record):
            if check(resource):
                continue
            one.doubles = Doubles()  # what is made here is of no one record
            try:
                out = one.resource(resource)
            except WithheldError as error:
                assert str(error) == "psychotherapy-note"
                continue
            assert [p for p in check(out) if p.severity == "error"] == []
            assert out["resourceType"] == resource["resourceType"]

    law()


def golden(count):
    """The first resources of each type of the example."""
    for path in example_resources("clinic"):
        with path.open("rb") as file:
            yield from (loads(line) for line, _ in zip(file, range(count), strict=False))


def spoiled(node, attack):
    """Every copy of a resource in which one value is an attack, or one key or item more."""
    if isinstance(node, dict):
        yield {**node, str(attack): attack}
        yield {**node, "extension": [{"url": str(attack), "valueString": attack}]}
        for key, value in node.items():
            for bad in spoiled(value, attack):
                yield {**node, key: bad}
    elif isinstance(node, list):
        for at, value in enumerate(node):
            for bad in spoiled(value, attack):
                yield [*node[:at], bad, *node[at + 1 :]]
        yield [*node, attack]
    yield attack
    yield {str(attack): attack}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_place_lets_through_what_does_not_belong_there(attack):
    one = deidentifier()
    tried = left = 0
    for resource in golden(1):
        for bad in spoiled(resource, attack):
            tried += 1
            one.doubles = Doubles()
            try:
                out = dumps(one.resource(bad)).decode()
            except WithheldError as error:
                assert TRACES.search(f"{error} {error.kind}") is None
                continue
            left += 1
            assert TRACES.search(out) is None, bad
    assert tried > 1000
    assert left > tried / 2
    assert TRACES.search(str(one.counts)) is None


def moments(node, path=""):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from moments(value, f"{path}.{key}")
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from moments(value, f"{path}[{at}]")
    elif isinstance(node, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", node):
        yield path, datetime.fromisoformat(node)


def test_all_moments_of_a_patient_move_by_the_same_days_and_no_hour():
    one = deidentifier()
    moved = {}
    for path in example_resources("clinic"):
        for line in path.read_bytes().splitlines():
            resource = loads(line)
            before, after = dict(moments(resource)), dict(moments(one.resource(resource)))
            assert {where for where in before if ".note[" not in where} == after.keys(), (
                "but for the time of a note, which goes with it"
            )
            person = (resource.get("subject") or resource.get("patient") or {}).get("reference")
            moved.setdefault(person, set()).update(after[where] - before[where] for where in after)
    shifts = [shift for person, found in moved.items() for shift in found if person]
    assert len(shifts) == 14, "one shift for each patient with a moment"
    assert all(shift.seconds == 0 and 0 < abs(shift.days) <= 365 for shift in shifts)


def test_hours_since_the_dose_and_windows_are_as_before():
    one = deidentifier()
    raw = [
        loads(line)
        for path in example_resources("clinic")
        if path.stem in ("Procedure", "Encounter")
        for line in path.read_bytes().splitlines()
    ]
    before, after = hours_between(raw), hours_between([one.resource(resource) for resource in raw])
    assert len(before) > 40
    assert before == after
    assert any(24 <= hours <= 48 for hours, _ in before)


def hours_between(resources):
    """From the start of each dosing session to that of the integration session that follows it; what is written of it beside."""
    url = "http://hl7.org/fhir/StructureDefinition/workflow-followOnOf"
    known = {f"{r['resourceType']}/{r['id']}": r for r in resources}
    found = []
    for resource in resources:
        extensions = {e["url"]: e for e in resource.get("extension", ())}
        if url in extensions and resource["resourceType"] == "Encounter":
            dose = known[extensions[url]["valueReference"]["reference"]]
            gap = datetime.fromisoformat(resource["period"]["start"]) - datetime.fromisoformat(dose["performedPeriod"]["start"])
            told = extensions["https://kapfhir.org/fhir/StructureDefinition/kap-time-since-dosing"]["valueDuration"]["value"]
            found.append((gap.total_seconds() / 3600, told))
    return found
