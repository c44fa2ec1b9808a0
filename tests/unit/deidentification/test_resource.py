"""Whole resources: whose they are, what they contain, and that nothing leaves that is not R4."""

from datetime import date

import pytest

from kapfhir.deidentification.dates import Dates
from kapfhir.deidentification.pseudonyms import Pseudonyms
from kapfhir.deidentification.resource import PSEUDED, Deidentifier, count_entries
from kapfhir.deidentification.walk import MASKED, WithheldError
from kapfhir.fhir.exact import dumps
from kapfhir.fhir.validate import check

PSEUDONYMS = Pseudonyms(b"1" * 32)
CODE = {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]}


def new(manner="shift"):
    return Deidentifier(PSEUDONYMS, Dates(manner, date(2026, 1, 1)))


def patient(identity):
    return PSEUDONYMS.of_resource("Patient", identity)


def observation(**more):
    return {"resourceType": "Observation", "id": "o", "status": "final", "code": CODE} | more


def test_id_label_and_shift():
    out = new().resource(observation(subject={"reference": "Patient/P1"}, effectiveDateTime="2025-11-03T10:00:00-08:00"))
    moved = date(2025, 11, 3).toordinal() + PSEUDONYMS.shift(patient("P1"))
    assert out == {
        "resourceType": "Observation",
        "id": PSEUDONYMS.of_resource("Observation", "o"),
        "meta": {"security": [PSEUDED]},
        "status": "final",
        "code": CODE,
        "subject": {"reference": f"Patient/{patient('P1')}"},
        "effectiveDateTime": f"{date.fromordinal(moved)}T10:00:00-08:00",
    }
    assert check(out) == []


