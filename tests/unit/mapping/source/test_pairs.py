"""One session in a log and in a chart: one record only by a confirmed pair, and never two by silence."""

from datetime import date
from decimal import Decimal

import pytest

from kapfhir.errors import ConfigError
from kapfhir.mapping.source.pairs import load_pairs
from source_desk import Remembered

CHART = """concept: DosingSession
table: chart
precedence: [chart, book]
fields:
  key: Session
  patient: Id
  number: No
  clinician: = MD-1
  status: = completed
  visit.start: Start
  session.start: Start
  doses[1].drug: = ketamine
  doses[1].status: = completed
  doses[1].given: Start
  doses[1].dose: {from: Dose, unit: mg}
  doses[1].route: Route
"""
BOOK = """concept: DosingSession
table: book
fields:
  key: {from: [Id, Date]}
  patient: Id
  number: No
  status: = completed
  visit.start: Date
  session.start: Date
  doses[1].drug: = ketamine
  doses[1].status: = completed
  doses[1].given: Date
  doses[1].dose: {from: Dose, unit: mg}
  doses[1].route: Route
  doses[1].lot: {from: Lot, precedence: [book, chart]}
"""
CHARTED = "Session,Id,No,Start,Dose,Route\nS-1,P-1,1,2026-01-05 10:00,80,im\n"
BOOKED = "Id,No,Date,Dose,Route,Lot\nP-1,1,2026-01-05,80,im,K-7\n"
PAIR = ("chart", "S-1", "book", "P-1/2026-01-05")
YES, NO = (*PAIR, "yes"), (*PAIR, "no")


@pytest.fixture
def both(patients):
    return patients.map("chart", CHART).map("book", BOOK).table("chart", CHARTED).table("book", BOOKED)


def sessions(units):
    return units.records("DosingSession")


def test_without_an_answer_the_second_waits_and_is_told(both):
    units = both.read()
    assert list(sessions(units)) == ["S-1"]
    assert units.told("book") == {(2, "possible-duplicate", "", "record rejected")}
    assert units.rejected() == [("DosingSession", "P-1/2026-01-05")]


def test_with_yes_they_are_one_with_what_both_know(both):
    units = both.confirm(pairs=[YES]).read()
    (record,) = sessions(units).values()
    assert (record.key, record.session.start.hour, record.doses[0].lot) == ("S-1", 10, "K-7"), "the moment is finer than the day"
    assert units.told() == set()
    assert {place.table for place in units.found("S-1").places} == {"chart", "book"}


def test_with_no_both_go(both):
    units = both.confirm(pairs=[NO]).read()
    assert list(sessions(units)) == ["P-1/2026-01-05", "S-1"]
    assert units.told() == set()


@pytest.mark.parametrize(
    ("row", "waits"),
    [
        ("P-1,2,2026-01-05,80,im,", False),
        ("P-1,,2026-01-05,80,im,", True),
        ("P-1,1,2026-01-06,80,im,", False),
        ("P-2,1,2026-01-05,80,im,", False),
    ],
)
def test_same_patient_same_day_and_no_other_number(both, row, waits):
    units = both.table("book", f"Id,No,Date,Dose,Route,Lot\n{row}\n").read()
    assert len(sessions(units)) == (1 if waits else 2)


@pytest.mark.parametrize(
    ("charted", "booked", "waits"),
    [
        ("2026-01-06 00:10", "2026-01-05", True),
        ("2026-01-06 04:00", "2026-01-05", True),
        ("2026-01-06 04:01", "2026-01-05", False),
        ("2026-01-04 23:50", "2026-01-05", True),
        ("2026-01-04 20:00", "2026-01-05", True),
        ("2026-01-04 19:59", "2026-01-05", False),
        ("2026-01-06 00:10", "2026-01-05 23:50", True),
        ("2026-01-05 23:50", "2026-01-06 00:10", True),
        ("2026-01-06 01:00", "2026-01-05 21:00", True),
        ("2026-01-06 01:00", "2026-01-05 20:59", False),
        ("2026-01-05 23:30", "2026-01-05 00:10", True),
        ("2026-01-05 00:10", "2026-01-05 23:30", True),
        ("2026-01-05", "2026-01-06", False),
        ("2026-01-06", "2026-01-05 23:50", True),
        ("2026-01-06", "2026-01-05", False),
        ("2027-01-01 00:10", "2026-12-31", True),
    ],
)
def test_midnight_parts_no_session_from_itself(both, charted, booked, waits):
    """One day, or no more than four hours apart; of a day alone, from its midnights."""
    both.table("chart", CHARTED.replace("2026-01-05 10:00", charted))
    units = both.table("book", BOOKED.replace("2026-01-05", booked)).read()
    assert len(sessions(units)) == (1 if waits else 2)
    assert [p.code for p in units.problems()] == (["possible-duplicate"] if waits else [])


