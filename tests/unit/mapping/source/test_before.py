"""What stood before treatment, from tables as clinics keep them."""

from datetime import date
from decimal import Decimal

from kapfhir.mapping.units import Found
from kapfhir.model.before import Criterion, Presence
from kapfhir.model.history import Reaction
from kapfhir.model.people import Coverage, Licence, Training
from kapfhir.model.screening import Finding
from kapfhir.model.values import Amount, Event, Key

CLINIC = "concept: Clinic\ntable: sites\nfields:\n  key: Site\n  name: Name\n  emergency: {checked: {O2: oxygen, AED: aed}}\n  rems: {from: REMS, codes: rems}\n"
STAFF = """concept: Practitioner
table: staff
fields:
  key: Id
  family: Name
  profession: = psychotherapist
  clinic: = S-1
  roles: {from: Roles, split: ;}
  licences[CA].number: License
  training[Level 1].completed: Trained
  training[Level 1].hours: Hours
"""
PATIENT = """concept: Patient
table: clients
fields:
  key: Id
  family: Name
  preferred_name: Goes by
  pronouns: Pronouns
  deceased: Died
  contacts[driver].role: = escort
  contacts[driver].name: Driver
  contacts[driver].phone: Driver phone
  measurements[intake].measured: Intake
  measurements[intake].height: {from: Height, unit: "[in_i]"}
  measurements[intake].weight: {from: Weight, unit: "[lb_av]"}
  measurements[intake].method: = stated
  coverage.payer: Payer
  coverage.self_pay: Self pay
"""
DIAGNOSIS = """concept: Diagnosis
table: problems
fields:
  key: Id
  patient: Client
  recorded: Date
  disorder: Code
  label: As written
  trauma.ace_score: ACE
  resistance.failed_trials: Failed trials
  sensitivity: {checked: {MST: sexual-trauma}}
"""
MEDICATION = """concept: MedicationHistory
table: meds
fields:
  key: Id
  patient: Client
  purpose: = prior-trial
  status: = stopped
  label: Drug
  drug_class: Class
  dose: {from: Dose, unit: mg}
  trial.outcome: Outcome
  trial.length: {from: Weeks, unit: wk}
"""
ALLERGY = """concept: Allergy
table: allergies
fields:
  key: Id
  patient: Client
  label: Substance
  reactions[nausea].severity: Nausea
"""
CONSENT = """concept: Consent
table: consents
fields:
  key: Id
  patient: Client
  type: Form
  status: = signed
  signed: {from: Signed, format: MM/DD/YYYY}
  acknowledged: {checked: {Ack driving: no-driving, Ack fasting: fasting}}
"""
SCREENING = """concept: Screening
table: screens
zone: America/Los_Angeles
fields:
  key: Id
  patient: Client
  performer: = T-1
  visit.start: {from: At, format: YYYY-MM-DD hh:mm}
  findings[bp].criterion: = uncontrolled-hypertension
  findings[bp].presence: {from: High BP, codes: presence}
  findings[mi].criterion: = recent-myocardial-infarction
  findings[mi].presence: {from: Recent MI, codes: presence}
  decision: Decision
  conditions: {from: Conditions, split: ;}
  baseline.taken: {from: At, format: YYYY-MM-DD hh:mm}
  baseline.heart_rate: {from: HR, unit: /min}
"""


