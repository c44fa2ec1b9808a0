"""Rows that can't be taken: each is told, the rest goes on."""

import zipfile
from datetime import datetime, time

import pytest
from kapfhir.mapping.source.reading import read_records
from kapfhir.mapping.units import Nothing
from kapfhir.sources.export import open_export
from openpyxl import Workbook
from source_desk import log


def test_rows_that_the_table_cant_read(patients):
    rows = [
        b"Id,Last",
        b"P-1,One",
        b"P-2,M\xfcller",
        b"P-3,a\x00b",
        b'P-4,"open',
        b"P-5,Five",
        b"P-6," + b"x" * 200_000,
        b"P-7,Seven",
    ]
    patients.table("patients", b"\n".join(rows) + b"\n")
    units = patients.read()
    told = {line: (code, effect) for line, code, _, effect in units.told("patients")}
    assert told == {
        3: ("undecodable-byte", "record rejected"),
        4: ("nul-byte", "record rejected"),
        5: ("unclosed-quote", "record rejected"),
        7: ("giant-cell", "record rejected"),
    }
    assert list(units.records("Patient")) == ["P-1", "P-5", "P-7"]
    assert {p.place for p in units.problems("patients")} == {"sources/desk/patients.yaml"}
    assert patients.scopes()["Patient"] == set(), "an unreadable row may have any key"


def test_a_header_in_the_middle_is_no_record(patients):
    patients.table("patients", "Id,Last\nP-1,One\nId,Last\nP-2,Last\nId,Other\n\ufeffId, Last \n")
    units = patients.read()
    assert units.told("patients") == {(line, "repeated-header", "", "row left out") for line in (3, 6)}
    assert {p.severity for p in units.problems("patients")} == {"warning"}
    assert list(units.records("Patient")) == ["P-1", "P-2", "Id"]
    assert patients.scopes()["Patient"] == {"patients"}, "it has no key that could count as gone"


def test_short_and_long_rows(patients):
    patients.table("patients", "Id,Last\nP-1\nP-2,Two,\nP-3,Three,more\nP-4,Four\nP-4\n")
    units = patients.read()
    assert units.told("patients") == {
        (2, "short-row", "", "record rejected"),
        (4, "long-row", "", "record rejected"),
        (6, "short-row", "", "record rejected"),
    }
    assert list(units.records("Patient")) == ["P-2", "P-4"]
    assert units.rejected() == [("Patient", "P-1"), ("Patient", "P-3")]
    assert patients.scopes()["Patient"] == {"patients"}


def test_what_points_to_a_short_row_depends_on_it(sessions):
    sessions.table("patients", "Id,Last\nP-1\n").table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,,,"))
    assert sessions.read().told("log") == {(2, "depends-on-rejected", "Patient", "record rejected")}


def test_equal_rows_count_once_and_differing_rows_reject_each_other(patients):
    patients.table("patients", "Id,Last,Note\nP-1,One,a\nP-2,Two,\nP-1,One,b\nP-2,Zwei,\nP-2,Two,\nP-3,Three,\n")
    units = patients.read()
    assert units.told("patients") == {
        (4, "duplicate-row", "", "row counted once"),
        (3, "conflicting-rows", "", "record rejected"),
        (5, "conflicting-rows", "", "record rejected"),
        (6, "conflicting-rows", "", "record rejected"),
    }
    assert list(units.records("Patient")) == ["P-1", "P-3"]
    assert units.rejected() == [("Patient", "P-2")]
    assert [p.severity for p in units.problems() if p.code == "duplicate-row"] == ["warning"]


def test_rows_of_one_column_with_several_meanings_make_one_record(patients):
    lines = "".join(
        f"  {field}: {{from: Text, where: {{What: {what}}}}}\n" for field, what in (("family", "last"), ("email", "mail"))
    )
    patients.map("facts", f"concept: Patient\ntable: facts\nfields:\n  key: Id\n{lines}")
    (patients.source / "patients.yaml").unlink()
    patients.table("facts", "Id,What,Text\nP-1,last,One\nP-2,last,Two\nP-1,mail,one@clinic.example\nP-2,mail,\nP-1,last,One\n")
    units = patients.read()
    assert [(r.key, r.family, r.email) for r in units.records("Patient").values()] == [
        ("P-1", "One", "one@clinic.example"),
        ("P-2", "Two", None),
    ]
    assert {p.code for p in units.problems("facts")} == {"duplicate-row"}


