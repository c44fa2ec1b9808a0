"""Each kind of problem is found, at its place, without a value."""

import copy
from decimal import Decimal as D
from pathlib import Path

import pytest

from kapfhir.fhir import exact
from kapfhir.fhir.validate import check

RIGHT = [exact.loads(line) for line in (Path(__file__).parent / "data" / "right.ndjson").read_bytes().splitlines()]
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'
UCUM = "http://unitsofmeasure.org"
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "text": {"status": "generated", "div": DIV},
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-01-05T10:00:00-08:00",
    "valueQuantity": {"value": D("18.0"), "unit": "{score}", "system": UCUM, "code": "{score}"},
}
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [{"family": "Test", "given": ["A", "B"]}],
    "birthDate": "1985-04-02",
}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "period": {"start": "2026-01-05T10:00:00-08:00", "end": "2026-01-05T12:00:00-08:00"},
}
GIVEN = {
    "resourceType": "MedicationAdministration",
    "id": "m1",
    "status": "completed",
    "medicationCodeableConcept": {"text": "ketamine"},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-01-05T11:00:00-08:00",
    "dosage": {"dose": {"value": 20, "unit": "mg", "system": UCUM, "code": "mg"}},
}
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
    "subject": {"reference": "Patient/p1"},
}
GONE = object()


def changed(base, path, value):
    """A copy with one element set, added or taken away."""
    out = copy.deepcopy(base)
    *way, last = path
    node = out
    for step in way:
        node = node[step]
    if value is GONE:
        del node[last]
    else:
        node[last] = value
    return out


def found(resource):
    return {(p.column, p.code) for p in check(resource)}


@pytest.mark.parametrize("resource", RIGHT, ids=lambda r: f"{r['resourceType']}")
def test_right_resources_have_no_problem(resource):
    assert [p for p in check(resource) if p.severity == "error"] == []


