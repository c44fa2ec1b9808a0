"""What is withheld where a record can't be as its rows say, and what stays."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from kapfhir.model.values import Absent, Amount, Period
from source_desk import log

Z = timezone(timedelta(hours=-8))
CLEAN = "D-1,P-1,2026-01-05T10:00-08:00,2026-01-05T11:00-08:00,35,iv,120,80,70"


def session(desk, row, extra=""):
    desk.table("log", log(row))
    units = desk.read()
    return units.records("DosingSession").get("D-1"), units


def test_a_clean_row_tells_nothing(sessions):
    record, units = session(sessions, CLEAN)
    assert units.problems() == []
    assert (record.doses[0].dose, len(record.vitals)) == (Amount(Decimal(35), "mg"), 1)


def test_a_refused_pair_is_withheld_and_names_both_columns(sessions):
    record, units = session(sessions, CLEAN.replace("120,80", "80,120"))
    assert units.told() == {(2, "diastolic-not-below-systolic", "SBP + DBP", "field withheld")}
    assert units.problems()[0].place == "sources/desk/log.yaml:17"
    assert (record.vitals[0].blood_pressure, record.vitals[0].heart_rate.value) == (None, 70)


def test_an_end_before_the_start_is_withheld(sessions):
    record, units = session(sessions, CLEAN.replace("T11:00", "T09:00"))
    assert units.told() == {(2, "ends-before-it-starts", "End", "field withheld")}
    assert record.session == Period(datetime(2026, 1, 5, 10, tzinfo=Z))


def test_an_impossible_dose_is_absent(sessions):
    record, units = session(sessions, CLEAN.replace(",35,", ",0,"))
    assert units.told() == {(2, "out-of-range", "Dose", "value absent")}
    assert (record.doses[0].dose, record.doses[0].route) == (Absent("error"), "iv")


@pytest.mark.parametrize(("kg", "stands"), [("100", True), ("99.9", False), ("", True)])
def test_a_dose_that_is_beyond_anaesthesia_for_the_weight_is_absent(sessions, kg, stands):
    text = (sessions.source / "log.yaml").read_text()
    text += "  doses[1].weighed: = weight\n  vitals[weight].taken: Start\n  vitals[weight].weight: {from: Kg, unit: kg}\n"
    sessions.map("log", text).table(
        "log", log(CLEAN.replace(",35,", ",450,")).replace("HR\n", "HR,Kg\n").replace("70\n", f"70,{kg}\n")
    )
    units = sessions.read()
    record = units.records("DosingSession")["D-1"]
    if stands:
        assert (record.doses[0].dose, units.problems()) == (Amount(Decimal(450), "mg"), [])
        return
    assert record.doses[0].dose == Absent("error")
    assert (record.doses[0].route, len(record.vitals)) == ("iv", 2), "only what can't be is lost"
    assert [(p.line, p.code, p.column, p.text, p.effect) for p in units.problems()] == [
        (2, "dose-beyond-anaesthesia", "Dose", "DoseEvent: an IV dose is at most 4.5 mg/kg", "value absent")
    ]


@pytest.mark.parametrize(("mg", "stands"), [("500", True), ("501", False)])
def test_the_rate_of_a_dose_that_is_withheld_goes_with_it_and_is_told(sessions, mg, stands):
    text = (sessions.source / "log.yaml").read_text()
    text += "  doses[1].rate.amount: {from: Pump, unit: mg}\n  doses[1].rate.over: {from: Pump min, unit: min}\n"
    sessions.map("log", text).table(
        "log", log(CLEAN.replace(",35,", f",{mg},")).replace("HR\n", "HR,Pump,Pump min\n").replace("70\n", "70,13,1\n")
    )
    units = sessions.read()
    given = units.records("DosingSession")["D-1"].doses[0]
    told = {(2, "dose-beyond-anaesthesia", "Dose + Pump + Pump min", "value absent")}
    assert units.told() == (set() if stands else told)
    assert (given.rate is not None, given.route) == (stands, "iv")


def test_an_unreadable_dose_is_absent(sessions):
    record, units = session(sessions, CLEAN.replace(",35,", ",a lot,"))
    assert units.told() == {(2, "not-a-number", "Dose", "value absent")}
    assert record.doses[0].dose == Absent("error")


def test_a_dose_that_was_not_written_down_is_a_doubt(sessions):
    record, units = session(sessions, CLEAN.replace(",35,", ",,"))
    assert [(p.code, p.severity, p.column, p.line) for p in units.problems()] == [("missing-dose", "warning", "Dose", 2)]
    assert record.doses[0].dose == Absent("unknown")


def test_a_dose_that_was_not_given_has_its_own_reason(sessions):
    text = (sessions.source / "log.yaml").read_text().replace("doses[1].status: = completed", "doses[1].status: = not-done")
    sessions.map("log", text)
    record, units = session(sessions, CLEAN)
    assert (2, "dose-not-given", "Dose", "value absent") in units.told()
    assert record.doses[0].dose == Absent("not-performed")


def test_a_missing_required_field_rejects_the_record(sessions):
    record, units = session(sessions, CLEAN.replace("2026-01-05T10:00-08:00", ""))
    assert record is None
    assert (2, "missing-field", "Start", "record rejected") in units.told()
    assert units.rejected() == [("DosingSession", "D-1")]


def test_a_bad_cell_that_feeds_many_fields_is_told_once(sessions):
    _, units = session(sessions, CLEAN.replace("2026-01-05T10:00-08:00", "2026-13-05T10:00-08:00"))
    assert units.told() == {(2, "impossible-date", "Start", "record rejected")}


def test_one_bad_answer_does_not_cost_the_others(patients):
    text = (
        "concept: OutcomeAssessment\ntable: pcl\nfields:\n  key: Id\n  patient: Patient\n  instrument: = pcl-5\n  assessed: On\n"
    )
    text += "".join(f"  answers[pcl5-{n}].value: Q{n}\n" for n in (1, 2, 3))
    patients.map("pcl", text).table("pcl", "Id,Patient,On,Q1,Q2,Q3\nA-1,P-1,2026-01-05,1,9,3\n")
    units = patients.read()
    assert (2, "out-of-range", "Q2", "item withheld") in units.told("pcl")
    assert [(a.question, a.value) for a in units.records()["A-1"].answers] == [("pcl5-1", 1), ("pcl5-3", 3)]


def test_a_bad_text_never_becomes_a_default(patients):
    text = "concept: Diagnosis\ntable: dx\nfields:\n  key: Id\n  patient: Patient\n  disorder: = ptsd\n  recorded: On\n  status: State\n"
    patients.map("dx", text)
    patients.table("dx", "Id,Patient,On,State\nX-1,P-1,2026-01-05,\nX-2,P-1,2026-01-05,gone\nX-3,P-1,2026-01-05,Resolved\n")
    units = patients.read()
    assert {k: r.status for k, r in units.records("Diagnosis").items()} == {"X-1": "active", "X-3": "resolved"}
    assert (3, "unmapped-code", "State", "record rejected") in units.told("dx")


def test_a_constant_reference_to_no_item_means_if_there_is_one(sessions):
    text = (sessions.source / "log.yaml").read_text() + "  doses[1].weighed: = pre\n"
    sessions.map("log", text)
    record, units = session(sessions, CLEAN.replace("120,80,70", ",,"))
    assert (record.doses[0].weighed, units.problems()) == (None, [])


def test_a_reference_in_a_column_to_no_item_is_told(sessions):
    text = (sessions.source / "log.yaml").read_text().replace("table: log", "table: log2") + "  doses[1].weighed: Weighed\n"
    sessions.map("log", text).table("log2", log(CLEAN).replace("HR\n", "HR,Weighed\n").replace("70\n", "70,post\n"))
    units = sessions.read()
    assert units.told() == {(2, "unknown-key", "Weighed", "field withheld")}
    assert units.records("DosingSession")["D-1"].doses[0].weighed is None


def test_a_constant_reference_to_nobody_is_told_for_each_record(sessions):
    sessions.map("log", (sessions.source / "log.yaml").read_text().replace("= MD-1", "= MD-9"))
    record, units = session(sessions, CLEAN)
    assert record.clinician is None
    assert units.told() == {(2, "unknown-key", "", "field withheld")}
    assert units.problems()[0].place == "sources/desk/log.yaml:6"


def test_rows_name_items_with_slashes_in_their_names(sessions):
    text = "concept: DosingSession\ntable: monitor\nfields:\n  key: Session\n  vitals[*].key: At\n"
    text += "  vitals[*].taken: {from: At, format: MM/DD/YYYY hh:mm}\n  vitals[*].heart_rate: HR\n"
    sessions.map("monitor", text).table("monitor", "Session,At,HR\nD-1,01/05/2026 10:20,80\nD-1,01/05/2026 10:30,\n")
    record, units = session(sessions, CLEAN)
    assert [v.key for v in record.vitals] == ["01-05-2026 10:20", "pre"]
    assert [(p.line, p.code, p.severity, p.effect) for p in units.problems("monitor")] == [
        (3, "empty-part", "warning", "row says nothing")
    ], "a reading without a value loses nothing"


def test_rows_of_rows(sessions):
    text = "concept: DosingSession\ntable: steps\nfields:\n  key: Session\n  doses[1].segments[*].key: Step\n"
    text += "  doses[1].segments[*].ran.start: From\n  doses[1].segments[*].ran.end: To\n"
    text += "  doses[1].segments[*].dose: {from: mg, unit: mg}\n"
    text += "  doses[1].segments[*].rate.amount: {from: mg, unit: mg}\n  doses[1].segments[*].rate.over: {from: min, unit: min}\n"
    at = "2026-01-05T10:{}-08:00".format
    rows = (f"D-1,2,{at(20)},{at(40)},15,20", f"D-1,1,{at('00')},{at(20)},20,20", f"D-1,3,{at(50)},{at(45)},1,1")
    sessions.map("steps", text).table("steps", "Session,Step,From,To,mg,min\n" + "\n".join(rows) + "\n")
    record, units = session(sessions, CLEAN)
    assert [(s.key, s.dose.value) for s in record.doses[0].segments] == [("1", 20), ("2", 15)]
    told = [(p.line, p.code, p.column) for p in units.problems("steps")]
    assert told == [(4, "ends-before-it-starts", "To"), (4, "missing-field", "From + To")]


def test_several_columns_fill_a_list(patients):
    text = "concept: Clinic\ntable: sites\nfields:\n  key: Site\n  name: Name\n  street: {from: [Street, Suite]}\n"
    patients.map("sites", text).table("sites", "Site,Name,Street,Suite\nC-1,KAP,1 Main St,Suite 2\nC-2,Two,2 Main St,\n")
    found = patients.read().records("Clinic")
    assert (found["C-1"].street, found["C-2"].street) == (("1 Main St", "Suite 2"), ("2 Main St",))


def test_a_dose_over_a_period_with_its_rate(sessions):
    text = (
        (sessions.source / "log.yaml")
        .read_text()
        .replace("  doses[1].given: Start\n", "  doses[1].given.start: Start\n  doses[1].given.end: End\n")
    )
    text += "  doses[1].rate.amount: {from: Dose, unit: mg}\n  doses[1].rate.over: = 40 min\n"
    sessions.map("log", text)
    record, units = session(sessions, CLEAN)
    assert units.problems() == []
    dose = record.doses[0]
    assert (dose.given.end - dose.given.start, dose.rate.over) == (timedelta(hours=1), Amount(Decimal(40), "min"))


def test_the_order_of_rows_and_answers_does_not_matter(patients):
    text = "concept: OutcomeAssessment\ntable: pcl\nfields:\n  key: Id\n  patient: P\n  instrument: = pcl-5\n  assessed: On\n"
    text += "  answers[*].question: Q\n  answers[*].value: A\n"
    patients.map("pcl", text)
    rows = [f"A-1,P-1,2026-01-05,pcl5-{n},{n % 5}" for n in range(1, 21)]
    patients.table("pcl", "\n".join(["Id,P,On,Q,A", *rows]) + "\n")
    first = patients.read().found("A-1")
    patients.table("pcl", "\n".join(["Id,P,On,Q,A", *reversed(rows)]) + "\n")
    second = patients.read().found("A-1")
    assert (first.record, first.digest) == (second.record, second.digest)
    assert [a.question for a in first.record.answers] == [f"pcl5-{n}" for n in range(1, 21)]
