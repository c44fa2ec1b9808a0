"""The public servers, and what they may get."""

from __future__ import annotations

import pytest

from kapfhir.errors import ConfigError
from kapfhir.server.known import PUBLIC, find_public, refuse_public, require_synthetic

REAL = {"resourceType": "Patient"}
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
SYNTHETIC = {"resourceType": "Patient", "meta": {"security": [HTEST]}}
URLS = ["https://hapi.fhir.org/baseR4", "http://HAPI.fhir.org./x", "https://hapi.fhir.org:443/other", "https://server.fire.ly/r4"]


@pytest.mark.parametrize("url", URLS)
def test_real_data_is_refused_whatever_the_address_looks_like(url):
    with pytest.raises(ConfigError, match="is public"):
        require_synthetic(url, [SYNTHETIC, REAL])


@pytest.mark.parametrize("url", URLS)
def test_synthetic_data_is_not(url):
    require_synthetic(url, [SYNTHETIC])


@pytest.mark.parametrize("url", ["https://clinic.example/hapi.fhir.org", "http://127.0.0.1:8095/fhir"])
def test_other_servers_get_anything(url):
    require_synthetic(url, [REAL])


@pytest.mark.parametrize("server", PUBLIC, ids=lambda s: s.name)
def test_each_is_found_by_name_and_address(server):
    assert find_public(server.name) is server
    assert find_public(server.url) is server
    assert server.notes


@pytest.mark.parametrize("url", URLS)
def test_a_public_server_is_refused_before_there_is_any_data(url):
    with pytest.raises(ConfigError, match="is public"):
        refuse_public(url)
    refuse_public("http://127.0.0.1:8095/fhir")