@pytest.mark.parametrize("text", ["", "Id,Last\n", "Id,Last\n\n\n,\n"])
def test_tables_without_rows(patients, text):
    units = patients.table("patients", text).read()
    assert (units.records("Patient"), units.problems()) == ({}, [])


def test_lines_count_as_they_stand_in_the_file(patients):
    patients.table("patients", 'Id,Last\n\nP-1,"One\nTwo"\n\nP-2,\n')
    units = patients.read()
    assert units.found("P-1").places[0].row == 3
    assert units.told("patients") == {(6, "missing-field", "Last", "record rejected")}


def test_a_record_with_too_many_rows(patients, monkeypatch):
    monkeypatch.setattr("kapfhir.mapping.source.reading.MOST_ROWS", 20)
    monkeypatch.setattr("kapfhir.mapping.source.store.MOST_ROWS", 20)
    text = "concept: OutcomeAssessment\ntable: pcl\nfields:\n  key: Id\n  patient: P\n  instrument: = pcl-5\n  assessed: On\n"
    text += "  answers[*].question: Q\n  answers[*].value: A\n"
    rows = [f"A-1,P-1,2026-01-05,pcl5-{n % 20 + 1},{n % 5}" for n in range(50)]
    patients.map("pcl", text).table("pcl", "\n".join(["Id,P,On,Q,A", *rows]) + "\n")
    units = patients.read()
    assert units.told("pcl") == {(2, "too-many-rows", "", "record rejected")}
    assert units.rejected() == [("OutcomeAssessment", "A-1")]


def test_a_workbook_with_typed_dates(sessions):
    book = Workbook()
    sheet = book.active
    sheet.title = "log"
    sheet.append(["Session", "Patient", "Start", "End", "Dose", "Route", "SBP", "DBP", "HR", "Day", "At", "kg"])
    day, moment = datetime(2026, 1, 5), datetime(2026, 1, 5, 10, 0)
    sheet.append(["D-1", "P-1", moment, datetime(2026, 1, 5, 11, 30), 35.5, "iv", 120, 80, 70, day, time(10, 40), 71])
    sheet.append(["D-2", "P-2", datetime(2026, 3, 8, 2, 30), None, 35, "iv", None, None, None, None, None, None])
    book.save(sessions.export / "book.xlsx")
    text = (sessions.source / "log.yaml").read_text()
    text += (
        "  vitals[min40].taken: {from: [Day, At], format: MM/DD/YYYY hh:mm AM}\n  vitals[min40].weight: {from: kg, unit: kg}\n"
    )
    sessions.map("log", text)
    units = sessions.read()
    record = units.records("DosingSession")["D-1"]
    assert record.session.start.isoformat() == "2026-01-05T10:00:00-08:00"
    assert {v.key: v.taken.isoformat() for v in record.vitals} == {
        "min40": "2026-01-05T10:40:00-08:00",
        "pre": "2026-01-05T10:00:00-08:00",
    }
    assert str(record.doses[0].dose.value) == "35.5"
    assert units.told("log") == {(3, "no-such-local-time", "Start", "record rejected")}


