"""The sandbox over real HTTP: bodies, headers, errors as pages, lost answers."""

import gzip
import json

import pytest
import requests

from kapfhir.sandbox import app


@pytest.fixture
def http():
    with requests.Session() as session:
        yield session


PATIENT = {"resourceType": "Patient", "id": "p1"}


def put(http, sandbox, resource=PATIENT, **options):
    return http.put(f"{sandbox.url}/{resource['resourceType']}/{resource['id']}", json=resource, timeout=10, **options)


def test_put_and_get(http, kapfhir_sandbox):
    reply = put(http, kapfhir_sandbox)
    assert (reply.status_code, reply.headers["ETag"]) == (201, 'W/"1"')
    assert reply.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert reply.headers["Location"] == f"{kapfhir_sandbox.url}/Patient/p1/_history/1"
    assert http.get(f"{kapfhir_sandbox.url}/Patient/p1", timeout=10).json()["id"] == "p1"


def test_head_has_no_body(http, kapfhir_sandbox):
    put(http, kapfhir_sandbox)
    reply = http.head(f"{kapfhir_sandbox.url}/Patient/p1", timeout=10)
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["ETag"] == 'W/"1"'


def test_a_packed_body_is_unpacked(http, kapfhir_sandbox):
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/fhir+json"}
    url = f"{kapfhir_sandbox.url}/Patient/p1"
    assert http.put(url, gzip.compress(json.dumps(PATIENT).encode()), headers=headers, timeout=10).status_code == 201
    assert http.put(url, b"no gzip", headers=headers, timeout=10).status_code == 400
    assert http.put(url, gzip.compress(b"{}" * 100)[:-9], headers=headers, timeout=10).status_code == 400
    headers["Content-Encoding"] = "br"
    assert http.put(url, b"x", headers=headers, timeout=10).status_code == 415


def test_too_large_a_body_is_413(http, kapfhir_sandbox, monkeypatch):
    monkeypatch.setattr(app, "LARGEST_BODY", 1000)
    url, headers = f"{kapfhir_sandbox.url}/Patient/p1", {"Content-Type": "application/fhir+json"}
    assert http.put(url, b" " * 2000, headers=headers, timeout=10).status_code == 413
    bomb = gzip.compress(b" " * 1_000_000)
    assert http.put(url, bomb, headers={**headers, "Content-Encoding": "gzip"}, timeout=10).status_code == 413


def test_the_root_says_where_the_base_is(http, kapfhir_sandbox):
    reply = http.get(kapfhir_sandbox.url.removesuffix("/fhir"), timeout=10)
    assert f"base: {kapfhir_sandbox.url}" in reply.text


def test_the_base_without_a_slash_is_not_redirected(http, kapfhir_sandbox):
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": []}
    reply = http.post(kapfhir_sandbox.url, json=bundle, timeout=10, allow_redirects=False)
    assert (reply.status_code, [r.path for r in kapfhir_sandbox.requests]) == (200, ["/"])


def test_the_base_takes_a_slash(http, kapfhir_sandbox):
    bundle = {"resourceType": "Bundle", "type": "transaction"}
    for url in (kapfhir_sandbox.url, kapfhir_sandbox.url + "/"):
        assert http.post(url, json=bundle, timeout=10).status_code == 200


def test_requests_are_recorded(http, kapfhir_sandbox):
    put(http, kapfhir_sandbox)
    http.get(f"{kapfhir_sandbox.url}/Patient?_id=p1", timeout=10)
    first, second = kapfhir_sandbox.requests
    assert (first.method, first.path, first.status, first.body) == ("PUT", "/Patient/p1", 201, PATIENT)
    assert (second.method, second.path, second.query, second.body) == ("GET", "/Patient", "_id=p1", None)


def test_the_next_write_fails_and_is_not_done(http, kapfhir_sandbox):
    kapfhir_sandbox.fail_next(503)
    assert http.get(f"{kapfhir_sandbox.url}/Patient", timeout=10).status_code == 200
    reply = put(http, kapfhir_sandbox)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "0")
    assert reply.json()["issue"][0]["code"] == "transient"
    assert kapfhir_sandbox.resources() == []
    assert put(http, kapfhir_sandbox).status_code == 201


def test_the_next_write_is_done_and_its_answer_lost(http, kapfhir_sandbox):
    kapfhir_sandbox.fail_next(504, after_commit=True)
    assert put(http, kapfhir_sandbox).status_code == 504
    assert len(kapfhir_sandbox.resources()) == 1
    assert put(http, kapfhir_sandbox).headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(("after_commit", "stored"), [(False, 0), (True, 1)])
def test_a_connection_is_closed_without_an_answer(http, kapfhir_sandbox, after_commit, stored):
    kapfhir_sandbox.fail_next(0, after_commit=after_commit)
    with pytest.raises(requests.ConnectionError):
        put(http, kapfhir_sandbox)
    assert len(kapfhir_sandbox.resources()) == stored
    assert [r.status for r in kapfhir_sandbox.requests] == [0]
    assert put(http, kapfhir_sandbox).status_code in (200, 201)


def test_failures_add_up(http, kapfhir_sandbox):
    kapfhir_sandbox.fail_next(500)
    kapfhir_sandbox.fail_next(429)
    assert [put(http, kapfhir_sandbox).status_code for _ in range(3)] == [500, 429, 201]


def test_flaky_fails_every_7th_write(http, kapfhir_sandbox):
    kapfhir_sandbox.behave("flaky")
    statuses = [put(http, kapfhir_sandbox, {**PATIENT, "id": f"p{n}"}).status_code for n in range(14)]
    assert statuses == ([201] * 6 + [503]) * 2


def test_errors_can_come_as_pages(http, kapfhir_sandbox):
    kapfhir_sandbox.behave("html-errors")
    reply = http.get(f"{kapfhir_sandbox.url}/Patient/x", timeout=10)
    assert (reply.status_code, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "404 Not Found" in reply.text
    assert put(http, kapfhir_sandbox).json()["id"] == "p1"


def test_a_fault_of_the_sandbox_is_told_without_what_was_sent(http, kapfhir_sandbox, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("".join(["Can", "ary"]))  # in two, as a traceback shows this line

    monkeypatch.setattr("kapfhir.sandbox.routes.require_type", fail)
    reply = put(http, kapfhir_sandbox)
    assert (reply.status_code, reply.json()["issue"][0]["code"]) == (500, "exception")
    assert "RuntimeError" in caplog.text
    assert "Canary" not in caplog.text + reply.text
