"""Findings of an export whose rows are not whole, in order and as FHIR."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from faulty_log import make_faulty, told

from kapfhir.config import load_settings
from kapfhir.fhir.exact import loads
from kapfhir.job import open_job
from kapfhir.review import Shelf, findings, write_fhir
from kapfhir.rules.settings import RuleSettings

MADE = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return make_faulty(tmp_path_factory.mktemp("clinic") / "clinic")


@pytest.fixture(scope="module")
def found(export):
    return list(findings(export / "input", load_settings(export / "kapfhir.toml")))


def test_an_end_before_its_start_is_told(found):
    spans = told(found, "S02-span")
    assert spans
    assert {where[0] for where in spans} == {2}
    assert {where[2:] for where in spans} == {("DosingSession", "S-0601", "P-006")}


def test_as_fhir_a_record_is_told_of_once_and_what_is_left_out_is_counted(export, tmp_path):
    with open_job(export / "input", load_settings(export / "kapfhir.toml")) as job, Shelf(job.rules) as shelf:
        every = list(findings(job))
        for one in every:
            shelf.put(one)
        count, left = write_fhir(shelf.ordered(), job, MADE, tmp_path / "f.ndjson")
    resources = [loads(line) for line in (tmp_path / "f.ndjson").read_bytes().splitlines()]
    assert len(resources) == count
    names = Counter((r["resourceType"], r["identifier"][0]["value"]) for r in resources)
    assert set(names.values()) == {1}
    assert left == sum(one.patient is None for one in every) > 0
    issues = {value for kind, value in names if kind == "DetectedIssue"}
    assert {"S14-swapped:DosingSession:S-0605", "S01-lost:im_log:S-0603", "S24:DosingSession:S-0702"} <= issues


def test_rules_of_what_is_lost_can_be_off(export):
    settings = load_settings(export / "kapfhir.toml")
    off = {rule: RuleSettings(severity="off") for rule in ("S01-lost", "S01-dose")}
    quiet = findings(export / "input", settings.model_copy(update={"findings": off}))
    assert not [f for f in quiet if f.rule in off]