def laid(desk):
    desk.map("clinic", CLINIC).codes("rems", "local,code\nY,certified\nN,not-certified\n")
    desk.table("sites", "Site,Name,O2,AED,REMS\nS-1,Clinic,x,,Y\n")
    desk.map("staff", STAFF)
    desk.table("staff", "Id,Name,Roles,License,Trained,Hours\nT-1,Test,lead-therapist; assessor,L-1,2024-05-01,40\n")
    desk.map("patient", PATIENT)
    head = "Id,Name,Goes by,Pronouns,Died,Driver,Driver phone,Intake,Height,Weight,Payer,Self pay"
    desk.table("clients", f"{head}\nP-1,Test,Kit,they/them,,Ada,555 0100,2026-01-02,67.0,160,Plan,no\n")
    desk.map("diagnosis", DIAGNOSIS)
    desk.table(
        "problems",
        "Id,Client,Date,Code,As written,ACE,Failed trials,MST\nD-1,P-1,2026-01-02,ptsd,PTSD,7,2,x\nD-2,P-1,2026-01-02,,,,,\n",
    )
    desk.map("medication", MEDICATION)
    desk.table("meds", "Id,Client,Drug,Class,Dose,Outcome,Weeks\nM-1,P-1,Sertraline,ssri,50.0,partial,8\n")
    desk.map("allergy", ALLERGY).table("allergies", "Id,Client,Substance,Nausea\nA-1,P-1,Latex,moderate\n")
    desk.map("consent", CONSENT)
    desk.table("consents", "Id,Client,Form,Signed,Ack driving,Ack fasting\nC-1,P-1,ketamine-off-label,01/03/2026,x,\n")
    desk.map("screening", SCREENING).codes("presence", "local,code\nyes,present\nno,absent\n?,unknown\n")
    screens = "Id,Client,At,High BP,Recent MI,Decision,Conditions,HR\nS-1,P-1,2026-01-04 10:00,no,?,cleared-with-conditions,hold lamotrigine; escort,72\n"
    return desk.table("screens", screens)


def test_every_map_is_without_fault(desk):
    assert laid(desk).faults() == []


def test_each_record_says_what_its_row_says(desk):
    units = laid(desk).read()
    found = {(type(u.record).__name__, u.record.key): u.record for u in units if isinstance(u, Found)}
    assert found["Clinic", "S-1"].emergency == ("oxygen",)
    staff = found["Practitioner", "T-1"]
    assert staff.licences == (Licence("CA", "L-1"),)
    assert (staff.training, staff.training[0].hours) == ((Training("Level 1", completed=date(2024, 5, 1)),), 40)
    patient = found["Patient", "P-1"]
    assert patient.coverage == Coverage("Plan", self_pay=False)
    assert [(c.role, c.name) for c in patient.contacts] == [("escort", "Ada")]
    assert patient.measurements[0].height == Amount(Decimal("67.0"), "[in_i]")
    assert (found["Diagnosis", "D-1"].trauma.ace_score, found["Diagnosis", "D-1"].sensitivity) == (7, ("sexual-trauma",))
    assert found["MedicationHistory", "M-1"].trial.length == Amount(Decimal("8"), "wk")
    assert found["Allergy", "A-1"].reactions == (Reaction(Event("nausea"), severity="moderate"),)
    assert found["Consent", "C-1"].acknowledged == ("no-driving",)
    screening = found["Screening", "S-1"]
    assert screening.findings == (
        Finding(Key("bp"), Criterion("uncontrolled-hypertension"), Presence("absent")),
        Finding(Key("mi"), Criterion("recent-myocardial-infarction"), Presence("unknown")),
    )
    assert screening.conditions == ("hold lamotrigine", "escort")


def test_what_says_nothing_is_refused_and_told(desk):
    units = laid(desk).read()
    assert ("Diagnosis", "D-2") in units.rejected()
    assert {(p.code, p.line) for p in units.problems("problems")} == {("missing-diagnosis", 3)}


def test_an_npi_with_a_wrong_digit_is_withheld_and_its_clinic_goes_on(desk):
    desk.map("sites", "concept: Clinic\ntable: sites\nfields:\n  key: Site\n  name: Name\n  npi: NPI\n")
    units = desk.table("sites", "Site,Name,NPI\nC-1,One,1234567893\nC-2,Two,1234567890\n").read()
    assert {key: clinic.npi for key, clinic in units.records("Clinic").items()} == {"C-1": "1234567893", "C-2": None}
    assert units.told("sites") == {(3, "npi-check-digit", "NPI", "field withheld")}
    assert not any("1234567890" in str(problem) for problem in units.problems())
