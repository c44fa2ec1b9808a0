"""No record points into another patient's: what does is left out and told, whichever of the two rows changed."""

import pytest
from source_desk import Remembered, log

from kapfhir.mapping.source.fill import has_fields
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import fields_of

DOSE = "D-1,P-1,2026-01-05 10:00,2026-01-05 11:00,35,iv,120,80,70"
MAPS = {
    "why": ("Diagnosis", "recorded: Day\n  disorder: = mdd-single-mild"),
    "courses": ("Course", "clinic: = C-1\n  status: = active\n  started: Day\n  indications: {from: For, split: ;}"),
    "plans": ("Plan", "course: For"),
    "events": ("AdverseEvent", "event: = dissociation\n  onset: Day\n  severity: = mild\n  during: For"),
}
TABLES = {
    "why": "Id,Patient,Day\nW-1,P-1,2026-01-02\nW-2,P-2,2026-01-02\n",
    "courses": "Id,Patient,Day,For\nK-1,P-1,2026-01-02,W-1\n",
    "plans": "Id,Patient,For\nF-1,P-1,K-1\n",
    "events": "Id,Patient,Day,For\nA-1,P-1,2026-01-05 12:00,D-1\n",
}


@pytest.fixture
def clinic(sessions):
    for name, (concept, fields) in MAPS.items():
        sessions.map(name, f"concept: {concept}\ntable: {name}\nfields:\n  key: Id\n  patient: Patient\n  {fields}\n")
        sessions.table(name, TABLES[name])
    return sessions.table("log", log(DOSE))


def told(units):
    return {(p.file, p.line, p.column, p.effect) for p in units.problems() if p.code == "another-patient"}


def test_what_is_one_patients_is_told_nothing(clinic):
    units = clinic.read()
    assert units.problems() == []
    assert set(units.records()) >= {"W-1", "W-2", "K-1", "F-1", "A-1", "D-1"}


def test_a_field_that_need_not_be_there_is_withheld(clinic):
    units = clinic.table("events", TABLES["events"].replace("A-1,P-1", "A-1,P-2")).read()
    assert told(units) == {("events", 2, "For", "field withheld")}
    assert (units.records()["A-1"].patient, units.records()["A-1"].during) == ("P-2", None)
    assert units.found("A-1").digest == "", "so it is told in the next run too"


def test_of_several_only_the_other_patients_go(clinic):
    units = clinic.table("courses", TABLES["courses"].replace("W-1", "W-2;W-1")).read()
    assert told(units) == {("courses", 2, "For", "field withheld")}
    assert units.records()["K-1"].indications == ("W-1",)


def test_without_a_field_that_must_be_there_it_is_rejected(clinic):
    units = clinic.table("plans", TABLES["plans"].replace("P-1", "P-2")).read()
    assert told(units) == {("plans", 2, "For", "record rejected")}
    assert units.rejected() == [("Plan", "F-1")]


def test_what_can_not_be_without_the_field_goes_too(clinic):
    """A cause is judged of a dosing session: without the session there is none."""
    clinic.map("events", (clinic.source / "events.yaml").read_text() + "  causality: = probable\n")
    units = clinic.table("events", TABLES["events"].replace("A-1,P-1", "A-1,P-2")).read()
    event = units.records()["A-1"]
    assert (event.during, event.causality) == (None, None)
    assert ("events", 2, "For", "field withheld") in told(units)


def test_no_hours_since_a_dose_of_somebody_else(clinic):
    fields = "therapist: = MD-1\n  kind: = psychotherapy-only\n  status: = completed\n  session.start: Day\n"
    fields += "  delivery: = in-person\n  follows: For"
    clinic.map("talks", f"concept: PsychotherapySession\ntable: talks\nfields:\n  key: Id\n  patient: Patient\n  {fields}\n")
    clinic.table("talks", "Id,Patient,Day,For\nT-1,P-1,2026-01-06 10:00,D-1\nT-2,P-2,2026-01-06 10:00,D-1\n")
    units = clinic.read()
    one, other = (units.records()[key] for key in ("T-1", "T-2"))
    assert (str(one.since_dose.value), other.follows, other.since_dose) == ("24.0000", None, None)
    assert told(units) == {("talks", 3, "For", "field withheld")}


