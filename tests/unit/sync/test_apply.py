"""Plan and apply together, against the embedded server."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from kapfhir.errors import ConfigError, Exit
from kapfhir.mapping.units import Same
from kapfhir.server.capability import Strategy
from kapfhir.sync.action import Sign
from kapfhir.sync.apply import apply
from kapfhir.sync.bundles import Limits
from kapfhir.sync.plan import plan
from kapfhir.sync.report import InterruptedApply


def same(units):
    return [Same(u.concept, u.key, u.places, u.digest) for u in units]


def kinds(sandbox):
    return Counter(r["resourceType"] for r in sandbox.resources())


def test_everything_goes_in(kapfhir_sandbox, run, made):
    report = run.sync(made.course(3, 2))
    assert (report.created, report.updated, report.refused, report.blocked) == (2 + 3 + 18 + 3, 0, 0, 0)
    assert report.exit is Exit.DONE
    assert kinds(kapfhir_sandbox) == {
        "Organization": 1, "Location": 1, "Patient": 3, "Encounter": 6, "Procedure": 6, "MedicationAdministration": 6, "AdverseEvent": 3,
    }  # fmt: skip
    assert not any(r["meta"]["versionId"] != "1" for r in kapfhir_sandbox.resources())


def test_a_second_run_writes_nothing(run, made, writes):
    run.sync(made.course())
    before = writes()
    report = run.sync(made.course())
    assert writes() == before
    assert report.planned == {Sign.UNCHANGED: 26}


def test_rows_that_are_the_same_need_not_be_mapped(run, made, writes):
    units = made.course()
    run.sync(units)
    before = writes()
    with run.ledger() as ledger:
        assert all(ledger.digest(u.concept, u.key) == u.digest for u in units)
    report = run.sync(same(units))
    assert report.planned == {Sign.UNCHANGED: 26}
    assert writes() == before


def test_other_maps_make_every_row_be_mapped_again(run, made, writes):
    units = made.course()
    run.sync(units)
    with run.ledger("m2") as ledger:
        assert [ledger.digest(u.concept, u.key) for u in units] == [None] * len(units)
        assert all(ledger.has(u.concept, u.key) for u in units)


def test_a_fresh_ledger_writes_nothing(run, made, writes):
    run.sync(made.course())
    before = writes()
    fresh = run.fresh()
    assert fresh.sync(made.course()).planned == {Sign.UNCHANGED: 26}
    assert writes() == before
    units = made.course()
    with fresh.ledger() as ledger:
        assert all(ledger.digest(u.concept, u.key) == u.digest for u in units)
    assert fresh.sync(same(units)).planned == {Sign.UNCHANGED: 26}


def test_a_correction_updates_that_resource_only(run, made, versions):
    run.sync(made.course())
    changed = made.dose("DP2-1", "P2", "35.5")
    units = [changed if u.key == "DP2-1" else u for u in made.course()]
    with run.plan(units) as found:
        (action,) = found.actions()
        assert (action.sign, action.type, action.changed) == (Sign.UPDATE, "MedicationAdministration", ("dosage.dose.value",))
        assert str(action).endswith("DosingSession  doses:8  dosage.dose.value")
    report = run.sync(units)
    assert (report.created, report.updated) == (0, 1)
    assert Counter(versions().values()) == {"1": 25, "2": 1}
    assert run.sync(units).planned == {Sign.UNCHANGED: 26}


def test_new_rows_join_what_is_there(run, made, versions):
    run.sync(made.course(2, 1))
    report = run.sync([*same(made.course(2, 1)), made.dose("DP1-9", "P1")])
    assert (report.created, report.planned[Sign.UNCHANGED]) == (3, 2 + 2 + 6 + 2)


def test_a_server_that_was_emptied_is_filled_again(kapfhir_sandbox, run, made):
    units = made.course()
    run.sync(units)
    kapfhir_sandbox.reset()
    with run.ledger() as ledger:

        def mapped_where_unknown():
            for unit in units:
                yield Same(unit.concept, unit.key, unit.places, unit.digest) if ledger.digest(unit.concept, unit.key) else unit

        with plan(mapped_where_unknown(), ledger, run.client()) as found:
            assert found.counts == {Sign.CREATE: 26}
            assert "compared with it anew" in found.notes[0]


def test_what_is_gone_from_the_source_is_told_and_left(kapfhir_sandbox, run, made, writes):
    units = made.course(2, 1)
    run.sync(units)
    before = writes()
    full = {"DosingSession": {"doses"}, "Patient": {"patients"}}
    rest = [u for u in units if u.key != "DP1-1"]
    report = run.sync(rest, full)
    assert report.planned == {Sign.UNCHANGED: 9, Sign.GONE: 3}
    assert writes() == before
    assert run.sync(rest, full).planned[Sign.GONE] == 3
    assert run.sync(rest, {"DosingSession": {"doses_2026"}}).planned[Sign.GONE] == 0
    assert run.sync(rest).planned[Sign.GONE] == 0


def test_a_resource_gone_from_its_record_is_told_every_time(run, made):
    whole = made.dose("D1", "P1")
    run.sync([made.clinic(), made.patient("P1"), whole])
    less = replace(whole, resources=whole.resources[:2], digest="less")
    full = {"DosingSession": {"doses"}}
    assert run.sync([less], full).planned == {Sign.UNCHANGED: 2, Sign.GONE: 1}
    assert run.sync(same([less]), full).planned == {Sign.UNCHANGED: 2, Sign.GONE: 1}
    assert run.sync([replace(whole, digest="back")], full).planned == {Sign.UNCHANGED: 3}


def test_a_record_of_which_something_was_withheld_has_nothing_gone(run, made):
    whole = made.dose("D1", "P1")
    run.sync([made.clinic(), made.patient("P1"), whole])
    told = replace(whole, resources=whole.resources[:2], digest="")
    assert run.sync([told], {"DosingSession": {"doses"}}).planned == {Sign.UNCHANGED: 2, Sign.GONE: 1}, "a word loses nothing"
    less = replace(told, partial=True)
    assert run.sync([less], {"DosingSession": {"doses"}}).planned == {Sign.UNCHANGED: 2}
    with run.ledger() as ledger:
        assert ledger.digest("DosingSession", "D1") is None


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("entries", [1, 2, 7, 200])
def test_any_size_of_transaction(kapfhir_sandbox, run, made, entries, threads):
    run.limits = Limits(entries=entries, threads=threads)
    assert run.sync(made.course(6, 3)).created == 2 + 6 + 54 + 6
    sizes = [len(r.body["entry"]) for r in kapfhir_sandbox.requests if r.method == "POST"]
    assert sum(sizes) == 2 + 6 + 54 + 6
    assert max(sizes) <= entries


def test_a_small_transaction_by_bytes(run, made, writes):
    run.limits = Limits(size=1500, threads=1)
    assert run.sync(made.course(1, 2)).refused == 0
    assert writes() > 4


def test_progress_reaches_the_end(run, made):
    seen = []
    run.limits = Limits(entries=5, threads=1)
    run.sync(made.course(), on_progress=seen.append)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert (seen[-1].done, seen[-1].total, seen[-1].left_s) == (26, 26, 0)


@pytest.mark.parametrize(
    "quirks",
    [
        ("small-bundles",),
        ("flaky",),
        ("drops-identifiers-in-references",),
        ("no-update-create",),
        ("flaky", "no-update-create", "small-bundles"),
    ],
)
def test_servers_with_habits_of_their_own(kapfhir_sandbox, run, made, quirks, writes):
    kapfhir_sandbox.behave(*quirks)
    run.limits = Limits(entries=30, threads=2)
    report = run.sync(made.course(8, 3))
    assert (report.created, report.refused, report.error) == (90, 0, None)
    assert kinds(kapfhir_sandbox)["MedicationAdministration"] == 24
    before = writes()
    assert run.sync(made.course(8, 3)).planned == {Sign.UNCHANGED: 90}
    assert run.fresh().sync(made.course(8, 3)).planned == {Sign.UNCHANGED: 90}
    assert writes() == before


def test_ids_of_the_server_are_pointed_to(kapfhir_sandbox, run, made):
    kapfhir_sandbox.behave("no-update-create")
    run.limits = Limits(entries=4, threads=1)
    run.sync(made.course(2, 2))
    there = {(r["resourceType"], r["id"]): r for r in kapfhir_sandbox.resources()}
    for resource in there.values():
        for name in ("subject", "encounter", "managingOrganization"):
            if name in resource:
                assert tuple(resource[name]["reference"].split("/")) in there
    assert not {made.address("Patient", "Patient", "P1").id} & {r["id"] for r in there.values()}


def test_a_correction_where_the_server_chose_the_ids(kapfhir_sandbox, run, made):
    kapfhir_sandbox.behave("no-update-create")
    run.sync(made.course(2, 1))
    units = [made.dose("DP2-1", "P2", "40.0") if u.key == "DP2-1" else u for u in made.course(2, 1)]
    assert (run.sync(units).updated, run.sync(units).planned) == (1, {Sign.UNCHANGED: 12})
    assert Counter(r["meta"]["versionId"] for r in kapfhir_sandbox.resources()) == {"1": 11, "2": 1}
    events = [r for r in kapfhir_sandbox.resources() if r["resourceType"] == "AdverseEvent"]
    assert all(r["meta"]["tag"][0]["system"] == "https://kapfhir.org/fhir/identity" for r in events)


@pytest.mark.parametrize("quirk", ["read-only", "no-transaction"])
def test_no_usable_strategy(kapfhir_sandbox, run, made, quirk):
    kapfhir_sandbox.behave(quirk)
    with pytest.raises(ConfigError, match="no usable strategy"):
        run.sync(made.course())


def test_another_version_of_fhir(kapfhir_sandbox, run, made):
    kapfhir_sandbox.behave("r5")
    with pytest.raises(ConfigError, match=r"FHIR 5\.0\.0"):
        run.sync(made.course())


def test_a_first_write_that_is_refused_though_nothing_was_said(kapfhir_sandbox, run, made, monkeypatch):
    kapfhir_sandbox.behave("no-update-create")
    monkeypatch.setattr("kapfhir.server.client.choose_strategy", lambda *_: Strategy("ids", ()))
    report = run.sync(made.course())
    assert isinstance(report.error, ConfigError)
    assert "refuses the first write" in str(report.error)
    assert "no usable strategy" in str(report.error)
    assert report.exit is Exit.CONFIG
    assert kapfhir_sandbox.resources() == []


def test_hundreds_are_adopted_from_a_server(kapfhir_sandbox, run, made, writes):
    run.sync(made.course(60, 4))
    before = writes()
    fresh = run.fresh()
    fresh.sync(made.course(60, 4))
    with fresh.ledger() as ledger:
        assert len(ledger.resources_of("DosingSession", "DP60-4")) == 3
        assert sum(1 for _ in ledger.records()) == 1 + 60 + 240 + 60
    assert writes() == before


def test_a_run_that_stopped_while_it_filled_an_emptied_server_is_taken_up(kapfhir_sandbox, run, made):
    units = made.course()

    def sync_where_unknown(**options):
        with run.ledger() as ledger:

            def mapped_where_unknown():
                for unit in units:
                    yield (
                        Same(unit.concept, unit.key, unit.places, unit.digest) if ledger.digest(unit.concept, unit.key) else unit
                    )

            client = run.client()
            with plan(mapped_where_unknown(), ledger, client) as found:
                return apply(found, ledger, client, limits=Limits(entries=4, threads=1), **options)

    def stop(progress):
        if progress.done > 12:
            raise KeyboardInterrupt

    sync_where_unknown()
    before = {(r["resourceType"], r["id"]) for r in kapfhir_sandbox.resources()}
    kapfhir_sandbox.reset()
    with pytest.raises(InterruptedApply):
        sync_where_unknown(on_progress=stop)
    assert 12 < len(kapfhir_sandbox.resources()) < 26
    sync_where_unknown()
    assert {(r["resourceType"], r["id"]) for r in kapfhir_sandbox.resources()} == before


def test_a_server_that_was_put_back_to_an_older_state_is_filled_again(kapfhir_sandbox, run, made):
    run.sync(made.course(1, 1))
    older = kapfhir_sandbox.resources()
    units = made.course(3, 1)
    run.sync(units)
    kapfhir_sandbox.reset()
    kapfhir_sandbox.load(older)
    assert run.sync(units).planned == {Sign.UNCHANGED: len(older), Sign.CREATE: 10}
