"""$validate says what a write would, and stores nothing."""

import pytest

BAD = {"resourceType": "Patient", "gender": "x"}


def parameters(*rows):
    return {"resourceType": "Parameters", "parameter": list(rows)}


def test_a_good_resource(fhir, make):
    reply = fhir.post("Patient/$validate", make.patient())
    assert (reply.status, reply.issue["severity"]) == (200, "information")
    assert fhir.count("Patient") == 0


@pytest.mark.parametrize("body", [BAD, parameters({"name": "resource", "resource": BAD})])
def test_a_bad_resource(fhir, body):
    reply = fhir.post("Patient/$validate", body)
    assert (reply.status, reply.issue["severity"], reply.issue["expression"]) == (200, "error", ["Patient.gender"])


def test_an_unknown_element_is_found(fhir):
    assert fhir.post("Patient/$validate", {"resourceType": "Patient", "colour": "red"}).issue["expression"] == ["Patient.colour"]


def test_a_profile_is_not_checked_and_that_is_said(fhir, make):
    body = parameters({"name": "resource", "resource": make.patient()}, {"name": "profile", "valueUri": "https://a.example/p"})
    reply = fhir.post("Patient/$validate", body)
    assert (reply.issue["severity"], reply.issue["code"]) == ("warning", "not-supported")


def test_the_stored_resource_is_validated_without_a_body(fhir, make):
    fhir.put(make.patient())
    assert fhir.get("Patient/p1/$validate").issue["severity"] == "information"


def test_a_deletion_can_be_asked_for(fhir, make):
    fhir.put(make.patient())
    assert fhir.get("Patient/p1/$validate?mode=delete").issue["severity"] == "information"
    fhir.put(make.observation())
    assert fhir.get("Patient/p1/$validate?mode=delete").issue["code"] == "conflict"


@pytest.mark.parametrize(
    "url", ["Patient/$validate", "Patient/x/$validate", "Patient/$validate?mode=delete", "Patient/$validate?mode=x"]
)
def test_there_must_be_something_to_validate(fhir, url):
    assert fhir.get(url).status == 400


def test_the_type_must_be_that_of_the_url(fhir, make):
    assert fhir.post("Group/$validate", make.patient()).status == 400
