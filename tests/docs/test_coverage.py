"""The page of coverage: every requirement has fields, elements and tests that are there."""

import csv
import sys
from dataclasses import fields

import pytest
from console import ROOT

sys.path.append(str(ROOT / "docs"))
import coverage_page as page  # noqa: E402

from kapfhir.model.concepts import CONCEPTS  # noqa: E402
from kapfhir.model.fields import fields_of, is_item  # noqa: E402


def test_every_requirement_has_fields_elements_and_tests():
    requirements = page.load_requirements()
    assert [r.id for r in requirements] == [f"A-{n:02}" for n in range(1, 55)]
    for requirement in requirements:
        assert requirement.fields, requirement.id
        assert requirement.tests, requirement.id
        for path in {text.partition("=")[0] for text in requirement.fields}:
            assert page.elements_of(path), (requirement.id, path)
        for test in requirement.tests:
            assert page.find_test(test)


def test_only_who_pays_has_no_element_in_fhir():
    """Requirement A-50 is out of scope for FHIR; of each other one most fields are sent."""
    for requirement in page.load_requirements():
        sent = [not page.elements_of(text.partition("=")[0])[0].startswith("none: ") for text in requirement.fields]
        assert any(sent) is (requirement.id != page.NOT_SENT)
        assert sum(sent) >= len(sent) - 1 or requirement.id == page.NOT_SENT, requirement.id


@pytest.mark.parametrize(
    "path", ["Diagnosis", "Nobody.name", "Diagnosis.colour", "Diagnosis.trauma.colour", "DosingSession.doses.dose.colour"]
)
def test_a_field_that_is_not_there_is_an_error(path):
    with pytest.raises(LookupError):
        page.elements_of(path)


def test_a_code_or_test_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    assert page.elements_of("Diagnosis.origin", ("primary",)) == page.elements_of("Diagnosis.origin")
    with pytest.raises(LookupError):
        page.elements_of("Diagnosis.origin", ("tertiary",))
    with pytest.raises(LookupError):
        page.find_test("tests/docs/test_coverage.py::test_nothing")
    with pytest.raises(LookupError):
        page.find_test("tests/docs/test_nothing.py::test_a_code_or_test_that_is_not_there_is_an_error")


def test_a_requirement_that_is_left_out_is_an_error(tmp_path, monkeypatch):
    rows = (ROOT / "docs/coverage.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "coverage.csv").write_text("\n".join(rows[:-1]) + "\n", encoding="utf-8")
    monkeypatch.setattr(page, "HERE", tmp_path)
    with pytest.raises(LookupError, match="A-54"):
        page.coverage_page()


def kinds():
    found = list(CONCEPTS.values())
    for kind in found:
        inner = [k for f in fields_of(kind).values() for k in f.types if is_item(k) and not f.derived]
        found += [k for k in inner if k not in found]
    return found


def test_what_is_not_compared_is_what_the_page_names():
    """A field that is left out of the comparison of records could be lost without a test: each of them is told, with a reason."""
    told = {path for path, _ in page.staying_fields()}
    assert all(field.stays for _, field in page.staying_fields())
    assert len(told) < 12
    for kind in kinds():
        left = {f.name for f in fields(kind) if not f.compare}
        assert left == {f.name for f in fields_of(kind).values() if f.stays}, kind.__name__
        for name in left:
            assert any(path.endswith(f".{name}") for path in told), (kind.__name__, name)


def test_the_file_holds_what_a_person_can_read():
    with (ROOT / "docs/coverage.csv").open(encoding="utf-8", newline="") as file:
        assert all(len(row["requirement"]) < 110 for row in csv.DictReader(file))
