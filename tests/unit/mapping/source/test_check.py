"""Every fault of a source's maps in one pass, at its place; and what a map that is not finished blocks."""

import random
from pathlib import Path

import pytest
from kapfhir.data import mappings_folder
from kapfhir.errors import ConfigError, MappingError
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.source.check import check_source, load_source
from kapfhir.mapping.source.reading import read_records
from kapfhir.mapping.units import Nothing
from kapfhir.sources.export import open_export
from source_desk import SAMPLE, ZONE, log

FAULTY = Path(__file__).parent / "faulty"
CHANGES = ["[*]", "[", "x", ": ", "{", ".", "=", "codes", "TODO", "/", "split: ;", "\t", "&a", "*a", "!!x", "|", "é", "\x00"]


def test_all_faults_of_all_maps_in_one_pass():
    folder = MapFolder((mappings_folder(), FAULTY))
    with open_export(SAMPLE / "export") as export:
        found = check_source(folder, "faulty", export, Codes(folder), None)
    assert [str(p).removeprefix("sources/faulty/") for p in found] == (FAULTY / "faults.txt").read_text().splitlines()


def test_the_sample_has_no_fault():
    folder = MapFolder((mappings_folder(), SAMPLE))
    with open_export(SAMPLE / "export") as export:
        assert check_source(folder, "sample", export, Codes(folder), None) == []
    assert check_source(folder, "sample", None, Codes(folder), None) == []


def test_the_shipped_source_has_no_fault():
    folder = MapFolder.over()
    assert check_source(folder, "clinic", None, Codes(folder), None) == []


def test_a_source_that_is_not_there():
    folder = MapFolder((mappings_folder(), SAMPLE))
    with pytest.raises(ConfigError, match="did you mean 'sample'"):
        load_source(folder, "smaple", None, Codes(folder), None)


def test_a_renamed_column_and_a_missing_table(patients):
    patients.table("patients", "Id,Lastname\nP-1,One\n")
    (patients.export / "staff.csv").rename(patients.export / "team.csv")
    assert patients.faults() == [
        "5:11: patients has no column 'Last'; did you mean 'Lastname'? [no-column]",
        "2:8: the export has no table 'staff' [no-table]",
    ]
    assert patients.faults(headers=False) == []


OPTIONAL = """\
concept: {concept}
table: {table}
optional: yes
fields:
  key: Id
"""


def test_a_table_that_is_optional_may_be_absent_and_nothing_of_it_counts_as_gone(patients):
    text = OPTIONAL.format(concept="Clinic", table="sites") + "  name: Name\n"
    patients.map("sites", text).table("sites", "Id,Name\nS-1,One\n")
    assert patients.faults() == []
    assert "sites" in patients.scopes()["Clinic"]
    (patients.export / "sites.csv").unlink()
    assert patients.faults() == []
    assert "sites" not in patients.scopes()["Clinic"]
    units = patients.read()
    assert units.told("sites") == {(0, "absent-table", "", "table left out")}
    assert units.records("Patient")
    patients.map("sites", text.replace("optional: yes", "optional: no"))
    assert patients.faults() == ["2:8: the export has no table 'sites' [no-table]"]


def test_a_table_that_adds_to_others_may_not_be_absent_while_they_are_there(patients):
    """The records would lose what it added the last time."""
    patients.map("dates", OPTIONAL.format(concept="Patient", table="dates") + "  birth_date: Born\n")
    patients.table("dates", "Id,Born\nP-1,1980-01-01\n")
    assert patients.faults() == []
    (patients.export / "dates.csv").unlink()
    assert patients.faults() == [
        "2:8: the export lacks this table, which adds to records of other tables: they would lose what it adds; "
        "add it, or leave those tables out, too [no-table]"
    ]


def test_a_column_that_stands_twice_is_a_fault_only_where_it_is_used(patients):
    patients.table("patients", "Id,Last,Note,Note\nP-1,One,a,b\n")
    assert patients.faults() == []
    patients.table("patients", "Id,Last,Last\nP-1,One,a\n")
    assert patients.faults() == ["5:11: patients has 2 columns 'Last' [duplicate-column]"]


