"""Every fault that is planted is found: at its row, in its column, with its code."""

import csv
from collections import defaultdict

import kapfhir
import pytest
from kapfhir.advice import all_advice
from kapfhir.cohorts.faults import FAULTS
from kapfhir.cohorts.make import make_cohort
from kapfhir.cohorts.tables.columns import columns
from kapfhir.errors import Problem


@pytest.fixture(scope="module")
def planted(dirty):
    with (dirty.folder / "planted.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_planted_fault_is_found_at_its_place(dirty, planted):
    told = defaultdict(set)
    for unit in kapfhir.read(dirty.folder):
        if isinstance(unit, Problem):
            told[unit.file, unit.line].add((unit.code, unit.column))
    lost = [row for row in planted if (row["code"], row["column"]) not in told[row["table"], int(row["row"])]]
    assert lost == []


def test_every_kind_of_fault_is_planted(dirty, planted):
    assert dirty.planted == len(planted) > 1000
    assert {row["fault"] for row in planted} == {fault.name for fault in FAULTS}
    assert len({fault.name for fault in FAULTS}) >= 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.name}-{fault.table}")
def test_a_fault_names_a_column_and_a_code_that_there_are(fault):
    assert fault.column in ("", *columns()[fault.table])
    assert fault.code in all_advice()


def test_faults_change_no_patient_beside_their_row(dirty, tmp_path):
    clean = make_cohort(tmp_path / "clean", 60, "a dirty one").folder
    spoiled = (dirty.folder / "timeline.csv").read_text().splitlines()
    same = [line for line in spoiled if "S-NOTHING" not in line]
    assert set(same) <= set((clean / "timeline.csv").read_text().splitlines())
