"""References are found, made local, and renamed."""

import pytest

from kapfhir.sandbox.references import Link, drop_identifiers, home_of, read_links, rename, split_local

BASE = "http://sandbox.test/fhir"


def test_links_are_found_at_any_depth_with_their_paths():
    resource = {
        "resourceType": "Encounter",
        "subject": {"reference": "Patient/1"},
        "participant": [{"individual": {"reference": "Practitioner/2/_history/4"}}],
        "contained": [{"resourceType": "Location", "managingOrganization": {"reference": "Organization/3"}}],
        "serviceProvider": {"reference": "#x"},
        "partOf": {"identifier": {"value": "7"}},
        "account": [{"reference": "https://other.example/fhir/Account/1"}],
    }
    links, issues = read_links(resource, BASE)
    assert links == [
        Link("Encounter.subject", "Patient", "1"),
        Link("Encounter.participant[0].individual", "Practitioner", "2"),
        Link("Encounter.contained[0].managingOrganization", "Organization", "3"),
    ]
    assert issues == []


def test_an_absolute_reference_to_this_server_becomes_relative():
    resource = {"resourceType": "Encounter", "subject": {"reference": f"{BASE}/Patient/1"}}
    links, _ = read_links(resource, BASE)
    assert links == [Link("Encounter.subject", "Patient", "1")]
    assert resource["subject"] == {"reference": "Patient/1"}


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("urn:uuid:0b0b0b0b-0000-4000-8000-000000000000", "not-found"),
        ("Patient?identifier=urn:s:1|v", "not-supported"),
        ("just words", "value"),
        ("Patient/not valid", "value"),
    ],
)
def test_a_reference_that_can_not_hold_is_named(reference, code):
    links, issues = read_links({"resourceType": "Encounter", "subject": {"reference": reference}}, BASE)
    assert links == []
    assert [(issue.code, issue.expression) for issue in issues] == [(code, "Encounter.subject.reference")]


def test_local_references():
    assert split_local("Patient/1") == ("Patient", "1")
    assert split_local("Patient/1/_history/2") == ("Patient", "1")
    assert split_local("Patient") is None
    assert split_local("https://a.example/fhir/Patient/1") is None


def test_identifiers_are_dropped_from_literal_references_only():
    resource = {
        "identifier": [{"value": "own"}],
        "subject": {"reference": "Patient/1", "identifier": {"value": "1"}},
        "partOf": {"identifier": {"value": "2"}},
    }
    drop_identifiers(resource)
    assert resource == {
        "identifier": [{"value": "own"}],
        "subject": {"reference": "Patient/1"},
        "partOf": {"identifier": {"value": "2"}},
    }


URN = "urn:uuid:0b0b0b0b-0000-4000-8000-000000000000"


def test_names_of_a_bundle_are_replaced_where_they_are_links():
    resource = {
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}],
        "subject": {"reference": URN},
        "content": [{"attachment": {"url": URN}}],
        "text": {"div": f'<div><a href="{URN}">it</a></div>'},
        "extension": [{"url": "https://a.example/x", "valueUri": URN}],
    }
    rename(resource, {URN: "Patient/1"})
    assert resource == {
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}],
        "subject": {"reference": "Patient/1"},
        "content": [{"attachment": {"url": "Patient/1"}}],
        "text": {"div": '<div><a href="Patient/1">it</a></div>'},
        "extension": [{"url": "https://a.example/x", "valueUri": "Patient/1"}],
    }


def test_a_canonical_url_that_is_a_full_url_stays():
    resource = {
        "url": "https://a.example/StructureDefinition/x",
        "extension": [{"url": "https://a.example/StructureDefinition/x"}],
    }
    before = str(resource)
    rename(resource, {"https://a.example/StructureDefinition/x": "StructureDefinition/x"})
    assert str(resource) == before


def test_a_relative_reference_is_looked_up_beside_its_entry():
    resource = {"subject": {"reference": "Patient/temporary"}}
    home = home_of("https://a.example/fhir/Observation/1")
    assert home == "https://a.example/fhir/"
    rename(resource, {"https://a.example/fhir/Patient/temporary": "Patient/real"}, home)
    assert resource == {"subject": {"reference": "Patient/real"}}


def test_a_urn_has_no_home():
    assert not home_of(URN)
