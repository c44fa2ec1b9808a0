"""FHIR interactions against a mocked server."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from responses.matchers import header_matcher

from kapfhir.errors import ConfigError, RefusedError, TemporaryServerError
from kapfhir.server.client import Client, escape, match_identifier, match_tag

BASE = "https://fhir.example/r4"


@pytest.fixture
def client(still):
    return Client(BASE, clock=still.clock())


def page(*ids, following=""):
    links = [{"relation": "next", "url": following}] if following else []
    return {"resourceType": "Bundle", "link": links, "entry": [{"resource": {"resourceType": "Patient", "id": i}} for i in ids]}


def test_pages_are_followed(client, server):
    server.get(
        f"{BASE}/Patient",
        json=page("1", "2", following=f"{BASE}?_getpages=x"),
        match=[header_matcher({"Cache-Control": "no-cache"})],
    )
    server.get(BASE, json=page("3"))
    assert [r["id"] for r in client.search("Patient", {"_id": "1,2,3"})] == ["1", "2", "3"]


def test_pages_of_another_host_are_not(client, server):
    server.get(f"{BASE}/Patient", json=page("1", following="https://internal:8080/r4?_getpages=x"))
    with pytest.raises(ConfigError, match="points to another server, internal:8080"):
        list(client.search("Patient", {}))


def test_pages_in_a_circle(client, server):
    server.get(f"{BASE}/Patient", json=page("1", following=f"{BASE}/Patient?page=2"))
    with pytest.raises(TemporaryServerError, match="circle"):
        list(client.search("Patient", {"page": "2"}))


def test_outcomes_among_the_matches_are_left_out(client, server):
    bundle = page("1")
    bundle["entry"].append({"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}})
    server.get(f"{BASE}/Patient", json=bundle)
    assert len(list(client.search("Patient", {}))) == 1


@pytest.mark.parametrize("body", [{}, {"resourceType": "OperationOutcome", "issue": []}])
def test_a_search_that_is_not_answered_is_not_empty(client, server, body):
    server.get(f"{BASE}/Patient", json=body)
    with pytest.raises(TemporaryServerError, match="the answer is no Bundle"):
        list(client.search("Patient", {}))


@pytest.mark.parametrize("ask", [lambda c: list(c.search("Patient", {"nonsense": "1"})), lambda c: c.count("Patient")])
def test_a_search_that_is_refused_says_where_to_look(client, server, ask):
    server.get(f"{BASE}/Patient", json={"resourceType": "OperationOutcome"}, status=400)
    with pytest.raises(RefusedError) as refused:
        ask(client)
    assert refused.value.hint == "the server can't be asked so; `kapfhir doctor` shows what it can do"
    assert refused.value.status == 400


def test_matches_that_are_none_are_left_out(client, server):
    body = {"resourceType": "Bundle", "entry": [None, 1, {"resource": []}, *page("1")["entry"]], "link": [None, {"relation": 1}]}
    server.get(f"{BASE}/Patient", json=body)
    assert [r["id"] for r in client.search("Patient", {})] == ["1"]


@pytest.mark.parametrize(
    "broken",
    [
        {"entry": {}, "link": {"relation": "next", "url": f"{BASE}?page=2"}},
        {"entry": {"resource": {"resourceType": "Patient", "id": "1"}}},
        {"entry": "none"},
        {"link": [{"relation": "next", "url": None}]},
        {"link": [{"relation": "next"}]},
        {"link": [{"relation": "next", "url": ["x"]}]},
        {"link": [{"relation": "next", "url": ""}]},
        {"entry": [{"resource": {"resourceType": "Patient"}}]},
        {"entry": [{"resource": {"resourceType": "Patient", "id": None}}]},
        {"entry": [{"resource": {"resourceType": "Patient", "id": ["1"]}}]},
        {"entry": [{"resource": {"resourceType": "Patient", "id": 1}}]},
    ],
)
def test_a_broken_bundle_is_told_and_not_taken_for_the_last_page(client, server, broken):
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle", **broken})
    with pytest.raises(TemporaryServerError, match="the answer is a broken Bundle"):
        list(client.search("Patient", {}))


@pytest.mark.parametrize("empty", [{"entry": None, "link": None}, {"entry": [], "link": []}, {"entry": [None], "link": [{}]}])
def test_a_bundle_without_matches(client, server, empty):
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle", **empty})
    assert list(client.search("Patient", {})) == []


def test_responses_that_are_none_say_nothing(client, server):
    server.post(BASE, json={"resourceType": "Bundle", "entry": [None, {"response": "200"}, {"response": {"status": "200"}}]})
    assert client.transaction(b"{}", 3) == [{}, {}, {"status": "200"}]


def test_count(client, server):
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle", "total": 7})
    assert client.count("Patient", {"identifier": "https://x|"}) == 7
    query = parse_qs(urlsplit(server.calls[0].request.url).query)
    assert query == {"identifier": ["https://x|"], "_summary": ["count"]}


@pytest.mark.parametrize("told", [{}, {"total": None}, {"total": "0"}, {"total": False}, {"total": []}, {"total": 0.0}])
def test_count_that_is_not_told(client, server, told):
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle", **told})
    assert client.count("Patient") is None


@pytest.mark.parametrize("status", [404, 410])
def test_read_of_what_is_not_there(client, server, status):
    server.get(f"{BASE}/Patient/1", status=status)
    assert client.read("Patient", "1") is None


def test_read_that_is_refused(client, server):
    server.get(f"{BASE}/Patient/1", status=400)
    with pytest.raises(RefusedError):
        client.read("Patient", "1")


def test_transaction(client, server):
    answer = {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": {"status": "201 Created"}}]}
    server.post(BASE, json=answer)
    assert client.transaction(b"{}", 1) == [{"status": "201 Created"}]
    sent = server.calls[0].request.headers
    assert sent["X-Retry-On-Version-Conflict"] == "retry; max-retries=10"
    assert sent["Content-Type"] == "application/fhir+json"


@pytest.mark.parametrize(
    "body", [{"resourceType": "OperationOutcome"}, {"resourceType": "Bundle", "entry": []}, {"resourceType": "Bundle"}]
)
def test_an_answer_that_answers_something_else(client, server, body):
    server.post(BASE, json=body)
    with pytest.raises(TemporaryServerError, match="no Bundle of 2 responses"):
        client.transaction(b"{}", 2)


@pytest.mark.parametrize(("status", "stale_again", "times"), [(409, True, 2), (409, False, 2), (412, True, 2), (412, False, 1)])
def test_which_conflicts_are_repeated(client, server, status, stale_again, times):
    server.post(BASE, status=status)
    answer = {"resourceType": "Bundle", "entry": []}
    if times == 2:
        server.post(BASE, json=answer)
        assert client.transaction(b"{}", 0, stale_again=stale_again) == []
    else:
        with pytest.raises(RefusedError):
            client.transaction(b"{}", 0, stale_again=stale_again)
    assert len(server.calls) == times


def test_batch_put_and_conditional_put(client, server):
    server.post(BASE, json={"resourceType": "Bundle", "entry": [{"response": {"status": "404"}}]})
    server.put(f"{BASE}/Patient/1", status=201)
    server.put(f"{BASE}/Patient", status=200)
    assert client.batch(b"{}", 1) == [{"status": "404"}]
    assert client.put({"resourceType": "Patient", "id": "1"}).status == 201
    assert client.conditional_put({"resourceType": "Patient"}, match_identifier("s", "v")).status == 200
    assert server.calls[2].request.url == f"{BASE}/Patient?identifier=s%7Cv"


@pytest.mark.parametrize(("value", "escaped"), [("a,b", "a\\,b"), ("a|b", "a\\|b"), ("$x", "\\$x"), ("a\\", "a\\\\")])
def test_escapes(value, escaped):
    assert escape(value) == escaped


def test_criteria():
    assert match_identifier("https://x/y", "D,17 ä&") == "identifier=https%3A%2F%2Fx%2Fy%7CD%5C%2C17%20%C3%A4%26"
    assert match_tag("s", "c") == "_tag=s%7Cc"


@pytest.mark.parametrize(
    ("answer", "words"), [({"status": 404}, "no FHIR server at this address"), ({"body": b"<html>"}, "HTML")]
)
def test_an_address_that_is_no_base(client, server, answer, words):
    server.get(f"{BASE}/metadata", **answer)
    with pytest.raises(ConfigError, match=words):
        _ = client.capability


def test_metadata_is_asked_for_once(client, server):
    server.get(f"{BASE}/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    assert client.strategy().kind == client.strategy(["Patient"]).kind == "ids"
    assert len(server.calls) == 1
