"""A table that counts from 1 where its scale counts from 0 sends no row, also those that could be rows of a scale from 0."""

import pytest
from source_desk import Remembered

from kapfhir.mapping.source.reading import read_records
from kapfhir.mapping.units import Rejected
from kapfhir.model.shipped import use_scales
from kapfhir.sources.export import open_export

HEAD = "concept: OutcomeAssessment\ntable: {}\nfields:\n  key: Id\n  patient: Patient\n  instrument: = {}\n  assessed: = 2026-01-05\n"


def wide(desk, rows, table="scores", instrument="pcl-5", stem="pcl5", count=3, scope="full"):
    lines = "".join(f"  answers[{stem}-{n}].value: Q{n}\n" for n in range(1, count + 1))
    text = HEAD.format(table, instrument).replace("fields:", f"scope: {scope}\nfields:")
    desk.map(table, text + lines + '  total: {from: T, unit: "{score}"}\n')
    return desk.table(table, f"Id,Patient,{','.join(f'Q{n}' for n in range(1, count + 1))},T\n" + rows)


def long(desk, rows, table="answers", instrument="pcl-5"):
    desk.map(table, HEAD.format(table, instrument) + "  answers[*].question: Item\n  answers[*].value: Score\n")
    return desk.table(table, "Id,Patient,Item,Score\n" + rows)


def taken(units):
    return sorted(units.records("OutcomeAssessment"))


def shifted(units, table="scores"):
    return [(p.line, p.column, p.severity) for p in units.problems(table) if p.code == "shifted-coding"]


def test_the_rows_without_the_number_too_many_are_refused_with_the_one_that_has_it(patients):
    units = wide(patients, "A-1,P-1,1,2,3,\nA-2,P-2,1,3,5,9\nA-3,P-3,4,4,2,10\nA-4,P-3,,,,11\n").read()
    assert taken(units) == []
    assert [key for _, key in units.rejected()] == ["A-1", "A-2", "A-3", "A-4"]
    told = shifted(units)
    assert told[0] == (0, "Q1 ... Q3", "error")
    assert {line for line, *_ in told} == {0, 2, 3, 4, 5}
    (whole,) = [p for p in units.problems("scores") if p.line == 0]
    assert "pcl-5" in whole.text
    assert "code table" in whole.hint
    assert whole.place == "sources/desk/scores.yaml:9"


def test_the_table_is_told_before_its_first_row(patients):
    units = wide(patients, "A-1,P-1,1,2,3,\nA-2,P-2,1,3,5,\n").read()
    of_table = [(u.line, u.code) for u in units if getattr(u, "file", "") == "scores"]
    assert of_table[0] == (0, "shifted-coding")


def test_a_clean_table_is_taken_though_it_has_no_zero(patients):
    units = wide(patients, "A-1,P-1,1,2,3,\nA-2,P-2,1,3,4,\n").read()
    assert (taken(units), shifted(units)) == (["A-1", "A-2"], [])


def test_a_slip_of_the_pen_beside_a_zero_costs_nothing_but_itself(patients):
    units = wide(patients, "A-1,P-1,1,2,3,\nA-2,P-2,0,3,5,\n").read()
    assert (taken(units), shifted(units)) == (["A-1", "A-2"], [])
    assert [a.value for a in units.records()["A-2"].answers] == [0, 3]


def both(zeros, over=1):
    """Rows of one table: so many with a 0, so many with a number too many, and one with neither."""
    rows = [f"Z-{n},P-1,0,2,2," for n in range(zeros)] + [f"O-{n},P-1,1,3,5," for n in range(over)]
    return "\n".join(["A-1,P-1,1,2,3,", *rows, ""])


def test_one_slip_among_many_rows_with_a_zero_costs_its_own_row_alone(patients):
    units = wide(patients, both(zeros=10)).read()
    assert taken(units) == ["A-1", *(f"Z-{n}" for n in range(10))]
    assert units.rejected() == [("OutcomeAssessment", "O-0")]
    told = {(p.code, p.line) for p in units.problems("scores") if p.severity == "error"}
    assert told == {("out-of-range", 13), ("empty-assessment", 13)}
    assert shifted(units) == []


def test_where_rows_with_a_zero_are_too_few_a_zero_is_no_answer(patients):
    units = wide(patients, both(zeros=9)).read()
    assert taken(units) == []
    assert {line for line, *_ in shifted(units)} == {0, *range(2, 13)}
    assert "none is taken" in units.problems("scores")[0].text


@pytest.mark.parametrize(("zeros", "through"), [(20, 21), (19, 0), (5, 0)])
def test_it_is_weighed_how_many_stand_against_how_many(patients, zeros, through):
    assert len(taken(wide(patients, both(zeros, over=2)).read())) == through


