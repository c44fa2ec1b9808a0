"""From an export to resources: what an export and its settings are."""

import shutil

import pytest

import kapfhir
from kapfhir.config import load_settings
from kapfhir.data import mappings_folder
from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.units import Mapped
from kapfhir.job import locate, open_job

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
    (tmp_path / "mappings" / "codes").mkdir(parents=True)
    (tmp_path / "mappings" / "codes" / "gender.csv").write_bytes((mappings_folder() / "codes" / "gender.csv").read_bytes())
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


def test_a_table_that_no_map_reads_is_told(own, tmp_path):
    input_folder = tmp_path / "more"
    shutil.copytree(kapfhir.example("clinic") / "input", input_folder)
    (input_folder / "extra.csv").write_text("a,b\n1,2\n")
    settings = load_settings(kapfhir.example("clinic") / "kapfhir.toml")
    told = [p for p in kapfhir.read(input_folder, settings) if isinstance(p, Problem) and p.code == "unread-table"]
    assert [(p.file, p.severity) for p in told] == [("extra", "information")]


def test_the_nearest_source_is_named_where_none_fits(own, tmp_path):
    input_folder = tmp_path / "less"
    shutil.copytree(kapfhir.example("clinic") / "input", input_folder)
    text = (input_folder / "staff.csv").read_text()
    (input_folder / "staff.csv").write_text(text.replace("Role", "Job", 1))
    settings = load_settings(kapfhir.example("clinic") / "kapfhir.toml").model_copy(update={"source": None})
    with pytest.raises(ConfigError, match="fit no source; the nearest is clinic, but not its staff"):
        open_job(input_folder, settings)


CHANGES = {
    "a window": '[window.own]\ntitle = "Own"\nto_h = 12\n',
    "its end": '[window.own]\ntitle = "Own"\nto_h = 13\n',
    "a number of a rule": "[findings.P01-slip]\nnumbers.per_kg = 9\n",
}


def test_what_a_clinic_says_of_windows_and_limits_makes_records_anew(tmp_path):
    """The rows of a record are as they were; what it is judged by is not."""
    digests = set()
    for text in ("", *CHANGES.values()):
        (tmp_path / "kapfhir.toml").write_text(OWN.replace('mappings = "mappings"\n', "") + text, encoding="utf-8")
        with open_job("example:minimal", load_settings(tmp_path / "kapfhir.toml", env={})) as job:
            digests.add(job.maps_digest)
    assert len(digests) == 4