def test_a_zone_comes_from_the_map_or_the_configuration(sessions):
    sessions.table("log", log())
    assert sessions.faults() == []
    iso = (sessions.source / "log.yaml").read_text()
    sessions.map("log", iso.replace("End", "{from: End, format: MM/DD/YYYY hh:mm}"))
    assert sessions.faults(zone=None) == [
        "10:3: 'session.end' is a moment: give the map a `zone`, or a format with Z [missing-zone]"
    ]
    assert sessions.faults(zone=None, headers=False) == [], "without an export, the configuration may still name one"


def test_a_concept_that_no_map_can_make(sessions):
    sessions.table("log", log())
    sessions.map("log", "concept: DosingSession\ntable: log\nfields:\n  key: Session\n  patient: Patient\n")
    assert sessions.faults() == ["1:10: no map fills DosingSession.session, status, visit [missing-field]"]


def test_code_tables_are_checked_with_their_lines(patients):
    fields = "  key: {from: Id, codes: names}\n  family: Last\n  gender: {from: Sex, codes: sex}\n"
    patients.map("patients", f"concept: Patient\ntable: patients\nfields:\n{fields}").table("patients", "Id,Last,Sex\n")
    patients.codes("sex", "local,code\nF,femal\nM,\nM,male,x\n\nm,male\n").codes("names", "words,code\n")
    assert patients.faults() == [
        "1:1: the first line is `local,code` [bad-table]",
        "2:3: 'femal' is not one of our codes; did you mean 'female'? [wrong-code]",
        "3:3: a row has a code [bad-table]",
        "4:1: the row has 3 cells, the header 2 [bad-table]",
        "6:1: 'm' stands twice [duplicate-key]",
    ]


@pytest.mark.parametrize("text", [b"\xff\xfe", b'local,code\n"a', b""])
def test_a_code_table_that_is_none(patients, text):
    patients.map("patients", "concept: Patient\ntable: patients\nfields:\n  key: {from: Id, codes: names}\n  family: Last\n")
    (patients.source / "codes" / "names.csv").write_bytes(text)
    assert [f.rpartition(" ")[2] for f in patients.faults()] == ["[bad-table]"]


def test_one_table_of_codes_for_two_lists_is_checked_for_each(patients):
    fields = "  key: {from: Id, codes: sex}\n  family: Last\n  gender: {from: Sex, codes: sex}\n"
    patients.map("patients", f"concept: Patient\ntable: patients\nfields:\n{fields}").table(
        "patients", "Id,Last,Sex\nP-1,One,F\n"
    )
    patients.codes("sex", "local,code\nF,female\nJ,Joe\n")
    assert patients.faults() == ["3:3: 'Joe' is not one of our codes [wrong-code]"]


TODOS = {
    "rule": lambda text: text.replace("family: Last", "family: TODO which column?"),
    "column": lambda text: text.replace("family: Last", "family: {from: TODO}"),
    "word": lambda text: text.replace("family: Last", "family: {from: Last, codes: TODO}"),
    "head": lambda text: text.replace("fields:", "zone: TODO zone\nfields:"),
    "concept": lambda text: text.replace("concept: Patient", "concept: TODO"),
    "where": lambda text: text.replace("fields:", "where: {Last: TODO}\nfields:"),
    "constant": lambda text: text.replace("family: Last", "family: TODO\n  gender: = female"),
}


@pytest.mark.parametrize("change", TODOS.values(), ids=TODOS)
def test_a_todo_blocks_its_own_table_only(sessions, change):
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,,,"))
    sessions.map("patients", change((sessions.source / "patients.yaml").read_text()))
    assert [f.rpartition("[")[2] for f in sessions.faults()] == ["todo]"]
    units = sessions.read()
    assert set(units.records("Clinic")) | set(units.records("Practitioner")) == {"C-1", "MD-1"}
    assert units.records("Patient") == {}
    first = units.problems()[0]
    assert (first.file, first.line, first.code, first.severity) == ("patients", 0, "todo", "error")
    assert units.told("log") == {(2, "unknown-key", "Patient", "record rejected")}
    assert sessions.scopes()["Patient"] == set()


def test_a_todo_beside_a_fault_is_told_with_it(patients):
    patients.map("patients", "concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: TODO\n  sex: Last\n")
    with pytest.raises(MappingError) as error, open_export(patients.export) as export:
        patients.load(export)
    assert [p.code for p in error.value.problems] == ["todo", "unknown-field"]


