"""Both HL7 validators over all that is sent and defined. Run by tests/servers/run.py, by name: it needs Java, Maven and npm."""

import copy
import json
import sys
from pathlib import Path

import generated
import pytest
import validate

import kapfhir
from kapfhir.realms import REALMS, US_CORE

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = sorted((ROOT / "fixtures" / "clinic" / "expected" / "resources").glob("*.ndjson"))
MINIMAL = sorted((ROOT / "fixtures" / "minimal" / "expected" / "resources").glob("*.ndjson"))
DEFINITIONS = sorted((ROOT / "ig").glob("*.json"))
KAP = "https://kapfhir.org/fhir"
LOINC = "http://loinc.org"


@pytest.fixture(scope="module", autouse=True)
def built():
    validate.build()


def test_golden_resources_and_definitions_have_no_error_and_no_unexplained_warning():
    assert GOLDEN
    assert DEFINITIONS
    assert validate.validate([*GOLDEN, *MINIMAL, *DEFINITIONS], closed=True) == 0


def test_what_is_shared_has_no_error_and_no_unexplained_warning(tmp_path):
    (tmp_path / "in").mkdir()
    for path in GOLDEN:
        lines = path.read_bytes().splitlines(keepends=True)
        (tmp_path / "in" / path.name).write_bytes(b"".join(lines[:: max(1, len(lines) // 20)]))
    done = kapfhir.deidentify(tmp_path / "in", tmp_path / "out", tmp_path / "key")
    assert done.resources > 200
    assert validate.validate(sorted((tmp_path / "out").glob("*.ndjson"))) == 0


def test_the_clinic_in_the_realm_of_us_core_has_no_error_and_no_unexplained_warning(tmp_path):
    sys.path.insert(0, str(ROOT / "fixtures"))
    try:
        import regenerate
    finally:
        sys.path.remove(str(ROOT / "fixtures"))
    mapped = regenerate.map_realm(ROOT / "fixtures" / "clinic", US_CORE)
    assert "Patient" in mapped
    for kind, lines in mapped.items():
        (tmp_path / f"{kind}.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    assert validate.validate(sorted(tmp_path.glob("*.ndjson")), closed=True) == 0


@pytest.mark.parametrize("realm", REALMS)
def test_resources_of_records_by_chance_have_no_error_and_no_unexplained_warning(tmp_path, realm):
    files = generated.write(tmp_path, realm)
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) >= 2000
    assert validate.validate(files) == 0


def answers(**changes):
    resource = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{KAP}/Questionnaire/phq-9|1.0.0",
        "status": "completed",
        "item": [{"linkId": "44250-9", "answer": [{"valueCoding": {"system": LOINC, "code": "LA6568-5"}}]}],
    }
    return copy.deepcopy(resource) | changes


def weight(**changes):
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}
        ],
        "code": {"coding": [{"system": LOINC, "code": "29463-7"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-01-05T09:20:00-08:00",
        "valueQuantity": {"value": 72.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }
    return copy.deepcopy(resource) | changes


def nominal(**value):
    return [{"url": f"{KAP}/StructureDefinition/kap-nominal-time", **value}]


FAULTS = {  # each is found by both validators as an error
    "a link id that the questionnaire has not": answers(item=[{"linkId": "44250-8"}]),
    "an answer that is no option of the question": answers(
        item=[{"linkId": "44250-9", "answer": [{"valueCoding": {"system": LOINC, "code": "LA33-6"}}]}]
    ),
    "an extension of ours that is not defined": weight(
        extension=[{"url": f"{KAP}/StructureDefinition/kap-unheard-of", "valueBoolean": True}]
    ),
    "an extension of ours with another type": weight(extension=nominal(valueString="true")),
    "an extension of ours where it has no business": {"resourceType": "Patient", "extension": nominal(valueBoolean=True)},
    "a local code that is not in our code system": weight(
        code={"coding": [{"system": LOINC, "code": "29463-7"}, {"system": f"{KAP}/CodeSystem/kap", "code": "unheard-of"}]}
    ),
    "a unit that the vital signs profile forbids": weight(
        valueQuantity={"value": 11, "unit": "st", "system": "http://unitsofmeasure.org", "code": "[stone_av]"}
    ),
    "a status that R4 does not have": weight(status="finishedd"),
    "a subject of a wrong type": weight(subject={"reference": "Medication/m1"}),
    "a time without a zone": weight(effectiveDateTime="2026-01-05T09:20:00"),
}


@pytest.fixture(scope="module")
def verdicts(built, tmp_path_factory):
    """validator -> title of a resource -> its errors; each planted fault, and the resources without one."""
    file = tmp_path_factory.mktemp("faults") / "faults.ndjson"
    resources = {"sound answers": answers(), "a sound weight": weight(extension=nominal(valueBoolean=True)), **FAULTS}
    file.write_text("".join(json.dumps(resource) + "\n" for resource in resources.values()), encoding="utf-8")
    found = {}
    for run in (validate.run_hapi_validator, validate.run_official_validator):
        finding = run([file])
        errors = {title: [] for title in resources}
        for issue in finding.issues:
            if issue.is_error:
                errors[list(resources)[int(issue.source.rsplit(":", 1)[1]) - 1]].append(issue.message)
        found[finding.validator] = errors
    return found


@pytest.mark.parametrize("validator", ["hapi", "official"])
@pytest.mark.parametrize("title", FAULTS)
def test_a_planted_fault_is_an_error(verdicts, validator, title):
    assert verdicts[validator][title]


@pytest.mark.parametrize("validator", ["hapi", "official"])
def test_the_same_resources_without_a_fault_pass(verdicts, validator):
    assert verdicts[validator]["sound answers"] == []
    assert verdicts[validator]["a sound weight"] == []


def test_a_reference_that_leads_nowhere_is_an_error_in_a_closed_set(built, tmp_path):
    file = tmp_path / "weight.ndjson"
    file.write_text(json.dumps(weight()) + "\n", encoding="utf-8")
    errors = [issue.kind for issue in validate.run_hapi_validator([file], closed=True).issues if issue.is_error]
    assert errors == ["Reference_REF_CantResolve"]
