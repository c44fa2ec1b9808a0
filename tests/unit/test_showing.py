"""What the rules see of an export whose rows are not whole: what is lost is told, and whose it is."""

import shutil

import pytest
from faulty_log import make_faulty, told

from kapfhir.config import load_settings
from kapfhir.data import example_folder
from kapfhir.review import findings


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return make_faulty(tmp_path_factory.mktemp("clinic") / "clinic")


@pytest.fixture(scope="module")
def found(export):
    return list(findings(export / "input", load_settings(export / "kapfhir.toml")))


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


def test_what_a_problem_tells_is_about_a_patient_where_its_row_is(found):
    assert told(found, "S14-swapped") == [
        (6, "BP before", "DosingSession", "S-0605", "P-006"),
        (6, "BP peak", "DosingSession", "S-0605", "P-006"),
    ]
    assert {f.patient for f in found if f.rule == "S24"} == {"P-007"}


def test_who_waits_for_an_answer_is_not_lost_and_who_has_no_key_is():
    log = [(f.row, f.key) for f in findings("example:minimal") if f.rule == "S01-lost"]
    assert log == [(9, ""), (10, ""), (14, ""), (17, "")]