def test_a_code_that_is_still_to_do_blocks_the_tables_that_use_it(patients):
    fields = "  key: Id\n  family: Last\n  gender: {from: Sex, codes: sex}\n"
    patients.map("patients", f"concept: Patient\ntable: patients\nfields:\n{fields}").table(
        "patients", "Id,Last,Sex\nP-1,One,F\n"
    )
    patients.codes("sex", "local,code\nF,TODO female?\n")
    assert patients.faults() == ["2:3: this code is still to do: tables that use it are left out until then [todo]"]
    units = patients.read()
    assert [p.code for p in units.problems()] == ["todo"]
    assert set(units.records()) == {"C-1", "MD-1"}


def test_scopes(sessions):
    text = "concept: DosingSession\ntable: more\nscope: delta\nfields:\n  key: Session\n  number: No\n"
    sessions.map("more", text).table("more", "Session,No\n").table("log", log())
    assert sessions.scopes()["DosingSession"] == {"log"}
    sessions.table("log", log("D-1,P-1", "D-2,P-1"))
    assert sessions.scopes()["DosingSession"] == {"log"}, "the rows are bad, their keys are known"
    sessions.table("log", log("P-1,2026").replace("Session,", "").replace(",HR", ",HR,Session"))
    assert sessions.scopes()["DosingSession"] == set(), "the row may have any key"


def test_nothing_is_gone_from_an_empty_table(patients):
    patients.table("patients", "")
    assert patients.read().problems() == []
    assert patients.scopes()["Patient"] == set()


def test_maps_changed_by_chance_never_crash(tmp_path):
    r = random.Random(7)
    own = tmp_path / "sources" / "sample"
    own.mkdir(parents=True)
    folder = MapFolder((mappings_folder(), SAMPLE, tmp_path))
    codes = Codes(folder)
    maps = sorted((SAMPLE / "sources" / "sample").glob("*.yaml"))
    passed = 0
    with open_export(SAMPLE / "export") as export:
        for _ in range(250):
            path, other = r.choice(maps), r.choice(maps).read_text().splitlines()
            lines = path.read_text().splitlines()
            for _ in range(r.randint(1, 3)):
                lines = _changed(r, lines, other)
            (own / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
            try:
                maps_read = load_source(folder, "sample", export, codes, ZONE)
                list(read_records(maps_read, export, Nothing()))
                passed += 1
            except MappingError as error:
                assert all(p.line and int(p.column) and p.text for p in error.problems)
            (own / path.name).unlink()
    assert passed > 10


def _changed(r, lines, other):
    lines = list(lines)
    i = r.randrange(len(lines))
    key, _, rule = lines[i].partition(": ")
    match r.randrange(4):
        case 0 if len(lines) > 1:
            del lines[i]
        case 1:
            lines[i] = r.choice(other)
        case 2:
            j = r.randrange(len(lines[i]) + 1)
            lines[i] = lines[i][:j] + r.choice(CHANGES) + lines[i][j:]
        case _:
            lines[i] = f"{key}: {r.choice(other).partition(': ')[2] or rule}"
    return lines


@pytest.mark.parametrize(
    ("data", "head", "fault"),
    [
        (b"Id,Last,Stra\xdfe\nP-1,One,x\n", "", "2:8: the header of patients.csv is not utf-8"),
        (b"Id;Last\nP-1;One\n", "", "2:8: "),
        (b"Id,Last\nP-1,One\n", "encoding: utf-9\n", "3:11: 'utf-9'"),
        (b"Id,Last\nP-1,One\n", "delimiter: ''\n", "3:12: `delimiter` says nothing"),
    ],
)
def test_what_a_map_should_say_of_its_table(patients, data, head, fault):
    patients.table("patients", data)
    patients.map("patients", f"concept: Patient\ntable: patients\n{head}fields:\n  key: Id\n  family: Last\n")
    found = patients.faults()
    assert found[0].startswith(fault), found


def test_a_file_that_is_no_table_is_no_fault_of_the_map(patients):
    patients.table("patients", b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    with pytest.raises(ConfigError, match="patients.csv"):
        patients.faults()
