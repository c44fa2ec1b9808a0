"""Answers of scales are scored by what a code table says of them, never by the numbers of an export."""

import pytest

from kapfhir.advice import advice
from kapfhir.mapping.source.local import shift_of

HEAD = "concept: OutcomeAssessment\ntable: scores\nfields:\n  key: Id\n  patient: Patient\n  instrument: = {}\n  assessed: On\n"


def answers(desk, instrument, stem, rows, table=None, count=3):
    codes = ", codes: said" if table else ""
    lines = "".join(f"  answers[{stem}-{n}].value: {{from: Q{n}{codes}}}\n" for n in range(1, count + 1))
    desk.map("scores", HEAD.format(instrument) + lines + '  total: {from: T, unit: "{score}"}\n')
    if table:
        desk.codes("said", "local,code\n" + table)
    desk.table("scores", f"Id,Patient,On,{','.join(f'Q{n}' for n in range(1, count + 1))},T\n" + rows)
    return desk.read()


def values(units):
    return [a.value for a in units.records()["A-1"].answers]


def test_numbers_from_one_are_scored_by_a_table_and_told(patients):
    units = answers(patients, "pcl-5", "pcl5", "A-1,P-1,2026-01-05,1,3,5,\n", "1,0\n2,1\n3,2\n4,3\n5,4\n")
    assert values(units) == [0, 2, 4]
    (told,) = [p for p in units.problems() if p.code == "shifted-coding"]
    assert (told.file, told.severity) == ("sources/desk/codes/said.csv", "information")


def test_labels_are_scored_by_a_table(patients):
    table = "Not at all,0\nA little bit,1\nModerately,2\nQuite a bit,3\nExtremely,4\n"
    units = answers(patients, "pcl-5", "pcl5", "A-1,P-1,2026-01-05,extremely,Not at all,A little bit,\n", table)
    assert values(units) == [4, 0, 1]
    assert "shifted-coding" not in {p.code for p in units.problems()}


def test_choices_numbered_from_one_are_told_too(patients):
    table = "1,not-at-all\n2,several-days\n3,more-than-half\n4,nearly-every-day\n"
    units = answers(patients, "phq-9", "phq9", "A-1,P-1,2026-01-05,1,4,2,\n", table)
    assert values(units) == ["not-at-all", "nearly-every-day", "several-days"]
    assert "shifted-coding" in {p.code for p in units.problems()}


def test_numbers_from_one_without_a_table_are_refused_with_their_total(patients):
    units = answers(patients, "pcl-5", "pcl5", "A-1,P-1,2026-01-05,1,3,5,57\n")
    assert units.records("OutcomeAssessment") == {}
    assert units.rejected() == [("OutcomeAssessment", "A-1")]
    assert "shifted-coding" in {p.code for p in units.problems()}


def test_numbers_of_a_scale_of_choices_are_refused_without_a_table(patients):
    units = answers(patients, "phq-9", "phq9", "A-1,P-1,2026-01-05,1,2,0,12\n")
    told = [p for p in units.problems("scores") if p.column.startswith("Q")]
    assert {(p.code, p.column) for p in told} == {("number-for-choice", f"Q{n}") for n in (1, 2, 3)}
    assert all("code table that says which choice each number means" in p.text for p in told)
    assert "`{from: Column, codes: frequency}`" in advice("number-for-choice")
    assert units.records()["A-1"].answers == ()


def test_beside_numbers_for_choices_a_choice_of_another_scale_costs_only_itself(patients):
    units = answers(patients, "phq-9", "phq9", "A-1,P-1,2026-01-05,1,yes,not-at-all,12\n")
    told = {(p.code, p.column) for p in units.problems("scores") if p.severity == "error"}
    assert told == {("number-for-choice", "Q1"), ("out-of-range", "Q2")}
    assert values(units) == ["not-at-all"]


def test_numbers_out_of_the_range_of_a_scale_of_numbers_are_that(patients):
    units = answers(patients, "pcl-5", "pcl5", "A-1,P-1,2026-01-05,0,9,4,12\n")
    assert {p.code for p in units.problems("scores") if p.column == "Q2"} == {"out-of-range"}
    assert values(units) == [0, 4]


def test_a_table_must_say_what_a_text_means(patients):
    units = answers(patients, "pcl-5", "pcl5", "A-1,P-1,2026-01-05,1,9,5,\n", "1,0\n5,4\n")
    record = units.records()["A-1"]
    assert [(a.value, a.absent) for a in record.answers] == [(0, None), (None, "error"), (4, None)]
    assert "unmapped-code" in {p.code for p in units.problems()}


@pytest.mark.parametrize(("cell", "value"), [("+1", 1), ("-5", -5), ("4", 4)])
def test_signed_numbers(patients, cell, value):
    units = answers(patients, "rass", "rass", f"A-1,P-1,2026-01-05,{cell},\n", count=1)
    assert values(units) == [value]


@pytest.mark.parametrize(
    ("table", "shift"),
    [
        ({"1": "0", "2": "1"}, 1),
        ({"0": "0", "1": "1"}, 0),
        ({"1": "0", "2": "2"}, 0),
        ({"1": "0"}, 0),
        ({"10": "not-at-all", "11": "several-days"}, 10),
        ({"never": "0", "1": "not-a-code"}, 0),
    ],
)
def test_by_how_much(table, shift):
    assert shift_of(table) == shift
