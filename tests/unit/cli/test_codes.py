"""The codes of ours, what is wrong with them, and what of an export they lack."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from kapfhir.data import example_folder, mappings_folder


@pytest.fixture
def export():
    """The example in a folder of one's own, so that a test can change it."""
    shutil.copytree(example_folder("clinic"), "clinic")
    Path("kapfhir.toml").write_text(Path("clinic/kapfhir.toml").read_text("utf-8"), "utf-8")
    return Path("clinic/input")


def own(name, old, new):
    text = (mappings_folder() / name).read_text("utf-8")
    assert old in text
    path = Path("maps") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(old, new), "utf-8")


def test_the_lists(run, run_json):
    result = run("codes")
    assert result.exit_code == 0
    assert any(line.split() == ["route", "10", "snomed"] for line in result.stdout.splitlines())
    code, lines = run_json("codes")
    assert code == 0
    assert {"type": "list", "name": "route", "count": 10, "systems": ["snomed"]} in lines


def test_the_shipped_codes_have_no_faults(run):
    result = run("codes", "check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no faults" in result.stderr


def test_faults_and_warnings(run, run_json):
    own("codes/route.csv", "47625008,Intravenous route", "255560000,Intravenous")
    own("codes/event.csv", "422587007,Nausea", "422587007,Feeling sick")
    result = run("codes", "check", "maps")
    assert result.exit_code == 4
    assert "codes/route.csv:2:1: 255560000: it is a qualifier and no route; use 47625008 [refused-code]" in result.stdout
    assert "[display-differs]" in result.stdout and "(warning)" in result.stdout
    assert "1 fault\n" in result.stderr
    code, lines = run_json("codes", "check", "maps")
    assert code == 4
    assert {line["code"] for line in lines if line["type"] == "problem"} == {"refused-code", "display-differs"}


def test_warnings_alone_are_no_failure(run):
    own("codes/event.csv", "422587007,Nausea", "422587007,Feeling sick")
    assert run("codes", "check", "maps").exit_code == 0


def test_what_is_not_mapped_can_be_pasted(run, export):
    result = run("codes", "unmapped", export, "--source", "clinic")
    assert result.exit_code == 5
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert ["hypnosis", "TODO"] in rows
    assert all(len(row) in (0, 2) or (len(row) == 1 and row[0].startswith("# ")) for row in rows)
    shipped = (mappings_folder() / "sources/clinic/codes/modality.csv").read_text("utf-8")
    pasted = Path("maps/sources/clinic/codes/modality.csv")
    pasted.parent.mkdir(parents=True)
    block = next(b for b in result.stdout.split("\n\n") if "modality" in b)
    pasted.write_text(shipped + block.replace("hypnosis,TODO", "hypnosis,other-modality"), "utf-8")
    again = run("codes", "unmapped", export, "--source", "clinic", "--mappings", "maps")
    assert "hypnosis" not in again.stdout and "modality" not in again.stdout


def test_as_json(run_json, export):
    code, lines = run_json("codes", "unmapped", export, "--source", "clinic")
    assert code == 5
    found = next(line for line in lines if line.get("text") == "hypnosis")
    assert found["file"] == "sources/clinic/codes/modality.csv" and found["count"] == 1 and found["meant"] == ""


def test_nothing_of_it_is_talk(run, export):
    result = run("-v", "codes", "unmapped", export, "--source", "clinic")
    assert "hypnosis" not in result.stderr


def test_where_everything_is_mapped(run, export):
    (export / "adverse_events.csv").touch()
    for name, row in (("deltoid", "arm,left-deltoid"), ("gender", "?,unknown"), ("modality", "hypnosis,other-modality")):
        text = (mappings_folder() / f"sources/clinic/codes/{name}.csv").read_text("utf-8")
        path = Path(f"maps/sources/clinic/codes/{name}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}{row}\n", "utf-8")
    result = run("codes", "unmapped", export, "--source", "clinic", "--mappings", "maps")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "every text has its code" in result.stderr


def test_a_name_of_this_export_is_not_shown(run, export):
    """A cell of a coded column that holds a patient's name is counted, and not given back."""
    table = export / "notes.csv"
    name = next(csv.reader(io.StringIO((export / "clients.csv").read_text("utf-8-sig").splitlines()[1])))[1]
    text = table.read_bytes().decode("utf-8-sig")
    assert "hypnosis" in text and name
    table.write_text(text.replace("hypnosis", f"hypnosis {name}", 1), "utf-8")
    result = run("codes", "unmapped", export, "--source", "clinic")
    assert name not in result.stdout and "that are not shown" in result.stdout
