"""Every write is checked, and every reference holds."""

import pytest


def test_an_invalid_resource_is_422_with_every_problem(fhir):
    reply = fhir.put({"resourceType": "Observation", "id": "o1", "status": "finalish", "colour": "red"})
    assert reply.status == 422
    issues = {(issue["code"], *issue["expression"]) for issue in reply.json["issue"]}
    assert {
        ("code-invalid", "Observation.status"),
        ("structure", "Observation.colour"),
        ("required", "Observation.code"),
    } <= issues
    assert fhir.get("Observation/o1").status == 404


def test_a_missing_target_is_422_and_named(fhir, make):
    reply = fhir.put(make.observation())
    assert (reply.status, reply.issue["code"]) == (422, "not-found")
    assert reply.issue["expression"] == ["Observation.subject.reference"]
    assert "Patient/p1" in reply.issue["diagnostics"]
    assert fhir.get("Observation/o1").status == 404


def test_a_deleted_target_is_told_as_such(fhir, make):
    fhir.put(make.patient())
    fhir.delete("Patient/p1")
    assert "was deleted" in fhir.put(make.observation()).issue["diagnostics"]


def test_what_is_referred_to_can_not_be_deleted(fhir, make):
    fhir.put(make.patient())
    fhir.put(make.observation())
    reply = fhir.delete("Patient/p1")
    assert (reply.status, reply.issue["code"]) == (409, "conflict")
    assert "Observation/o1 in Observation.subject" in reply.issue["diagnostics"]
    assert fhir.get("Patient/p1").status == 200
    fhir.delete("Observation/o1")
    assert fhir.delete("Patient/p1").status == 200


def test_a_dropped_reference_holds_nothing(fhir, make):
    fhir.put(make.patient())
    fhir.put(make.observation())
    freed = make.observation()
    del freed["subject"]
    fhir.put(freed)
    assert fhir.delete("Patient/p1").status == 200


def test_a_resource_may_refer_to_itself(fhir):
    location = {"resourceType": "Location", "id": "l", "name": "x", "partOf": {"reference": "Location/l"}}
    assert fhir.put(location).status == 201
    assert fhir.delete("Location/l").status == 200


@pytest.mark.parametrize("reference", [{"reference": "https://other.example/fhir/Patient/1"}, {"display": "somebody"}])
def test_references_elsewhere_are_not_looked_up(fhir, make, reference):
    assert fhir.put({**make.observation(), "subject": reference}).status == 201


def test_an_absolute_reference_to_this_server_is_stored_relative(fhir, make):
    fhir.put(make.patient())
    fhir.put(make.observation(subject="http://sandbox.test/fhir/Patient/p1"))
    assert fhir.get("Observation/o1").json["subject"]["reference"] == "Patient/p1"
    assert fhir.delete("Patient/p1").status == 409


@pytest.mark.parametrize("reference", ["urn:uuid:0b0b0b0b-0000-4000-8000-000000000000", "Patient?identifier=urn:s:1|v"])
def test_references_of_a_bundle_do_not_work_alone(fhir, make, reference):
    reply = fhir.put(make.observation(subject=reference))
    assert reply.status == 422
    assert any(issue["expression"] == ["Observation.subject.reference"] for issue in reply.json["issue"])


def test_no_refusal_repeats_a_value(fhir, make):
    reply = fhir.put(make.patient(gender="Canary", birthDate="Canary", name="Canary", Canary1=[{"family": 7}]))
    assert reply.status == 422
    assert "Canary" not in reply.text.replace("Canary1", "")
