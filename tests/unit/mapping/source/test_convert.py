"""Amounts in another unit than their field: converted where the map says so, with what was written beside."""

from decimal import Decimal

import pytest

from kapfhir.data import mappings_folder
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.mapping.source.convert import strip_unit
from kapfhir.model.values import Absent, Amount

HEAD = "Session,Patient,Start,Weight,Temp,Dose,Strength,Text"
MAP = """
concept: DosingSession
table: log
fields:
  key: Session
  patient: Patient
  status: = completed
  clinician: = MD-1
  visit.start: Start
  session.start: Start
  doses[1].drug: = ketamine
  doses[1].status: = completed
  doses[1].route: = im
  doses[1].given: Start
"""
PATIENT = "concept: Patient\ntable: patients\nfields:\n  key: Key\n  family: Key\n"


@pytest.fixture
def read(patients):
    """read(line, row) -> the amount or absence of the dose, or of the weight, and what was told."""

    def go(line, **cells):
        row = {"Session": "D-1", "Patient": "P-1", "Start": "2026-01-05T10:00:00Z"} | cells
        cells = ",".join(row.get(name, "") for name in HEAD.split(","))
        units = patients.map("log", f"{MAP}  {line}\n").table("log", f"{HEAD}\n{cells}\n").read()
        session = units.records("DosingSession").get("D-1")
        return session, {told for told in units.told("log") if told[1] != "missing-dose"}

    return go


@pytest.fixture
def faults(patients):
    def go(line):
        return patients.map("log", f"{MAP}  {line}\n").table("log", HEAD + "\n").faults()

    return go


VITALS = "vitals[pre].taken: Start\n  vitals[pre].timepoint: = pre-dose\n  vitals[pre]."


def test_a_weight_in_pounds(read):
    session, told = read(VITALS + 'weight: {from: Weight, unit: "[lb_av]", convert: kg}', Weight="154.5")
    assert session.vitals[0].weight == Amount(Decimal("70.080021165"), "kg", "154.5 [lb_av]")
    assert told == set()


def test_without_convert_the_record_keeps_the_unit(read):
    session, _ = read(VITALS + 'weight: {from: Weight, unit: "[lb_av]"}', Weight="154.50 lbs")
    assert session.vitals[0].weight == Amount(Decimal("154.50"), "[lb_av]")


def test_a_temperature(read):
    session, _ = read(VITALS + 'temperature: {from: Temp, unit: "[degF]", convert: Cel}', Temp="98.6 F")
    assert session.vitals[0].temperature == Amount(Decimal("37.0"), "Cel", "98.6 [degF]")


def test_limits_are_those_of_the_unit_that_comes_out(read):
    session, told = read(VITALS + 'temperature: {from: Temp, unit: "[degF]", convert: Cel}', Temp="37.0")
    assert session.vitals == () or session.vitals[0].temperature is None
    assert {(code, column) for _, code, column, _ in told} == {("out-of-range", "Temp")}


def test_micrograms(read):
    session, _ = read("doses[1].dose: {from: Dose, unit: ug, convert: mg}", Dose="500 mcg")
    assert session.doses[0].dose == Amount(Decimal("0.5"), "mg", "500 ug")
    session, _ = read("doses[1].dose: {from: Text, as: dose-text.dose}", Text="500 mcg")
    assert session.doses[0].dose == Amount(Decimal("500"), "ug")


@pytest.mark.parametrize("strength", ["50", "50 mg/mL", "50 mg/ml"])
def test_a_volume_and_its_concentration(read, strength):
    line = "doses[1].dose: {from: Dose, unit: mL, times: {from: Strength, unit: mg/mL}, convert: mg}"
    session, told = read(line, Dose="0.70", Strength=strength)
    assert session.doses[0].dose == Amount(Decimal("35.00"), "mg", "0.70 mL x 50 mg/mL")
    assert told == set()


def test_a_volume_without_its_concentration_is_no_dose(read):
    line = "doses[1].dose: {from: Dose, unit: mL, times: {from: Strength, unit: mg/mL}, convert: mg}"
    session, told = read(line, Dose="0.70")
    assert session.doses[0].dose == Absent("error")
    assert told == {(2, "no-factor", "Dose + Strength", "value absent")}
    session, told = read(line, Dose="0.70", Strength="strong")
    assert session.doses[0].dose == Absent("error")
    assert told == {(2, "not-a-number", "Dose + Strength", "value absent")}


def test_a_concentration_without_a_volume_says_nothing(read):
    line = "doses[1].dose: {from: Dose, unit: mL, times: {from: Strength, unit: mg/mL}, convert: mg}"
    session, _ = read(line, Strength="50")
    assert session.doses[0].dose == Absent("unknown")


def test_the_concentration_may_stand_in_the_map(read):
    session, _ = read("doses[1].dose: {from: Dose, unit: mL, times: = 100 mg/mL, convert: mg}", Dose="0.35 mL")
    assert session.doses[0].dose == Amount(Decimal("35.00"), "mg", "0.35 mL x 100 mg/mL")


