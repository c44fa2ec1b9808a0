"""The files of a cohort: the same bytes for a seed, a patient the same whatever their number, and marked as synthetic."""

import csv
import re
import tracemalloc
from hashlib import sha256

import kapfhir
import pytest
from kapfhir.cohorts.make import make_cohort, rows_of
from kapfhir.cohorts.tables.columns import columns, dialect
from kapfhir.config import load_settings
from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.units import Found
from kapfhir.model.concepts import CONCEPTS


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(folder, table):
    encoding, delimiter, _ = dialect(table)
    with (folder / f"{table}.csv").open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_a_clean_cohort_is_read_without_a_problem_and_has_every_concept(clean):
    units = list(kapfhir.read(clean))
    told = {(p.code, p.severity) for p in units if isinstance(p, Problem)}
    assert told == {("not-a-table", "information")}
    assert {p.file for p in units if isinstance(p, Problem) and p.code == "not-a-table"} == {"README.txt", "kapfhir.toml"}
    assert {type(unit.record).__name__ for unit in units if isinstance(unit, Found)} == CONCEPTS.keys()


def test_a_clean_cohort_is_mapped_without_a_problem(clean):
    told = {p.code for p in kapfhir.map(clean) if isinstance(p, Problem)}
    assert told == {"psychotherapy-note-kept", "not-a-table"}


def test_the_same_seed_gives_the_same_bytes(clean, tmp_path):
    assert files(make_cohort(tmp_path / "again", 40, "a clean one").folder) == files(clean)
    other = files(make_cohort(tmp_path / "other", 40, "another one").folder)
    assert other["clients.csv"] != files(clean)["clients.csv"]
    assert other["kapfhir.toml"] != files(clean)["kapfhir.toml"]


def test_these_bytes_are_those_of_every_machine(tmp_path):
    found = files(make_cohort(tmp_path / "three", 3, 1, 0.2).folder)
    whole = sha256(b"".join(name.encode() + found[name] for name in sorted(found))).hexdigest()
    assert whole == "8b293400f21513ad2411c31d7ace585fdf034fff7540ccaec37b8177a5edfa6f"


def test_a_patient_is_the_same_whatever_their_number(clean, tmp_path):
    few = make_cohort(tmp_path / "few", 3, "a clean one").folder
    for table in columns():
        whole = rows(clean, table)
        assert rows(few, table) == whole[: len(rows(few, table))], table


def test_it_says_that_it_is_synthetic(clean):
    clinic = load_settings(clean / "kapfhir.toml").clinic
    assert clinic.synthetic
    assert (clean / "README.txt").read_text().startswith("SYNTHETIC. Nobody in this export is real")


def test_no_name_number_or_address_could_be_somebodys(clean):
    people = rows(clean, "clients")
    assert all(re.fullmatch(r"Test-[A-Z][a-z]+ \d{4}", f"{p['Last Name']} {p['First Name']}") for p in people)
    assert all(p["Phone"].startswith("555-") and p["Email"].endswith("@example.org") for p in people)
    assert all(s["Last"].startswith("Test-") and s["Email"].endswith("@example.org") for s in rows(clean, "staff"))
    assert all(c["name"].startswith("Test-") and c["phone"].startswith("555-") for c in rows(clean, "contacts"))


def test_every_row_is_as_long_as_its_header():
    for number in range(1, 60):
        for table, row in rows_of("lengths", number):
            assert len(row) == len(columns()[table]), table


def test_memory_is_flat(tmp_path):
    peaks = []
    for patients in (600, 2400):
        tracemalloc.start()
        make_cohort(tmp_path / str(patients), patients)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_an_earlier_cohort_is_replaced_whole(tmp_path):
    folder = make_cohort(tmp_path, 2, 1, 0.5).folder
    assert (folder / "planted.csv").exists()
    make_cohort(tmp_path, 1)
    assert not (folder / "planted.csv").exists()
    assert len(rows(folder, "clients")) == 1


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    make_cohort(tmp_path, 1)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="did not write"):
        make_cohort(tmp_path, 1)
    assert (tmp_path / "clients.csv").exists()
    with pytest.raises(ConfigError, match="is no folder"):
        make_cohort(tmp_path / "mine.txt", 1)


@pytest.mark.parametrize(("patients", "dirty"), [(0, 0), (1, -0.1), (1, 1.1)])
def test_numbers_that_cannot_be_are_refused(tmp_path, patients, dirty):
    with pytest.raises(ConfigError):
        make_cohort(tmp_path / "none", patients, 1, dirty)
    assert not (tmp_path / "none").exists()