def test_a_zip_is_as_good_as_a_folder(patients, tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in patients.export.iterdir():
            archive.write(path, path.name)
    with open_export(tmp_path / "export.zip") as export:
        assert list(read_records(patients.load(export), export, Nothing())) == patients.read()


def test_a_broken_cell_of_a_sheet_costs_what_its_column_is_needed_for(sessions):
    book = Workbook()
    sheet = book.active
    sheet.title = "log"
    sheet.append(["Session", "Patient", "Start", "End", "Dose", "Route", "SBP", "DBP", "HR", "Notes"])
    start = datetime(2026, 1, 5, 10)
    for key, broken in (("D-1", "E"), ("D-2", "I"), ("D-3", "J"), ("D-4", "B"), ("D-5", "A")):
        sheet.append([key, "P-1", start, None, 35.5, "iv", 120, 80, 70, "x"])
        sheet[f"{broken}{sheet.max_row}"].value = "#DIV/0!"
        sheet[f"{broken}{sheet.max_row}"].data_type = "e"
    sheet.append(["D-6", "P-1", start, None, "=30+5", "iv", 120, 80, 70, "x"])
    book.save(sessions.export / "book.xlsx")
    units = sessions.read()
    found = units.records("DosingSession")
    assert set(found) == {"D-1", "D-2", "D-3", "D-6"}
    assert [found[key].doses[0].dose for key in ("D-1", "D-6")] == ["error", "error"]
    assert found["D-2"].vitals[0].heart_rate is None
    assert found["D-2"].vitals[0].blood_pressure is not None
    assert units.told("log") == {
        (2, "error-cell", "Dose", "value absent"),
        (3, "error-cell", "HR", "field withheld"),
        (5, "error-cell", "Patient", "record rejected"),
        (6, "error-cell", "Session", "record rejected"),
        (7, "formula-without-value", "Dose", "value absent"),
    }
    assert units.rejected() == [("DosingSession", "D-4")]
    assert units.same() == set()


def test_a_row_whose_where_asks_a_broken_cell_is_told(patients):
    patients.map(
        "people",
        "concept: Patient\ntable: people\nwhere: {Kind: client}\nfields:\n  key: Id\n  family: Last\n",
    )
    book = Workbook()
    book.active.title = "people"
    for row in (["Id", "Last", "Kind"], ["Q-1", "One", "client"], ["Q-2", "Two", "#N/A"], ["Q-3", "Three", "staff"]):
        book.active.append(row)
    book.active["C3"].data_type = "e"
    book.save(patients.export / "book.xlsx")
    units = patients.read()
    assert "Q-1" in units.records("Patient")
    assert units.told("people") == {(3, "error-cell", "Kind", "record rejected")}
    assert units.rejected() == [("Patient", "Q-2")]


def test_a_broken_cell_has_no_part_in_what_several_columns_say(patients):
    patients.map(
        "prep",
        """concept: PreparationSession
table: prep
fields:
  key: Id
  patient: = P-1
  therapist: = MD-1
  status: = completed
  session.start: {from: [Day, At], format: "YYYY-MM-DD hh:mm"}
  delivery: = in-person
  modalities: {checked: {A: emdr, B: ifs}}
""",
    )
    book = Workbook()
    book.active.title = "prep"
    for row in (["Id", "Day", "At", "A", "B"], ["R-1", "2026-01-05", "10:00", 1, "#N/A"], ["R-2", "2026-01-05", "#N/A", 1, 0]):
        book.active.append(row)
    book.active["E2"].data_type = book.active["C3"].data_type = "e"
    book.save(patients.export / "book.xlsx")
    units = patients.read()
    assert units.records("PreparationSession")["R-1"].modalities == ()
    assert units.told("prep") == {(2, "error-cell", "B", "field withheld"), (3, "error-cell", "Day + At", "record rejected")}


def test_a_broken_row_of_a_table_with_several_maps_is_told_once(patients):
    patients.map("people", "concept: Patient\ntable: forms\nfields:\n  key: Id\n  family: = Unknown\n")
    form = "concept: OutcomeAssessment\ntable: forms\nfields:\n  key: Form\n  patient: Id\n  instrument: = phq-9\n"
    patients.map("forms", form + "  assessed: Day\n  total: {from: Score, unit: '{score}'}\n")
    patients.table("forms", b"Form,Id,Day,Score\nF-1,P-7,2026-01-05,7\nTotal\nF-2,P-7,a\x00b,9\n")
    units = patients.read()
    assert [(p.line, p.code, p.place) for p in units.problems("forms")] == [
        (3, "short-row", "sources/desk/forms.yaml"),
        (4, "nul-byte", "sources/desk/forms.yaml"),
    ]
    assert {r for r in units.rejected() if r[0] == "OutcomeAssessment"} == {("OutcomeAssessment", "Total")}


def test_a_broken_row_of_sessions_is_told_by_their_map(sessions):
    """As a rule asks which sessions were lost."""
    event = "concept: AdverseEvent\ntable: log\nwhere: {Route: im}\nfields:\n  key: Session\n  patient: Patient\n"
    sessions.map("events", event + "  during: Session\n  event: = nausea\n  onset: Start\n  severity: = mild\n")
    sessions.table("log", log("D-1,P-1"))
    assert [(p.code, p.place) for p in sessions.read().problems("log")] == [("short-row", "sources/desk/log.yaml")]


def test_maps_that_read_a_table_otherwise_tell_for_themselves(patients):
    patients.map("more", "concept: Clinic\ntable: patients\nencoding: cp1252\nfields:\n  key: Id\n  name: Last\n")
    patients.table("patients", b"Id,Last\nP-1,M\xfcller\nP-2\n")
    assert sorted((p.line, p.code, p.place.rpartition("/")[2]) for p in patients.read().problems("patients")) == [
        (2, "undecodable-byte", "patients.yaml"),
        (3, "short-row", "more.yaml"),
        (3, "short-row", "patients.yaml"),
    ]