@pytest.mark.parametrize(
    ("text", "strength", "dose"),
    [
        ("35 mg", "", Amount(Decimal("35"), "mg")),
        ("0.7 mL", "50", Amount(Decimal("35.0"), "mg", "0.7 mL x 50 mg/mL")),
        ("35 mg (0.7 mL)", "", Amount(Decimal("35"), "mg")),
        ("500 mcg", "", Amount(Decimal("0.5"), "mg", "500 ug")),
        ("0.7 mL", "", Absent("error")),
    ],
)
def test_a_text_in_mg_or_ml(read, text, strength, dose):
    line = "doses[1].dose: {from: Text, as: dose-text.dose, times: {from: Strength, unit: mg/mL}, convert: mg}"
    session, _ = read(line, Text=text, Strength=strength)
    assert session.doses[0].dose == dose


def test_devices_of_a_known_content(read):
    session, _ = read('doses[1].dose: {from: Dose, unit: "1", times: = 28 mg, convert: mg}', Dose="3")
    assert session.doses[0].dose == Amount(Decimal("84"), "mg", "3 1 x 28 mg")


def test_what_was_written_goes_to_fhir_and_comes_back(read):
    session, _ = read("doses[1].dose: {from: Dose, unit: mL, times: = 50 mg/mL, convert: mg}", Dose="0.7")
    folder = MapFolder((mappings_folder(),))
    library = load_library(folder, Codes(folder), load_facts(), Origin("test", "https://clinic.example"))
    built = library.build(session)
    dose = next(r["dosage"]["dose"] for r in built if r["resourceType"] == "MedicationAdministration")
    assert dose == {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/originalText", "valueString": "0.7 mL x 50 mg/mL"}],
        "value": Decimal("35.0"),
        "unit": "mg",
        "system": "http://unitsofmeasure.org",
        "code": "mg",
    }
    assert library.read(built) == [session]
    told = next(r["text"]["div"] for r in built if r["resourceType"] == "MedicationAdministration")
    assert "35.0 mg (written: 0.7 mL x 50 mg/mL)" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "doses[1].dose: {from: Dose, unit: mL, convert: mg}",
            "mL can't become mg: it is another kind of unit; an amount of another",
        ),
        ("doses[1].dose: {from: Dose, unit: mL, times: = 50 mg, convert: mg}", "mL times mg can't become mg"),
        ("doses[1].dose: {from: Dose, unit: mL, times: = 50 mg/mL}", "`times` needs `convert`"),
        (
            "doses[1].dose: {from: Dose, unit: ug, times: = 50 mg/mL, convert: mg}",
            "`times` can never act: ug can become mg alone",
        ),
        ("doses[1].dose: {from: Dose, unit: mg, convert: mg}", "`convert` can never act: the column is in mg already"),
        ("doses[1].dose: {from: Dose, unit: mcg, convert: mg}", "'mcg' is no unit of UCUM; write `ug`"),
        ("doses[1].dose: {from: Dose, unit: ug, convert: mgs}", "'mgs' is no unit of UCUM"),
        ("doses[1].dose: {from: Dose, unit: ug, convert: kg}", "'doses[1].dose' is in mg or ug or g, not in 'kg'"),
        ("doses[1].dose: {from: Dose, convert: mg}", "say the `unit` of its column"),
        ("doses[1].dose: {from: Dose, unit: mL, times: 50 mg/mL, convert: mg}", "`times` is `= 50 mg/mL`"),
        ("doses[1].dose: {from: Dose, unit: mL, times: = 50, convert: mg}", "'' is no unit of UCUM"),
        ("doses[1].dose: {from: Dose, unit: mL, times: = x mg/mL, convert: mg}", "'x' is no number above 0"),
        ("doses[1].dose: {from: Dose, unit: mL, times: = 0 mg/mL, convert: mg}", "'0' is no number above 0"),
        (
            "doses[1].dose: {from: Dose, unit: mL, times: {from: Strength}, convert: mg}",
            "`times` has a column, `from`, and its `unit`",
        ),
        (
            "doses[1].dose: {from: Dose, unit: mL, times: {from: Nothing, unit: mg/mL}, convert: mg}",
            "log has no column 'Nothing'",
        ),
        ("doses[1].dose: {from: [Dose, Text], unit: ug, convert: mg}", "`convert` can never act: an amount stands in one cell"),
        ("doses[1].lot: {from: Text, convert: mg}", "`convert` can never act: 'doses[1].lot' is str"),
        (VITALS + 'weight: {from: Weight, unit: "[stone_av]"}', "not in '[stone_av]'; add `convert: kg`"),
        (VITALS + "weight: {from: Weight, unit: lb}", "not in 'lb'; write `[lb_av]`"),
    ],
)
def test_faults_of_a_map(faults, line, told):
    found = faults(line)
    assert any(told in fault for fault in found), found


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("154 lbs", "[lb_av]", "154"),
        ("154[lb_av]", "[lb_av]", "154"),
        ("98.6 \u00b0F", "[degF]", "98.6"),
        ("500mcg", "ug", "500"),
        ("70 kg", "[lb_av]", "70 kg"),
        ("35 mg", "mL", "35 mg"),
    ],
)
def test_a_cell_may_hold_its_unit_and_no_other(text, unit, number):
    assert strip_unit(text, unit) == number
