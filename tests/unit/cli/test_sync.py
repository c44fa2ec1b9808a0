import re
import signal
import time
from pathlib import Path

import pytest
import responses

from kapfhir.cli.lines import LINES
from kapfhir.data import example_folder


def sync(url, *options):
    return ("sync", "example:clinic", "--server", url, *options)


def test_the_whole_walk_and_then_nothing(run, run_json, golden, kapfhir_sandbox):
    total = sum(golden.values())
    first = run(*sync(kapfhir_sandbox.url))
    assert first.exit_code == 5
    assert f"+ {total:,} to create" in first.stdout
    assert f"Written      [created, updated]                 {total}, 0" in first.stdout
    assert "error        clients: DOB" in first.stderr
    assert len(kapfhir_sandbox.resources()) == total
    before = len([r for r in kapfhir_sandbox.requests if r.method != "GET"])
    code, lines = run_json(*sync(kapfhir_sandbox.url))
    summary = lines[-1]
    assert code == 5
    assert (summary["create"], summary["update"], summary["unchanged"], summary["resources"]) == (0, 0, total, total)
    assert len([r for r in kapfhir_sandbox.requests if r.method != "GET"]) == before


def test_the_lines_of_json(run_json, golden, kapfhir_sandbox):
    total = sum(golden.values())
    _, lines = run_json(*sync(kapfhir_sandbox.url))
    for line in lines:
        LINES[line["type"]].model_validate(line)
    assert sum(line["type"] == "action" and line["action"] == "create" for line in lines) == total
    told = (example_folder("clinic") / "expected/problems.csv").read_text("utf-8").splitlines()[1:]
    assert sum(line["type"] == "problem" for line in lines) == len(told)
    assert lines[-1]["create"] == total
    assert lines[-1]["requests"] > 10


def test_a_dry_run_writes_nothing(run, small, kapfhir_sandbox):
    result = run("sync", *small, "--server", kapfhir_sandbox.url, "--dry-run")
    assert result.exit_code == 10
    assert kapfhir_sandbox.resources() == []


def test_a_server_that_can_only_be_read(run, kapfhir_sandbox):
    kapfhir_sandbox.behave("read-only")
    result = run(*sync(kapfhir_sandbox.url))
    assert result.exit_code == 3
    assert "no usable strategy" in result.stderr


def test_what_a_server_refuses_is_told_with_its_row_and_ends_with_8(run, run_json, small, kapfhir_sandbox):
    for _ in range(20):
        kapfhir_sandbox.fail_next(422)
    result = run("sync", *small, "--server", kapfhir_sandbox.url, "--max-errors", "1")
    assert result.exit_code == 8
    assert "stopped after 1 refusal" in result.stderr
    assert "error  sites" in result.stderr
    assert "refused by the server:" in result.stderr
    assert "HTTP 422" in result.stderr
    kapfhir_sandbox.reset()
    for _ in range(20):
        kapfhir_sandbox.fail_next(422)
    code, lines = run_json("sync", *small, "--server", kapfhir_sandbox.url, "--max-errors", "1")
    assert code == 8
    assert lines[-1]["refused"] >= 1


def test_many_refusals_are_cut_short(run, small, kapfhir_sandbox):
    for _ in range(100):
        kapfhir_sandbox.fail_next(422)
    result = run("sync", *small, "--server", kapfhir_sandbox.url)
    assert result.exit_code == 8
    told, more, _ = result.stderr.partition("refused by the server:\n")[2].partition("  and 10 more\n")
    assert len(told.splitlines()) == 10
    assert more


def test_a_server_that_was_emptied_is_noticed(run, run_json, small, kapfhir_sandbox):
    assert run("sync", *small, "--server", kapfhir_sandbox.url).exit_code == 0
    kapfhir_sandbox.reset()
    code, lines = run_json("plan", *small, "--server", kapfhir_sandbox.url)
    assert code == 10
    assert "the server does not hold what the ledger says" in next(x["text"] for x in lines if x["type"] == "status")


