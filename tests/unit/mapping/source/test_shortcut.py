"""The short way gives what the long way gives, problems and their order too; and no text of a map becomes code."""

import csv
import io
from contextlib import contextmanager
from dataclasses import is_dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kapfhir.errors import Problem
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.source.check import load_source
from kapfhir.mapping.source.reading import read_records
from kapfhir.mapping.source.shape import Shape
from kapfhir.mapping.source.shortcut import DetourError, is_alone, write_shortcuts
from kapfhir.mapping.units import Found, Nothing
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import fields_of
from kapfhir.job import open_job
from kapfhir.sources.export import open_export
from source_desk import ZONE, Desk

MAPS = {
    "sites": "concept: Clinic\ntable: sites\nfields:\n  key: Site\n  name: Name\n",
    "staff": "concept: Practitioner\ntable: staff\nfields:\n  key: Id\n  family: Last\n  profession: = physician\n  clinic: = C-1\n",
    "patients": "concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: Last\n",
    # parts and items of one row, of several rows, of several maps; a reference to an item; a zone whose clocks jump
    "log": """concept: DosingSession
table: log
fields:
  key: Session
  patient: Patient
  clinician: = MD-1
  status: = completed
  number: {from: HR, where: {Kind: N}}
  visit.start: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  session.start: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  session.end: {from: [Day, End], format: [MM/DD/YYYY hh:mm, MM/DD/YYYY hh:mm AM]}
  doses[1].drug: = ketamine
  doses[1].status: = completed
  doses[1].given.start: {from: [Day, At], format: MM/DD/YYYY hh:mm, plus: 5 min}
  doses[1].given.end: {from: [Day, End], format: MM/DD/YYYY hh:mm}
  doses[1].dose: {from: Dose, unit: mg}
  doses[1].rate.amount: {from: Dose, unit: mg}
  doses[1].rate.over: {from: HR, unit: min}
  doses[1].weighed: Weighed
  vitals[pre].taken: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  vitals[pre].blood_pressure.systolic: SBP
  vitals[pre].blood_pressure.diastolic: DBP
  vitals[pre].weight: {from: Weight, unit: kg}
  vitals[end].taken: {from: [Day, End], format: MM/DD/YYYY hh:mm}
  vitals[end].heart_rate: HR
""",
    "steps": """concept: DosingSession
table: steps
fields:
  key: Session
  vitals[*].key: Kind
  vitals[*].taken: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  vitals[*].heart_rate: {from: HR, where: {Kind: [N, pre]}}
  vitals[*].blood_pressure.systolic: SBP
  vitals[*].blood_pressure.diastolic: {from: DBP, where: {Kind: N}}
  vitals[pre].respiratory_rate: Weight
  doses[2].drug: = ketamine
  doses[2].status: = completed
  doses[2].given: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  doses[2].dose: {from: Dose, unit: mg}
  doses[2].segments[*].key: Kind
  doses[2].segments[*].ran.start: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  doses[2].segments[*].ran.end: {from: [Day, End], format: MM/DD/YYYY hh:mm}
  doses[2].segments[*].dose: {from: Dose, unit: mg}
  doses[2].segments[*].rate.amount: {from: Dose, unit: mg}
  doses[2].segments[*].rate.over: {from: HR, unit: min}
""",
    "extra": """concept: DosingSession
table: extra
fields:
  key: Session
  session.start: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  session.end: {from: [Day, End], format: MM/DD/YYYY hh:mm}
  adjuncts[1].drug: = ondansetron
  adjuncts[1].given: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  adjuncts[1].dose: {from: Dose, unit: mg}
""",
    # every line of a record on each of its rows; one row is one record
    "answers": """concept: OutcomeAssessment
table: answers
fields:
  key: Session
  patient: Patient
  instrument: = phq-9
  assessed: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  answers[*].question: Kind
  answers[*].value: HR
""",
    # items of a class of which few differ
    "wide": """concept: OutcomeAssessment
table: wide
fields:
  key: {from: [Session, Day, At]}
  patient: Patient
  instrument: = phq-9
  assessed: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  answers[phq9-1].value: HR
  answers[phq9-2].value: Weight
  answers[phq9-3].value: Kind
  answers[phq9-3].raw_code: Dose
""",
    "effects": """concept: AdverseEvent
table: effects
fields:
  key: Session
  patient: Patient
  event: = nausea
  onset: {from: [Day, At], format: MM/DD/YYYY hh:mm}
  severity: = mild
  seriousness: Kind
  resolved: {from: [Day, End], format: MM/DD/YYYY hh:mm}
""",
}
CELLS = {
    "Session": ["D-1", "D-2"],
    "Patient": ["P-1", "P-1", "P-1", "P-9"],
    "Day": ["01/05/2026", "01/05/2026", "03/08/2026", "13/01/2026", " 1/5/2026"],
    "At": ["10:00", "10:00", "02:30", "9:15", ""],
    "End": ["11:00", "11:00", "11:30", "09:00", "11:00 PM", ""],
    "Dose": ["35", "35", "35.0", "-1", ""],
    "Weighed": ["", "pre", "end", "none"],
    "SBP": ["120", "80", ""],
    "DBP": ["80", "120", "high", ""],
    "HR": ["70", "0", "several-days", ""],
    "Weight": ["70", ""],
    "Kind": ["N", "N", "pre", "phq9-1", "phq9-2", "serious", "non-serious", ""],
}
CLEAN = ["D-1", "P-1", "01/05/2026", "10:00", "11:00", "35", "pre", "120", "80", "70", "70", "N"]
row = st.builds(
    lambda clean, changed: [changed.get(name, cell) for name, cell in zip(CELLS, clean, strict=True)],
    st.just(CLEAN),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(cells) for name, cells in CELLS.items()}),
)


