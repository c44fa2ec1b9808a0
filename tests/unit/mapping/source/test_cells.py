"""Cells of every type: what they become, or why they can't be read."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from kapfhir.model.values import Amount, Period
from source_desk import log

Z = timezone(timedelta(hours=-8))
DAY = date(2026, 1, 5)
PST = datetime(2026, 1, 5, 22, 30, tzinfo=Z)


def read_cell(desk, field, rule, cell, head=""):
    """What one field of an adverse event becomes, with the problem codes."""
    lines = {"event": "= nausea", "severity": "= mild", "onset": "Onset", field: rule}
    fields = "".join(f"  {name}: {text}\n" for name, text in lines.items())
    desk.map("ae", f"concept: AdverseEvent\ntable: ae\n{head}fields:\n  key: Id\n  patient: = P-1\n{fields}")
    desk.table("ae", f'Id,Onset,X,Y\nE-1,2026-01-05,"{cell}",\n')
    units = desk.read()
    record = units.records("AdverseEvent").get("E-1")
    return record and getattr(record, field), [p.code for p in units.problems("ae")]


MOMENTS = [
    ("X", "2026-01-05T22:30-08:00", PST),
    ("X", "2026-01-05 22:30", PST),
    ("X", "2026-01-05", date(2026, 1, 5)),
    ("{from: X, format: MM/DD/YYYY hh:mm AM}", "1/5/2026 10:30 PM", PST),
    ("{from: X, format: MM/DD/YYYY hh:mm AM}", "01/05/2026 10:30 p.m.", PST),
    ("{from: X, format: [MM/DD/YYYY hh:mm, MM/DD/YYYY]}", "01/05/2026", date(2026, 1, 5)),
    ("{from: X, format: [MM/DD/YYYY hh:mm, MM/DD/YYYY]}", "01/05/2026 22:30", PST),
    ("{from: X, format: DD-Mon-YYYY}", "05-JAN-2026", date(2026, 1, 5)),
    ("{from: X, format: DD-Mon-YYYY hh:mm:ss Z}", "06-jan-2026 06:30:00 Z", PST),
    ("{from: X, format: excel}", "46027", date(2026, 1, 5)),
    ("{from: X, format: excel}", "46027.9375", PST),
    ("{from: X, empty: [999, unknown]}", "unknown", None),
    ("X", "  ", None),
]
BAD_MOMENTS = [
    ("X", "01/05/2026", "not-in-this-format"),
    ("X", "2026-02-30", "impossible-date"),
    ("X", "2026-01-05T10:00+14:01", "impossible-date"),
    ("{from: X, format: YYYY-MM-DD hh:mm Z}", "2026-01-05 10:00 -1430", "impossible-date"),
    ("X", "2026-03-08 02:30", "no-such-local-time"),
    ("X", "2026-11-01 01:30", "ambiguous-local-time"),
    ("X", "46027", "not-in-this-format"),
    ("X", "2026-W02", "not-in-this-format"),
    ("X", "٢٠٢٦-01-05", "not-in-this-format"),
    ("{from: X, format: MM/DD/YYYY}", "13/05/2026", "impossible-date"),
    ("{from: X, format: MM/DD/YYYY hh:mm AM}", "1/5/2026 13:30 PM", "impossible-date"),
    ("{from: X, format: MM/DD/YYYY hh:mm AM}", "1/5/2026 0:30 PM", "impossible-date"),
    ("{from: X, format: DD-Mon-YYYY}", "05-Foo-2026", "impossible-date"),
    ("{from: [X, Y], format: MM/DD/YYYY hh:mm}", "01/05/2026", "half-empty"),
]


@pytest.mark.parametrize(("rule", "cell", "value"), MOMENTS)
def test_a_date_or_moment(patients, rule, cell, value):
    assert read_cell(patients, "resolved", rule, cell) == (value, [])


@pytest.mark.parametrize(("rule", "cell", "code"), BAD_MOMENTS)
def test_a_bad_date_or_moment(patients, rule, cell, code):
    assert read_cell(patients, "resolved", rule, cell) == (None, [code])


@pytest.mark.parametrize("cell", ["9999-12-31 23:59:59", "0001-01-01 00:00"])
def test_the_ends_of_the_calendar(patients, cell):
    value, codes = read_cell(patients, "resolved", "X", cell)
    assert (value is None) == bool(codes)


def test_a_day_alone_is_when_a_session_was_and_no_moment_of_a_reading(sessions):
    sessions.table("log", log("D-1,P-1,2026-01-05,,35,iv,,,80"))
    units = sessions.read()
    record = units.records("DosingSession")["D-1"]
    assert (record.session, record.visit, record.doses[0].given) == (Period(DAY), Period(DAY), DAY)
    assert record.vitals == ()
    assert units.told("log") == {(2, "no-time-of-day", "Start", "item withheld")}


def test_a_time_later_than_a_day_alone_can_not_be_told(sessions):
    sessions.map("log", (sessions.source / "log.yaml").read_text().replace("End\n", "{from: Start, plus: 40 min}\n", 1))
    units = sessions.table("log", log("D-1,P-1,2026-01-05,,35,iv,,,", "D-2,P-1,2026-01-05 10:00,,35,iv,,,")).read()
    records = units.records("DosingSession")
    assert [records[key].session.end is None for key in ("D-1", "D-2")] == [True, False]
    assert units.told("log") == {(2, "no-time-of-day", "Start", "field withheld")}


def test_a_day_alone_at_one_end_and_a_moment_at_the_other(sessions):
    units = sessions.table("log", log("D-1,P-1,2026-01-05 10:00,2026-01-05,35,iv,,,")).read()
    assert units.records("DosingSession")["D-1"].session.end is None
    assert units.told("log") == {(2, "day-beside-moment", "End", "field withheld")}


def test_the_day_of_a_moment_is_the_clinics(patients):
    text = "concept: Diagnosis\ntable: dx\nfields:\n  key: Id\n  patient: = P-1\n  disorder: = ptsd\n  recorded: On\n"
    patients.map("dx", text).table("dx", "Id,On\nX-1,2026-01-06T02:00Z\n")
    assert patients.read().records("Diagnosis")["X-1"].recorded == date(2026, 1, 5)


AMOUNTS = [
    ("35.50", "35.50"),
    ("35.5 mg", "35.5"),
    ("35mg", "35"),
    ("007", "7"),
    ("-1", "negative-number"),
    ("0,5", "not-a-number"),
    ("1,000", "not-a-number"),
    ("NaN", "not-a-number"),
    ("Infinity", "not-a-number"),
    ("1e400", "not-a-number"),
    ("1e4", "not-a-number"),
    ("٣", "not-a-number"),
    ("35 ml", "another-unit"),
    ("35 mcg", "another-unit"),
    ("35 %", "another-unit"),
    ("35 troches", "not-a-number"),
    ("1" * 40, "too-many-digits"),
    ("1." + "1" * 21, "too-many-digits"),
    ("35." + "1" * 21 + " mg", "too-many-digits"),
    ("35.500000000000000000001", "too-many-digits"),
    ("35.30000000000000004", "35.30000000000000004"),
    ("35." + "12345678901234567890", "35.12345678901234567890"),
    ("+5", "not-a-number"),
    (".5", "not-a-number"),
    ("5.", "not-a-number"),
]


@pytest.mark.parametrize(("cell", "expected"), AMOUNTS)
def test_an_amount(sessions, cell, expected):
    sessions.table("log", log(f'D-1,P-1,2026-01-05 10:00,,"{cell}",iv,,,'))
    units = sessions.read()
    dose = units.records("DosingSession")["D-1"].doses[0].dose
    assert ([p.code for p in units.problems()] or [str(dose.value)]) == [expected]


@pytest.mark.parametrize(("cell", "expected"), [("0,5", "0.5"), ("0.5", "not-a-number"), ("1.000,5", "not-a-number")])
def test_a_decimal_comma(sessions, cell, expected):
    text = (sessions.source / "log.yaml").read_text().replace("table: log\n", 'table: log\ndecimal: ","\n')
    sessions.map("log", text).table("log", log(f'D-1,P-1,2026-01-05 10:00,,"{cell}",iv,,,'))
    units = sessions.read()
    dose = units.records("DosingSession")["D-1"].doses[0].dose
    assert ([p.code for p in units.problems()] or [str(dose.value)]) == [expected]


@pytest.mark.parametrize(
    ("cell", "expected"), [("3", 3), ("3.0", "not-a-number"), ("0", "out-of-range"), ("three", "not-a-number")]
)
def test_a_whole_number(patients, cell, expected):
    fields = "key: Id\n  patient: = P-1\n  clinic: = C-1\n  status: = active\n  started: On\n  planned_sessions: N\n"
    patients.map("courses", f"concept: Course\ntable: courses\nfields:\n  {fields}")
    patients.table("courses", f"Id,On,N\nK-1,2026-01-05,{cell}\n")
    units = patients.read()
    found = [p.code for p in units.problems()] or [units.records("Course")["K-1"].planned_sessions]
    assert found == [expected]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("1,", ["emdr"]),
        ("x,Yes", ["emdr", "ifs"]),
        ("0,unchecked", []),
        (",", []),
        ("2,1", "not-a-checkbox"),
        ("TRUE,false", ["emdr"]),
    ],
)
def test_checkboxes(sessions, cells, expected):
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,,,"))
    fields = "key: Id\n  patient: = P-1\n  therapist: = MD-1\n  follows: = D-1\n  status: = completed\n  session.start: At\n"
    fields += "  delivery: = home\n  modalities: {checked: {m___1: emdr, m___2: ifs}}\n"
    sessions.map("notes", f"concept: IntegrationSession\ntable: notes\nfields:\n  {fields}")
    sessions.table("notes", f"Id,At,m___1,m___2\nN-1,2026-01-06 10:00,{cells}\n")
    units = sessions.read()
    told = [(p.code, p.column) for p in units.problems()]
    record = units.records("IntegrationSession")["N-1"]
    assert told == ([(expected, "m___1")] if isinstance(expected, str) else [])
    assert list(record.modalities) == ([] if isinstance(expected, str) else expected)


def test_codes_fold_blanks_and_case(patients):
    patients.codes("how", "local,code\nNot  so bad,mild\nBAD,severe\n")
    assert read_cell(patients, "severity", "{from: X, codes: how}", " not SO   bad ") == ("mild", [])


def test_our_own_code_needs_no_table(patients):
    assert read_cell(patients, "severity", "X", "Severe") == ("severe", [])
    assert read_cell(patients, "severity", "X", "dreadful") == (None, ["unmapped-code"])


def test_an_unmapped_code_says_where_to_add_it(patients):
    patients.codes("how", "local,code\nbad,severe\n")
    read_cell(patients, "severity", "{from: X, codes: how}", "dreadful")
    assert [p.hint for p in patients.read().problems()] == ["add a row to sources/desk/codes/how.csv"]


def test_empties_of_the_map_and_of_the_column(patients):
    assert read_cell(patients, "resolved", "{from: X, empty: ['999']}", "999", "empty: [NA]\n") == (None, [])
    assert read_cell(patients, "resolved", "{from: X, empty: ['999']}", "NA", "empty: [NA]\n") == (None, [])
    assert read_cell(patients, "resolved", "{from: [X, Y], format: MM/DD/YYYY hh:mm}", "NA", "empty: [NA]\n") == (None, [])
    assert read_cell(patients, "resolved", "X", "999", "empty: [NA]\n") == (None, ["not-in-this-format"])


def test_a_cell_of_blanks_shows_no_item(sessions):
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv, ,,  "))
    assert sessions.read().records("DosingSession")["D-1"].vitals == ()


def test_keys_of_several_cells(patients):
    patients.map("patients", "concept: Patient\ntable: patients\nfields:\n  key: {from: [Site, Id]}\n  family: Last\n")
    patients.table("patients", "Site,Id,Last\nA,1,One\nA,,Two\n,,Three\nA/B,1,Four\n")
    units = patients.read()
    assert list(units.records("Patient")) == ["A/1", "A-B/1"]
    assert units.told("patients") == {
        (3, "half-empty", "Site + Id", "record rejected"),
        (4, "missing-key", "Site + Id", "record rejected"),
    }


def test_pressure_and_dose_texts(sessions):
    text = (sessions.source / "log.yaml").read_text()
    text = text.replace('{from: SBP, unit: "mm[Hg]"}', "{from: SBP, as: pressure-text.systolic}")
    text = text.replace("diastolic: DBP", "diastolic: {from: SBP, as: pressure-text.diastolic}")
    sessions.map("log", text.replace("{from: Dose, unit: mg}", "{from: Dose, as: dose-text.dose}"))
    sessions.table(
        "log", log("D-1,P-1,2026-01-05 10:00,,40 mg --> 35 mg,iv,128/82,,", "D-2,P-1,2026-01-05 10:00,,3 ml,iv,high,,")
    )
    units = sessions.read()
    record = units.records("DosingSession")["D-1"]
    assert (record.doses[0].dose.value, record.vitals[0].blood_pressure.diastolic) == (35, Amount(Decimal(82), "mm[Hg]"))
    assert units.told() == {
        (3, "volume-without-concentration", "Dose", "value absent"),
        (3, "not-a-blood-pressure", "SBP", "field withheld"),
    }


def test_the_result_of_a_test_is_a_word_by_a_code_table_and_a_number_by_its_unit(patients):
    lines = "key: Id\n  patient: = P-1\n  performer: = MD-1\n  visit.start: At\n  decision: = cleared\n"
    lines += "  labs[a].test: = urine-drug-screen\n  labs[a].taken: At\n"
    lines += "  labs[a].result: {from: Drugs, codes: found}\n  labs[b].test: = alt\n  labs[b].taken: At\n"
    lines += "  labs[b].result: {from: ALT, unit: U/L}\n"
    patients.map("screen", f"concept: Screening\ntable: screen\nfields:\n  {lines}").codes("found", "local,code\nnone,negative\n")
    patients.table("screen", "Id,At,Drugs,ALT\nS-1,2026-01-05 09:00,none,31\nS-2,2026-01-05 09:00,odd,32\n")
    units = patients.read()
    assert [lab.result for lab in units.records("Screening")["S-1"].labs] == ["negative", Amount(Decimal(31), "U/L")]
    assert [(p.code, p.line, p.column) for p in units.problems()] == [("unmapped-code", 3, "Drugs")]
