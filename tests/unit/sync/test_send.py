"""Refusals, lost answers, and servers that fail in the middle."""

from __future__ import annotations

import logging
import os
import signal
import threading

import pytest

from kapfhir.errors import AccessError, ConfigError, Exit, TemporaryServerError
from kapfhir.server.client import Client
from kapfhir.sync.action import Sign
from kapfhir.sync.bundles import Limits
from kapfhir.sync.report import InterruptedApply

CANARY = "Zzyzx-1980"


@pytest.fixture
def bad(made):
    """Turns a unit into one that the server refuses, with a value that must not be told."""

    def spoil(unit, at=0):
        resources = list(unit.resources)
        resources[at] = {**resources[at], "language": f"{CANARY} "}
        resources[at]["birthDate" if resources[at]["resourceType"] == "Patient" else "status"] = CANARY
        return made.unit(unit.concept, unit.key, *resources)

    return spoil


def test_one_bad_entry_of_many_is_found_and_the_rest_goes_in(kapfhir_sandbox, run, made, bad, caplog):
    caplog.set_level(logging.DEBUG, logger="kapfhir")
    units = [bad(u, 2) if u.key == "DP3-2" else u for u in made.course(10, 3)]
    report = run.sync(units, where=lambda resource: f"fhir/{resource['resourceType']}.yaml:7")
    assert (report.created, report.refused, report.blocked) == (2 + 10 + 90 + 10 - 1, 1, 0)
    (problem,) = report.problems
    dose = next(u for u in units if u.key == "DP3-2")
    assert (problem.file, problem.line, problem.place) == ("doses", dose.places[0].row, "fhir/MedicationAdministration.yaml:7")
    assert problem.code == "refused-by-server"
    assert dose.resources[2]["id"] in problem.text
    assert "HTTP 4" in problem.text
    assert "MedicationAdministration.status" in problem.text
    assert CANARY not in str(problem) + caplog.text + str(report)
    assert report.exit is Exit.REFUSED


def test_what_waits_for_it_is_blocked_and_told(run, made, bad):
    units = [bad(u) if u.key == "P2" else u for u in made.course(3, 2)]
    report = run.sync(units)
    assert (report.created, report.refused, report.blocked) == (2 + 2 + 12 + 2, 1, 7)
    blocked = [p for p in report.problems if p.code == "blocked-by-refused"]
    assert len(blocked) == 7
    assert "which is not on the server" in blocked[0].text
    assert {p.file for p in blocked} == {"doses", "events"}


def test_many_bad_entries(run, made, bad):
    units = [bad(u, 2) if u.concept == "DosingSession" and u.key.endswith("-1") else u for u in made.course(9, 2)]
    report = run.sync(units)
    assert (report.created, report.refused, report.blocked) == (2 + 9 + 54 + 9 - 9, 9, 0)


def test_a_refused_record_is_tried_again_next_time_and_the_others_are_not(run, made, bad, writes):
    units = [bad(u, 2) if u.key == "DP1-1" else u for u in made.course(2, 1)]
    run.sync(units)
    with run.ledger() as ledger:
        assert ledger.digest("DosingSession", "DP1-1") is None
        assert ledger.digest("DosingSession", "DP2-1") is not None
        refused = [e for e in ledger.resources_of("DosingSession", "DP1-1").values() if e.state == "refused"]
        assert len(refused) == 1
        assert "HTTP 4" in refused[0].outcome
    report = run.sync(made.course(2, 1))
    assert (report.created, report.planned[Sign.UNCHANGED]) == (1, 11)


def test_enough_errors_stop_it(run, made, bad):
    units = [bad(u, 2) if u.concept == "DosingSession" else u for u in made.course(9, 2)]
    run.limits = Limits(entries=4, threads=1)
    report = run.sync(units, max_errors=3)
    assert report.stopped
    assert report.refused == 3
    assert 0 < report.created < 2 + 9 + 36 + 9


def test_an_entry_refused_within_a_transaction_that_was_taken(run, made, monkeypatch):
    real = Client.transaction

    def half(self, bundle, entries, **options):
        answers = real(self, bundle, entries, **options)
        answers[-1] = {"status": "422 Unprocessable"}
        return answers

    monkeypatch.setattr(Client, "transaction", half)
    report = run.sync([made.clinic()])
    assert (report.created, report.refused) == (1, 1)
    assert "HTTP 422 in a transaction that was taken" in report.problems[0].text


