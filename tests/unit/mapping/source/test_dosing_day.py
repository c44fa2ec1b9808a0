"""The day of a dose, read from tables: what is outside of a body's limits is withheld, and the rest of it goes through."""

from kapfhir.model.values import Amount

CHECKS = """concept: DosingSession
table: checks
fields:
  key: Session
  pre_dose.checked: {from: At, format: "YYYY-MM-DD hh:mm"}
  pre_dose.clearance: Cleared
  pre_dose.consent_confirmed: Consent
  pre_dose.food_fasting: {from: Food, unit: h}
  pre_dose.medications_held: {from: Held, split: ;}
  mindset.intention: Intention
  mindset.expectancy: Hope
  doses[1].lot: Lot
  doses[1].wasted: {from: Waste, unit: mg}
  doses[1].waste_method: How
  rems.first_treatment: First
  staff[*].practitioner: Nurse
  staff[*].role: = monitoring-provider
"""


def log(*rows):
    return "\n".join(["Session,Patient,Start,End,Dose,Route,SBP,DBP,HR", *rows]) + "\n"


def test_a_measurement_that_no_body_shows_is_withheld(sessions):
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,128,82,300"))
    units = sessions.read()
    [vital] = units.records("DosingSession")["D-1"].vitals
    assert (vital.heart_rate, vital.blood_pressure.systolic.value) == (None, 128)
    assert [(p.code, p.column, p.effect) for p in units.problems()] == [("out-of-range", "HR", "field withheld")]


def test_a_pulse_pressure_that_no_body_shows_takes_both(sessions):
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,128,125,70"))
    units = sessions.read()
    [vital] = units.records("DosingSession")["D-1"].vitals
    assert (vital.blood_pressure, vital.heart_rate) == (None, Amount(vital.heart_rate.value, "/min"))
    assert "out-of-range" in {p.code for p in units.problems()}


def test_the_parts_of_the_day_come_from_a_table_of_their_own(sessions):
    sessions.table("log", log("D-1,P-1,2026-01-05 10:00,,35,iv,128,82,70"))
    head = "Session,At,Cleared,Consent,Food,Held,Intention,Hope,Lot,Waste,How,First,Nurse\n"
    sessions.map("checks", CHECKS)
    sessions.table("checks", head + "D-1,2026-01-05 09:50,cleared,yes,6,a; b,to rest,101,A1,,sink,no,MD-1\n")
    units = sessions.read()
    record = units.records("DosingSession")["D-1"]
    assert (record.pre_dose.clearance, record.pre_dose.consent_confirmed) == ("cleared", True)
    assert record.pre_dose.medications_held == ("a", "b")
    assert (record.mindset.intention, record.mindset.expectancy) == ("to rest", None)
    assert (record.doses[0].lot, record.doses[0].waste_method, record.doses[0].dose.value) == ("A1", None, 35)
    assert (record.rems.first_treatment, record.rems.lot) == (False, "A1")
    assert record.rems.dose is None, "the dose of the session is not one of whole devices, as that of the form must be"
    assert [(s.practitioner, s.role) for s in record.staff] == [("MD-1", "monitoring-provider")]
    assert {(p.code, p.column) for p in units.problems()} == {("out-of-range", "Hope"), ("waste-without-amount", "How")}
