"""Counts that are what they say: rows that did not go are counted, and none of them twice."""

import shutil

import pytest

from kapfhir.cli.output import Output
from kapfhir.cli.tally import MarkedRows, Tally
from kapfhir.data import example_folder
from kapfhir.errors import Problem


def test_a_row_counts_once_however_often_it_is_named():
    rows = MarkedRows()
    for table, row in [("log", 9), ("log", 2), ("log", 9), ("log", 100_000), ("chart", 9), ("log", 8), ("log", 2)]:
        rows.add(table, row)
    assert rows.count == 5


def problem(row, code, effect, **more):
    return Problem("log", row, "Client", code, "text", effect=effect, **more)


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ([problem(2, "unconfirmed-person", "record rejected")], (1, 1)),
        ([problem(2, "short-row", "record rejected"), problem(2, "unconfirmed-person", "record rejected")], (1, 1)),
        ([problem(2, "unconfirmed-person", "field withheld")], (0, 0)),
        ([problem(2, "depends-on-rejected", "row left out"), problem(3, "possible-duplicate", "record rejected")], (2, 1)),
        ([problem(0, "todo", "table left out"), problem(2, "duplicate-row", "row counted once", severity="warning")], (0, 0)),
    ],
)
def test_what_counts_as_left_out_and_as_waiting(told, counts):
    output = Output()
    tally = Tally(output)
    for one in told:
        tally.add(one)
    assert (output.counts["left_out"], output.counts["waiting"]) == counts


@pytest.fixture
def unanswered():
    """The dose log of the example, of which nobody said who is who: each row of it waits."""
    shutil.copytree(example_folder("minimal") / "input", "log")
    shutil.copy(example_folder("minimal") / "kapfhir.toml", ".")
    return "log"


COMMANDS = {"map": ("-o", "out"), "plan": (), "sync": (), "findings": ()}


@pytest.mark.parametrize("command", COMMANDS)
def test_rows_that_wait_for_a_name_are_told_by_every_command(run, run_json, unanswered, kapfhir_sandbox, command):
    options = COMMANDS[command] + (("--server", kapfhir_sandbox.url) if command in ("plan", "sync") else ())
    _, lines = run_json(command, unanswered, *options)
    summary = lines[-1]
    assert (summary["rows"], summary["rejected"], summary["left_out"], summary["waiting"]) == (24, 0, 18, 18)
    if command == "sync":  # as when it is unchanged
        _, lines = run_json(command, unanswered, *options)
        assert [lines[-1][name] for name in ("create", "left_out", "waiting")] == [0, 18, 18]
    said = run(command, unanswered, *options)
    assert said.exit_code == 5
    assert "0 records rejected, 18 rows left out, 18 of them wait for an answer in people.csv or pairs.csv" in said.stderr


def test_a_rejected_outcome_is_no_second_rejected_record(run_json, kapfhir_sandbox):
    counts = [run_json("sync", "example:clinic", "--server", kapfhir_sandbox.url)[1][-1] for _ in range(2)]
    mapped = run_json("map", "example:clinic", "-o", "out")[1][-1]
    names = ("records", "rejected", "left_out", "waiting", "resources")
    assert [[c[name] for name in names] for c in counts] == [[mapped[name] for name in names]] * 2


def test_resources_that_a_run_did_not_come_to(run, run_json, small, kapfhir_sandbox):
    for _ in range(60):
        kapfhir_sandbox.fail_next(401)
    code, lines = run_json("sync", *small, "--server", kapfhir_sandbox.url)
    assert (code, lines[-1]["create"], lines[-1]["unsent"]) == (9, 0, 20)
    assert "20 resources not sent: the next run goes on there" in run("sync", *small, "--server", kapfhir_sandbox.url).stderr