ITEMS = {
    "scripts": "concept: Prescription\ntable: scripts\nfields:\n  key: Id\n  patient: Patient\n  prescriber: = MD-1\n  authored: Day\n"
    "  status: = active\n  drug: = ketamine\n  instructions: Sig\n",
    "looked": "concept: Screening\ntable: looked\nfields:\n  key: Id\n  patient: Patient\n  performer: = MD-1\n  visit.start: Day\n"
    "  decision: = cleared\n  findings[*].key: Finding\n  findings[*].criterion: = other\n"
    "  findings[*].presence: = absent\n  findings[*].evidence: For\n",
}


@pytest.fixture
def screened(clinic):
    """With prescriptions that doses follow, and findings of a screening that rest on diagnoses: references within items."""
    for name, text in ITEMS.items():
        clinic.map(name, text)
    clinic.map("log", (clinic.source / "log.yaml").read_text() + "  doses[1].prescription: Script\n")
    clinic.table("scripts", "Id,Patient,Day,Sig\nR-1,P-1,2026-01-02,as told\nR-2,P-2,2026-01-02,as told\n")
    clinic.table("looked", "Id,Patient,Day,Finding,For\nE-1,P-1,2026-01-03,1,W-1\nE-1,P-1,2026-01-03,2,W-1\n")
    head, row, *_ = log(DOSE).splitlines()
    return clinic.table("log", f"{head},Script\n{row},R-1\n")


def test_what_is_one_patients_is_told_nothing_within_items(screened):
    units = screened.read()
    assert units.problems() == []
    assert units.records()["D-1"].doses[0].prescription == "R-1"
    assert [f.evidence for f in units.records()["E-1"].findings] == ["W-1", "W-1"]


def test_the_prescription_of_a_dose_is_withheld(screened):
    screened.table("log", (screened.export / "log.csv").read_text().replace("R-1", "R-2"))
    units = screened.read()
    assert told(units) == {("log", 2, "Script", "field withheld")}
    assert units.records()["D-1"].doses[0].prescription is None
    assert units.found("D-1").digest == ""
    assert told(screened.read(Remembered(units))) == told(units)


def test_what_a_finding_rests_on_is_withheld_on_its_row(screened):
    screened.table("looked", (screened.export / "looked.csv").read_text().replace("2,W-1", "2,W-2"))
    units = screened.read()
    assert told(units) == {("looked", 3, "For", "field withheld")}
    assert [f.evidence for f in units.records()["E-1"].findings] == ["W-1", None]


def test_a_prescription_that_became_another_patients(screened):
    known = Remembered(screened.read())
    screened.table("scripts", (screened.export / "scripts.csv").read_text().replace("R-1,P-1", "R-1,P-3"))
    assert told(screened.read(known)) == {("log", 2, "Script", "field withheld")}


def within(kind, path=()):
    for f in fields_of(kind).values():
        for part in () if f.derived else f.types:
            if f.refers is None and has_fields(part):
                yield from within(part, (*path, f))
        if path and f.refers is not None and "patient" in fields_of(f.refers):
            yield (*path, f)


def test_references_within_records_stand_in_items_of_lists_and_may_be_left_out():
    """What `inner_pointers` looks at; one in a part, or deeper, would go unseen."""
    found = [path for kind in CONCEPTS.values() if "patient" in fields_of(kind) for path in within(kind)]
    assert len(found) >= 2
    for path in found:
        assert (len(path), path[0].many, path[1].many, path[1].optional) == (2, True, False, True), path


MOVED = {
    "a dose": ("log", log(DOSE.replace("P-1", "P-2")), {("events", 2, "For", "field withheld")}),
    "a diagnosis": ("why", TABLES["why"].replace("W-1,P-1", "W-1,P-3"), {("courses", 2, "For", "field withheld")}),
    "a course": (
        "courses",
        TABLES["courses"].replace("K-1,P-1", "K-1,P-2").replace("W-1", "W-2"),
        {("plans", 2, "For", "record rejected")},
    ),
}


@pytest.mark.parametrize("what", MOVED)
def test_the_row_that_points_is_as_it_was_and_the_other_is_not(clinic, what):
    table, text, expected = MOVED[what]
    known = Remembered(clinic.read())
    assert clinic.read(known).records() == {}
    assert told(clinic.table(table, text).read(known)) == expected


def test_it_is_seen_where_both_rows_are_as_they_were_too(clinic):
    """Told in one run, and nothing changed since: whose a record is is known of those that are not made again."""
    first = clinic.table("events", TABLES["events"].replace("A-1,P-1", "A-1,P-2")).read()
    second = clinic.read(Remembered(first))
    assert ("DosingSession", "D-1") in second.same()
    assert told(second) == told(first)