CASES = [
    # structure
    (OBSERVATION, ["colour"], "red", "Observation.colour", "unknown-element"),
    (OBSERVATION, ["status"], GONE, "Observation.status", "missing-element"),
    (OBSERVATION, ["code"], GONE, "Observation.code", "missing-element"),
    (OBSERVATION, ["note"], [], "Observation.note", "empty"),
    (OBSERVATION, ["note"], [{}], "Observation.note[0]", "ele-1"),
    (OBSERVATION, ["method"], {}, "Observation.method", "ele-1"),
    (OBSERVATION, ["method"], {"id": "x"}, "Observation.method", "ele-1"),
    (OBSERVATION, ["note"], {"text": "x"}, "Observation.note", "list-expected"),
    (OBSERVATION, ["subject"], [{"reference": "Patient/p1"}], "Observation.subject", "not-a-list"),
    (OBSERVATION, ["issued"], None, "Observation.issued", "null"),
    (OBSERVATION, ["method"], "x", "Observation.method", "wrong-type"),
    (OBSERVATION, ["valueString"], "x", "Observation.value[x]", "two-of-a-choice"),
    (OBSERVATION, ["valueAddress"], {"city": "x"}, "Observation.valueAddress", "unknown-element"),
    (OBSERVATION, ["value[x]"], 1, "Observation.value[x]", "unknown-element"),
    (ENCOUNTER, ["class"], [ENCOUNTER["class"]], "Encounter.class", "not-a-list"),
    (GIVEN, ["dosage"], [GIVEN["dosage"]], "MedicationAdministration.dosage", "not-a-list"),
    (GIVEN, ["encounter"], {"reference": "Encounter/e"}, "MedicationAdministration.encounter", "unknown-element"),
    (PATIENT, ["name", 0, "given", 1], None, "Patient.name[0].given[1]", "null"),
    (
        PATIENT,
        ["contained"],
        [{"resourceType": "Ingredient", "id": "i"}],
        "Patient.contained[0].resourceType",
        "unknown-resource",
    ),
    # primitives
    (PATIENT, ["active"], "true", "Patient.active", "wrong-type"),
    (PATIENT, ["birthDate"], "1980/01/02", "Patient.birthDate", "bad-date"),
    (PATIENT, ["birthDate"], "1980-02-30", "Patient.birthDate", "bad-date"),
    (PATIENT, ["birthDate"], "0000-01-01", "Patient.birthDate", "bad-date"),
    (PATIENT, ["birthDate"], "1980-01-02T10:00:00Z", "Patient.birthDate", "bad-date"),
    (PATIENT, ["birthDate"], 1980, "Patient.birthDate", "wrong-type"),
    (PATIENT, ["id"], "a_b", "Patient.id", "bad-id"),
    (PATIENT, ["id"], "a" * 65, "Patient.id", "bad-id"),
    (PATIENT, ["id"], 17, "Patient.id", "wrong-type"),
    (PATIENT, ["name", 0, "family"], "", "Patient.name[0].family", "empty"),
    (PATIENT, ["name", 0, "family"], "A\x07", "Patient.name[0].family", "control-character"),
    (PATIENT, ["name", 0, "family"], "\ud800", "Patient.name[0].family", "control-character"),
    (PATIENT, ["name", 0, "family"], "x" * (1024 * 1024 + 1), "Patient.name[0].family", "too-long"),
    (PATIENT, ["name", 0, "family"], "A ", "Patient.name[0].family", "outer-blank"),
    (PATIENT, ["multipleBirthInteger"], True, "Patient.multipleBirthInteger", "wrong-type"),
    (PATIENT, ["multipleBirthInteger"], D("1.0"), "Patient.multipleBirthInteger", "wrong-type"),
    (PATIENT, ["multipleBirthInteger"], 2**31, "Patient.multipleBirthInteger", "bad-value"),
    (OBSERVATION, ["effectiveDateTime"], "2026-01-05T10:00:00", "Observation.effectiveDateTime", "bad-date"),
    (OBSERVATION, ["effectiveDateTime"], "2026-01-05T10:00-08:00", "Observation.effectiveDateTime", "bad-date"),
    (OBSERVATION, ["effectiveDateTime"], "2026-01-05T24:00:00-08:00", "Observation.effectiveDateTime", "bad-date"),
    (OBSERVATION, ["effectiveDateTime"], "2026-02-29T10:00:00Z", "Observation.effectiveDateTime", "bad-date"),
    (OBSERVATION, ["issued"], "2026-01-05", "Observation.issued", "bad-date"),
    (OBSERVATION, ["valueQuantity", "value"], 18.5, "Observation.valueQuantity.value", "float"),
    (OBSERVATION, ["valueQuantity", "value"], D("NaN"), "Observation.valueQuantity.value", "not-a-number"),
    (OBSERVATION, ["valueQuantity", "value"], "18", "Observation.valueQuantity.value", "wrong-type"),
    (OBSERVATION, ["code", "coding", 0, "code"], " 44261-6", "Observation.code.coding[0].code", "bad-value"),
    (OBSERVATION, ["code", "coding", 0, "system"], "http://loinc org", "Observation.code.coding[0].system", "bad-value"),
    (OBSERVATION, ["implicitRules"], "urn:oid:01", "Observation.implicitRules", "bad-value"),
    # codes
    (OBSERVATION, ["status"], "finishedd", "Observation.status", "wrong-code"),
    (ENCOUNTER, ["status"], "completed", "Encounter.status", "wrong-code"),
    (CONDITION, ["clinicalStatus", "coding", 0, "code"], "gone", "Condition.clinicalStatus", "wrong-code"),
    (CONDITION, ["clinicalStatus"], {"text": "active"}, "Condition.clinicalStatus", "wrong-code"),
    # references
    (OBSERVATION, ["subject", "reference"], "Medication/m1", "Observation.subject", "wrong-target"),
    (OBSERVATION, ["subject"], {"type": "Medication", "display": "x"}, "Observation.subject", "wrong-target"),
    (OBSERVATION, ["subject", "type"], "Group", "Observation.subject.type", "wrong-target"),
    (OBSERVATION, ["subject", "reference"], "p1", "Observation.subject.reference", "bad-reference"),
    (OBSERVATION, ["subject", "reference"], "Pat/p1", "Observation.subject.reference", "bad-reference"),
    (OBSERVATION, ["subject", "reference"], "Patient?identifier=x", "Observation.subject.reference", "bad-reference"),
    (
        OBSERVATION,
        ["subject", "reference"],
        "urn:uuid:4E5AA5F2-DD58-47B0-83C8-6BEA38669E67",
        "Observation.subject.reference",
        "bad-reference",
    ),
    (OBSERVATION, ["subject", "reference"], "#p", "Observation.subject.reference", "ref-1"),
    # narrative
    (OBSERVATION, ["text", "div"], "<p>x</p>", "Observation.text.div", "txt-1"),
    (OBSERVATION, ["text", "div"], DIV.replace("x</", " </"), "Observation.text.div", "txt-2"),
    (OBSERVATION, ["text", "div"], DIV.replace(">x<", "><script>x</script><"), "Observation.text.div", "txt-1"),
    # units and quantities
    (OBSERVATION, ["valueQuantity", "code"], "mmHg", "Observation.valueQuantity", "bad-unit"),
    (OBSERVATION, ["valueQuantity", "system"], GONE, "Observation.valueQuantity", "qty-3"),
    (GIVEN, ["dosage", "dose", "comparator"], "<", "MedicationAdministration.dosage.dose", "sqty-1"),
    (GIVEN, ["dosage", "rateRatio"], {"numerator": {"value": 1}}, "MedicationAdministration.dosage.rateRatio", "rat-1"),
    (ENCOUNTER, ["length"], {"code": "h", "system": UCUM}, "Encounter.length", "drt-1"),
    (OBSERVATION, ["code", "coding", 0, "system"], "loinc", "Observation.code.coding[0]", "relative-system"),
    (OBSERVATION, ["text", "div"], f"<!DOCTYPE div>{DIV}", "Observation.text.div", "txt-1"),
    (OBSERVATION, ["method"], {"coding": [{"system": UCUM, "code": "mmHg"}]}, "Observation.method.coding[0]", "bad-unit"),
    (OBSERVATION, ["valueQuantity", "system"], "ucum", "Observation.valueQuantity", "relative-system"),
    (PATIENT, ["identifier"], [{"system": "mrn", "value": "1"}], "Patient.identifier[0]", "relative-system"),
    (PATIENT, ["meta"], {"security": [{"code": "R"}, {"code": "R"}]}, "Patient.meta", "duplicate-label"),
    (
        PATIENT,
        ["telecom"],
        [{"id": "t", "system": "phone"}, {"id": "t", "system": "phone"}],
        "Patient.telecom[1].id",
        "duplicate-id",
    ),
    # invariants
    (ENCOUNTER, ["period", "end"], "2026-01-05T09:59:59-08:00", "Encounter.period", "per-1"),
    (ENCOUNTER, ["period", "end"], "2026-01-05T18:59:59+01:00", "Encounter.period", "per-1"),
    (GIVEN, ["dosage"], {"text": "x"}, "MedicationAdministration.dosage", "mad-1"),
    (OBSERVATION, ["dataAbsentReason"], {"text": "x"}, "Observation", "obs-6"),
    (OBSERVATION, ["component"], [{"code": OBSERVATION["code"], "valueInteger": 1}], "Observation", "obs-7"),
    (OBSERVATION, ["referenceRange"], [{"type": {"text": "x"}}], "Observation.referenceRange[0]", "obs-3"),
    (CONDITION, ["abatementDateTime"], "2026-01-05", "Condition", "con-4"),
    (PATIENT, ["telecom"], [{"value": "1"}], "Patient.telecom[0]", "cpt-2"),
    (PATIENT, ["contact"], [{"gender": "male"}], "Patient.contact[0]", "pat-1"),
    (PATIENT, ["photo"], [{"data": "eHh4"}], "Patient.photo[0]", "att-1"),
    (PATIENT, ["photo"], [{"contentType": "image/png", "data": "eHg"}], "Patient.photo[0].data", "bad-value"),
    (PATIENT, ["photo"], [{"contentType": "image/png", "data": "####"}], "Patient.photo[0].data", "bad-value"),
    (PATIENT, ["photo"], [{"contentType": "image/png", "data": "eA==eA=="}], "Patient.photo[0].data", "inner-padding"),
    (PATIENT, ["identifier"], [{"system": "urn:ietf:rfc:3986", "value": "x"}], "Patient.identifier[0]", "not-a-uri"),
    # extensions
    (PATIENT, ["extension"], [{"url": "x", "valueString": "y"}], "Patient.extension[0].url", "bad-extension"),
    (
        PATIENT,
        ["extension"],
        [{"url": "http://x.org/a|1", "valueString": "y"}],
        "Patient.extension[0].url",
        "versioned-extension",
    ),
    (PATIENT, ["extension"], [{"url": "http://x.org/a"}], "Patient.extension[0]", "ext-1"),
    (PATIENT, ["extension"], [{"valueString": "y"}], "Patient.extension[0].url", "missing-element"),
    (
        PATIENT,
        ["extension"],
        [{"url": "http://hl7.org/fhir/StructureDefinition/procedure-method", "valueCodeableConcept": {"text": "x"}}],
        "Patient.extension[0]",
        "extension-context",
    ),
    (
        PATIENT,
        ["extension"],
        [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueString": "x"}],
        "Patient.extension[0].valueString",
        "extension-type",
    ),
    (PATIENT, ["_birthDate"], {}, "Patient._birthDate", "ele-1"),
    (PATIENT, ["_name"], {"id": "x"}, "Patient._name", "unknown-element"),
    # contained
    (PATIENT, ["contained"], [{"resourceType": "Organization", "id": "o", "name": "x"}], "Patient.contained[0]", "dom-3"),
    (PATIENT, ["contained"], [{"resourceType": "Organization", "name": "x"}], "Patient.contained[0].id", "missing-element"),
    (
        PATIENT,
        ["contained"],
        [{"resourceType": "Organization", "id": "o", "name": "x", "meta": {"versionId": "1"}}],
        "Patient.contained[0]",
        "dom-4",
    ),
]


@pytest.mark.parametrize(
    ("base", "way", "value", "column", "code"), CASES, ids=lambda v: v if isinstance(v, str) and len(v) < 60 else ""
)
def test_a_fault_is_found_at_its_place(base, way, value, column, code):
    assert check(base) == []
    assert (column, code) in found(changed(base, way, value))


def test_all_problems_are_told_at_once():
    broken = {**OBSERVATION, "status": "x", "colour": 1, "subject": {"reference": "Medication/1"}}
    assert {c for _, c in found(broken)} == {"wrong-code", "unknown-element", "wrong-target"}


def test_an_unknown_element_comes_with_a_guess():
    (problem,) = check({**OBSERVATION, "subjekt": {"reference": "Patient/p1"}})
    assert problem.hint == "did you mean 'subject'?"
    assert problem.file == "Observation/o1"


def test_extensions_stand_for_values_that_are_missing():
    absent = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
    assert check({**PATIENT, "birthDate": "1980", "_birthDate": absent}) == []
    without = {k: v for k, v in PATIENT.items() if k != "birthDate"} | {"_birthDate": absent}
    assert check(without) == []
    assert check(changed(PATIENT, ["name", 0], {"given": [None, "B"], "_given": [absent, None]})) == []
    assert ("Encounter.status", "missing-code") in found(
        {k: v for k, v in ENCOUNTER.items() if k != "status"} | {"_status": absent}
    )


def test_a_contained_resource_is_fine_when_it_is_referred_to():
    contained = {"resourceType": "Organization", "id": "o", "name": "x"}
    resource = {**PATIENT, "contained": [contained], "managingOrganization": {"reference": "#o"}}
    assert check(resource) == []
    assert found({**resource, "contained": [{"resourceType": "Practitioner", "id": "o"}]}) == {
        ("Patient.managingOrganization", "wrong-target")
    }
    assert ("Patient.contained[1].id", "duplicate-id") in found({**resource, "contained": [contained, contained]})


@pytest.mark.parametrize("thing", [None, [], "x", 1, {}, {"resourceType": "Foo"}, {"resourceType": 1}, {"resourceType": ["x"]}])
def test_what_is_no_resource_is_one_problem(thing):
    assert len(check(thing)) == 1


def test_no_value_is_told():
    secret = "Zacharias"
    for base, way, *_ in CASES:
        broken = changed(base, way, secret)
        for text in map(str, check(broken)):
            assert secret not in text
    broken = {
        **PATIENT,
        "id": "Zacharias Q",
        "name": [{"family": 5, "given": ["Zacharias "]}],
        "Zacharias Q": 1,
        "gender": "Zacharias",
    }
    assert secret not in " ".join(map(str, check(broken)))


def test_deep_nesting_is_a_problem_and_no_crash():
    item = {"linkId": "x"}
    for number in range(2000):
        item = {"linkId": str(number), "item": [item]}
    response = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [item]}
    assert "too-deep" in {p.code for p in check(response)}


@pytest.mark.parametrize(
    ("literal", "severity"),
    [
        ("p1", "warning"),
        ("Pat/p1", "warning"),
        ("rest/of/it", "warning"),
        ("Patient/a_b", "error"),
        ("Patient/", "error"),
        ("a b", "error"),
        ("Patient?identifier=x", "error"),
    ],
)
def test_a_reference_may_be_any_url(literal, severity):
    problems = check(changed(OBSERVATION, ["subject", "reference"], literal))
    assert [(p.code, p.severity) for p in problems] == [("bad-reference", severity)]
