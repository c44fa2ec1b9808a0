import csv
import re
from pathlib import Path

import pytest

from kapfhir.deidentification import table
from kapfhir.deidentification.table import (
    action_of,
    extensions,
    is_public_address,
    is_public_code,
    load_identifiers,
    load_rows,
    passes,
)
from kapfhir.fhir.facts import load_facts

ROOT = Path(__file__).resolve().parents[3]
FACTS = load_facts()
CODES = ROOT / "mappings" / "codes"


def rows(name):
    with (CODES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_names_what_r4_has():
    datatypes = {kind for name in FACTS._types for element in FACTS.elements(name).values() for kind in element.types}
    for name, row in load_rows().items():
        owner, _, element = name.rpartition(".")
        known = (
            element in FACTS.elements(owner)
            if owner
            else name in FACTS.resources
            if row.action == "pass"
            else name in datatypes | {"xhtml"}
        )
        assert known, name


def test_every_row_has_letters_of_the_eighteen():
    letters = {row["class"] for row in load_identifiers()}
    assert letters == set("ABCDEFGHIJKLMNOPQR")
    assert {letter for row in load_rows().values() for letter in row.classes.split()} == letters


def test_every_datatype_has_a_row_or_is_dropped():
    element = FACTS.elements("Extension")
    kinds = {kind for kind in element["value[x]"].types if kind not in load_rows()}
    for kind in kinds:
        assert action_of("Extension", element["value[x]"], kind) == ("drop", False)


def test_every_type_that_the_maps_emit_may_leave():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "mappings" / "fhir").glob("*.yaml")]
    emitted = {kind for text in texts for kind in re.findall(r"^ +resource: (\w+)$", text, re.MULTILINE)}
    assert len(emitted) > 25
    assert emitted <= passes()


def test_every_system_and_extension_of_the_maps_is_known():
    assert [row["uri"] for row in rows("systems") if row["alias"] != "uri" and table._form(row["uri"]) is None] == []
    text = {"originalText", "kap-controlled-substance-waste#method", "kap-controlled-substance-waste#reason"}
    own = {}
    for row in rows("extensions"):
        outer, _, inner = row["name"].partition(".")
        own[row["name"]] = f"{own[outer]}#{row['url']}" if inner else row["url"]
    assert {url.rpartition("/")[2] for url in own.values() if url not in extensions()} <= text


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://loinc.org", "44261-6"),
        ("http://snomed.info/sct", "78421000"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "F33.2"),
        ("http://unitsofmeasure.org", "mm[Hg]"),
        ("urn:ietf:bcp:47", "en-US"),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB"),
        ("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs"),
        ("http://hl7.org/fhir/event-status", "completed"),
        ("https://kapfhir.org/fhir/CodeSystem/kap", "dosing-session"),
    ],
)
def test_codes_of_public_systems(system, code):
    assert is_public_code(system, code)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://loinc.org", "44261-7"),
        ("http://loinc.org", "Jane Roe"),
        ("http://snomed.info/sct", "5555550100"),
        ("http://snomed.info/sct", "98765432"),
        ("http://unitsofmeasure.org", "{Jane}"),
        ("http://unitsofmeasure.org", "5555550100"),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "Jane Roe"),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "1931-02-28"),
        ("http://terminology.hl7.org/CodeSystem/Jane Roe", "AMB"),
        ("http://terminology.hl7.org/CodeSystem/5555550100", "AMB"),
        ("https://kapfhir.org/fhir/CodeSystem/kap", "Jane"),
        ("https://kapfhir.org/fhir/CodeSystem/kap", "p-9876543"),
        ("https://clinic.example/codes", "AMB"),
        ("", "AMB"),
    ],
)
def test_what_is_no_code_of_a_public_system(system, code):
    assert not is_public_code(system, code)


@pytest.mark.parametrize(
    ("uri", "public"),
    [
        ("https://kapfhir.org/fhir/Questionnaire/phq-9|1.0.0", True),
        ("http://loinc.org/q/44249-1", True),
        ("https://kapfhir.org/fhir/Questionnaire/Jane Roe", False),
        ("https://kapfhir.org/fhir/Questionnaire/p-9876543", False),
        ("https://clinic.example/kap/protocol/plan/1", False),
        ("http://192.0.2.1/fhir/Questionnaire/phq-9", False),
    ],
)
def test_public_addresses(uri, public):
    assert is_public_address(uri) is public
