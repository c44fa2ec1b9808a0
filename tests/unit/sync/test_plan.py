"""What a plan says, and what it asks for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import responses

from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.units import Rejected
from kapfhir.server.client import Client
from kapfhir.sync.action import Sign
from kapfhir.sync.ledger import Scope, open_ledger
from kapfhir.sync.plan import plan


def test_a_plan_writes_nothing(kapfhir_sandbox, run, made, writes):
    with run.plan(made.course()) as found:
        assert found.counts == {Sign.CREATE: 26}
        assert found.differs
        assert [a.sign for a in found.actions()] == [Sign.CREATE] * 26
        assert (found.records, found.rejected) == (13, 0)
        assert found.requests == len(kapfhir_sandbox.requests)
    assert writes() == 0
    with run.ledger() as ledger:
        assert not any(ledger.has(u.concept, u.key) for u in made.course())


def test_an_empty_server_is_asked_once_per_kind(kapfhir_sandbox, run, made):
    with run.plan(made.course(40, 3)):
        queries = [(r.path, r.query) for r in kapfhir_sandbox.requests]
    assert queries[0][0] == "/metadata"
    assert len(queries) == 1 + 7
    assert all("_summary=count" in query for _, query in queries[1:])


def test_what_is_there_is_read_in_batches(kapfhir_sandbox, run, made):
    run.sync(made.course(30, 2))
    before = len(kapfhir_sandbox.requests)
    with run.fresh().plan(made.course(30, 2)) as found:
        assert found.counts == {Sign.UNCHANGED: 2 + 30 + 180 + 30}
        assert not found.differs
        assert list(found.actions()) == []
        assert [a.sign for a in found.actions(Sign)] == [Sign.UNCHANGED] * 242
    reads = [r for r in kapfhir_sandbox.requests[before:] if "_id=" in r.query]
    assert len(reads) == 7


def test_what_others_wrote_there_is_an_update(kapfhir_sandbox, run, made):
    theirs = {**made.patient("P1").resources[0], "gender": "female"}
    theirs.pop("managingOrganization")
    kapfhir_sandbox.load([theirs])
    with run.plan([made.clinic(), made.patient("P1")]) as found:
        (update,) = [a for a in found.actions() if a.sign is Sign.UPDATE]
        assert update.changed == ("managingOrganization", "gender")


def test_deleted_there_and_changed_here_is_a_create(kapfhir_sandbox, run, made):
    import requests

    run.sync(made.course(1, 1))
    event = made.address("AdverseEvent", "AdverseEvent", "AP1").id
    requests.delete(f"{run.url}/AdverseEvent/{event}", timeout=10)
    changed = made.event("AP1", "P1")
    changed = made.unit("AdverseEvent", "AP1", {**changed.resources[0], "date": "2026-01-05"})
    with run.plan([changed]) as found:
        assert [a.sign for a in found.actions()] == [Sign.CREATE]
    assert run.sync([changed]).created == 1


def test_problems_are_kept_in_order(run, made):
    told = [Problem("doses", n, "Dose", "unmapped-code", "x", severity="warning") for n in range(1200)]
    with run.plan([made.clinic(), *told, Rejected("Patient", "P9")]) as found:
        assert list(found.problems()) == told
        assert found.rejected == 1


def test_a_rejected_record_is_not_gone(run, made):
    run.sync(made.course(1, 1))
    full = {"Patient": {"patients"}, "DosingSession": {"doses"}}
    rest = [u for u in made.course(1, 1) if u.concept not in ("Patient", "DosingSession")]
    with run.plan([*rest, Rejected("Patient", "P1")], full) as found:
        assert {a.concept for a in found.actions() if a.sign is Sign.GONE} == {"DosingSession"}
        assert found.counts[Sign.GONE] == 3


def test_a_target_that_nobody_knows(run, made):
    units = [u for u in made.course(2, 1) if u.key != "P2"]
    with run.plan(units) as found:
        refused = {(a.type, a.code) for a in found.actions() if a.sign is Sign.REFUSED}
        assert refused == {
            ("Encounter", "missing-target"),
            ("Procedure", "missing-target"),
            ("MedicationAdministration", "missing-target"),
            ("AdverseEvent", "missing-target"),
        }
        assert found.counts == {Sign.CREATE: 2 + 1 + 3 + 1, Sign.REFUSED: 4}
        problems = list(found.problems())
        assert len(problems) == 4
        assert "is neither in this export nor known" in problems[0].text
    report = run.sync(units)
    assert (report.created, report.refused, report.exit) == (7, 0, 8)


def test_what_hangs_on_something_refused(run, made):
    dose = made.dose("D1", "P1")
    lost = {**dose.resources[0], "partOf": {"reference": "Encounter/nowhere"}}
    with run.plan([made.clinic(), made.patient("P1"), made.unit("DosingSession", "D1", lost, *dose.resources[1:])]) as found:
        codes = [a.code for a in found.actions() if a.sign is Sign.REFUSED]
        assert codes == ["missing-target", "depends-on-rejected", "depends-on-rejected"]


def test_a_target_of_an_earlier_run_is_known(run, made):
    run.sync([made.clinic(), made.patient("P1")])
    assert run.sync([made.dose("D1", "P1")]).created == 3


def test_the_same_resource_twice_with_different_contents(run, made):
    one, other = made.dose("D1", "P1", "35.50"), made.dose("D1", "P1", "36.00")
    with run.plan([made.clinic(), made.patient("P1"), one, other]) as found:
        refused = [a for a in found.actions() if a.sign is Sign.REFUSED]
        assert [(a.type, a.code) for a in refused] == [("MedicationAdministration", "duplicate-identity")]
    assert run.sync([made.clinic(), made.patient("P1"), one, other]).created == 5
    with run.ledger() as ledger:
        assert ledger.digest("DosingSession", "D1") is None


def test_the_same_resource_twice_with_the_same_content(run, made):
    one = made.dose("D1", "P1")
    report = run.sync([made.clinic(), made.patient("P1"), one, replace(one)])
    assert (report.created, report.planned) == (6, {Sign.CREATE: 6})


@responses.activate
@pytest.mark.parametrize("marked", [True, False])
def test_a_public_server_gets_synthetic_data_only(made, tmp_path, marked):
    base = "https://hapi.fhir.org/baseR4"
    statement = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}
    responses.get(f"{base}/metadata", json=statement)
    responses.get(f"{base}/Organization", json={"resourceType": "Bundle", "total": 0})
    responses.get(f"{base}/Location", json={"resourceType": "Bundle", "total": 0})
    unit = made.clinic()
    if not marked:
        bare = tuple({**r, "meta": {}} for r in unit.resources)
        unit = replace(unit, resources=bare)
    with open_ledger(None, Scope(base, "s", "n", "z")) as ledger:
        if marked:
            with plan([unit], ledger, Client(base)) as found:
                assert found.counts == {Sign.CREATE: 2}
        else:
            with pytest.raises(ConfigError, match="is public"):
                plan([unit], ledger, Client(base))


@responses.activate
def test_types_that_a_server_does_not_take(made):
    base = "https://fhir.example/r4"
    row = {"type": "Organization", "interaction": [{"code": "update"}]}
    statement = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"resource": [row]}]}
    responses.get(f"{base}/metadata", json=statement)
    responses.get(f"{base}/Organization", json={"resourceType": "Bundle", "total": 0})
    with open_ledger(None, Scope(base, "s", "n", "z")) as ledger, plan([made.clinic()], ledger, Client(base)) as found:
        assert {(a.type, a.sign, a.code) for a in found.actions()} == {
            ("Organization", Sign.CREATE, ""),
            ("Location", Sign.REFUSED, "type-not-taken"),
        }


@responses.activate
def test_a_server_that_can_not_count_by_system_is_asked_for_each(made):
    base = "https://fhir.example/r4"
    responses.get(f"{base}/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    for name in ("Organization", "Location"):
        query = responses.matchers.query_param_matcher
        responses.get(f"{base}/{name}", json={"resourceType": "Bundle", "total": 9}, match=[query({"_summary": "count"})])
        system = next(r["identifier"][0]["system"] for r in made.clinic().resources if r["resourceType"] == name)
        responses.get(f"{base}/{name}", status=400, match=[query({"_summary": "count", "identifier": f"{system}|"})])
        responses.get(f"{base}/{name}", json={"resourceType": "Bundle"}, match=[query({"_count": "1"}, strict_match=False)])
    with open_ledger(None, Scope(base, "s", "n", "z")) as ledger, plan([made.clinic()], ledger, Client(base)) as found:
        assert found.counts == {Sign.CREATE: 2}


def test_exact_numbers_reach_the_server(kapfhir_sandbox, run, made):
    run.sync([made.clinic(), made.patient("P1"), made.dose("D1", "P1", "35.500")])
    (dose,) = kapfhir_sandbox.resources("MedicationAdministration")
    assert str(dose["dosage"]["dose"]["value"]) == str(Decimal("35.500"))
