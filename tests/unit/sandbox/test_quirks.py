"""Each named deviation, as a client meets it."""

import pytest

from kapfhir.errors import ConfigError
from kapfhir.sandbox.quirks import QUIRKS, Behaviour, choose_behaviour


def test_none_is_plain():
    assert choose_behaviour(()) == Behaviour()


def test_quirks_add_up():
    behaviour = choose_behaviour(["read-only", "r5"])
    assert (behaviour.writable, behaviour.fhir_version, behaviour.transaction) == (False, "5.0.0", True)


def test_each_quirk_changes_something():
    assert all(behaviour != Behaviour() for _, behaviour in QUIRKS.values())


def test_an_unknown_quirk_is_named_with_a_hint():
    with pytest.raises(ConfigError, match="did you mean 'flaky'"):
        choose_behaviour(["flakey"])


def test_no_update_create(make):
    fhir = make.client("no-update-create")
    reply = fhir.put(make.patient())
    assert (reply.status, reply.issue["code"]) == (405, "not-supported")
    made = fhir.post("Patient", make.patient()).json
    assert fhir.put({**made, "gender": "male"}).status == 200
    assert fhir.transaction(make.put_entry(make.patient())).status == 405


def test_no_update_create_still_updates_by_condition(make):
    fhir = make.client("no-update-create")
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:s:1", "value": "v"}]}
    entry = make.entry("PUT", "Patient?identifier=urn:s:1|v", patient, "urn:uuid:0b0b0b0b-0000-4000-8000-000000000001")
    other = make.entry("POST", "Observation", make.observation(subject="urn:uuid:0b0b0b0b-0000-4000-8000-000000000001"))
    assert fhir.transaction(entry, other).status == 200
    assert fhir.transaction(entry).json["entry"][0]["response"]["status"] == "200 OK"
    assert fhir.ask("PUT", "Patient?identifier=urn:s:1|w", {**patient, "id": "mine"}).status == 405


def test_no_transaction(make):
    fhir = make.client("no-transaction")
    assert fhir.transaction(make.put_entry(make.patient())).status == 400
    assert fhir.transaction(make.put_entry(make.patient()), kind="batch").status == 200


def test_small_bundles(make):
    fhir = make.client("small-bundles")
    entries = [make.put_entry(make.patient(f"p{n}")) for n in range(21)]
    assert fhir.transaction(*entries).status == 413
    assert fhir.transaction(*entries[:20]).status == 200


def test_read_only(make):
    fhir = make.client("read-only")
    for reply in (fhir.put(make.patient()), fhir.post("Patient", make.patient()), fhir.delete("Patient/p1"), fhir.transaction()):
        assert (reply.status, reply.issue["code"]) == (403, "forbidden")
    assert fhir.get("Patient").status == 200
    assert fhir.post("Patient/$validate", make.patient()).status == 200


def test_identifiers_in_references_are_dropped(make):
    fhir = make.client("drops-identifiers-in-references")
    fhir.put(make.patient())
    subject = {"reference": "Patient/p1", "identifier": {"system": "urn:s:1", "value": "v"}}
    fhir.put({**make.observation(), "subject": subject})
    assert fhir.get("Observation/o1").json["subject"] == {"reference": "Patient/p1"}
