"""What earlier runs sent and must not stay: told until the server has it no more, and never taken away."""

from __future__ import annotations

import pytest
import requests

from kapfhir.errors import Exit
from kapfhir.mapping.units import Mapped, Place, Superseded
from kapfhir.sync.action import Sign
from kapfhir.sync.leftover import hint_of

OLD = Superseded("DosingSession", "D1", Place("log", 7), "a pair was confirmed", "D2")


@pytest.fixture
def doubled(run, made):
    """A dose that went out under one key, and then under another."""
    run.sync([made.clinic(), made.patient("P1"), made.dose("D1", "P1")])
    return [made.clinic(), made.patient("P1"), made.dose("D2", "P1"), OLD]


def told(plan):
    return sorted((p.code, p.file, p.line) for p in plan.problems())


def test_each_is_told_and_nothing_is_taken_away(doubled, run, kapfhir_sandbox):
    report = run.sync(doubled)
    assert (report.created, report.planned[Sign.GONE], len(kapfhir_sandbox.resources("Procedure"))) == (3, 3, 2)
    with run.plan(doubled) as again:
        assert told(again) == [("superseded-on-server", "log", 7)] * 3
        assert (again.left, again.differs) == (3, True)
        lines = [str(action) for action in again.actions() if action.sign is Sign.GONE]
        assert all(line.endswith("DosingSession  log:7  a pair was confirmed") for line in lines)
        assert all(problem.hint.startswith("delete it there") for problem in again.problems())


def test_it_is_told_beside_full_tables_too_and_once(doubled, run):
    run.sync(doubled)
    with run.plan(doubled, {"DosingSession": {"doses"}}) as again:
        assert told(again) == [("superseded-on-server", "log", 7)] * 3
        assert again.counts[Sign.GONE] == 3


def test_what_was_deleted_or_marked_there_is_told_no_more(doubled, run, kapfhir_sandbox, made):
    run.sync(doubled)
    visit, session, dose = (made.dose("D1", "P1").resources[n] for n in range(3))
    requests.delete(f"{run.url}/MedicationAdministration/{dose['id']}", timeout=10)
    requests.put(f"{run.url}/Procedure/{session['id']}", json={**session, "status": "entered-in-error"}, timeout=10)
    with run.plan(doubled) as one:
        assert [a.id for a in one.actions() if a.sign is Sign.GONE] == [visit["id"]]
    run.sync(doubled)
    requests.put(f"{run.url}/Encounter/{visit['id']}", json={**visit, "status": "entered-in-error"}, timeout=10)
    assert run.sync(doubled, {"DosingSession": {"doses"}}).planned[Sign.GONE] == 0
    with run.ledger() as ledger:
        assert not ledger.has("DosingSession", "D1")
        assert ledger.find("Procedure", session["id"]) is None
    before = len(kapfhir_sandbox.requests)
    with run.plan(doubled, {"DosingSession": {"doses"}}) as clean:
        assert (told(clean), clean.differs) == ([], False)
    assert not [r for r in kapfhir_sandbox.requests[before:] if session["id"] in r.query], "nobody asks any more"


def test_where_the_server_chose_the_ids(run, made, kapfhir_sandbox):
    kapfhir_sandbox.behave("no-update-create")
    run.sync([made.clinic(), made.patient("P1"), made.dose("D1", "P1")])
    (old,) = kapfhir_sandbox.resources("MedicationAdministration")
    units = [made.clinic(), made.patient("P1"), made.dose("D2", "P1"), OLD]
    run.sync(units)
    with run.plan(units) as plan:
        assert told(plan) == [("superseded-on-server", "log", 7)] * 3
    requests.delete(f"{run.url}/MedicationAdministration/{old['id']}", timeout=10)
    with run.plan(units) as plan:
        assert sorted(a.type for a in plan.actions() if a.sign is Sign.GONE) == ["Encounter", "Procedure"]


@pytest.mark.parametrize("behaviour", [(), ("no-update-create",)])
def test_they_stand_in_the_order_in_which_they_can_be_deleted(run, made, kapfhir_sandbox, behaviour):
    for name in behaviour:
        kapfhir_sandbox.behave(name)
    sent = [made.clinic(), made.patient("P1"), made.dose("D1", "P1")]
    run.sync(sent)
    old = [
        Superseded(concept, key, Place("log", 7), "a key was corrected")
        for concept, key in (("Patient", "P1"), ("DosingSession", "D1"))
    ]
    with run.plan([made.clinic(), *old]) as plan:
        left = [a for a in plan.actions() if a.sign is Sign.GONE]
        assert [a.type for a in left] == ["MedicationAdministration", "Procedure", "Encounter", "Patient"]