def test_an_interruption_shows_what_went_in(run, small, kapfhir_sandbox, monkeypatch):
    from collections import Counter

    from kapfhir import pipeline
    from kapfhir.sync.report import InterruptedApply, Report

    def interrupted(*_, **__):
        raise InterruptedApply(Report(Counter(), created=7))

    monkeypatch.setattr(pipeline, "apply", interrupted)
    result = run("sync", *small, "--server", kapfhir_sandbox.url)
    assert result.exit_code == 130
    assert "Written      [created, updated]                 7, 0" in result.stdout
    assert result.stderr.splitlines()[-1] == "interrupted; run the same command again: it goes on where it was"


def test_a_server_that_goes_away_ends_with_7_and_the_next_run_goes_on(run, small, kapfhir_sandbox, monkeypatch):
    from kapfhir.server import http

    monkeypatch.setattr(http, "FIRST_WAIT_S", 0.0)
    for _ in range(60):
        kapfhir_sandbox.fail_next(503)
    result = run("sync", *small, "--server", kapfhir_sandbox.url)
    assert result.exit_code == 7
    assert "503" in result.stderr
    assert "Written " in result.stdout
    kapfhir_sandbox.reset()
    assert run("sync", *small, "--server", kapfhir_sandbox.url).exit_code == 0
    assert len(kapfhir_sandbox.resources()) == 20


def test_quiet_leaves_the_plan_and_the_errors(run, small, kapfhir_sandbox):
    result = run("-q", "sync", *small, "--server", kapfhir_sandbox.url)
    assert (result.exit_code, result.stdout.count("\n"), result.stderr) == (0, 1, "")


def test_a_ledger_of_ones_own(run, small, kapfhir_sandbox, tmp_path):
    assert run("sync", *small, "--server", kapfhir_sandbox.url, "--ledger", tmp_path / "l.sqlite").exit_code == 0
    assert (tmp_path / "l.sqlite").is_file()


def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(run, start, golden, kapfhir_sandbox):
    process = start("sync", "example:clinic", "--server", kapfhir_sandbox.url)
    deadline = time.monotonic() + 60
    while not any(r.method == "POST" for r in kapfhir_sandbox.requests) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=60)
    assert process.returncode in (130, 5), talk
    if process.returncode == 130:
        assert "interrupted; run the same command again: it goes on where it was" in talk
    assert run(*sync(kapfhir_sandbox.url)).exit_code == 5
    assert len(kapfhir_sandbox.resources()) == sum(golden.values())


@pytest.mark.parametrize("quirk", ["flaky", "no-update-create", "small-bundles"])
def test_lesser_servers(run, small, kapfhir_sandbox, quirk):
    kapfhir_sandbox.behave(quirk)
    for _ in range(2):
        assert run("sync", *small, "--server", kapfhir_sandbox.url).exit_code == 0
    assert len(kapfhir_sandbox.resources()) == 20


def test_a_server_with_no_way_to_write(run, kapfhir_sandbox):
    kapfhir_sandbox.behave("no-transaction")
    result = run(*sync(kapfhir_sandbox.url))
    assert result.exit_code == 3
    assert "no usable strategy" in result.stderr


def test_another_namespace_is_refused_also_where_no_ledger_is_named(run, small, kapfhir_sandbox):
    config = Path("kapfhir.toml")
    assert run("sync", *small, "--server", kapfhir_sandbox.url).exit_code == 0
    config.write_text(re.sub('namespace = ".*"', 'namespace = "00000000-6f0d-4a53-9d8c-0f3f5a1d2e11"', config.read_text()))
    result = run("sync", *small, "--server", kapfhir_sandbox.url)
    assert result.exit_code == 3
    assert "under another clinic namespace" in result.stderr
    assert len(kapfhir_sandbox.resources()) == 20


@responses.activate
def test_a_public_server_is_asked_nothing_for_data_that_is_not_synthetic(run, small):
    config = Path("kapfhir.toml")
    config.write_text(config.read_text().replace("synthetic = true", "synthetic = false"))
    result = run("sync", *small, "--server", "hapi-public")
    assert (result.exit_code, len(responses.calls)) == (3, 0)
    assert "hapi.fhir.org is public" in result.stderr
