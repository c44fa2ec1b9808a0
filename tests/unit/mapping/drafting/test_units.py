"""Units in a column beside their numbers, and the period of a dose."""

from decimal import Decimal

import pytest
from drafted_clinic import Clinic

HEADER = "Session,Client,Start,Stop,Route,Dose,Unit,Weight,Weight Unit"


@pytest.fixture
def clinic(tmp_path):
    return Clinic(tmp_path)


def rows(count=4, route=("IV",), unit=("mg",), of_weight=("kg",), weight="71"):
    return [
        [
            f"S-{n}",
            "P-1",
            f"2026-01-{n + 10} 10:00",
            f"2026-01-{n + 10} 10:40",
            route[n % len(route)],
            "35.5",
            unit[n % len(unit)],
            weight,
            of_weight[n % len(of_weight)],
        ]
        for n in range(count)
    ]


def add_staff(clinic):
    """Records of constants, to which the sessions point."""
    parts = {"Clinic": "name: = Harbor", "Practitioner": "family: = Doe\n  profession: = physician\n  clinic: = C-1"}
    for concept, rest in parts.items():
        key = "C-1" if concept == "Clinic" else "MD-1"
        text = f"concept: {concept}\ntable: log\nfields:\n  key: = {key}\n  {rest}\n"
        (clinic.folder / f"{concept.lower()}.yaml").write_text(text, encoding="utf-8")


def test_a_number_and_the_unit_beside_it_are_read_together(clinic):
    clinic.table("log", HEADER, *rows(unit=("mg", "mcg"))).draft()
    lines = clinic.lines("log")
    assert lines["doses[1].dose"] == "{from: [Dose, Unit], as: dose-text.dose}"
    assert lines["vitals[weight].weight"] == "{from: [Weight, Weight Unit], unit: kg}"
    clinic.fill("log.yaml", clinician="= MD-1")
    add_staff(clinic)
    clinic.fill("log_patients.yaml", family="Client")
    counts, problems, records = clinic.read()
    assert (counts["DosingSession"], problems) == (4, [])
    session = next(r for r in records if r.key == "S-1")
    assert [(d.dose.value, d.dose.unit) for d in session.doses] == [(Decimal("35.5"), "ug")]
    assert [(v.weight.value, v.weight.unit) for v in session.vitals] == [(Decimal(71), "kg")]
    other = [row if n else [*row[:-1], "lbs"] for n, row in enumerate(rows(unit=("mg", "mcg")))]
    clinic.table("log", HEADER, *other)
    assert clinic.read()[1] == ["another-unit"]


@pytest.mark.parametrize(
    ("units", "note"),
    [
        (("kg", "lbs"), "Weight Unit holds kg and lbs: give each a map of its own, with the keys, `where: {Weight Unit: kg}`"),
        (("kg", "stones"), "Weight Unit says the unit, and not all of its texts are units that are known"),
    ],
)
def test_several_units_are_something_to_do(clinic, units, note):
    clinic.table("log", HEADER, *rows(of_weight=units)).draft()
    assert clinic.lines("log")["vitals[weight].weight"] == "{from: Weight, unit: TODO}"
    assert note in clinic.text("log")
    assert "stones" not in clinic.text("log")


def test_a_map_for_each_unit_is_what_the_draft_says(clinic):
    clinic.table("log", HEADER, *rows(of_weight=("kg", "lbs"))).draft()
    clinic.fill("log.yaml", clinician="= MD-1")
    text = clinic.text("log")
    line = next(line for line in text.splitlines() if "].weight: " in line)
    (clinic.folder / "log.yaml").write_text(text.replace(line, ""), encoding="utf-8")
    for unit, said in (("kg", "unit: kg"), ("lbs", 'unit: "[lb_av]", convert: kg')):
        head = f"concept: DosingSession\ntable: log\nwhere: {{Weight Unit: {unit}}}\nfields:\n  key: Session\n"
        (clinic.folder / f"{unit}.yaml").write_text(
            f"{head}  vitals[weight].weight: {{from: Weight, {said}}}\n", encoding="utf-8"
        )
    clinic.fill("log_patients.yaml", family="Client")
    add_staff(clinic)
    _, problems, records = clinic.read()
    weights = {r.key: r.vitals[0].weight for r in records if r.key.startswith("S-")}
    assert (len(weights), problems) == (4, [])
    assert (weights["S-0"].value, weights["S-1"].written) == (Decimal(71), "71 [lb_av]")


def test_a_unit_in_the_header_goes_where_the_column_says_nothing(clinic):
    clinic.table("log", HEADER.replace("Dose,", "Dose mg,"), *rows(unit=("vial",))).draft()
    assert clinic.lines("log")["doses[1].dose"] == "{from: Dose mg, unit: mg}"


def test_a_unit_without_its_number_is_announced(clinic):
    clinic.table("log", HEADER, *rows(3), *rows(4, weight="")[3:]).draft()
    assert "the unit stands in Weight Unit; a row with only one of the two is told (half-empty)" in clinic.text("log")


def test_readings_by_rows_have_their_unit_in_each_row(clinic):
    said = (("HR", "70", "bpm"), ("SBP", "120", "mmHg"), ("DBP", "80", "mmHg"), ("Weight", "70", "kg"))
    table = [[f"S-{n}", f"2026-01-{n + 10} 10:00", *row] for n in range(4) for row in said]
    clinic.table("vitals", "Session,Time,Measure,Value,Unit", *table).draft()
    lines = clinic.lines("vitals")
    assert lines["vitals[*].heart_rate"] == "{from: [Value, Unit], where: {Measure: HR}, unit: /min}"
    assert lines["vitals[*].weight"] == "{from: [Value, Unit], where: {Measure: Weight}, unit: kg}"


@pytest.mark.parametrize(
    ("header", "routes", "whole"),
    [
        (HEADER, ("IV",), True),
        (HEADER.replace("Route", "Room"), ("3",), True),
        (HEADER.replace("Stop", "Infusion End"), ("IV", "IM"), True),
        (HEADER, ("IM",), False),
        (HEADER, ("IV", "IM"), False),
    ],
)
def test_a_dose_that_runs_has_a_period(clinic, header, routes, whole):
    clinic.table("log", header, *rows(route=routes)).draft()
    lines, end = clinic.lines("log"), header.split(",")[3]
    assert [path for path in lines if path.startswith("doses[1].given")] == (
        ["doses[1].given.start", "doses[1].given.end"] if whole else ["doses[1].given"]
    )
    assert (f"# doses[1].given.end: {end}" in clinic.text("log")) is not whole