def test_a_scale_of_one_item(patients):
    units = wide(patients, "A-1,P-1,1,\nA-2,P-2,7,\nA-3,P-3,2,\n", instrument="cgi-ss-r", stem="cgi-ss-r", count=1).read()
    assert taken(units) == []
    assert units.problems("scores")[0].column == "Q1"


def test_a_scale_that_counts_from_one_is_none_of_these(patients):
    units = wide(patients, "A-1,P-1,1,\nA-2,P-2,8,\n", instrument="cgi-s", stem="cgi-s", count=1).read()
    assert (taken(units), shifted(units)) == (["A-1"], [])


@pytest.mark.parametrize("last", ["5", "4"])
def test_a_long_table(patients, last):
    rows = f"A-1,P-1,pcl5-1,1\nA-1,P-1,pcl5-2,2\nA-2,P-2,pcl5-1,1\nA-2,P-2,pcl5-2,{last}\n"
    units = long(patients, rows).read()
    assert taken(units) == ([] if last == "5" else ["A-1", "A-2"])
    assert [told for told in shifted(units, "answers") if not told[0]] == ([(0, "Score", "error")] if last == "5" else [])


def test_a_long_table_with_both_is_judged_by_its_records(patients):
    rows = "A-1,P-1,pcl5-1,1\nA-1,P-1,pcl5-2,2\nA-2,P-2,pcl5-1,1\nA-2,P-2,pcl5-2,5\nA-3,P-3,pcl5-1,0\nA-3,P-3,pcl5-2,2\n"
    assert taken(long(patients, rows).read()) == []
    many = "".join(f"Z-{n},P-3,pcl5-1,0\nZ-{n},P-3,pcl5-2,2\n" for n in range(9))
    patients.table("answers", "Id,Patient,Item,Score\n" + rows + many)
    assert taken(patients.read()) == ["A-1", "A-3", *(f"Z-{n}" for n in range(9))]
    slip = rows.replace("A-2,P-2,pcl5-1,1", "A-2,P-2,pcl5-1,0")
    patients.table("answers", "Id,Patient,Item,Score\n" + slip)
    assert taken(patients.read()) == ["A-1", "A-2", "A-3"]


def test_another_table_of_the_scale_is_taken_only_if_it_has_a_zero(patients):
    wide(patients, "A-1,P-1,1,2,3,\nA-2,P-2,1,3,5,\n", table="baseline")
    wide(patients, "B-1,P-1,1,2,3,\n", table="followup")
    wide(patients, "C-1,P-1,1,2,3,\nC-2,P-1,0,2,3,\n", table="later")
    wide(patients, "D-1,P-1,1,2,3,\n", table="mood", instrument="madrs", stem="madrs")
    units = patients.read()
    assert taken(units) == ["C-1", "C-2", "D-1"]
    assert [(p.file, p.line) for p in units.problems() if p.code == "shifted-coding" and not p.line] == [
        ("baseline", 0),
        ("followup", 0),
    ]


def test_a_code_table_ends_it(patients):
    wide(patients, "A-1,P-1,1,2,3,\nA-2,P-2,1,3,5,\n")
    lines = "".join(f"  answers[pcl5-{n}].value: {{from: Q{n}, codes: said}}\n" for n in (1, 2, 3))
    patients.map("scores", HEAD.format("scores", "pcl-5") + lines)
    patients.codes("said", "local,code\n1,0\n2,1\n3,2\n4,3\n5,4\n")
    assert taken(patients.read()) == ["A-1", "A-2"]


@pytest.mark.parametrize("scope", ["full", "delta"])
def test_what_went_out_before_is_not_taken_for_right(patients, scope):
    first = wide(patients, "A-1,P-1,1,2,3,\n", scope=scope).read()
    assert taken(first) == ["A-1"]
    wide(patients, "A-1,P-1,1,2,3,\nA-2,P-2,1,3,5,\n", scope=scope)
    again = patients.read(Remembered(first))
    assert (taken(again), ("OutcomeAssessment", "A-1") in again.same()) == ([], False)
    assert ("OutcomeAssessment", "A-1") in again.rejected()


@pytest.mark.parametrize(
    ("count", "last", "scope", "told"),
    [
        (34, "1", "full", True),
        (33, "1", "full", False),
        (34, "0", "full", False),
        (7, "1", "delta", True),
        (6, "1", "delta", False),
    ],
)
def test_many_answers_without_a_zero_are_doubted_and_taken(patients, count, last, scope, told):
    rows = [f"A-{n},P-1,1,2,{last if n == 0 else 3}," for n in range(count)]
    units = wide(patients, "\n".join(rows) + "\n", scope=scope).read()
    assert len(taken(units)) == count
    doubted = [(p.line, p.column, p.severity) for p in units.problems("scores") if p.code == "no-answer-is-zero"]
    assert doubted == ([(0, "Q1 ... Q3", "warning")] if told else [])