@pytest.mark.parametrize("none", [None, "", [], {}])
def test_a_response_that_does_not_tell_the_version(run, made, monkeypatch, none):
    real = Client.transaction

    def mute(self, bundle, entries, **options):
        return [{**answer, "location": none, "etag": none} for answer in real(self, bundle, entries, **options)]

    monkeypatch.setattr(Client, "transaction", mute)
    run.sync([made.clinic()])
    with run.ledger() as ledger:
        assert {entry.version for entry in ledger.newest(10)} == {""}


@pytest.mark.parametrize("status", [0, 500, 502, 503, 504, 409, 412, 429])
def test_a_lost_answer_is_repeated_and_nothing_is_there_twice(kapfhir_sandbox, run, made, versions, status):
    kapfhir_sandbox.fail_next(status, after_commit=True)
    kapfhir_sandbox.fail_next(status)
    report = run.sync(made.course(2, 2))
    assert (report.error, report.refused) == (None, 0)
    assert set(versions().values()) == {"1"}
    assert len(versions()) == 2 + 2 + 12 + 2
    assert run.sync(made.course(2, 2)).planned == {Sign.UNCHANGED: 18}


@pytest.mark.parametrize("status", [0, 503])
def test_where_the_server_chose_ids_it_is_not_there_twice_either(kapfhir_sandbox, run, made, versions, status):
    kapfhir_sandbox.behave("no-update-create")
    kapfhir_sandbox.fail_next(status, after_commit=True)
    assert run.sync(made.course(2, 2)).error is None
    assert len(versions()) == 18
    assert set(versions().values()) == {"1"}


def test_a_server_that_stays_away_ends_it_and_the_next_run_goes_on(kapfhir_sandbox, run, made, versions):
    run.limits = Limits(entries=4, threads=1)
    for _ in range(3):
        kapfhir_sandbox.fail_next(0, after_commit=True)
    run.tries = 3
    report = run.sync(made.course(3, 2))
    assert isinstance(report.error, TemporaryServerError)
    assert report.exit is Exit.TEMPORARY
    with run.ledger() as ledger:
        states = {e.state for e in ledger.resources_of("Clinic", "C1").values()}
    assert states == {"pending"}
    again = run.sync(made.course(3, 2))
    assert again.planned == {Sign.UNCHANGED: 2, Sign.CREATE: 24}
    assert set(versions().values()) == {"1"}


def test_a_server_that_fails_inside_at_one_resource(kapfhir_sandbox, run, made):
    for _ in range(3):  # the whole transaction, then one of its halves, then what is left
        kapfhir_sandbox.fail_next(500)
    report = run.sync([made.clinic()])
    assert report.error is None
    assert report.created == 2


def test_a_server_that_fails_inside_at_everything(kapfhir_sandbox, run, made):
    for _ in range(400):
        kapfhir_sandbox.fail_next(500)
    report = run.sync(made.course(4, 2))
    assert isinstance(report.error, TemporaryServerError)
    assert report.created == 0
    assert report.exit is Exit.TEMPORARY


@pytest.mark.parametrize("threads", [1, 3])
def test_access_that_is_lost_in_the_middle(kapfhir_sandbox, run, made, threads):
    run.limits = Limits(entries=4, threads=threads)
    real, calls = Client.transaction, []

    def sometimes(self, *args, **options):
        calls.append(1)
        if len(calls) > 3:
            kapfhir_sandbox.fail_next(401)
        return real(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "transaction", sometimes)
        report = run.sync(made.course(6, 3))
    assert isinstance(report.error, AccessError)
    assert report.exit is Exit.ACCESS
    assert 0 < report.created < 2 + 6 + 54 + 6
    kapfhir_sandbox._journal.failures.clear()
    assert run.sync(made.course(6, 3)).error is None
    assert run.sync(made.course(6, 3)).planned == {Sign.UNCHANGED: 68}


@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c(kapfhir_sandbox, run, made, versions, threads):
    run.limits = Limits(entries=4, threads=threads)

    def stop(progress):
        if progress.done > 10 and not hit:
            hit.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    hit = []
    with pytest.raises(InterruptedApply) as told:
        run.sync(made.course(30, 4), on_progress=stop)
    assert 10 < told.value.report.created < 2 + 30 + 360 + 30
    assert run.sync(made.course(30, 4)).error is None
    assert len(versions()) == 2 + 30 + 360 + 30
    assert set(versions().values()) == {"1"}


@pytest.mark.parametrize("threads", [1, 3])
def test_the_thread_that_ctrl_c_strikes_holds_no_lock(run, made, threads):
    run.limits = Limits(threads=threads)
    seen = set()
    run.sync(made.course(6, 2), on_progress=lambda _: seen.add(threading.current_thread()))
    assert seen
    assert threading.main_thread() not in seen


