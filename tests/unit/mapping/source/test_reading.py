"""Each way of a table into records, on a small export with faults of all kinds; and what a second run sees."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import pytest
from kapfhir.data import mappings_folder
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.source.check import load_source
from kapfhir.mapping.source.reading import read_records
from kapfhir.mapping.units import Nothing
from kapfhir.model.values import Absent, Amount
from kapfhir.sources.export import open_export
from source_desk import SAMPLE, Remembered, Units

Z = timezone(timedelta(hours=-8))


@cache
def run(export="export", source="sample"):
    folder = MapFolder((mappings_folder(), SAMPLE))
    with open_export(SAMPLE / export) as tables:
        return Units(read_records(load_source(folder, source, tables, Codes(folder), None), tables, Nothing()))


def test_one_row_is_one_record():
    found = run().records("Patient")
    assert list(found) == ["P-1", "P-2", "P-3", "P-5"]
    assert found["P-2"].birth_date is None
    assert [(p.table, p.row) for p in run().found("P-2").places] == [("clients", 3)]
    assert run().told("clients") == {
        (3, "impossible-date", "DOB", "field withheld"),
        (5, "conflicting-rows", "", "record rejected"),
        (6, "conflicting-rows", "", "record rejected"),
        (8, "duplicate-row", "", "row counted once"),
        (9, "missing-key", "PatientID", "record rejected"),
        (10, "missing-field", "Last Name", "record rejected"),
        (11, "short-row", "", "record rejected"),
    }


def test_columns_fill_a_dosing_session():
    found = run().records("DosingSession")
    assert list(found) == ["D-1", "D-2", "D-3", "D-7"]
    dose = found["D-1"].doses[0]
    assert (dose.given, dose.route, dose.weighed) == (datetime(2026, 1, 5, 10, tzinfo=Z), "iv", "pre")
    assert (dose.dose, dose.dose_per_kg) == (Amount(Decimal(35), "mg"), Amount(Decimal("0.5"), "mg/kg"))
    assert str(found["D-2"].doses[0].dose.value) == "35.50"
    assert run().found("D-2").places[0].row == 4, "a note with a line break stands before it"
    assert {
        (6, "depends-on-rejected", "Client", "record rejected"),
        (7, "unknown-key", "Client", "record rejected"),
        (8, "no-such-local-time", "Usage Date + Time", "record rejected"),
        (9, "unmapped-code", "Route", "field withheld"),
        (10, "ambiguous-local-time", "Usage Date + Time", "record rejected"),
    } <= run().told("dose_log")


def test_a_dose_that_cant_be_read_is_an_absent_dose():
    dose = run().records("DosingSession")["D-3"].doses[0]
    assert (dose.dose, dose.route, dose.dose_per_kg) == (Absent("error"), "iv", None)
    assert (5, "volume-without-concentration", "Dosage Administered", "value absent") in run().told("dose_log")


def test_columns_make_items_where_they_have_values():
    by_key = {v.key: v for v in run().records("DosingSession")["D-1"].vitals}
    assert by_key["min40"].taken == datetime(2026, 1, 5, 10, 40, tzinfo=Z)
    assert (by_key["min40"].nominal, by_key["pre"].nominal) == (True, None)
    assert by_key["pre"].blood_pressure.systolic == Amount(Decimal(128), "mm[Hg]")
    assert [v.key for v in run().records("DosingSession")["D-2"].vitals] == ["pre"], "columns without values make no item"


def test_rows_of_another_table_join_by_key():
    by_key = {v.key: v for v in run().records("DosingSession")["D-1"].vitals}
    one = by_key["2026-01-05T10:10:00-08:00"]
    assert (one.heart_rate.value, one.oxygen_saturation.value) == (90, 97), "two rows make one item"
    assert len(by_key) == 5
    assert {("dose_log", 2), ("readings", 2)} <= {(p.table, p.row) for p in run().found("D-1").places}
    assert run().told("readings") == {
        (5, "duplicate-row", "", "row counted once"),
        (6, "conflicting-rows", "Value", "item withheld"),
        (7, "conflicting-rows", "Value", "item withheld"),
        (8, "not-a-number", "Value", "field withheld"),
        (9, "depends-on-rejected", "", "row left out"),
        (10, "unknown-key", "Session", "row left out"),
    }


def test_wide_and_long_are_one():
    found = run().records("OutcomeAssessment")
    wide, long = found["P-1/2026-01-04"], found["A-1"]
    assert wide.answers == long.answers
    assert (len(wide.answers), wide.assessed) == (9, long.assessed)
    assert [a.question for a in found["P-3/2026-01-04"].answers] == [f"phq9-{i}" for i in (1, 3, 4, 6, 7, 8, 9)]
    assert found["P-3/2026-01-04"].answers[1].absent == "error"
    assert (3, "unmapped-code", "Trouble sleeping", "field withheld") in run().told("phq9")
    assert {(n, c) for n, c, *_ in run().told("answers")} == {
        (11, "conflicting-rows"),
        (12, "conflicting-rows"),
        (13, "unmapped-code"),
        (13, "missing-item"),
        (15, "unmapped-code"),
    }


def test_where_and_split():
    found = run().records("IntegrationSession")
    assert list(found) == ["N-1", "N-5"]
    assert found["N-1"].modalities == ("emdr", "ifs")
    assert (5, "depends-on-rejected", "session", "record rejected") in run().told("notes")
    assert (6, "unmapped-code", "modalities", "field withheld") in run().told("notes")


def test_hours_since_the_dose_are_joined_in():
    assert run().records("IntegrationSession")["N-1"].since_dose == Amount(Decimal("28.0000"), "h")


def test_another_dialect():
    found = run("praxis_export", "praxis")
    assert found.records("Patient")["7"].family == "Müller"
    assert str(found.records("DosingSession")["S1"].doses[0].dose.value) == "35.50"
    assert (3, "not-a-number", "Gewicht", "field withheld") in found.told("sitzungen")


def test_concepts_come_parents_first():
    order = [type(u.record).__name__ for u in run() if hasattr(u, "record")]
    assert list(dict.fromkeys(order)) == [
        "Clinic",
        "Practitioner",
        "Patient",
        "Diagnosis",
        "DosingSession",
        "IntegrationSession",
        "OutcomeAssessment",
    ]


def test_a_rejected_key_is_handed_on_once():
    rejected = run().rejected()
    assert len(set(rejected)) == len(rejected)
    assert {
        ("Patient", "P-4"),
        ("Patient", "P-6"),
        ("Patient", "P-7"),
        ("DosingSession", "D-4"),
        ("OutcomeAssessment", "A-2"),
    } <= set(rejected)


def test_every_problem_names_its_map():
    assert [p for p in run().problems() if not p.place.startswith("sources/sample/")] == []


def test_the_same_export_gives_the_same_digests():
    folder = MapFolder((mappings_folder(), SAMPLE))
    with open_export(SAMPLE / "export") as tables:
        again = Units(read_records(load_source(folder, "sample", tables, Codes(folder), None), tables, Nothing()))
    assert list(again) == list(run())
    digests = [u.digest for u in run() if hasattr(u, "digest") and u.digest]
    assert len(set(digests)) == len(digests) > 5


def test_unchanged_rows_are_not_made_again():
    folder = MapFolder((mappings_folder(), SAMPLE))
    with open_export(SAMPLE / "export") as tables:
        again = Units(read_records(load_source(folder, "sample", tables, Codes(folder), None), tables, Remembered(run())))
    clean = {(type(u.record).__name__, u.record.key) for u in run() if hasattr(u, "record") and u.digest}
    assert again.same() == clean
    assert set(again.problems()) == set(run().problems()), "what was wrong is told again"
    assert again.rejected() == run().rejected()
    assert again.records() == {k: r for k, r in run().records().items() if not run().found(k).digest}


@pytest.mark.parametrize("table", ["clients", "sites"])
def test_maps_can_be_read_twice(table):
    folder = MapFolder((mappings_folder(), SAMPLE))
    with open_export(SAMPLE / "export") as tables:
        maps = load_source(folder, "sample", tables, Codes(folder), None)
        first = list(read_records(maps, tables, Nothing()))
        assert list(read_records(maps, tables, Nothing())) == first