def test_the_hint_fits_the_type(run, made):
    run.sync([made.clinic(), made.patient("P1"), made.dose("D1", "P1")])
    old = [
        Superseded(concept, key, Place("log", 7), "a key was corrected")
        for concept, key in (("Patient", "P1"), ("DosingSession", "D1"))
    ]
    with run.plan([made.clinic(), *old]) as plan:
        hints = {p.text.partition("/")[0]: p.hint for p in plan.problems()}
    assert hints["Patient"] == "delete it there, or set its active to false: the next run looks"
    assert hints["Procedure"] == "delete it there, or set its status to entered-in-error: the next run looks"
    assert hint_of("Goal") == "delete it there, or set its lifecycleStatus to entered-in-error: the next run looks"
    assert hint_of("AdverseEvent") == "delete it there: the next run looks"


def test_a_patient_that_is_not_active_is_told_no_more(run, made):
    run.sync([made.clinic(), made.patient("P1")])
    (patient,) = made.patient("P1").resources
    units = [made.clinic(), Superseded("Patient", "P1", Place("log", 7), "a key was corrected")]
    with run.plan(units) as plan:
        assert plan.left == 1
    requests.put(f"{run.url}/Patient/{patient['id']}", json={**patient, "active": False}, timeout=10)
    with run.plan(units) as plan:
        assert plan.left == 0


def test_a_server_that_was_cleared_by_hand_is_no_server_that_lost_things(doubled, run, made):
    run.sync(doubled)
    for resource in reversed(made.dose("D1", "P1").resources):
        requests.delete(f"{run.url}/{resource['resourceType']}/{resource['id']}", timeout=10)
    with run.plan(doubled) as plan:
        assert plan.notes == []


@pytest.mark.parametrize("there", [["D1", "D2"], []])
def test_a_record_that_is_there_itself_or_whose_other_is_nowhere_is_not_superseded(run, made, there):
    run.sync([made.clinic(), made.patient("P1"), made.dose("D1", "P1")])
    units = [made.clinic(), made.patient("P1"), *(made.dose(key, "P1") for key in there), OLD]
    with run.plan(units) as plan:
        assert (told(plan), plan.left) == ([], 0)


def test_what_must_not_leave_any_more_and_did(run, made):
    run.sync(made.course(1, 1))
    hidden = Mapped("DosingSession", "DP1-1", (), (Place("doses", 4),), "", private=True)
    units = [u for u in made.course(1, 1) if u.concept != "DosingSession"]
    for _ in range(2):
        with run.plan([*units, hidden]) as plan:
            assert told(plan) == [("private-on-server", "doses", 4)] * 3
        assert run.sync([*units, hidden]).exit is Exit.DONE


FULL = {"DosingSession": {"doses"}, "Patient": {"patients"}}


def delete(run, unit):
    for resource in reversed(unit.resources):
        assert requests.delete(f"{run.url}/{resource['resourceType']}/{resource['id']}", timeout=10).ok


def test_what_was_told_as_gone_and_deleted_there_is_sent_when_its_row_comes_back(run, made, kapfhir_sandbox):
    dose = made.dose("D1", "P1")
    whole = [made.clinic(), made.patient("P1"), dose]
    run.sync(whole)
    assert run.sync(whole[:2], FULL).planned[Sign.GONE] == 3
    with run.ledger() as ledger:
        assert ledger.digest("DosingSession", "D1") is None, "its rows must be mapped again"
    delete(run, dose)
    assert run.sync(whole, FULL).created == 3
    assert len(kapfhir_sandbox.resources("Procedure")) == 1


def test_what_was_told_as_gone_and_still_stands_there_is_adopted_again(run, made, writes):
    whole = [made.clinic(), made.patient("P1"), made.dose("D1", "P1")]
    run.sync(whole)
    run.sync(whole[:2], FULL)
    before = writes()
    assert run.sync(whole, FULL).planned == {Sign.UNCHANGED: 6}
    assert writes() == before
    with run.ledger() as ledger:
        assert ledger.digest("DosingSession", "D1") == whole[2].digest


def test_what_is_gone_from_both_sides_needs_no_word_and_no_question(run, made, kapfhir_sandbox):
    whole = [made.clinic(), made.patient("P1"), made.dose("D1", "P1")]
    run.sync(whole)
    delete(run, whole[2])
    with run.plan(whole[:2], FULL) as plan:
        assert (plan.counts[Sign.GONE], plan.differs) == (0, False)
    run.sync(whole[:2], FULL)
    with run.ledger() as ledger:
        assert not ledger.has("DosingSession", "D1")
    before = len(kapfhir_sandbox.requests)
    run.plan(whole[:2], FULL).close()
    assert not [r for r in kapfhir_sandbox.requests[before:] if whole[2].resources[0]["id"] in r.query]
