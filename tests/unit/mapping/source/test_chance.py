"""Tables of chance: nothing crashes, every row is told or used, and no problem holds a cell."""

import csv
import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from kapfhir.mapping.units import Found
from source_desk import SAMPLE, ZONE, Desk, Remembered

LOG = ["Session", "Patient", "Start", "End", "Dose", "Route", "SBP", "DBP", "HR"]
CANARY = "QQ7canary"
CELLS = {
    "Session": ["D-1", "D-2", "D-3", "", "a/b"],
    "Patient": ["P-1", "P-2", "P-9", ""],
    "Start": ["2026-01-05T10:00-08:00", "2026-01-05 10:00", "2026-03-08 02:30", "2026-13-01", "", "9999-12-31 23:59"],
    "End": ["2026-01-05T11:00-08:00", "2026-01-05 09:00", "0001-01-01 00:00", ""],
    "Dose": ["35", "35.50", "0", "-1", "1e400", "NaN", ""],
    "Route": ["iv", "IM", "mouth", ""],
    "SBP": ["120", "80", ""],
    "DBP": ["80", "120", "high", ""],
    "HR": ["70", "0", ""],
}
text = st.text(max_size=12) | st.just(CANARY)
row = st.tuples(*[st.sampled_from(CELLS[name]) | text for name in LOG]).map(list) | st.lists(text, max_size=11)


@cache
def maps():
    """The maps of the sessions desk, as files."""
    sites = "concept: Clinic\ntable: sites\nfields:\n  key: Site\n  name: Name\n"
    staff = (
        "concept: Practitioner\ntable: staff\nfields:\n  key: Id\n  family: Last\n  profession: = physician\n  clinic: = C-1\n"
    )
    log = "concept: DosingSession\ntable: log\nfields:\n  key: Session\n  patient: Patient\n  clinician: = MD-1\n  status: = completed\n"
    log += "  visit.start: Start\n  session.start: Start\n  session.end: End\n  doses[1].drug: = ketamine\n  doses[1].status: = completed\n"
    log += (
        "  doses[1].given: Start\n  doses[1].dose: {from: Dose, unit: mg}\n  doses[1].route: Route\n  doses[1].weighed: = pre\n"
    )
    log += "  vitals[pre].taken: Start\n  vitals[pre].blood_pressure.systolic: SBP\n  vitals[pre].blood_pressure.diastolic: DBP\n"
    log += "  vitals[pre].heart_rate: HR\n"
    steps = "concept: DosingSession\ntable: steps\nfields:\n  key: Session\n  vitals[*].key: Start\n  vitals[*].taken: Start\n"
    steps += "  vitals[*].heart_rate: {from: HR, where: {Route: IV}}\n  vitals[*].weight: {from: Dose, unit: kg}\n"
    return {
        "sites": sites,
        "staff": staff,
        "patients": "concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: Last\n",
        "log": log,
        "steps": steps,
    }


def written(rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(rows)
    return out.getvalue()


def desk_of(folder, log_rows, step_rows):
    desk = Desk(Path(folder))
    for name, lines in maps().items():
        desk.map(name, lines)
    desk.table("sites", "Site,Name\nC-1,KAP\n").table("staff", "Id,Last\nMD-1,Doe\n").table(
        "patients", "Id,Last\nP-1,One\nP-2,Two\n"
    )
    return desk.table("log", written([LOG, *log_rows])).table("steps", written([LOG, *step_rows]))


@settings(max_examples=80, deadline=None)
@given(st.lists(row, max_size=8), st.lists(row, max_size=5))
def test_rows_of_chance(log_rows, step_rows):
    with TemporaryDirectory() as folder:
        desk = desk_of(folder, log_rows, step_rows)
        units = desk.read()
        again = desk.read(Remembered(units))
    used = {(p.table, p.row) for u in units if isinstance(u, Found) for p in u.places}
    told = {(p.file, p.line) for p in units.problems()}
    there = {(name, line) for name, rows in (("log", log_rows), ("steps", step_rows)) for line in lines_of(rows)}
    assert there <= used | told
    assert not any(CANARY in str(value) for p in units.problems() for value in p.to_dict().values())
    assert set(again.problems()) == set(units.problems())
    assert again.rejected() == units.rejected()
    assert {k for _, k in again.same()} | set(again.records()) == set(units.records())


def lines_of(rows):
    """Where the rows that are not blank start; the table reader splits records as csv does."""
    reader = csv.reader(io.StringIO(written([LOG, *rows]), newline=""))
    line, out = 1, []
    for cells in reader:
        if line > 1 and any(c.strip() for c in cells):
            out.append(line)
        line = reader.line_num + 1
    return out


def test_no_problem_of_the_sample_holds_a_cell_of_its_row():
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        for path in (SAMPLE / "sources" / "sample").glob("*.yaml"):
            desk.map(path.stem, path.read_text())
        for path in (SAMPLE / "sources" / "sample" / "codes").glob("*.csv"):
            desk.codes(path.stem, path.read_text())
        for path in (SAMPLE / "export").glob("*.csv"):
            head, *rows = csv.reader(io.StringIO(path.read_text()))
            spoiled = [
                [f"{CANARY}{i}{j}" if (i + j) % 3 else cell for j, cell in enumerate(cells)] for i, cells in enumerate(rows)
            ]
            desk.table(path.stem, written([head, *rows, *spoiled]))
        problems = desk.read(zone=ZONE).problems()
    assert len(problems) > 40
    assert not any(CANARY in str(value) for p in problems for value in p.to_dict().values())
