"""From an export to resources: what an export and its settings are."""

import pytest

import kapfhir
from kapfhir.config import load_settings
from kapfhir.errors import ConfigError
from kapfhir.mapping.units import Mapped
from kapfhir.pipeline import locate, open_job

OWN = """
source = "harbor"
mappings = "mappings"

[clinic]
system = "https://harbor.example/kap"
namespace = "0a1b2c3d-0000-4000-8000-000000000000"
zone = "Europe/Zurich"
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with a configuration of one's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "kapfhir.toml").write_text(OWN)
    return load_settings()


def test_an_example_keeps_its_clinic_and_source_beside_a_configuration_of_ones_own(own):
    with open_job("example:clinic", own) as job:
        assert (job.source, job.origin.system, job.settings.clinic.synthetic) == ("clinic", "https://clinic.example/kap", True)
        assert job.settings.mappings == own.mappings


def test_its_resources_are_the_same_everywhere_and_marked_as_synthetic(own):
    def first(settings):
        return next(unit for unit in kapfhir.map("example:clinic", settings) if isinstance(unit, Mapped)).resources

    assert first(own) == first(None)
    assert first(own)[0]["meta"]["security"][0]["code"] == "HTEST"


def test_a_source_that_is_asked_for_holds_for_an_example_too(own):
    asked = load_settings(flags={"source": "clinik"})
    with pytest.raises(ConfigError, match="no source maps for 'clinik'; did you mean 'clinic'"):
        open_job("example:clinic", asked)


def test_an_export_of_ones_own_has_the_settings_as_they_are(own, tmp_path):
    assert locate(tmp_path, own) == (tmp_path, own)
    assert locate(str(tmp_path)) == (tmp_path, own)
