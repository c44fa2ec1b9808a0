"""People known by name: nothing goes before somebody said who they are."""

import pytest

from kapfhir.errors import ConfigError
from kapfhir.mapping.source.explain import explain
from kapfhir.mapping.source.people import People, Person, load_people, names_of
from kapfhir.model.people import Patient
from kapfhir.model.values import Key
from kapfhir.sources.export import open_export
from source_desk import Remembered

LOG = """concept: DosingSession
table: book
fields:
  key: {from: [Client, Date], people: patient}
  patient: {from: Client, people: patient}
  clinician: {from: By, people: practitioner}
  status: = completed
  visit.start: {from: Date, format: MM/DD/YYYY}
  session.start: {from: Date, format: MM/DD/YYYY}
  doses[1].drug: = ketamine
  doses[1].status: = completed
  doses[1].given: {from: Date, format: MM/DD/YYYY}
  doses[1].dose: {from: Dose, unit: mg}
"""
WHO = "concept: Patient\ntable: book\nstand_in: yes\nfields:\n  key: {from: Client, people: patient}\n  family: Client\n"
ROWS = "Client,Date,By,Dose\nAda One,01/05/2026,Dr Doe,80\nada one,01/06/2026,Dr Doe,80\nBo Nobody,01/07/2026,,70\n"
ADA, DOE = ("patient", "book", "Ada One", "P-1"), ("practitioner", "book", "Dr Doe", "MD-1")


@pytest.fixture
def book(patients):
    return patients.map("book", LOG).map("who", WHO).table("book", ROWS)


def test_without_a_confirmed_key_a_session_is_rejected_and_told_once(book):
    units = book.read()
    assert units.records("DosingSession") == {}
    assert units.told("book") == {(line, "unconfirmed-person", "Client", "record rejected") for line in (2, 3, 4)}
    assert not any("Ada" in str(unit) for unit in units)


def test_with_a_key_it_goes_and_the_name_is_in_no_key(book):
    units = book.confirm([ADA, DOE]).read()
    assert list(units.records("DosingSession")) == ["P-1/01-05-2026"]
    record = units.records("DosingSession")["P-1/01-05-2026"]
    assert (record.patient, record.clinician) == ("P-1", "MD-1")
    assert units.told("book") == {(line, "unconfirmed-person", "Client", "record rejected") for line in (3, 4)}, "spelling counts"


def test_a_clinician_who_waits_costs_the_field_alone(book):
    units = book.confirm([ADA]).read()
    assert units.records("DosingSession")["P-1/01-05-2026"].clinician is None
    assert (2, "unconfirmed-person", "By", "field withheld") in units.told("book")


def test_an_answer_for_another_table_or_kind_does_not_count(book):
    book.confirm([("patient", "other", "Ada One", "P-1"), ("practitioner", "book", "Ada One", "MD-1")])
    assert book.read().records("DosingSession") == {}


def test_two_spellings_are_one_patient_only_by_two_answers(book):
    units = book.confirm([ADA, ("patient", "book", "ada one", "P-1")]).read()
    assert list(units.records("DosingSession")) == ["P-1/01-05-2026", "P-1/01-06-2026"]


def test_a_name_stands_in_for_a_patient_of_no_other_table(book):
    units = book.confirm([ADA, ("patient", "book", "Bo Nobody", "N-1"), ("patient", "book", "ada one", "N-1")]).read()
    patients = units.records("Patient")
    assert patients["P-1"].family == "One", "the table of patients knows better"
    assert patients["N-1"].family == "ada one", "the first row says it"
    assert {s.patient for s in units.records("DosingSession").values()} == {"P-1", "N-1"}


def test_another_answer_makes_the_record_anew(book):
    known = Remembered(book.confirm([ADA, DOE]).read())
    assert ("DosingSession", "P-1/01-05-2026") in book.read(known).same()
    book.table("staff", "Id,Last,Role,Site\nMD-1,Doe,physician,C-1\nMD-2,Roe,physician,C-1\n")
    units = book.confirm([ADA, (*DOE[:3], "MD-2")]).read(known)
    assert units.records("DosingSession")["P-1/01-05-2026"].clinician == "MD-2"


def test_a_table_with_names_that_wait_has_no_record_that_is_gone(book):
    assert "book" not in book.confirm([ADA]).scopes()["DosingSession"]


FAULTS = [
    (
        "people: patient}\n  clin",
        "people: patint}\n  clin",
        "'patint' is not one of: patient practitioner; did you mean 'patient'?",
    ),
    ("people: patient}\n  clin", "people: practitioner}\n  clin", "'patient' is the key of a Patient, not of a practitioner"),
    (
        "patient: {from: Client, people: patient}",
        "patient: Client",
        "'Client' holds names: a key made of it would carry them into ids",
    ),
    ("{from: [Client, Date], people", "{from: [Date, Client], people", "'Client' holds names: a key made of it would"),
    ("dose: {from: Dose, unit: mg}", "lot: {from: Dose, people: patient}", "`people` can never act: it gives a key, and"),
    ("By, people", "By, codes: staff, people", "`codes` can never act: people.csv gives the key"),
]


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS)
def test_faults(book, old, new, fault):
    assert old in LOG
    book.map("book", LOG.replace(old, new)).codes("staff", "local,code\nDr Doe,MD-1\n")
    assert any(fault in told for told in book.faults())


def test_what_was_confirmed_stays_when_names_are_collected_anew():
    people = People([Person("patient", "book", "Ada One", (), "P-1"), Person("patient", "book", "Gone", (), "P-9")])
    found = [Person("patient", "book", "Ada One", ("P-1", "P-7")), Person("patient", "book", "Bo", ("P-2",))]
    assert people.with_names(found).rows() == [
        ("patient", "book", "Bo", "P-2", ""),
        ("patient", "book", "Ada One", "P-1 | P-7", "P-1"),
        ("patient", "book", "Gone", "", "P-9"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name,key\n", "the first line is not kind,table,name,candidates,key"),
        ("kind,table,name,candidates,key\nx,book,Secret Name,,P-1\n", "line 2: the kind is patient or practitioner"),
        (
            "kind,table,name,candidates,key\n" + "patient,book,Secret Name,,P-1\n" * 2,
            "line 3: this name of this table stands there",
        ),
        ("kind,table,name,candidates,key\npatient,Secret Name\n", "line 2 has 2 cells, the header 5"),
        ('kind,table,name,candidates,key\npatient,"Secret Name\n', "can't be read as a CSV file"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_its_lines(tmp_path, text, fault):
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=fault) as found:
        load_people(tmp_path / "people.csv")
    assert "Secret" not in str(found.value)


def test_a_name_may_be_written_in_several_ways():
    ada = Patient(Key("P-1"), "Lovelace", ("Ada", "Augusta"))
    assert names_of(ada) == {
        "lovelace",
        "ada augusta lovelace",
        "lovelace, ada augusta",
        "lovelace ada augusta",
        "ada lovelace",
        "lovelace, ada",
    }


def test_explain_says_where_a_row_stood_in_for_nobody(book):
    book.confirm([ADA, DOE])
    with open_export(book.export) as export:
        told = explain(book.load(export), export, "book", 2).told
    assert {(t.field, t.fate) for t in told if t.field.startswith("Patient")} == {
        ("Patient.key", "elsewhere"),
        ("Patient.family", "elsewhere"),
    }
    assert ("DosingSession.patient", "taken") in {(t.field, t.fate) for t in told}
