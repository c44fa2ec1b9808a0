"""Whose a resource of the server is, where the server chose its id."""

from __future__ import annotations

import pytest
import requests

from kapfhir.fhir import exact
from kapfhir.sync.action import Sign
from kapfhir.sync.look import Look, Wanted


@pytest.fixture
def course(run, made, kapfhir_sandbox):
    kapfhir_sandbox.behave("no-update-create")
    units = [made.clinic(), made.patient("P1"), made.dose("D1", "P1")]
    assert run.sync(units).created == 6
    return units


def test_two_with_our_identifier_are_told_and_neither_is_written(run, made, kapfhir_sandbox, course, writes):
    (ours,) = kapfhir_sandbox.resources("Patient")
    assert requests.post(f"{run.url}/Patient", json={**ours, "gender": "other"}, timeout=10).status_code == 201
    before, fresh = writes(), run.fresh()
    with fresh.plan([*course, made.dose("D2", "P1")]) as plan:
        refused = {(p.code, p.text.partition(" is not sent: ")[2][:9]) for p in plan.problems()}
        assert ("several-on-server", "several r") in refused
        assert plan.counts == {Sign.UNCHANGED: 5, Sign.REFUSED: 4}, "what would point to one of them stays, too"
    fresh.sync([*course, made.dose("D2", "P1")])
    assert writes() == before


def test_an_id_that_went_to_another_resource_is_not_ours(run, made, kapfhir_sandbox, course):
    dose = made.dose("D1", "P1").resources[2]
    (there,) = kapfhir_sandbox.resources("MedicationAdministration")
    foreign = {**there, "identifier": [{"system": "https://other.test/kap/dosing-session/dose", "value": "D1"}]}
    header = {"Content-Type": "application/fhir+json"}
    url = f"{run.url}/MedicationAdministration/{there['id']}"
    assert requests.put(url, data=exact.dumps(foreign), headers=header, timeout=10).ok
    changed = made.dose("D1", "P1", "40.00")
    run.sync([*course[:2], changed])
    found = {r["id"]: r for r in kapfhir_sandbox.resources("MedicationAdministration")}
    assert found[there["id"]]["dosage"]["dose"]["value"] == foreign["dosage"]["dose"]["value"], "theirs is as it was"
    assert sorted(r["identifier"][0]["system"] for r in found.values()) == [
        "https://clinic.test/kap/dosing-session/dose",
        "https://other.test/kap/dosing-session/dose",
    ]
    with run.ledger() as ledger:
        assert ledger.find("MedicationAdministration", dose["id"]).server_id != there["id"]


def test_a_server_filled_anew_by_another_clinic_is_not_trusted(run, made, kapfhir_sandbox, course):
    with run.ledger() as ledger:
        newest = ledger.newest(10)
    for entry in newest:
        there = next(r for r in kapfhir_sandbox.resources(entry.type) if r["id"] == entry.server_id)
        mark = {"system": "https://other.test/x", "value": "D1"}
        other = {**there, "identifier": [mark] if isinstance(there["identifier"], list) else mark}
        assert requests.put(f"{run.url}/{entry.type}/{entry.server_id}", json=other, timeout=10).ok
    with run.plan(course) as plan:
        assert "compared with it anew" in plan.notes[0]
        assert plan.counts[Sign.CREATE] == len(newest)


def test_a_key_that_begins_as_ours_is_another_record(run, made, kapfhir_sandbox):
    kapfhir_sandbox.behave("no-update-create")
    run.sync([made.clinic(), made.patient("P1"), made.patient("P10")])
    (there,) = [r for r in kapfhir_sandbox.resources("Patient") if r["identifier"][0]["value"] == "P10"]
    look = Look(run.client(), made.origin.system, ids=False)
    assert look.find("Patient", [Wanted("a", "Patient", "P1", there["id"])]) == {}
    assert look.find("Patient", [Wanted("a", "Patient", "P10", there["id"])]) == {"a": there}
