"""What is told of a server."""

from __future__ import annotations

import pytest
import responses

from kapfhir.errors import ConfigError
from kapfhir.server.client import Client
from kapfhir.sync.doctor import doctor


def texts(findings, level=None):
    return [f"{f.name}: {f.text}" for f in findings if level in (None, f.level)]


def test_a_good_server(kapfhir_sandbox, run):
    found = doctor(run.client())
    assert texts(found, "error") == texts(found, "warning") == []
    told = "\n".join(texts(found))
    assert "FHIR 4.0.1" in told
    assert "strategy: PUT Type/id, in transactions: it lists transactions; it lets a client choose ids (updateCreate)" in told
    assert "takes all 14 types" in told
    assert "no search by identifier for AdverseEvent" in told
    assert not any(r.method != "GET" for r in kapfhir_sandbox.requests)


def test_one_that_chooses_ids(kapfhir_sandbox, run):
    kapfhir_sandbox.behave("no-update-create")
    assert "conditional update" in str(next(f for f in doctor(run.client()) if f.name == "strategy"))


@pytest.mark.parametrize("quirk", ["read-only", "no-transaction"])
def test_one_that_can_not_be_used(kapfhir_sandbox, run, quirk):
    kapfhir_sandbox.behave(quirk)
    (error,) = [f for f in doctor(run.client()) if f.level == "error"]
    assert error.name == "strategy"
    assert "no usable strategy" in error.text


def test_another_version(kapfhir_sandbox, run):
    kapfhir_sandbox.behave("r5")
    with pytest.raises(ConfigError):
        doctor(run.client())


@responses.activate
def test_a_public_one_with_few_types_and_a_wrong_clock():
    statement = {
        "resourceType": "CapabilityStatement",
        "fhirVersion": "4.0.1",
        "rest": [{"resource": [{"type": "Patient", "interaction": [{"code": "update"}]}]}],
    }
    responses.get("http://hapi.fhir.org/baseR4/metadata", json=statement)
    count = {"resourceType": "Bundle", "total": 3}
    responses.get("http://hapi.fhir.org/baseR4/Patient", json=count, headers={"Date": "Mon, 05 Jan 2015 10:00:00 GMT"})
    warnings = texts(doctor(Client("http://hapi.fhir.org/baseR4")), "warning")
    assert [w.split(":")[0] for w in warnings] == ["connection", "types", "clock", "public"]


@responses.activate
def test_one_that_can_not_search():
    responses.get("http://localhost/fhir/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    responses.get("http://localhost/fhir/Patient", status=400)
    assert texts(doctor(Client("http://localhost/fhir")), "warning")[0].startswith("search: GET localhost/fhir/Patient: HTTP 400")


@responses.activate
@pytest.mark.parametrize("date", ["Wed, 21 Oct 99999999999 07:28:00 GMT", "soon", "Mon, 05 Jan 2026 10:00:00 -0000"])
def test_one_whose_clock_says_nothing(date):
    responses.get("http://localhost/fhir/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    responses.get("http://localhost/fhir/Patient", json={"resourceType": "Bundle", "total": 3}, headers={"Date": date})
    assert texts(doctor(Client("http://localhost/fhir")), "warning") == []