@pytest.mark.parametrize(
    ("resource", "owned"),
    [
        ({"resourceType": "Patient", "id": "P1", "deceasedDateTime": "2025-11-03"}, True),
        ({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/P1"}, "period": {"start": "2025-11-03"}}, True),
        (
            {
                "resourceType": "Appointment",
                "participant": [{"actor": {"reference": "Patient/P1"}}],
                "requestedPeriod": [{"start": "2025-11-03"}],
            },
            True,
        ),
        (
            {
                "resourceType": "Group",
                "member": [{"entity": {"reference": f"Patient/P{n}"}, "period": {"start": "2025-11-03"}} for n in (1, 2)],
            },
            False,
        ),
        ({"resourceType": "PlanDefinition", "status": "active", "date": "2025-11-03"}, False),
        ({"resourceType": "List", "subject": {"display": "a person"}, "date": "2025-11-03"}, False),
        (
            observation(
                subject={"identifier": {"value": "1"}},
                focus=[{"reference": "Patient/P2"}],
                issued="2025-11-03T10:00:00Z",
                effectiveDateTime="2025-11-03",
            ),
            False,
        ),
    ],
)
def test_dates_are_shifted_where_there_is_one_patient_and_years_elsewhere(resource, owned):
    one = new()
    one._resource(resource, resource["resourceType"], {}, "")
    done = {action for _, action in one.counts}
    assert ("shifted" in done, "year" in done) == (owned, not owned)


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ({"resourceType": "Binary", "contentType": "text/plain", "data": "UXVva2th"}, "type-not-listed"),
        ({"resourceType": "AuditEvent"}, "type-not-listed"),
        ({"resourceType": "Quokka"}, "not-r4"),
        ({"resourceType": ["Quokka"]}, "not-r4"),
        ({}, "not-r4"),
        (["Quokka"], "not-r4"),
        ({"resourceType": "Observation", "id": "o"}, "not-r4"),
        (observation(status="Quokka"), "required-code"),
        (
            observation(meta={"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}]}),
            "psychotherapy-note",
        ),
        (observation(modifierExtension=[{"url": "https://clinic.example", "valueBoolean": True}]), "changed-meaning"),
    ],
)
def test_what_may_not_leave_is_withheld_with_a_code_and_no_word_of_it(resource, code):
    with pytest.raises(WithheldError) as caught:
        new().resource(resource)
    assert str(caught.value) == code
    assert "Quokka" not in caught.value.kind


def test_what_is_nested_too_deep_is_withheld():
    item = {"linkId": "a"}
    for _ in range(2000):
        item = {"linkId": "a", "item": [item]}
    with pytest.raises(WithheldError, match="not-r4"):
        new().resource({"resourceType": "QuestionnaireResponse", "status": "completed", "item": [item]})


def contained():
    return {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "intent": "order",
        "contained": [
            {"resourceType": "Medication", "id": "Quokka", "code": CODE, "batch": {"lotNumber": "Quokka"}},
            {"resourceType": "Practitioner", "id": "alone", "name": [{"family": "Quokka"}]},
        ],
        "subject": {"reference": "Patient/P1"},
        "medicationReference": {"reference": "#Quokka"},
    }


def test_what_is_contained_goes_the_same_way_and_stays_tied():
    out = new().resource(contained())
    (inner,) = out["contained"]
    assert inner == {"resourceType": "Medication", "id": inner["id"], "code": CODE}
    assert out["medicationReference"]["reference"] == f"#{inner['id']}"
    assert "Quokka" not in str(out)
    other = new().resource(contained() | {"id": "n"})
    assert other["contained"][0]["id"] != inner["id"], "an id inside of a resource ties no two resources"


def test_a_contained_resource_that_may_not_leave_holds_the_whole_back():
    whole = contained()
    whole["contained"][0] = {"resourceType": "Binary", "id": "Quokka", "contentType": "text/plain"}
    with pytest.raises(WithheldError, match="contained-type-not-listed"):
        new().resource(whole)


@pytest.mark.parametrize("code", [("http://loinc.org", "30525-0"), ("http://snomed.info/sct", "397669002")])
def test_an_observation_of_age_tells_none_above_89(code):
    concept = {"coding": [dict(zip(("system", "code"), code, strict=True))]}
    for value in ({"valueInteger": 93}, {"valueQuantity": {"value": 93, "unit": "{score}"}}):
        out = new().resource(observation(code=concept, subject={"reference": "Patient/P1"}) | value)
        assert out["dataAbsentReason"]["coding"][0]["code"] == "masked"
    assert new().resource(observation(code=concept, valueInteger=89))["valueInteger"] == 89


def test_a_vital_sign_without_a_day_has_a_period():
    weight = observation(
        category=[{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        code={"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        subject={"reference": "Patient/P1"},
        effectiveDateTime="2025-11-03",
        valueQuantity={"value": 72, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    )
    out = new("year").resource(weight)
    assert "effectiveDateTime" not in out
    assert out["effectivePeriod"] == {"start": "2025", "end": "2025"}
    assert check(out) == []
    old = new().resource(weight | {"effectiveDateTime": "1931-02-28"})
    assert old["effectivePeriod"] == MASKED
    assert old.keys() & {"effectiveDateTime", "_effectiveDateTime"} == set()
    assert new("year").resource(observation(effectiveDateTime="2025-11-03"))["effectiveDateTime"] == "2025"


def test_of_a_resource_that_stays_nothing_is_counted_as_kept():
    one = new()
    with pytest.raises(WithheldError):
        one.resource(observation(valueInteger=3, modifierExtension=[{"url": "https://clinic.example"}]))
    with pytest.raises(WithheldError):
        one.resource({"resourceType": "Observation", "id": "p", "valueInteger": 3})
    assert one.counts == {}
    one.resource(observation(valueInteger=3))
    assert one.counts["Observation.valueInteger", "kept"] == 1


def test_what_a_resource_contains_is_counted_also_where_it_goes():
    whole = contained()
    whole["contained"][0] |= {"meta": {"versionId": "1"}, "contained": [{"resourceType": "Patient"}]}
    whole["contained"] += ["Quokka", {"resourceType": "Patient", "name": [{"text": "Quokka"}]}, whole["contained"][0]]
    one = new()
    whole["_id"] = {"id": "Quokka"}
    one.resource(whole)
    told = {path: count for (path, done), count in one.counts.items() if done == "dropped"}
    assert (
        told.items()
        >= {
            "MedicationRequest.id": 1,
            "Medication.meta": 1,
            "Medication.contained": 1,
            "MedicationRequest.contained": 3,  # a text, one without a name, and the first of two of one name
            "Practitioner": 1,
        }.items()
    )
