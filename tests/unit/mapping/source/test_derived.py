"""Records that no table of their own holds: out of tables that point to them, or of constants alone."""

CLINIC = "concept: Clinic\ntable: log\nfields:\n  key: = main\n  name: = KAP Clinic\n"


def test_a_map_of_constants_makes_one_record(desk):
    desk.map("clinic", CLINIC).table("log", "Session,Dose\nD-1,35\nD-2,35\nD-3,40\n")
    units = desk.read()
    assert {key: clinic.name for key, clinic in units.records().items()} == {"main": "KAP Clinic"}
    assert units.problems() == []


def test_a_map_of_constants_over_an_empty_table_makes_nothing(desk):
    assert desk.map("clinic", CLINIC).table("log", "Session,Dose\n").read() == []


def test_a_constant_key_beside_columns_is_a_fault(desk):
    desk.map("clinic", CLINIC.replace("= KAP Clinic", "Name")).table("log", "Name\nA\nB\n")
    assert desk.faults() == ["4:3: the key of a record comes from a column, on every row [missing-key]"]


def test_a_record_to_which_the_rows_of_a_table_point_may_stand_there_often(patients):
    scores = "concept: OutcomeAssessment\ntable: scores\nfields:\n  key: Id\n  patient: Client\n  instrument: = phq-9\n  assessed: Date\n"
    patients.map("scores", scores + '  total: {from: Total, unit: "{score}"}\n')
    patients.map("patients", "concept: Patient\ntable: scores\nfields:\n  key: Client\n  family: Client\n")
    patients.table("scores", "Id,Client,Date,Total\nA-1,P-1,2026-01-05,9\nA-2,P-1,2026-02-05,8\nA-2,P-1,2026-02-05,8\n")
    units = patients.read()
    assert list(units.records("Patient")) == ["P-1"]
    assert list(units.records("OutcomeAssessment")) == ["A-1", "A-2"]
    assert units.told() == {(4, "duplicate-row", "", "row counted once")}  # of the assessment, not of its patient


def test_a_constant_may_be_part_of_a_key(patients):
    for name in ("phq-9", "gad-7"):
        head = f"concept: OutcomeAssessment\ntable: {name}\nfields:\n  key: {{from: [= {name}, Id]}}\n  patient: Client\n"
        patients.map(name, head + f'  instrument: = {name}\n  assessed: Date\n  total: {{from: Total, unit: "{{score}}"}}\n')
        patients.table(name, "Id,Client,Date,Total\n1,P-1,2026-01-05,9\n,P-1,2026-01-05,9\n2/3,P-1,2026-01-06,9\n")
    units = patients.read()
    assert list(units.records("OutcomeAssessment")) == ["gad-7/1", "gad-7/2-3", "phq-9/1", "phq-9/2-3"]
    assert units.told("gad-7") == {(3, "missing-key", "Id", "record rejected")}


def test_a_constant_among_the_columns_of_a_date_is_a_fault(patients):
    patients.map(
        "patients", "concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: Last\n  birth_date: {from: [= x, Last]}\n"
    )
    assert patients.faults() == ["6:23: a constant among columns is part of a key: 'birth_date' is date [never-acts]"]
