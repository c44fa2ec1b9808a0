"""Named resources come from the shipped examples."""

from decimal import Decimal

import pytest

from kapfhir.errors import ConfigError
from kapfhir.sandbox import seed


def test_ndjson_is_read_with_exact_numbers(tmp_path):
    (tmp_path / "Observation.ndjson").write_text('{"value":35.50}\n\n{"value":2}\n', encoding="utf-8")
    assert list(seed.read_ndjson([tmp_path / "Observation.ndjson"])) == [{"value": Decimal("35.50")}, {"value": 2}]


def test_a_name_stands_for_the_files_of_an_example(tmp_path, monkeypatch):
    (tmp_path / "Patient.ndjson").write_text('{"id":"1"}\n', encoding="utf-8")
    monkeypatch.setattr("kapfhir.data.example_resources", lambda name: [tmp_path / f"{name}.ndjson"])
    assert list(seed.read_named("Patient")) == [{"id": "1"}]


def test_an_unknown_name_is_told():
    with pytest.raises(ConfigError, match="no example"):
        list(seed.read_named("nowhere"))
