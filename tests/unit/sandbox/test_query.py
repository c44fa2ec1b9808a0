"""Chains, unknown words, and what a search is told of."""

import pytest


@pytest.fixture
def filled(fhir, make):
    fhir.put({"resourceType": "Organization", "id": "org", "name": "Clinic"})
    for number in "12":
        fhir.put(
            make.patient(
                f"p{number}",
                identifier=[{"system": "urn:s:1", "value": number}],
                managingOrganization={"reference": "Organization/org"},
            )
        )
        fhir.put(make.observation(f"o{number}", f"Patient/p{number}"))
    fhir.put(make.patient("p3"))
    return fhir


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("Observation?patient.identifier=urn:s:1|1", ["Observation/o1"]),
        ("Observation?subject:Patient.identifier=urn:s:1|2", ["Observation/o2"]),
        ("Observation?subject.identifier=urn:s:1|2", ["Observation/o2"]),
        ("Observation?subject:Group.identifier=urn:s:1|2", []),
        ("Observation?patient.organization.name=clinic", ["Observation/o1", "Observation/o2"]),
        ("Observation?patient._id=p1", ["Observation/o1"]),
        ("Observation?patient.identifier:not=urn:s:1|1", ["Observation/o2"]),
        ("Patient?_has:Observation:patient:code=44261-6", ["Patient/p1", "Patient/p2"]),
        ("Patient?_has:Observation:patient:_id=o2", ["Patient/p2"]),
        ("Organization?_has:Patient:organization:_has:Observation:patient:_id=o2", ["Organization/org"]),
        ("Organization?_has:Patient:organization:identifier=urn:s:1|9", []),
    ],
)
def test_chains_forward_and_back(filled, url, found):
    assert filled.get(url).ids == found


def test_a_deleted_end_is_no_end(filled):
    filled.delete("Observation/o2")
    assert filled.get("Patient?_has:Observation:patient:_id=o2").ids == []


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("Patient?identifer=1", 400, "did you mean 'identifier'"),
        ("Patinet?identifier=1", 404, "did you mean Patient?"),
        ("Patient?nothing-like-it=1", 400, "known are: _has, _id"),
        ("Observation?patient.nonsense=1", 400, "no target of 'patient'"),
        ("Observation?code.text=1", 400, "is not a reference"),
        ("Account?name=x", 400, "Account has no search parameter 'name'"),
    ],
)
def test_unknown_words_get_a_hint(fhir, url, status, words):
    reply = fhir.get(url)
    assert reply.status == status
    assert words in reply.issue["diagnostics"]


def test_lenient_handling_leaves_out_what_is_unknown_and_says_so(filled):
    reply = filled.get("Patient?identifier=urn:s:1|1&nonsense=1", prefer="handling=lenient")
    assert reply.json["total"] == 1
    modes = [entry["search"]["mode"] for entry in reply.json["entry"]]
    assert modes == ["match", "outcome"]
    assert "nonsense" in reply.json["entry"][1]["resource"]["issue"][0]["diagnostics"]
    assert reply.json["link"][0]["url"].endswith("/Patient?identifier=urn:s:1|1")


def test_lenient_handling_does_not_pass_a_bad_value(filled):
    assert filled.get("Patient?birthdate=x", prefer="handling=lenient").status == 400


def test_an_empty_value_says_nothing(filled):
    assert filled.count("Patient?identifier=") == 3


def test_values_can_not_leave_their_place(filled):
    assert filled.get("Patient?identifier=x' OR '1'='1").ids == []
    assert filled.get("Patient?_id=p1') OR ('1'='1").ids == []