ONCE = {"scores": {"pcl-5": True}}


def by_codes(desk, coded=(1, 2, 3)):
    said = {n: ", codes: said" if n in coded else "" for n in (1, 2, 3)}
    lines = "".join(f"  answers[pcl5-{n}].value: {{from: Q{n}{codes}}}\n" for n, codes in said.items())
    desk.map("scores", HEAD.format("scores", "pcl-5") + lines)
    desk.codes("said", "local,code\n1,0\n2,1\n3,2\n4,3\n5,4\n")


@pytest.mark.parametrize("scope", ["full", "delta"])
def test_a_table_that_was_refused_stays_refused_though_this_export_looks_right(patients, scope):
    wide(patients, "A-1,P-1,1,2,3,\nA-2,P-1,0,2,3,\nA-3,P-1,,,,9\n", scope=scope)
    units = patients.read(Remembered(shifted=ONCE))
    assert (taken(units), taken(patients.read())) == ([], ["A-1", "A-2", "A-3"])
    (whole,) = [p for p in units.problems("scores") if p.line == 0]
    assert "earlier run" in whole.text
    assert "also where this export looks right" in whole.text
    assert "code table" in whole.hint
    assert [u.shifted for u in units if isinstance(u, Rejected)] == ["pcl-5"] * 3


def test_so_does_a_long_table(patients):
    head = HEAD.format("answers", "pcl-5").replace("= pcl-5", "Scale")
    patients.map("answers", head + "  answers[*].question: Item\n  answers[*].value: Score\n")
    rows = "A-1,P-1,pcl-5,pcl5-1,1\nA-1,P-1,pcl-5,pcl5-2,2\nB-1,P-1,madrs,madrs-1,1\n"
    patients.table("answers", f"Id,Patient,Scale,Item,Score\n{rows}")
    assert taken(patients.read(Remembered(shifted={"answers": {"pcl-5": True}}))) == ["B-1"]


def test_ten_records_with_a_zero_do_not_take_a_judgement_back(patients):
    wide(patients, both(zeros=10))
    units = patients.read(Remembered(shifted=ONCE))
    assert taken(units) == []
    assert {p.code for p in units.problems("scores") if p.line == 13} == {"shifted-coding", "empty-assessment"}


def test_of_a_scale_that_was_not_refused_a_table_is_taken(patients):
    wide(patients, "A-1,P-1,1,2,3,\n", instrument="madrs", stem="madrs")
    assert taken(patients.read(Remembered(shifted=ONCE))) == ["A-1"]
    wide(patients, "B-1,P-1,0,2,3,\n", table="others")
    assert taken(patients.read(Remembered(shifted=ONCE))) == ["A-1", "B-1"]


def test_a_code_table_takes_a_judgement_back_once_it_is_there_for_every_answer(patients):
    wide(patients, "A-1,P-1,1,2,3,\n")
    for coded, good in (((1, 2), []), ((1, 2, 3), ["A-1"])):
        by_codes(patients, coded=coded)
        assert taken(patients.read(Remembered(shifted=ONCE))) == good


def test_so_does_one_that_says_that_they_count_from_0(patients):
    wide(patients, "A-1,P-1,0,2,3,\n")
    by_codes(patients)
    patients.codes("said", "local,code\n0,0\n1,1\n2,2\n3,3\n4,4\n")
    units = patients.read(Remembered(shifted=ONCE))
    assert [a.value for a in units.records()["A-1"].answers] == [0, 2, 3]
    assert shifted(units) == []


def test_a_map_that_reads_the_totals_alone_does_not_take_it_back(patients):
    wide(patients, "A-1,P-1,1,2,3,6\n")
    patients.map("scores", HEAD.format("scores", "pcl-5") + '  total: {from: T, unit: "{score}"}\n')
    units = patients.read(Remembered(shifted=ONCE))
    assert ([u.shifted for u in units if isinstance(u, Rejected)], taken(units)) == (["pcl-5"], [])


def test_what_stood_beside_such_a_table_waits_for_a_zero_or_a_code_table_of_its_own(patients):
    wide(patients, "A-1,P-1,1,2,3,\n", table="baseline")
    beside = {"baseline": {"pcl-5": False}}
    assert taken(patients.read(Remembered(shifted=beside))) == []
    wide(patients, "A-1,P-1,0,2,3,\n", table="baseline")
    assert taken(patients.read(Remembered(shifted=beside))) == ["A-1"]


