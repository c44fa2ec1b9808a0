"""Drafts for an export that nobody has seen: files that are maps, whose TODO lines are few, and that hold nothing private."""

import csv
import io
import shutil
import tomllib
import uuid
from collections import Counter
from datetime import date, time, timedelta

import pytest
from drafted_clinic import ZONE, Clinic, day
from openpyxl import Workbook

from kapfhir.data import example_folder
from kapfhir.errors import ConfigError
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.located import Problems, load_yaml
from kapfhir.mapping.source.check import load_source
from kapfhir.sources.export import open_export


@pytest.fixture
def clinic(tmp_path):
    return Clinic(tmp_path)


def newcomer(clinic):
    """Three tables with headers of their own: a wide PHQ-9, vitals in columns, a dose log in a sheet."""
    items = ",".join(f"PHQ Q{n}" for n in range(1, 10))
    answers = [
        [f"S{n}", 4001 + n % 3, day(n), *[(n + i) % 4 for i in range(9)], sum((n + i) % 4 for i in range(9))] for n in range(12)
    ]
    clinic.table("PHQ results", f"Submission ID,Chart #,Date Completed,{items},Total Score", *answers)
    header = (
        "Visit,Chart #,Pre BP Sys,Pre BP Dia,Pre HR,40 min BP Sys,40 min BP Dia,Post BP,Visit Date,Pre Time,40 min Time,Post Time"
    )
    vitals = [
        [f"V{n:02}", 4001 + n % 3, 120 + n, 70, 66, 140, 85, "125/80", day(n), "9:50 AM", "10:40 AM", "12:05 PM"]
        for n in range(12)
    ]
    clinic.table("Vitals", header, *vitals)
    book = Workbook()
    book.active.title = "Ketamine log"
    book.active.append(
        ["Visit #", "Date", "Chart #", "Time In", "Time Out", "Provider", "Route", "Dose (mg)", "Weight (kg)", "Lot #", "Status"]
    )
    for n in range(12):
        status = "Pt refused" if n == 7 else "Complete"
        dose = None if n == 7 else 35.5
        at = date(2026, 1, 5) + timedelta(days=2 * n)
        row = [f"V{n:02}", at, 4001 + n % 3, time(10), time(12), "Dr. Ann Doe", ("IM", "IV")[n % 2], dose, 70, "L1", status]
        book.active.append(row)
    book.save(clinic.export / "dose log.xlsx")
    return clinic.draft()


def test_the_configuration_has_a_namespace_of_its_own(clinic):
    clinic.table("clients", "Client ID,Last Name,DOB", ["P-1", "Test", "1985-04-02"]).draft()
    settings = tomllib.loads((clinic.out / "kapfhir.toml").read_text(encoding="utf-8"))
    assert settings["source"] == "export"
    assert settings["mappings"] == "mappings"
    assert (settings["clinic"]["system"], settings["clinic"]["zone"]) == ("TODO", "TODO")
    assert uuid.UUID(settings["clinic"]["namespace"]).version == 4


def test_what_is_drafted_twice_differs_in_the_namespace_only(clinic):
    first = {p.name: p.read_text(encoding="utf-8") for p in newcomer(clinic).files}
    clinic.out = clinic.out.with_name("again")
    second = {p.name: p.read_text(encoding="utf-8") for p in clinic.draft().files}
    assert {name for name in first if first[name] != second[name]} == {"kapfhir.toml"}
    assert first.keys() == second.keys()


def test_nothing_is_overwritten(clinic):
    newcomer(clinic)
    before = {p: p.read_bytes() for p in clinic.files}
    with pytest.raises(ConfigError, match="is there already"):
        clinic.draft()
    assert {p: p.read_bytes() for p in clinic.files} == before


def test_a_newcomer_fills_in_four_lines(clinic):
    newcomer(clinic)
    assert [(p.file.rpartition("/")[2], p.code) for p in clinic.faults()] == [
        ("clinic.yaml", "todo"),
        ("outcome.csv", "todo"),
        ("ketamine_log_patients.yaml", "todo"),
        ("ketamine_log_practitioners.yaml", "todo"),
    ]
    clinic.fill("clinic.yaml", name="= My clinic")
    clinic.fill("ketamine_log_patients.yaml", family="= Unknown")
    clinic.fill("ketamine_log_practitioners.yaml", profession="= physician")
    outcome = clinic.folder / "codes" / "outcome.csv"
    outcome.write_text(outcome.read_text().replace("Pt refused,TODO", "Pt refused,not-done"))
    assert clinic.faults() == []
    counts, problems, records = clinic.read()
    assert counts == {"Clinic": 1, "Patient": 3, "DosingSession": 12, "OutcomeAssessment": 12}
    assert problems == ["unconfirmed-person"] * 12, "who `Dr. Ann Doe` is waits for a key, and no session for it"
    session = next(r for r in records if r.key == "V00")
    assert [v.key for v in session.vitals] == ["min40", "post", "pre", "weight"]
    assert str(session.session.start) == "2026-01-05 10:00:00-08:00"
    assert (str(session.doses[0].dose.value), session.doses[0].route) == ("35.5", "im")


