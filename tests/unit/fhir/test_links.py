"""What a resource points to, and whose it is."""

import pytest

from kapfhir.fhir.links import patient_of, references


def to(what):
    return {"reference": what, "identifier": {"value": "x"}}


def test_references_are_found_wherever_they_stand():
    resource = {
        "resourceType": "Encounter",
        "subject": to("Patient/1"),
        "participant": [{"individual": to("Practitioner/2")}],
        "extension": [{"valueReference": to("Procedure/3")}],
    }
    assert list(references(resource)) == ["Patient/1", "Practitioner/2", "Procedure/3"]


@pytest.mark.parametrize(
    ("resource", "owner"),
    [
        ({"resourceType": "Patient", "id": "1"}, "1"),
        ({"resourceType": "Organization", "id": "1"}, ""),
        ({"resourceType": "Observation", "performer": [to("Patient/2")], "subject": to("Patient/1")}, "1"),
        ({"resourceType": "EpisodeOfCare", "patient": to("Patient/1")}, "1"),
        ({"resourceType": "PractitionerRole", "practitioner": to("Practitioner/1")}, ""),
        ({"resourceType": "List", "entry": [{"item": to("Patient/4")}], "subject": {"identifier": {"value": "x"}}}, "4"),
    ],
)
def test_whose_it_is(resource, owner):
    assert patient_of(resource) == owner
    assert patient_of(resource, list(references(resource))) == owner
