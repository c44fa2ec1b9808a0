"""`kapfhir findings`, and the counts at the end of other commands."""

import csv
import json
import re
from pathlib import Path

import pytest

from kapfhir.cli.lines import LINES
from kapfhir.data import example_folder
from kapfhir.fhir.exact import loads
from kapfhir.fhir.validate import check
from kapfhir.review import COLUMNS
from kapfhir.rules.table import all_rules

LINE = re.compile(r"(safety|error|warning|info) +\S+:\d+.* \[[A-Z]\d\d[a-z-]*\]( \(changed\))?")
ORDER = ["safety", "error", "warning", "info"]


@pytest.fixture(autouse=True)
def made(monkeypatch):
    """When the export was made; else that of its files."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761600")


def configure(text):
    """The clinic of the example with rules of its own."""
    own = (example_folder("clinic") / "kapfhir.toml").read_text()
    Path("kapfhir.toml").write_text(own + text)


def test_findings_are_lines_safety_first(run):
    result = run("findings", "example:clinic")
    assert result.exit_code == 5  # of the rows that were rejected, as everywhere
    lines = result.stdout.splitlines()
    assert len(lines) > 100
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    levels = [line.split()[0] for line in lines]
    assert levels == sorted(levels, key=ORDER.index)
    assert "safety   IV:21  The blood pressure reached 180 systolic or 110 diastolic. [M03]" in lines
    assert "findings: " in result.stderr


def test_findings_alone_are_no_failure(run, small):
    result = run("findings", *small)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "findings: 0 safety, 0 errors, 0 warnings, 0 info" in result.stderr
    assert "not judged, as the export holds no Consent: E17" in result.stderr


def test_what_is_told_of_a_whole_table_names_no_row(run, small):
    """Answers that are numbered from 1: the table first, then its rows; nothing of it goes out."""
    folder = Path("maps/sources/small")
    (folder / "people.yaml").write_text("concept: Patient\ntable: people\nfields:\n  key: Id\n  family: Last\n")
    head = "concept: OutcomeAssessment\ntable: scores\nfields:\n  key: Id\n  patient: P\n  instrument: = pcl-5\n  assessed: = 2026-01-05\n"
    (folder / "scores.yaml").write_text(head + "".join(f"  answers[pcl5-{n}].value: Q{n}\n" for n in (1, 2)))
    Path("t/people.csv").write_text("Id,Last\nP-1,One\n")
    Path("t/scores.csv").write_text("Id,P,Q1,Q2\nA-1,P-1,1,2\nA-2,P-1,1,5\n")
    result = run("findings", *small)
    assert result.exit_code == 5
    places = [re.split(" {2,}", line)[1] for line in result.stdout.splitlines()]
    assert places == ["scores Q1 ... Q2", "scores:2", "scores:3 Q1 + Q2"]
    assert run("map", *small, "-o", "out").exit_code == 5
    assert not Path("out/QuestionnaireResponse.ndjson").exists()


def test_json_lines_and_the_summary(run_json):
    code, lines = run_json("findings", "example:clinic")
    assert code == 5
    for line in lines:
        LINES[line["type"]].model_validate(line)
    rules = [line for line in lines if line["type"] == "rule"]
    counts = {s: sum(line["severity"] == s for line in rules) for s in ORDER}
    assert lines[-1]["findings"] == counts
    assert counts["safety"] > 10
    assert {line["rule"] for line in rules} <= all_rules().keys()
    assert all(re.fullmatch(r"Patient/[0-9a-f-]{36}|", line["patient"]) for line in rules)


def test_a_file_has_a_row_for_each(run):
    result = run("findings", "example:clinic", "-o", "f.csv")
    rows = list(csv.DictReader(Path("f.csv").read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(result.stdout.splitlines())
    assert {row["changed"] for row in rows} == {""}


def test_same_input_same_bytes(run):
    for form in ("csv", "fhir"):
        for name in ("a", "b"):
            run("findings", "example:clinic", "-o", name, "--as", form)
        assert Path("a").read_bytes() == Path("b").read_bytes()


def test_as_fhir_they_are_issues_and_flags_of_r4(run):
    run("findings", "example:clinic", "-o", "f.ndjson", "--as", "fhir")
    resources = [loads(line) for line in Path("f.ndjson").read_bytes().splitlines()]
    assert {r["resourceType"] for r in resources} == {"DetectedIssue", "Flag"}
    assert [p for r in resources for p in check(r)] == []
    ids = [(r["resourceType"], r["id"]) for r in resources]
    assert len(set(ids)) == len(ids)
    high = next(r for r in resources if r["identifier"][0]["value"].startswith("M03:"))
    assert high["severity"] == "high"
    assert high["implicated"][0]["reference"].startswith("Procedure/")
    assert high["identifiedDateTime"] == "2027-01-01T00:00:00+00:00"
    flagged = sum(r["resourceType"] == "Flag" for r in resources)
    assert flagged == sum(r.get("severity") == "high" and r["code"]["coding"][0]["code"] == "safety-finding" for r in resources)


def test_their_references_are_resources_of_the_same_export(run):
    run("map", "example:clinic", "-o", "out")
    run("findings", "example:clinic", "-o", "f.ndjson", "--as", "fhir")
    there = {
        f"{r['resourceType']}/{r['id']}"
        for p in Path("out").glob("*.ndjson")
        if p.stem != "rejected"
        for r in map(json.loads, p.read_text().splitlines())
    }
    pointed = set(re.findall(r'"reference": ?"([^"]+)"', Path("f.ndjson").read_text()))
    assert len(pointed) > 20
    assert pointed - there == set()


def test_fhir_needs_a_file(run):
    result = run("findings", "example:clinic", "--as", "fhir")
    assert (result.exit_code, result.stderr) == (2, "--as fhir needs a file: give -o FILE; see cli findings --help\n")


def test_a_file_that_can_not_be_written(run):
    result = run("findings", "example:clinic", "-o", "nowhere/f.csv")
    assert result.exit_code == 3
    assert "nowhere/f.csv can't be written" in result.stderr


def test_what_the_configuration_changes_is_told(run, run_json):
    configure(
        '[findings.M03]\nseverity = "warning"\nnumbers.systolic = 250\nnumbers.diastolic = 150\n[findings.O03]\nseverity = "off"\n'
    )
    result = run("findings", str(example_folder("clinic") / "input"))
    assert "[M03]" not in result.stdout
    assert "[O03]" not in result.stdout
    assert (
        "rule changed by the configuration: M03: severity warning instead of safety, systolic 250 mm[Hg] instead of 180"
        in result.stderr
    )
    configure("[findings.M03]\nnumbers = {systolic = 150}\n")
    result = run("findings", str(example_folder("clinic") / "input"), "-o", "f.csv")
    assert "The blood pressure reached 150 systolic or 110 diastolic. [M03] (changed)" in result.stdout
    rows = list(csv.DictReader(Path("f.csv").read_text().splitlines()))
    assert {row["rule"] for row in rows if row["changed"] == "yes"} == {"M03"}
    _, lines = run_json("findings", str(example_folder("clinic") / "input"))
    assert {line["rule"] for line in lines if line["type"] == "rule" and line["changed"]} == {"M03"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[findings.M3]\n", "findings: there is no rule 'M3'; did you mean 'M03'?"),
        ("[findings.s-9-slip]\n", "findings: there is no rule 's-9-slip'; did you mean 'S09-slip'?"),
        ("[findings.M03]\nnumbers.sistolic = 3\n", "findings: rule M03 has no number 'sistolic'; did you mean 'systolic'?"),
        ("[findings.M15]\nnumbers.x = 3\n", "findings: rule M15 has no number 'x'; it has none"),
        (
            '[findings.T01]\nseverity = "off"\n',
            "findings: rule T01 says how something is computed: it has no level and no numbers to set",
        ),
        ('[findings.M03]\nseverty = "off"\n', "findings.M03.severty: unknown key; did you mean 'severity'?"),
    ],
)
def test_a_rule_or_number_that_is_not_there(run, text, fault):
    configure(text)
    result = run("findings", "example:clinic")
    assert result.exit_code == 3
    assert fault in result.stderr


@pytest.mark.parametrize("command", ["map", "plan", "sync"])
def test_other_commands_tell_the_counts(run, run_json, kapfhir_sandbox, command):
    to = ("-o", "out") if command == "map" else ("--server", kapfhir_sandbox.url, "--ledger", "l.sqlite")
    _, alone = run_json("findings", "example:clinic")
    _, lines = run_json(command, "example:clinic", *to)
    assert lines[-1]["findings"] == alone[-1]["findings"]
    result = run(command, "example:clinic", *to)
    assert "`kapfhir findings EXPORT` tells each of them" in result.stderr


def test_a_second_sync_finds_the_same_where_nothing_is_new(run_json, kapfhir_sandbox):
    to = ("--server", kapfhir_sandbox.url, "--ledger", "l.sqlite")
    told = [run_json("sync", "example:clinic", *to)[1][-1] for _ in range(2)]
    assert told[0]["findings"] == told[1]["findings"]
    assert (told[1]["create"], told[1]["update"]) == (0, 0)