def test_a_todo_blocks_its_own_table_only(clinic):
    newcomer(clinic)
    maps = MapFolder.over(clinic.out / "mappings")
    with open_export(clinic.export) as export:
        source = load_source(maps, clinic.source, export, Codes(maps), ZONE)
        assert {b.file.rpartition("/")[2] for b in source.blocked} == {
            "clinic.yaml",
            "ketamine_log.yaml",
            "ketamine_log_patients.yaml",
            "ketamine_log_practitioners.yaml",
        }
        assert {p.file.rpartition("/")[2] for p in source.plans} == {"phq_results.yaml", "vitals.yaml"}


WEEKLY = "adverse_events cadss clients courses cssrs gad7 im_log lozenges madrs meq30 moniteur notes pcl5 phq9 preparation"
WEEKLY += " problem_list sites spravato staff"


def test_the_tables_of_every_week_are_drafted_nearly_whole(tmp_path):
    (tmp_path / "input").mkdir()
    for name in (*(f"{table}.csv" for table in WEEKLY.split()), "dose_log.xlsx"):
        shutil.copy(example_folder("clinic") / "input" / name, tmp_path / "input")
    clinic = Clinic(tmp_path, tmp_path / "input").draft()
    todos = clinic.faults()
    assert {p.code for p in todos} == {"todo"}
    assert len(todos) < 20
    stems = sorted(p.stem for p in clinic.folder.glob("*.yaml"))
    assert stems == sorted([*WEEKLY.split(), "iv", "iv_steps", "premeds"])
    concepts = Counter(clinic.head(p.stem)[0].removeprefix("concept: ") for p in clinic.folder.glob("*.yaml"))
    assert concepts == {
        "OutcomeAssessment": 7, "DosingSession": 7, "AdverseEvent": 1, "Patient": 1, "Course": 1, "IntegrationSession": 1,
        "PreparationSession": 1, "Diagnosis": 1, "Clinic": 1, "Practitioner": 1,
    }  # fmt: skip
    assert clinic.head("moniteur")[2:] == ["encoding: cp1252", 'delimiter: ";"', 'decimal: ","']
    assert clinic.head("notes")[2:] == ["where: {note_type: KAP Integration}"]
    assert clinic.lines("notes")["follows"] == "session"
    assert clinic.lines("iv")["doses[1].given.end"] == "Stop"


def test_all_that_is_drafted_is_a_map_whatever_the_headers_are(clinic):
    odd = [
        "a: b",
        "x # y",
        "{from}",
        "- dash",
        '"quoted"',
        "it's",
        "  ",
        "TODO list",
        "= sum",
        "[1]",
        "two\nlines",
        "ключ",
        "*star",
        "&and",
        "yes",
        "1.0",
    ]
    text = io.StringIO()
    csv.writer(text).writerows([["Client", *odd, "Client"], ["P-1", *"abcdefghijklmnop", "P-1"]])
    (clinic.export / "odd #1: table.csv").write_text(text.getvalue(), encoding="utf-8")
    clinic.table("dose: log", "Session: id,Client {id},# dose mg,Start: time", ["D-1", "P-1", 35, "2026-01-05 10:00"]).draft()
    for path in clinic.folder.glob("*.yaml"):
        problems = Problems(path.name)
        assert load_yaml(path, problems) is not None
        assert problems.found == []
    assert {p.code for p in clinic.faults()} == {"todo"}


def test_no_name_date_id_or_note_of_a_patient_leaves_the_tables(clinic):
    canaries = [
        "Zebulon",
        "Quackenbush",
        "1985-04-02",
        "canary@nowhere.example",
        "P-4711",
        "Seventeen Elm Street",
        "wept for an hour",
    ]
    clinic.table(
        "clients",
        "Client ID,First Name,Last Name,DOB,Email,Street,Sex",
        ["P-4711", "Zebulon", "Quackenbush", "1985-04-02", canaries[3], canaries[5], "F"],
    )
    header = "Session,Client ID,Client Name,Start,Dose mg,Route,Status,Comments"
    clinic.table(
        "log", header, ["D-1", "P-4711", "Zebulon Quackenbush", "2026-01-05 10:00", 35, "IV", "Complete", "wept for an hour"]
    ).draft()
    written = "\n".join(p.read_text(encoding="utf-8") for p in clinic.files)
    assert [c for c in canaries if c in written] == []
    assert clinic.codes("gender") == {"F": "female"}


def test_empty_and_broken_tables_are_left_out(clinic):
    (clinic.export / "empty.csv").write_bytes(b"")
    (clinic.export / "broken.xlsx").write_bytes(b"x")
    clinic.table("clients", "Client ID,Last Name,DOB", ["P-1", "Test", "1985-04-02"]).draft()
    assert [p.name for p in clinic.folder.glob("*.yaml")] == ["clients.yaml"]
