"""What is wrong with the form of an entry is told with its place."""

import pytest


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("text", "Bundle.entry[0].request"),
        ({}, "Bundle.entry[0].request"),
        ({"request": {"method": "PUT"}}, "Bundle.entry[0].request"),
        ({"request": {"method": "PATCH", "url": "Patient/p1"}}, "Bundle.entry[0].request.method"),
        ({"request": {"method": "PUT", "url": "Patient/p1"}}, "Bundle.entry[0].resource"),
        (
            {"request": {"method": "POST", "url": "Patient/p1"}, "resource": {"resourceType": "Patient"}},
            "Bundle.entry[0].request.url",
        ),
        ({"request": {"method": "PUT", "url": "Nonsense/p1"}, "resource": {"resourceType": "Patient"}}, "Bundle.entry[0]"),
        ({"request": {"method": "PUT", "url": "Group/p1"}, "resource": {"resourceType": "Patient"}}, "Bundle.entry[0].resource"),
        (
            {"request": {"method": "POST", "url": "Patient/$validate"}, "resource": {"resourceType": "Patient"}},
            "Bundle.entry[0].request.url",
        ),
    ],
)
def test_a_malformed_entry_is_refused_with_its_place(fhir, entry, place):
    reply = fhir.transaction(entry)
    assert reply.status in (400, 404)
    assert reply.issue["expression"] == [place]


def test_all_malformed_entries_are_named(fhir):
    reply = fhir.transaction({}, {"request": {"method": "PUT", "url": "Patient/p1"}})
    assert len(reply.json["issue"]) == 2


def test_entries_must_be_a_list(fhir):
    assert fhir.post("", {"resourceType": "Bundle", "type": "transaction", "entry": {}}).status == 400


@pytest.mark.parametrize("url", ["Patient/p1", "/Patient/p1", "http://sandbox.test/fhir/Patient/p1"])
def test_a_url_may_be_absolute(fhir, make, url):
    assert fhir.transaction(make.entry("PUT", url, make.patient())).status == 200
    assert fhir.get("Patient/p1").status == 200
