"""Where the realm of a run comes from."""

import pytest

import kapfhir
from kapfhir.job import open_job

from kapfhir.config import load_settings
from kapfhir.errors import ConfigError, Problem
from kapfhir.realms import INTERNATIONAL, US_CORE, parse_realm

CLINIC = """
[clinic]
system = "https://clinic.example/kap"
namespace = "3f0e6c1e-0000-4000-8000-000000000000"
zone = "America/New_York"
"""


def realm(tmp_path, text="", env=(), **flags):
    file = tmp_path / "kapfhir.toml"
    file.write_text(CLINIC + text, encoding="utf-8")
    return load_settings(file, flags=flags, env=dict(env)).realm


def test_flag_before_environment_before_file_before_international(tmp_path):
    ours = f'realm = "{US_CORE}"\n'
    assert realm(tmp_path) == INTERNATIONAL
    assert realm(tmp_path, ours) == US_CORE
    assert realm(tmp_path, ours, {"KAPFHIR_REALM": INTERNATIONAL}) == INTERNATIONAL
    assert realm(tmp_path, "", {"KAPFHIR_REALM": INTERNATIONAL}, realm=US_CORE) == US_CORE


def test_a_realm_that_is_not_known_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="give one of: international, us-core-6.1.0"):
        parse_realm("us-core")
    with pytest.raises(ConfigError):
        realm(tmp_path, 'realm = "mars"\n')


def test_a_change_of_realm_maps_again():
    digests = set()
    for name in (INTERNATIONAL, US_CORE):
        with open_job("example:clinic", load_settings(env={"KAPFHIR_REALM": name})) as job:
            digests.add(job.maps_digest)
            assert job.origin.realm == name
    assert len(digests) == 2


def test_what_resources_lack_is_told_once_for_each_element():
    units = list(kapfhir.map("example:clinic", load_settings(env={"KAPFHIR_REALM": US_CORE})))
    told = [unit for unit in units if isinstance(unit, Problem) and unit.code == "not-us-core"]
    assert told
    assert len({(p.text.partition("can't")[2], p.file, p.line) for p in told}) == len(told)
    assert {p.severity for p in told} == {"information"}