def test_a_difference_is_told_by_field_and_the_first_table_is_believed(both):
    both.table("book", BOOKED.replace("80,im", "75,iv")).confirm(pairs=[YES])
    units = both.read()
    (record,) = sessions(units).values()
    assert (record.doses[0].dose.value, record.doses[0].route) == (Decimal(80), "im")
    told = units.problems("book")
    assert [(p.code, p.line, p.column, p.severity) for p in told] == [
        ("tables-disagree", 2, "Dose", "warning"),
        ("tables-disagree", 2, "Route", "warning"),
    ]
    assert "doses.1.dose" in told[0].text
    assert "75" not in str(told[0])


def test_the_precedence_of_a_field_may_be_another(both):
    both.map("chart", CHART + "  doses[1].lot: {from: Lot, precedence: [book, chart]}\n")
    units = both.table("chart", CHARTED.replace("Route\n", "Route,Lot\n").replace("im\n", "im,K-9\n")).confirm(pairs=[YES]).read()
    assert sessions(units)["S-1"].doses[0].lot == "K-7"
    assert [(p.file, p.column) for p in units.problems()] == [("chart", "Lot")]


def test_what_can_not_be_read_gives_way_and_is_told(both):
    units = both.table("chart", CHARTED.replace(",80,", ",eighty,")).confirm(pairs=[YES]).read()
    assert sessions(units)["S-1"].doses[0].dose.value == Decimal(80)
    assert units.told() == {(2, "not-a-number", "Dose", "value absent")}


def test_what_follows_the_second_follows_the_first(both):
    text = "concept: IntegrationSession\ntable: talks\nfields:\n  key: Id\n  patient: Patient\n  therapist: = MD-1\n"
    text += "  follows: Session\n  status: = completed\n  session.start: Start\n  delivery: = in-person\n"
    both.map("talks", text).table("talks", "Id,Patient,Session,Start\nI-1,P-1,P-1/2026-01-05,2026-01-06 11:00\n")
    assert both.read().told("talks") == {(2, "depends-on-rejected", "Session", "record rejected")}
    talk = both.confirm(pairs=[YES]).read().records("IntegrationSession")["I-1"]
    assert (talk.follows, talk.since_dose.value) == ("S-1", Decimal("25.0000"))


def test_an_answer_makes_records_anew(both):
    known = Remembered(both.confirm(pairs=[NO]).read())
    assert both.read(known).same() >= {("DosingSession", "S-1"), ("DosingSession", "P-1/2026-01-05")}
    units = both.confirm(pairs=[YES]).read(known)
    assert list(sessions(units)) == ["S-1"]


def test_two_on_one_day_wait_until_both_are_answered(both):
    both.table("chart", CHARTED.replace(",1,", ",,") + "S-2,P-1,,2026-01-05 15:00,60,im\n")
    assert list(sessions(both.confirm(pairs=[NO]).read())) == ["S-1", "S-2"]
    other = ("chart", "S-2", *PAIR[2:], "no")
    assert list(sessions(both.confirm(pairs=[NO, other]).read())) == ["P-1/2026-01-05", "S-1", "S-2"]
    assert list(sessions(both.confirm(pairs=[YES]).read())) == ["S-1", "S-2"], "who has a pair needs no other"


def test_tables_without_precedence_are_not_compared(both):
    units = both.map("chart", CHART.replace("precedence: [chart, book]\n", ""))
    both.map("book", BOOK.replace(", precedence: [book, chart]", ""))
    assert len(sessions(units.read())) == 2


def test_a_day_alone_is_no_disagreement_with_another_day_alone(both):
    both.table("chart", CHARTED.replace(" 10:00", "")).confirm(pairs=[YES])
    units = both.read()
    assert sessions(units)["S-1"].session.start == date(2026, 1, 5)
    assert units.told() == set()


FAULTS = [
    ("precedence: [chart, book]", "precedence: [chart, boook]", "no map makes DosingSessions of 'boook'"),
    ("precedence: [chart, book]", "precedence: [chart]", "`precedence` names two tables or more"),
    ("precedence: [chart, book]", "scope: full", "`precedence` of a line needs one at the head of a map"),
]


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS)
def test_faults(both, old, new, fault):
    both.map("chart", CHART.replace(old, new))
    assert any(fault in told for told in both.faults())


def test_two_maps_say_one_precedence(both):
    both.map("book", BOOK.replace("fields:", "precedence: [book, chart]\nfields:"))
    assert any("another `precedence`" in told for told in both.faults())


def test_precedence_is_for_sessions(both):
    text = "concept: Patient\ntable: patients\nprecedence: [patients, chart]\nfields:\n  key: Id\n  family: Last\n"
    both.map("patients", text)
    assert any("`precedence` can never act" in told for told in both.faults())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("chart,S-1,book,B-1,perhaps\n", "line 2: `confirmed` is yes, no or empty"),
        ("chart,S-1,book,B-1,yes\n" * 2, "line 3: this pair stands there twice"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_its_lines(tmp_path, text, fault):
    (tmp_path / "pairs.csv").write_text("table,key,other_table,other_key,confirmed\n" + text, encoding="utf-8")
    with pytest.raises(ConfigError, match=fault):
        load_pairs(tmp_path / "pairs.csv")
