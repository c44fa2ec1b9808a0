"""What happened, newest first."""

import pytest


@pytest.fixture
def filled(fhir, make):
    fhir.put(make.patient())
    fhir.put(make.patient(gender="male"))
    fhir.post("Organization", {"resourceType": "Organization", "name": "x"})
    fhir.delete("Patient/p1")
    return fhir


def told(reply):
    return [(e["request"]["method"], e["response"]["status"], e["response"]["etag"]) for e in reply.json.get("entry", [])]


def test_the_history_of_a_resource(filled):
    reply = filled.get("Patient/p1/_history")
    assert (reply.json["type"], reply.json["total"]) == ("history", 3)
    assert told(reply) == [("DELETE", "204 No Content", 'W/"3"'), ("PUT", "200 OK", 'W/"2"'), ("PUT", "201 Created", 'W/"1"')]
    deleted, changed, first = reply.json["entry"]
    assert "resource" not in deleted
    assert (changed["resource"]["gender"], "gender" in first["resource"]) == ("male", False)
    assert deleted["request"]["url"] == "Patient/p1"


def test_the_history_of_a_type_and_of_everything(filled):
    assert filled.get("Patient/_history").json["total"] == 3
    assert filled.get("Organization/_history").json["entry"][0]["request"] == {"method": "POST", "url": "Organization"}
    assert filled.get("_history").json["total"] == 4


def test_pages(filled):
    first = filled.get("_history?_count=3")
    (link,) = [link["url"] for link in first.json["link"] if link["relation"] == "next"]
    second = filled.get(link.removeprefix("http://sandbox.test/fhir/"))
    assert (len(first.json["entry"]), len(second.json["entry"])) == (3, 1)
    assert [link["relation"] for link in second.json["link"]] == ["self"]


def test_since(filled):
    moment = filled.get("_history").json["entry"][0]["response"]["lastModified"]
    assert filled.get(f"_history?_since={moment}").json["total"] >= 1
    assert filled.get("_history?_since=2100-01-01").json["total"] == 0


@pytest.mark.parametrize("query", ["_since=soon", "_count=x", "_offset=99999999999999999999", "_at=2020", "code=1"])
def test_what_is_not_understood_is_refused(filled, query):
    assert filled.get(f"_history?{query}").status == 400


def test_what_never_was_has_no_history(fhir):
    assert fhir.get("Patient/x/_history").status == 404
    assert fhir.get("Patient/_history").json["total"] == 0
