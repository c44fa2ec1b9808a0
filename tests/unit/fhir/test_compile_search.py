"""The command makes the shipped file from the package, and stops at what it does not understand."""

import json

import pytest

from kapfhir.fhir import compile_search
from kapfhir.fhir.compile_facts import PACKAGE
from kapfhir.fhir.search import DATA


def test_the_package_compiles_to_the_file_byte_for_byte(tmp_path, monkeypatch):
    target = tmp_path / "search.json"
    monkeypatch.setattr("sys.argv", ["compile_search", str(PACKAGE), str(target)])
    compile_search.main()
    assert target.read_bytes() == DATA.read_bytes()


def test_every_type_is_described():
    assert set(json.loads(DATA.read_bytes())) == {"Resource", *compile_search.TYPES}


def test_fhirpath_beyond_the_known_part_is_refused():
    with pytest.raises(ValueError, match="FHIRPath that is not compiled"):
        list(compile_search._compile("Patient", "Patient.name.first().given", "string"))


def test_a_type_that_the_parameter_can_not_use_is_left_out():
    paths = list(compile_search._compile("Observation", "Observation.value", "date"))
    assert paths == [("valueDateTime", "dateTime"), ("valuePeriod", "Period")]
