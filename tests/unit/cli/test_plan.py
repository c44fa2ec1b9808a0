from pathlib import Path

import pytest

from kapfhir.cli.lines import LINES
from kapfhir.errors import AccessError


@pytest.fixture
def url(kapfhir_sandbox):
    return kapfhir_sandbox.url


def test_a_line_for_each_resource_and_nothing_is_written(run, golden, kapfhir_sandbox):
    result = run("plan", "example:clinic", "--server", kapfhir_sandbox.url)
    assert result.exit_code == 5, "rows were rejected, which is worse than a difference"
    lines = result.stdout.splitlines()
    assert lines[0].startswith("+ Organization/")
    assert lines[0].endswith("  Clinic  sites:2")
    assert sum(line.startswith("+ ") for line in lines) == sum(golden.values())
    counts = f"= 0 unchanged, + {sum(golden.values()):,} to create, * 0 to update, - 0 gone from the source, ! 0 refused"
    assert lines[-1] == f"plan: {counts}"
    assert kapfhir_sandbox.resources() == []
    assert {r.method for r in kapfhir_sandbox.requests} == {"GET"}


def test_a_difference_alone_ends_with_10(run, run_json, small, url):
    options = [*small, "--server", url]
    code, lines = run_json("plan", *options)
    assert code == 10
    for line in lines:
        LINES[line["type"]].model_validate(line)
    assert {line["sign"] for line in lines if line["type"] == "action"} == {"+"}
    assert (lines[-1]["create"], lines[-1]["records"], lines[-1]["rows"]) == (20, 9, 9)
    assert run("sync", *options, "--dry-run").exit_code == 10
    assert run("sync", *options).exit_code == 0
    assert run("plan", *options).exit_code == 0
    table = Path("t/sites.csv").read_text("utf-8")
    Path("t/sites.csv").write_text(table.replace("CA", "OR", 1), "utf-8")
    result = run("plan", *options)
    assert result.exit_code == 10
    assert result.stdout.startswith("* ")
    assert "address" in result.stdout


def test_a_server_must_be_named(run):
    result = run("plan", "example:clinic")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("no server is named; give --server")


def test_a_server_that_is_not_there(run, run_json):
    nowhere = "http://127.0.0.1:9/fhir"
    result = run("plan", "example:clinic", "--server", nowhere)
    assert (result.exit_code, result.stdout) == (7, "")
    assert "127.0.0.1:9" in result.stderr
    assert run_json("plan", "example:clinic", "--server", nowhere)[0] == 7


def test_a_profile_names_a_server(run, small, url):
    with Path("kapfhir.toml").open("a") as file:
        file.write(f'[profile.mine]\nurl = "{url}"\n')
    assert run("--profile", "mine", "plan", *small).exit_code == 10
    assert run("--profile", "yours", "plan", *small).exit_code == 3


UNFILLED = '[clinic]\nsystem = "TODO"\nnamespace = "TODO"\nzone = "TODO"\n\n[profile.test]\nurl = "{url}"\n'


@pytest.mark.parametrize(
    "command",
    [("plan", "example:clinic"), ("map", "example:clinic", "-o", "out"), ("explain", "example:clinic", "IV:2"), ("doctor",)],
)
def test_a_file_whose_clinic_is_not_filled_in_does_not_stop_what_needs_none(run, url, command):
    Path("kapfhir.toml").write_text(UNFILLED.format(url=url), "utf-8")
    result = run("--profile", "test", *command)
    assert result.exit_code in (0, 5)
    assert "TODO" not in result.stderr


def test_requests_of_a_plan_that_failed_are_counted(run_json, small, kapfhir_sandbox, monkeypatch):
    def refuse(_planner):
        raise AccessError("GET /Patient: HTTP 401 Unauthorized")

    monkeypatch.setattr("kapfhir.sync.plan._Planner.finish", refuse)
    code, lines = run_json("plan", *small, "--server", kapfhir_sandbox.url)
    assert code == 9
    assert lines[-1]["requests"] == len(kapfhir_sandbox.requests) > 0
    assert lines[-1]["rows"] == 9
