import json
import subprocess
import sys
from pathlib import Path

import pytest

from kapfhir.cli.lines import LINES

KINDS = ["AdverseEvent", "CarePlan", "Condition", "Encounter", "EpisodeOfCare", "Location", "MedicationAdministration"]


def contents(folder):
    return {p.name: p.read_bytes() for p in Path(folder).iterdir()}


def test_an_example_becomes_files(run, golden):
    result = run("map", "example:clinic", "-o", "out")
    assert result.exit_code == 5
    assert set(contents("out")) >= {f"{kind}.ndjson" for kind in KINDS} | {"manifest.json", "rejected.ndjson", "problems.csv"}
    assert result.stdout.splitlines()[0].split() == ["out/ActivityDefinition.ndjson", str(golden["ActivityDefinition"])]
    assert "resources; " in result.stderr
    assert "error        clients: DOB" in result.stderr
    assert "row 11" in result.stderr


def test_the_summary_counts_everything(run_json, golden):
    code, lines = run_json("map", "example:clinic", "-o", "out")
    assert code == 5
    for line in lines:
        LINES[line["type"]].model_validate(line)
    summary = lines[-1]
    told = [json.loads(line) for line in Path("out/rejected.ndjson").read_text().splitlines()]
    problems = [line for line in lines if line["type"] == "problem"]
    assert [(p["code"], p["file"], p["line"]) for p in problems] == [(t["code"], t["table"], t["row"]) for t in told]
    written = sum(line["count"] for line in lines if line["type"] == "file" and line["resource"])
    assert summary["resources"] == written == sum(golden.values())
    assert summary["rows"] > summary["records"] > 300
    assert summary["rejected"] >= 10
    assert (summary["create"], summary["requests"], summary["command"]) == (0, 0, "map")


def test_columns_that_no_map_uses_are_told_and_written(run, run_json):
    result = run("map", "example:clinic", "-o", "out")
    assert "no map uses 3 columns: what stands there is not sent" in result.stderr
    assert "notes: summary" in result.stderr
    assert "phq9: Archived" not in result.stderr  # it is empty
    rows = [row.split(",") for row in Path("out/unused.csv").read_text().splitlines()[1:]]
    _, lines = run_json("map", "example:clinic", "-o", "out")
    assert [[line["table"], line["column"], str(line["count"])] for line in lines if line["type"] == "unused"] == rows
    assert ["phq9", "Archived", "0"] in rows


def test_same_input_same_bytes(run, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    run("map", "example:clinic", "-o", "a")
    run("map", "example:clinic", "-o", "b")
    assert contents("a") == contents("b")
    assert json.loads(Path("a/manifest.json").read_text())["transactionTime"] == "2026-01-01T00:00:00Z"


def test_transactions(run):
    result = run("map", "example:clinic", "-o", "out", "--format", "bundle")
    assert result.exit_code == 5
    shared = json.loads(Path("out/bundle-0001.json").read_text())
    assert {e["resource"]["resourceType"] for e in shared["entry"]} == {
        "Organization",
        "Location",
        "HealthcareService",
        "Practitioner",
        "PractitionerRole",
        "Device",
        "Medication",
        "ActivityDefinition",
        "PlanDefinition",
    }
    patient = json.loads(Path("out/bundle-0002.json").read_text())
    assert sum(e["resource"]["resourceType"] == "Patient" for e in patient["entry"]) == 1
    assert patient["entry"][0]["fullUrl"].startswith("https://clinic.example/kap/Patient/")
    assert run("validate", "out").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["missing", "-o", "out"], "the export missing does not exist; check its path\n"),
        (["example:nothing", "-o", "out"], "there is no example of this name; the examples are: clinic, minimal\n"),
        (
            ["example:clinic", "-o", "out", "--source", "clinik"],
            "there are no source maps for 'clinik'; did you mean 'clinic'?\n",
        ),
        (["example:clinic", "-o", "out", "--mappings", "no"], "the maps folder no does not exist; check --mappings\n"),
    ],
)
def test_what_can_not_begin_ends_with_3_and_leaves_nothing(run, arguments, text):
    Path("kapfhir.toml").write_text(
        '[clinic]\nsystem = "urn:a:b"\nnamespace = "5e0c3a52-6f1d-4c7e-9a41-2f7d0b8c1e64"\nzone = "UTC"\n'
    )
    result = run("map", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", text)
    assert not Path("out").exists()


def test_without_a_clinic_there_is_advice(run):
    Path("t.csv").write_text("a,b\n1,2\n")
    result = run("map", "t.csv", "-o", "out")
    assert result.exit_code == 3
    assert "kapfhir init" in result.stderr


def test_a_folder_of_others_is_left_alone(run):
    Path("out").mkdir()
    Path("out/mine.txt").write_text("mine")
    result = run("map", "example:clinic", "-o", "out")
    assert result.exit_code == 3
    assert list(contents("out")) == ["mine.txt"]


def test_quiet_tells_errors_only(run):
    assert "rows," not in run("-q", "map", "example:clinic", "-o", "out").stderr


def test_verbose_tells_each_problem_with_its_map_line(run):
    line = "error: clients:11:DOB: there is no such date or time [impossible-date] (sources/clinic/clients.yaml:"
    assert line in run("-v", "map", "example:clinic", "-o", "out").stderr


def test_a_closed_pipe_is_no_full_disk(tmp_path):
    """`kapfhir --json map ... | head -1`: nobody is told to make room."""
    command = [sys.executable, "-m", "kapfhir", "--json", "--no-progress", "map", "example:clinic", "-o", str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"make room" not in process.stderr.read()
