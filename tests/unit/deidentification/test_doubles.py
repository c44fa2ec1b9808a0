"""Two servers of one id: two persons never become one without a word."""

import json
from datetime import date
from pathlib import Path

import pytest

from kapfhir.deidentification.folder import deidentify
from kapfhir.errors import ConfigError

IDS = {"identifier": [{"system": "https://a.example/mrn", "value": "Quokka-1"}]}
ANN = {"resourceType": "Patient", "id": "1", "name": [{"family": "Quokka"}], "birthDate": "1985-04-02", "gender": "female"}
BOB = {"resourceType": "Patient", "id": "1", "name": [{"family": "Wombat"}], "birthDate": "1970-11-12", "gender": "male"}
SEEN = {
    "resourceType": "Observation",
    "id": "7",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]},
    "subject": {"reference": "Patient/1"},
    "valueInteger": 3,
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()


def run(*files):
    for number, nodes in enumerate(files):
        Path("in", f"{number}.ndjson").write_text("".join(json.dumps(node) + "\n" for node in nodes), encoding="utf-8")
    return deidentify("in", "out", "k", as_of=date(2026, 1, 1))


def bundle(*resources, base="https://a.example/fhir", kind="searchset"):
    entries = [{"fullUrl": f"{base}/{r['resourceType']}/{r['id']}", "resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def refused(*files):
    with pytest.raises(ConfigError) as caught:
        run(*files)
    text = str(caught.value)
    assert "de-identify the export of each server by itself, with a key of its own" in text
    assert not any(word in text for word in ("Quokka", "Wombat", "example", "1985"))
    assert not Path("out").exists()
    return text


def test_two_persons_of_one_id_are_refused():
    assert "two resources of the type Patient have one id, but are not the same" in refused([ANN], [BOB])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ANN, ANN | {"birthDate": "1985-04-03"}),
        (ANN, ANN | {"gender": "male"}),
        (ANN, ANN | {"name": [{"family": "Wombat"}]}),
        (ANN | IDS, ANN | {"identifier": [{"system": "https://a.example/mrn", "value": "2"}]}),
        (ANN | IDS, ANN | {"identifier": [{"system": "https://b.example/mrn", "value": "Quokka-1"}]}),
        (ANN | IDS, ANN | IDS | {"birthDate": "1985-04-03"}),
        (
            ANN | {"identifier": [{"value": "1"}]},
            BOB | {"birthDate": "1985-04-02", "gender": "female", "identifier": [{"value": "1"}]},
        ),
        (
            {"resourceType": "Practitioner", "id": "1", "name": [{"family": "Quokka"}]},
            {"resourceType": "Practitioner", "id": "1", "name": [{"family": "Wombat"}]},
        ),
        (
            {"resourceType": "Organization", "id": "1", "name": "Quokka"},
            {"resourceType": "Organization", "id": "1", "name": "Wombat"},
        ),
    ],
)
def test_what_tells_two_apart(one, other):
    refused([one, other])


@pytest.mark.parametrize(
    "other",
    [
        ANN,
        ANN | {"address": [{"city": "Canaryville"}], "meta": {"versionId": "2"}},
        ANN | IDS | {"name": [{"family": "Married"}]},
    ],
)
def test_two_versions_of_one_person_are_one(other):
    assert run([ANN | IDS, other] if "identifier" in other else [ANN, other]).resources == 2


def test_one_address_is_one_resource_whatever_its_versions_say():
    assert run([bundle(ANN)], [bundle(BOB)]).resources == 2


def test_two_addresses_are_two_resources_however_alike():
    text = refused([bundle(ANN)], [bundle(ANN, base="https://b.example/fhir")])
    assert "two resources of the type Patient are of two servers and have one id" in text


@pytest.mark.parametrize("base", ["http://a.example/fhir", "https://A.example/fhir/"])
def test_one_server_under_two_spellings_is_one(base):
    assert run([bundle(ANN)], [bundle(ANN, base=base.rstrip("/"))]).resources == 2


def test_a_reference_tells_the_server_as_well():
    far = SEEN | {"id": "8", "subject": {"reference": "https://b.example/fhir/Patient/1"}}
    refused([bundle(ANN)], [far])
    refused([bundle(ANN)], [bundle(SEEN, base="https://b.example/fhir")])


def test_a_reference_with_an_address_and_one_without_may_be_one():
    near = SEEN | {"subject": {"reference": "https://a.example/fhir/Patient/1"}}
    assert run([ANN], [near]).resources == 2


def test_an_address_elsewhere_does_not_make_two_persons_one():
    near = SEEN | {"subject": {"reference": "https://a.example/fhir/Patient/1"}}
    refused([near, ANN, BOB])
    refused([bundle(ANN), BOB])


def test_one_id_of_two_patients():
    two = SEEN | {"subject": {"reference": "Patient/2"}}
    assert "two resources of the type Observation have one id, but not one patient" in refused([SEEN], [two])


def test_two_versions_of_what_one_patient_has():
    assert run([SEEN, SEEN | {"valueInteger": 4}]).resources == 2


def test_names_that_two_bundles_gave_in_them():
    def own(person):
        entry = {
            "fullUrl": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a",
            "resource": {k: v for k, v in person.items() if k != "id"},
        }
        return {"resourceType": "Bundle", "type": "collection", "entry": [entry]}

    refused([own(ANN)], [own(BOB)])
