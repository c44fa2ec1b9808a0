"""Findings of an export whose rows are not whole: what is lost is told, and whose it is."""

import csv
import shutil
from collections import Counter
from datetime import UTC, datetime

import pytest

from kapfhir.config import load_settings
from kapfhir.data import example_folder
from kapfhir.fhir.exact import loads
from kapfhir.job import open_job
from kapfhir.review import Shelf, findings, write_fhir
from kapfhir.rules.settings import RuleSettings

MADE = datetime(2027, 1, 1, tzinfo=UTC)
FAULTS = {  # session -> column -> what stands there now
    "S-0601": {"Out": "1:00 PM"},  # before it begins
    "S-0602": {"Time 2": "2:99 PM"},  # one dose of two is lost
    "S-0603": {"In": "25:00 PM"},  # so nothing says when it was
    "S-0605": {"BP before": "80/126", "BP peak": "94/143"},  # two readings of one session that tell the same
}


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """The example with such faults in its log of injections."""
    folder = tmp_path_factory.mktemp("clinic") / "clinic"
    shutil.copytree(example_folder("clinic"), folder)
    path = folder / "input" / "im_log.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(FAULTS.get(row["Session"], {}))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def found(export):
    return list(findings(export / "input", load_settings(export / "kapfhir.toml")))


def told(found, rule):
    return [(f.row, f.column, f.concept, f.key, f.patient) for f in found if f.rule == rule and f.table == "im_log"]


def test_a_dose_that_no_record_holds_is_told(found):
    assert told(found, "S01-dose") == [(3, "Date + Time 2", "DosingSession", "S-0602", "P-006")]


def test_a_session_that_no_record_holds_is_told_with_its_patient(found):
    assert told(found, "S01-lost") == [(4, "", "", "S-0603", "P-006"), (17, "", "", "S-9901", None)]


def test_a_row_that_breaks_off_is_one_session(tmp_path):
    shutil.copytree(example_folder("clinic"), tmp_path / "clinic")
    path = tmp_path / "clinic" / "input" / "im_log.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:3], lines[3].rpartition(",")[0], *lines[4:]]) + "\n", encoding="utf-8")
    lost = told(findings(path.parent, load_settings(tmp_path / "clinic" / "kapfhir.toml")), "S01-lost")
    assert [where[0] for where in lost] == [4, 17]


def test_an_end_before_its_start_is_told(found):
    spans = told(found, "S02-span")
    assert spans
    assert {where[0] for where in spans} == {2}
    assert {where[2:] for where in spans} == {("DosingSession", "S-0601", "P-006")}


def test_what_a_problem_tells_is_about_a_patient_where_its_row_is(found):
    assert told(found, "S14-swapped") == [
        (6, "BP before", "DosingSession", "S-0605", "P-006"),
        (6, "BP peak", "DosingSession", "S-0605", "P-006"),
    ]
    assert {f.patient for f in found if f.rule == "S24"} == {"P-007"}


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


def test_who_waits_for_an_answer_is_not_lost_and_who_has_no_key_is():
    log = [(f.row, f.key) for f in findings("example:minimal") if f.rule == "S01-lost"]
    assert log == [(9, ""), (10, ""), (14, ""), (17, "")]