def desk_of(folder, tables):
    desk = Desk(Path(folder))
    for name, text in MAPS.items():
        desk.map(name, text)
    desk.table("sites", "Site,Name\nC-1,KAP\n").table("staff", "Id,Last\nMD-1,Doe\n").table("patients", "Id,Last\nP-1,One\n")
    for name, rows in tables.items():
        out = io.StringIO()
        csv.writer(out).writerows([list(CELLS), *rows])
        desk.table(name, out.getvalue())
    return desk


def detour(row):
    raise DetourError


@contextmanager
def the_long_way():
    with (
        patch.object(Shape, "quick", lambda shape, partial: None),
        patch("kapfhir.mapping.source.reading.write_shortcuts", lambda roots, shape: [detour] * len(roots)),
    ):
        yield


def changed(**cells):
    return [cells.get(name, cell) for name, cell in zip(CELLS, CLEAN, strict=True)]


GOOD = {
    "log": [changed()],
    "steps": [changed(Kind="N"), changed(Kind="a")],
    "extra": [changed()],
    "answers": [changed(Kind="phq9-1", HR="several-days"), changed(Kind="phq9-2", HR="not-at-all")],
    "wide": [changed(HR="several-days", Weight="not-at-all", Kind="", Dose="")],
    "effects": [changed(Kind="serious"), changed(Session="D-2", Kind="non-serious")],
}
NONE = dict.fromkeys(GOOD, [])


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({name: st.lists(row, max_size=5) for name in GOOD}))
@example(GOOD)
@example(GOOD | {"log": [changed(), changed()], "extra": [changed(), changed(End="11:30")]})
@example(GOOD | {"steps": [changed(Kind="pre"), changed(Kind="pre", DBP="")], "log": [changed(Weighed="none")]})
@example(NONE | {"effects": [changed(Kind="non-serious"), changed(Kind="")]})
def test_both_ways_give_the_same(rows):
    with TemporaryDirectory() as folder:
        desk = desk_of(folder, rows)
        short = desk.read()
        with the_long_way():
            assert desk.read() == short


def test_both_ways_give_the_same_of_the_example():
    with open_job("example:clinic") as job:
        short = list(read_records(job.maps, job.export, Nothing()))
        with the_long_way():
            assert list(read_records(job.maps, job.export, Nothing())) == short
    assert sum(isinstance(unit, Problem) for unit in short) > 10


def test_the_short_way_is_taken(tmp_path):
    desk = desk_of(tmp_path, GOOD)
    with patch.object(Shape, "make", side_effect=AssertionError("the long way")):
        assert sum(isinstance(unit, Found) for unit in desk.read()) == 8


def test_the_short_way_is_taken_where_rows_add_to_an_item_of_another_map(tmp_path):
    rows = NONE | {"log": GOOD["log"], "steps": [changed(Kind="end", At="11:00", SBP="")]}
    desk = desk_of(tmp_path, rows)
    with patch.object(Shape, "make", side_effect=AssertionError("the long way")):
        (session,) = [unit.record for unit in desk.read() if isinstance(unit, Found) and hasattr(unit.record, "vitals")]
    assert {v.key: v.heart_rate and v.heart_rate.value for v in session.vitals} == {"pre": None, "end": 70}


def test_equal_answers_are_one_object(tmp_path):
    often, other = (
        changed(Session=key, HR=cell, Weight="", Kind="", Dose="")
        for key, cell in (("D-2", "several-days"), ("D-3", "not-at-all"))
    )
    units = desk_of(tmp_path, NONE | {"wide": [*GOOD["wide"], often, other]}).read()
    first, again, last = (unit.record.answers[0] for unit in units if isinstance(unit, Found) and hasattr(unit.record, "answers"))
    assert first is again
    assert (first.value, last.value) == ("several-days", "not-at-all")


@pytest.mark.parametrize(
    ("concept", "alone"),
    [
        ("log", {"visit", "session", "doses.1", "vitals.pre", "vitals.end"}),
        ("steps", set()),
        ("extra", {"session", "adjuncts.1"}),
    ],
)
def test_what_one_row_can_make_alone(tmp_path, concept, alone):
    root, shape = plans_of(tmp_path, concept)[0]
    nodes = [((name,), node) for name, node in root.parts.items()]
    nodes += [((name, key), node) for name, items in root.named.items() for key, node in items.items()]
    assert {".".join(path) for path, node in nodes if is_alone(node, shape.inside[path[0]][0], ("key",))} == alone


def plans_of(folder, *names):
    desk = desk_of(folder, NONE)
    with open_export(desk.export) as export:
        maps = load_source(desk.maps(), "desk", export, Codes(desk.maps()), ZONE)
    return [(p.root, maps.shapes.of(CONCEPTS[p.concept])) for p in maps.plans if p.table in names]


def test_no_text_of_a_map_becomes_code(tmp_path):
    plans = plans_of(tmp_path, *GOOD)
    words = set()
    for root, shape in plans:
        (shortcut,) = write_shortcuts([root], shape)
        words |= set(words_of(shortcut.__code__))
    fields = {name for kind in CONCEPTS.values() for name in names_within(kind)}
    assert {w for w in words if not w.startswith(("c", "v")) or not w[1:].isdigit()} <= fields | {
        *("Detour", "INACTIVE", "get", "append", "strip", "given", "keep", "r")
    }


def words_of(code):
    yield from (*code.co_names, *code.co_varnames)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from words_of(constant)
        for text in constant if isinstance(constant, tuple) else (constant,):
            if isinstance(text, str):
                yield text


def names_within(kind, seen=frozenset()):
    for field in fields_of(kind).values():
        yield field.name
        for inner in field.types:
            if is_dataclass(inner) and inner not in seen:
                yield from names_within(inner, seen | {inner})