def judged(desk, known=None):
    with open_export(desk.export) as export:
        maps = desk.load(export)
        list(read_records(maps, export, known or Remembered()))
        return maps.shifted


def test_what_is_to_be_kept(patients):
    wide(patients, "A-1,P-1,1,2,3,\nA-2,P-1,1,3,5,\n")
    wide(patients, "B-1,P-1,1,2,3,\n", table="later")
    both_tables = {"scores": {"pcl-5": True}, "later": {"pcl-5": False}}
    assert judged(patients) == both_tables
    wide(patients, "A-1,P-1,1,2,3,\n")
    absent = {"absent": {"pcl-5": True}}
    assert judged(patients, Remembered(shifted=both_tables | absent)) == both_tables | absent, "what no map reads stays"
    assert judged(patients) == {}
    by_codes(patients)
    assert judged(patients, Remembered(shifted=both_tables)) == {"later": {"pcl-5": False}}


def test_a_row_that_is_rejected_for_another_reason_is_of_the_refused_table_too(patients):
    wide(patients, "A-1,P-1,1,2,3,\nA-2,P-1,1,3,5,\nA-3,P-9,1,3,4,\n")
    units = patients.read()
    assert {u.key: u.shifted for u in units if isinstance(u, Rejected)} == dict.fromkeys(("A-1", "A-2", "A-3"), "pcl-5")


def test_many_answers_without_a_zero_do_not_make_what_was_read_before_anew(patients):
    first = wide(patients, "".join(f"A-{n},P-1,1,2,3,\n" for n in range(40)), instrument="audit-c", stem="audit").read()
    again = patients.read(Remembered(first))
    assert len([key for concept, key in again.same() if concept == "OutcomeAssessment"]) == 40


def test_a_long_table_of_many_texts_is_seen_to_its_end(patients):
    noise = "".join(f"N-{n},P-1,pcl5-3,text {n}\n" for n in range(1100))
    rows = f"A-1,P-1,pcl5-1,5\nA-1,P-1,pcl5-2,2\n{noise}A-2,P-1,pcl5-1,1\n"
    assert taken(long(patients, rows).read()) == [f"N-{n}" for n in sorted(range(1100), key=str)]


@pytest.mark.parametrize(("count", "told"), [(50, True), (49, False)])
def test_many_answers_of_a_long_table_are_counted(patients, count, told):
    rows = "".join(f"A-{n},P-1,pcl5-{item},{item}\n" for n in range(count) for item in (1, 2))
    units = long(patients, rows).read()
    assert ("no-answer-is-zero" in {p.code for p in units.problems("answers")}) is told


def test_lines_of_one_column_by_where(patients):
    lines = "".join(f"  answers[pcl5-{n}].value: {{from: Score, where: {{Item: pcl{n}}}}}\n" for n in (1, 2))
    patients.map("answers", HEAD.format("answers", "pcl-5") + lines)
    rows = "A-1,P-1,pcl1,1\nA-1,P-1,pcl2,2\nA-2,P-2,pcl1,1\nA-2,P-2,pcl2,5\n"
    patients.table("answers", "Id,Patient,Item,Score\n" + rows)
    assert taken(patients.read()) == []
    patients.table("answers", "Id,Patient,Item,Score\n" + rows.replace("pcl2,5", "pcl2,4"))
    assert taken(patients.read()) == ["A-1", "A-2"]
    patients.table("answers", "Id,Patient,Item,Score\n" + rows + "A-3,P-2,pcl1,0\nA-3,P-2,pcl2,3\n")
    assert taken(patients.read()) == []
    many = "".join(f"Z-{n},P-2,pcl1,0\nZ-{n},P-2,pcl2,3\n" for n in range(10))
    patients.table("answers", "Id,Patient,Item,Score\n" + rows + many)
    assert taken(patients.read()) == ["A-1", *(f"Z-{n}" for n in range(10))]


def test_a_scale_of_a_clinics_own(patients):
    scales = patients.folder / "maps" / "scales"
    scales.mkdir()
    text = (
        "instrument: calm\ntitle: Calm\nshort: CALM\nversion: '1'\nrater: self\nlicence: {text: no, notice: none}\nrange: 0..3\n"
    )
    (scales / "calm.yaml").write_text(text + "items:\n  calm-1..2:\ntotals:\n  sum: {range: 0..6}\n")
    units = wide(patients, "A-1,P-1,1,2,\nA-2,P-2,1,4,\n", instrument="calm", stem="calm", count=2).read()
    use_scales(())  # the other tests know the shipped ones alone
    assert (taken(units), len(shifted(units))) == ([], 3)
