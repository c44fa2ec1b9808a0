"""Which URL does what, in which form; everything else is told why not."""

import pytest


@pytest.mark.parametrize(
    ("method", "url", "allow"),
    [
        ("GET", "", "POST"),
        ("POST", "metadata", "GET, HEAD"),
        ("DELETE", "_history", "GET, HEAD"),
        ("PATCH", "Patient", "GET, HEAD, POST, PUT, DELETE"),
        ("PATCH", "Patient/p1", "GET, HEAD, PUT, DELETE"),
        ("POST", "Patient/p1", "GET, HEAD, PUT, DELETE"),
        ("PUT", "Patient/p1/_history", "GET, HEAD"),
        ("PUT", "Patient/p1/_history/1", "GET, HEAD"),
        ("DELETE", "Patient/_search", "GET, HEAD, POST"),
        ("PUT", "Patient/$validate", "GET, HEAD, POST"),
    ],
)
def test_another_method_is_405(fhir, method, url, allow):
    reply = fhir.ask(method, url, {"resourceType": "Patient"} if method in ("POST", "PUT") and "_search" not in url else None)
    assert (reply.status, reply.headers["Allow"]) == (405, allow)


@pytest.mark.parametrize(
    "url", ["Nonsense", "Nonsense/1", "Patient/p1/name", "Patient/$everything", "Patient/p1/$meta", "$export"]
)
def test_another_url_is_404(fhir, url):
    reply = fhir.get(url)
    assert (reply.status, reply.json["resourceType"]) == (404, "OperationOutcome")


@pytest.mark.parametrize(
    "accept",
    ["application/fhir+json", "application/json;q=0.9", "text/html,application/xhtml+xml", "*/*", "text/json", "a/b, */*;q=0.1"],
)
def test_json_is_given_to_who_takes_it(fhir, accept):
    assert fhir.get("Patient", accept=accept).status == 200


@pytest.mark.parametrize(("url", "headers"), [("Patient", {"accept": "application/fhir+xml"}), ("Patient?_format=xml", {})])
def test_another_form_is_406(fhir, url, headers):
    assert fhir.get(url, **headers).status == 406


@pytest.mark.parametrize("form", ["json", "application/fhir%2Bjson", "application/fhir+json"])
def test_format_overrides_accept(fhir, form):
    assert fhir.get(f"Patient?_format={form}", accept="application/fhir+xml").status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/fhir+xml", "application/x-www-form-urlencoded", ""])
def test_a_body_in_another_form_is_415(fhir, make, kind):
    assert fhir.put(make.patient(), content_type=kind).status == 415


@pytest.mark.parametrize("kind", ["application/json", "application/fhir+json; charset=utf-8; fhirVersion=4.0"])
def test_a_body_in_json_is_taken(fhir, make, kind):
    assert fhir.put(make.patient(), content_type=kind).status == 201


def test_a_search_form_has_its_own_type(fhir):
    assert fhir.ask("POST", "Patient/_search", b"_id=1", content_type="application/json").status == 415


def test_pretty(fhir, make):
    fhir.put(make.patient())
    assert "\n  " in fhir.get("Patient/p1?_pretty=true").text
    assert "\n" not in fhir.get("Patient/p1").text


@pytest.mark.parametrize(
    ("method", "path", "writes"),
    [("POST", "", True), ("PUT", "Patient/1", True), ("DELETE", "Patient/1", True), ("PATCH", "Patient/1", True),
     ("GET", "Patient", False), ("POST", "Patient/_search", False), ("POST", "Patient/$validate", False)],
)  # fmt: skip
def test_what_is_a_write(fhir, method, path, writes):
    from kapfhir.sandbox.wire import Call

    assert fhir.service.is_write(Call(method, path)) is writes
