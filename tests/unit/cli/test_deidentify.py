import json
from pathlib import Path

import pytest

PATIENT = {"resourceType": "Patient", "id": "a", "name": [{"family": "Quokka"}], "birthDate": "1985-04-02"}
AS_OF = ("--as-of", "2026-01-01")


@pytest.fixture(autouse=True)
def export(run):
    Path("in").mkdir()
    Path("in/Patient.ndjson").write_text(json.dumps(PATIENT) + "\n", encoding="utf-8")


def test_files_on_stdout_and_the_rest_on_stderr(run):
    result = run("deidentify", "in", "-o", "out", "--key", "k", *AS_OF)
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["out/Patient.ndjson", "1"],
        ["out/deidentification.csv", "3"],
    ]
    assert result.stderr.splitlines() == [
        "a new key was made: k; keep it, and give it to nobody who gets the files",
        "1 resources de-identified, 0 withheld; out/deidentification.csv says what was done",
        "1 resources don't say of which server they are: those of another one must be de-identified by themselves, with a key of its own",
        "dates are shifted, not removed: Safe Harbor asks for --dates year, or for the opinion of an expert",
    ]
    again = run("deidentify", "in", "-o", "out", "--key", "k", "--dates", "year", "--keep-text", "Patient.language", *AS_OF)
    assert (again.exit_code, again.stdout) == (3, "")
    again = run("deidentify", "in", "-o", "out", "--key", "k", "--dates", "year", "--keep-text", "Condition.code.text", *AS_OF)
    assert again.stderr.splitlines() == [
        "1 resources de-identified, 0 withheld; out/deidentification.csv says what was done",
        "1 resources don't say of which server they are: those of another one must be de-identified by themselves, with a key of its own",
        "Condition.code.text left as it was written: read it before you share it",
    ]


def test_the_report_as_json_lines(run_json):
    code, lines = run_json("deidentify", "in", "-o", "out", "--key", "k", *AS_OF)
    assert code == 0
    assert {(line["path"], line["action"], line["count"]) for line in lines if line["type"] == "deidentified"} == {
        ("Patient.birthDate", "year", 1),
        ("Patient.id", "pseudonym", 1),
        ("Patient.name", "dropped", 1),
    }
    assert [line["path"] for line in lines if line["type"] == "file"] == ["out/Patient.ndjson", "out/deidentification.csv"]
    assert (lines[-1]["type"], lines[-1]["resources"], lines[-1]["exit"]) == ("summary", 1, 0)


def test_what_is_not_r4_ends_with_6(run):
    Path("in/Encounter.ndjson").write_text('{"resourceType": "Encounter", "id": "Quokka"}\n', encoding="utf-8")
    result = run("deidentify", "in", "-o", "out", "--key", "k")
    assert result.exit_code == 6
    assert "1 resources de-identified, 1 withheld" in result.stderr
    assert "Quokka" not in result.output + result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no", "-o", "out", "--key", "k"), "the folder to de-identify does not exist; check its path"),
        (("in", "-o", "in/out", "--key", "k"), "the output can't lie in the input"),
        (("in", "-o", "out", "--key", "open"), "the key file open can be read by others than its owner; chmod 600 open"),
        (("in", "-o", "out", "--key", "in/Patient.ndjson"), "the key file in/Patient.ndjson can be read by others"),
        (("in", "-o", "in/Patient.ndjson", "--key", "k"), "the output can't lie in the input"),
    ],
)
def test_what_is_not_what_it_must_be_ends_with_3(run, arguments, said):
    Path("open").touch(0o644)
    Path("in/Patient.ndjson").chmod(0o644)
    result = run("deidentify", *arguments)
    assert (result.exit_code, result.stdout) == (3, "")
    assert said in result.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "arguments", [("in", "-o", "out"), ("in", "--key", "k"), ("in", "-o", "out", "--key", "k", "--as-of", "today")]
)
def test_a_command_line_that_lacks_something_ends_with_2(run, arguments):
    assert run("deidentify", *arguments).exit_code == 2


def test_resources_that_say_of_which_server_they_are_need_no_word(run):
    entry = {"fullUrl": "https://one.example/fhir/Patient/a", "resource": PATIENT}
    Path("in/Patient.ndjson").unlink()
    Path("in/b.json").write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [entry]}), encoding="utf-8")
    result = run("deidentify", "in", "-o", "out", "--key", "k", *AS_OF)
    assert result.exit_code == 0
    assert "of which server" not in result.stderr
