"""One row told, line by line of its maps."""

import pytest
from kapfhir.errors import ConfigError
from kapfhir.mapping.source.explain import explain
from kapfhir.sources.export import open_export
from source_desk import log


def explained(desk, table, row):
    with open_export(desk.export) as export:
        return explain(desk.load(export), export, table, row)


def fates(found):
    return {(t.column, t.field): t.fate for t in found.told}


def test_every_line_has_its_fate(sessions):
    sessions.table(
        "log", log("D-1,P-1,2026-01-05 10:00,,a lot,iv,80,120,", "D-2,P-9,2026-01-05 10:00,,35,,,,").replace("HR", "HR,")
    )
    found = explained(sessions, "log", 2)
    told = fates(found)
    assert told["Session", "DosingSession.key"] == "taken"
    assert told["Patient", "DosingSession.patient"] == "taken"
    assert told["= completed", "DosingSession.status"] == "constant"
    assert told["End", "DosingSession.session.end"] == "empty"
    assert told["Dose", "DosingSession.doses[1].dose"] == "not-a-number"
    assert told["SBP", "DosingSession.vitals[pre].blood_pressure.systolic"] == "diastolic-not-below-systolic"
    assert told["DBP", "DosingSession.vitals[pre].blood_pressure.diastolic"] == "diastolic-not-below-systolic"
    assert told["HR", "DosingSession.vitals[pre].heart_rate"] == "empty"
    assert [r.key for r in found.records] == ["D-1"]
    assert {t.place for t in found.told if t.column == "Dose"} == {"sources/desk/log.yaml:14"}


def test_a_rejected_row_and_an_item_that_is_not_there(sessions):
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,,,", "D-2,P-9,2026-01-05 10:00,,35,iv,,,"))
    found = explained(sessions, "log", 3)
    told = fates(found)
    assert told["Patient", "DosingSession.patient"] == "unknown-key"
    assert told["Start", "DosingSession.vitals[pre].taken"] == "empty"
    assert told["Start", "DosingSession.session.start"] == "lost"
    assert told["= completed", "DosingSession.status"] == "lost"
    assert (found.records, [p.code for p in found.problems]) == ((), ["unknown-key"])


def test_what_a_withheld_part_takes_with_it(sessions):
    text = (sessions.source / "log.yaml").read_text()
    bp = "{from: SBP, as: pressure-text.%s}"
    text = text.replace('{from: SBP, unit: "mm[Hg]"}', bp % "systolic").replace(
        "diastolic: DBP", f"diastolic: {bp % 'diastolic'}"
    )
    sessions.map("log", text + "  doses[1].weighed: = pre\n")
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,80/120,,70"))
    told = fates(explained(sessions, "log", 2))
    assert told["SBP", "DosingSession.vitals[pre].blood_pressure.systolic"] == "diastolic-not-below-systolic"
    assert told["SBP", "DosingSession.vitals[pre].blood_pressure.diastolic"] == "diastolic-not-below-systolic"
    assert told["HR", "DosingSession.vitals[pre].heart_rate"] == "taken"
    assert told["= pre", "DosingSession.doses[1].weighed"] == "lost"


def test_a_row_of_another_length_gives_nothing(patients):
    patients.table("patients", "Id,Last\nP-1\n")
    assert fates(explained(patients, "patients", 2)) == {("Id", "Patient.key"): "lost", ("Last", "Patient.family"): "empty"}


def test_columns_that_no_map_uses_and_rows_that_where_does_not_want(patients):
    patients.map("patients", "concept: Patient\ntable: patients\nwhere: {Kind: [A]}\nfields:\n  key: Id\n  family: Last\n")
    patients.table("patients", "Id,Last,Kind,Note\nP-1,One,A,x\nP-2,Two,B,y\n")
    assert fates(explained(patients, "patients", 2)) == {
        ("Id", "Patient.key"): "taken",
        ("Last", "Patient.family"): "taken",
        ("Note", ""): "unused",
    }
    assert fates(explained(patients, "patients", 3)) == {("Kind", "Patient"): "unwanted", ("Note", ""): "unused"}


def test_lines_for_some_rows_only(sessions):
    text = "concept: DosingSession\ntable: monitor\nfields:\n  key: Session\n  vitals[*].key: At\n  vitals[*].taken: At\n"
    text += "  vitals[*].heart_rate: {from: Value, where: {What: HR}}\n  vitals[*].oxygen_saturation: {from: Value, where: {What: SpO2}}\n"
    sessions.map("monitor", text).table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,,,"))
    sessions.table("monitor", "Session,At,What,Value\nD-1,2026-01-05 10:10,HR,70\n")
    found = [(t.field.rpartition(".")[2], t.fate) for t in explained(sessions, "monitor", 2).told]
    assert found == [
        ("key", "taken"),
        ("key", "taken"),
        ("taken", "taken"),
        ("heart_rate", "taken"),
        ("oxygen_saturation", "unwanted"),
    ]


def test_a_map_with_todos_and_a_row_that_cant_be_read(patients):
    patients.map("patients", "concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: TODO\n")
    assert fates(explained(patients, "patients", 2)) == {("", "Patient"): "todo", ("Id", ""): "unused", ("Last", ""): "unused"}
    patients.map("patients", "concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: Last\n")
    patients.table("patients", b"Id,Last\nP-1,\xff\n")
    assert [p.code for p in explained(patients, "patients", 2).problems] == ["undecodable-byte"]


@pytest.mark.parametrize(
    ("table", "row", "text"),
    [
        ("pateints", 2, "the export has no table 'pateints'; did you mean 'patients'"),
        ("patients", 99, "no row of patients starts on line 99"),
        ("patients", 1, "no row of patients starts on line 1"),
        ("spare", 2, "no map of 'desk' reads spare"),
    ],
)
def test_what_is_not_there(patients, table, row, text):
    patients.table("spare", "A,B\n1,2\n")
    with pytest.raises(ConfigError, match=text):
        explained(patients, table, row)
