"""Desks of the tests of this room."""

import pytest
from source_desk import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def patients(desk):
    """A desk with patients P-1 to P-3 and what treats them."""
    desk.map("sites", "concept: Clinic\ntable: sites\nfields:\n  key: Site\n  name: Name\n")
    desk.table("sites", "Site,Name\nC-1,KAP Clinic\n")
    staff = "concept: Practitioner\ntable: staff\nfields:\n  key: Id\n  family: Last\n  profession: Role\n  clinic: Site\n"
    desk.map("staff", staff).table("staff", "Id,Last,Role,Site\nMD-1,Doe,physician,C-1\n")
    desk.map("patients", "concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: Last\n")
    return desk.table("patients", "Id,Last\nP-1,One\nP-2,Two\nP-3,Three\n")


@pytest.fixture
def sessions(patients):
    """A desk with dosing sessions too; a test writes the table `log`."""
    patients.map(
        "log",
        """concept: DosingSession
table: log
fields:
  key: Session
  patient: Patient
  clinician: = MD-1
  status: = completed
  visit.start: Start
  session.start: Start
  session.end: End
  doses[1].drug: = ketamine
  doses[1].status: = completed
  doses[1].given: Start
  doses[1].dose: {from: Dose, unit: mg}
  doses[1].route: Route
  vitals[pre].taken: Start
  vitals[pre].blood_pressure.systolic: {from: SBP, unit: "mm[Hg]"}
  vitals[pre].blood_pressure.diastolic: DBP
  vitals[pre].heart_rate: HR
""",
    )
    return patients
