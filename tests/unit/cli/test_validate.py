import json
from pathlib import Path

PATIENT = {"resourceType": "Patient", "id": "a", "gender": "female"}


def write(name, *resources):
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(map(json.dumps, resources)) + "\n")
    return path


def test_what_is_r4_is_said_to_be(run):
    write("p.json", PATIENT)
    write("p.ndjson", PATIENT, PATIENT)
    result = run("validate", "p.json", "p.ndjson")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "2 files, 3 resources: no problems\n"


def test_each_problem_with_file_line_and_element(run, run_json):
    write("p.ndjson", PATIENT, {**PATIENT, "gender": "canary", "nane": []})
    result = run("validate", "p.ndjson")
    assert result.exit_code == 6
    assert "p.ndjson:2:Patient.gender: " in result.stdout
    assert "[unknown-element]" in result.stdout
    assert "canary" not in result.output
    code, lines = run_json("validate", "p.ndjson")
    assert code == 6
    assert {(line["file"], line["line"]) for line in lines[:-1]} == {("p.ndjson", 2)}


def test_a_folder_stands_for_its_resources(run, golden):
    run("map", "example:clinic", "-o", "out")
    result = run("validate", "out")
    assert result.exit_code == 0
    assert result.stderr == f"{len(golden)} files, {sum(golden.values()):,} resources: no problems\n"


def test_what_map_writes_beside_resources_is_left_out(run):
    run("map", "example:clinic", "-o", "out")
    assert run("validate", *Path("out").glob("*.ndjson")).exit_code == 0


def test_files_that_are_not_there(run):
    assert run("validate", "no.json").stderr == "no.json does not exist; check its path\n"
    Path("empty").mkdir()
    assert run("validate", "empty").exit_code == 3


def test_no_json_is_a_problem_of_its_file(run):
    Path("x.json").write_text("canary")
    result = run("validate", "x.json")
    assert result.exit_code == 6
    assert result.stdout.startswith("x.json:1")
    assert "canary" not in result.output


def test_with_a_realm_claims_are_checked_too(run):
    claim = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    write("p.json", {"resourceType": "Patient", "meta": {"profile": [claim]}, "gender": "female"})
    assert run("validate", "p.json").exit_code == 0
    result = run("validate", "p.json", "--realm", "us-core-6.1.0")
    assert result.exit_code == 6
    assert "us-core-patient asks for name" in result.output
    assert "[not-satisfied]" in result.output
