"""What is asked: names that a map reads, on rows that it wants, and no text that means nothing."""

import csv

import pytest
from own_clinic import CONFIG

from kapfhir import pipeline
from kapfhir.job import open_job
from kapfhir.config import load_settings
from kapfhir.confirmation import ask
from kapfhir.errors import ConfigError

LOG = """concept: DosingSession
table: log
where: {Kind: dose}
empty: ["-"]
fields:
  key: {from: [Client, Day], people: patient}
  patient: {from: Client, people: patient}
  clinician: {from: By, people: practitioner}
  status: = completed
  visit.start: Day
  session.start: Day
"""
ROWS = """Client,Day,By,Kind
Ada One,2026-01-05,-,dose
  ada one ,2026-01-06,Dr Doe,dose
Not Asked,2026-01-07,Dr No,phone
Broken
"""
WHO = "concept: Patient\ntable: who\nfields:\n  key: Id\n  family: Last\n  given: First\n"


@pytest.fixture
def clinic(tmp_path):
    maps = tmp_path / "mappings/sources/own"
    maps.mkdir(parents=True)
    (maps / "log.yaml").write_text(LOG, encoding="utf-8")
    (maps / "who.yaml").write_text(WHO, encoding="utf-8")
    (tmp_path / "export").mkdir()
    (tmp_path / "export/log.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "export/who.csv").write_text("Id,First,Last\nP-1,Ada,One\nP-2,ADA,One\n", encoding="utf-8")
    (tmp_path / "kapfhir.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def asked(folder):
    with open_job(folder / "export", load_settings(folder / "kapfhir.toml", env={})) as job:
        return ask(job, pipeline.read(job), folder / "people.csv")


def test_names_of_wanted_rows_with_all_candidates(clinic):
    people, pairs = asked(clinic)
    with people.path.open(encoding="utf-8", newline="") as file:
        rows = [(r["kind"], r["name"], r["candidates"], r["key"]) for r in csv.DictReader(file)]
    assert rows == [
        ("patient", "Ada One", "P-1 | P-2", ""),
        ("patient", "ada one", "P-1 | P-2", ""),
        ("practitioner", "Dr Doe", "", ""),
    ]
    assert (people.count, people.waiting, pairs.count) == (3, 3, 0)
    assert sorted(p.name for p in clinic.iterdir() if p.is_file()) == ["kapfhir.toml", "pairs.csv", "people.csv"]


def test_a_place_that_can_not_be_written_is_told(clinic):
    with open_job(clinic / "export", load_settings(clinic / "kapfhir.toml", env={})) as job:
        units = list(pipeline.read(job))
        with pytest.raises(ConfigError, match="can't be written"):
            ask(job, units, clinic / "nowhere" / "people.csv")