def test_what_points_round_in_a_circle_stays_together(kapfhir_sandbox, run, made):
    subject = made.reference("Patient", "Patient", "P1")
    plan = made.resource(
        "CarePlan", "Course", "K1", "plan", status="active", intent="plan", subject=subject,
        activity=[{"outcomeReference": [made.reference("Procedure", "Course", "K1", "done")]}],
    )  # fmt: skip
    done = made.resource(
        "Procedure", "Course", "K1", "done", status="completed", subject=subject,
        basedOn=[made.reference("CarePlan", "Course", "K1", "plan")],
    )  # fmt: skip
    run.limits = Limits(entries=1, threads=1)
    report = run.sync([made.clinic(), made.patient("P1"), made.unit("Course", "K1", plan, done)])
    assert (report.created, report.refused) == (5, 0)


def test_what_depends_on_two_patients_goes_last(run, made):
    two = made.resource(
        "Procedure", "Course", "K1", "pair", status="completed", subject=made.reference("Patient", "Patient", "P1"),
        encounter=made.reference("Encounter", "DosingSession", "DP2-1", "visit"),
    )  # fmt: skip
    run.limits = Limits(entries=2, threads=3)
    report = run.sync([*made.course(4, 1), made.unit("Course", "K1", two)])
    assert (report.created, report.refused) == (2 + 4 + 12 + 4 + 1, 0)


def test_a_server_that_does_not_tell_the_id_that_it_chose(kapfhir_sandbox, run, made, monkeypatch):
    kapfhir_sandbox.behave("no-update-create")
    real = Client.transaction

    def silent(self, *args, **options):
        return [{"status": answer["status"]} for answer in real(self, *args, **options)]

    monkeypatch.setattr(Client, "transaction", silent)
    run.limits = Limits(entries=3, threads=1)
    assert run.sync(made.course(2, 1)).created == 12
    with run.ledger() as ledger:
        clinic = ledger.find("Organization", made.address("Organization", "Clinic", "C1").id)
    assert clinic.server_id == kapfhir_sandbox.resources("Organization")[0]["id"]
    assert run.sync(made.course(2, 1)).planned == {Sign.UNCHANGED: 12}


def test_a_server_that_is_not_there(tmp_path, run, made):
    import socket

    with socket.socket() as listener:  # bound, and not listening: nobody else gets this port meanwhile
        listener.bind(("127.0.0.1", 0))
        run.url = f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
        with pytest.raises(TemporaryServerError, match="no connection; is the server there"):
            run.sync(made.course())
    assert len(run.waits) == 2


def test_enough_errors_stop_all_threads(run, made, bad):
    units = [bad(u, 2) if u.concept == "DosingSession" else u for u in made.course(40, 2)]
    run.limits = Limits(entries=3, threads=3)
    report = run.sync(units, max_errors=2)
    assert report.stopped
    assert 2 <= report.refused <= 2 + 3  # others may be at one of their own
    assert report.created < 2 + 40 + 160 + 40


@pytest.mark.parametrize(("status", "most_sent"), [(404, 1), (400, 40)])
def test_a_server_that_never_takes_anything_is_no_server_to_write_to(kapfhir_sandbox, run, made, status, most_sent):
    for _ in range(400):
        kapfhir_sandbox.fail_next(status)
    report = run.sync(
        made.unit("Clinic", f"C{n}", made.resource("Organization", "Clinic", f"C{n}", name="x")) for n in range(100)
    )
    assert isinstance(report.error, ConfigError)
    assert "refuses the first write" in str(report.error)
    assert report.exit is Exit.CONFIG
    assert sum(r.method == "POST" for r in kapfhir_sandbox.requests) <= most_sent


def test_what_a_server_refuses_alone_does_not_speak_for_the_rest(run, made, bad):
    run.sync(made.course(15, 1))
    report = run.sync([made.clinic(), *(bad(made.patient(f"N{n}")) for n in range(12))])
    assert (report.error, report.refused, report.exit) == (None, 12, Exit.REFUSED)


def test_a_conflict_that_stays_is_not_waited_for_at_every_half(kapfhir_sandbox, run, made, monkeypatch):
    real, sent = Client.transaction, []

    def conflict(client, bundle, entries, **options):
        sent.append(entries)
        if b'"AdverseEvent"' in bundle:
            for _ in range(10):
                kapfhir_sandbox.fail_next(409)
        try:
            return real(client, bundle, entries, **options)
        finally:
            kapfhir_sandbox._journal.failures.clear()

    monkeypatch.setattr(Client, "transaction", conflict)
    report = run.sync(made.course(1, 20))
    assert (report.created, report.refused) == (2 + 1 + 60, 1)
    repeats = report.meter.repeats
    assert len(sent) > 6
    assert repeats < 5 + len(sent)
