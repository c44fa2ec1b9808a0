"""Every way in which a request can end, with `responses` as the server."""

from __future__ import annotations

import logging

import pytest
import requests

from kapfhir.auth import Basic, Bearer
from kapfhir.errors import AccessError, ConfigError, RefusedError, TemporaryServerError
from kapfhir.server.http import Http, normalise

BASE = "https://fhir.example/r4"
PHI = "Mustermann"
FAR = "Wed, 21 Oct 99999999999 07:28:00 GMT"
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "code": "invalid", "diagnostics": f"HAPI-1821: bad name {PHI}", "expression": ["Patient.birthDate"]}
    ],
}


@pytest.fixture
def http(still):
    return Http(BASE, clock=still.clock())


def get(http, path="Patient"):
    return http.request("GET", path)


def test_an_answer_with_its_decimals(http, server):
    server.get(f"{BASE}/Patient", body=b'{"resourceType":"Bundle","total":1,"x":35.50}')
    answer = get(http)
    assert answer.status == 200
    assert str(answer.body["x"]) == "35.50"


def test_headers_of_every_request(http, server):
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle"})
    get(http)
    sent = server.calls[0].request.headers
    assert sent["Accept"] == "application/fhir+json"
    assert "gzip" in sent["Accept-Encoding"]
    assert "Authorization" not in sent


@pytest.mark.parametrize(("auth", "header"), [(Basic("u", "p"), "Basic dTpw"), (Bearer("t0ken"), "Bearer t0ken")])
def test_credentials(still, server, auth, header):
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle"})
    get(Http(BASE, auth, clock=still.clock()))
    assert server.calls[0].request.headers["Authorization"] == header
    assert "t0ken" not in repr(auth)
    assert "'p'" not in repr(auth)


def test_no_password_of_a_netrc_goes_out(still, server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine fhir.example login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle"})
    get(Http(BASE, clock=still.clock()))
    assert "Authorization" not in server.calls[0].request.headers


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504, 507])
def test_temporary_failures_are_repeated(http, server, still, status):
    server.get(f"{BASE}/Patient", status=status)
    server.get(f"{BASE}/Patient", status=status)
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle"})
    assert get(http).status == 200
    assert still.waits == [0.5, 1.0]
    assert (http.meter.requests, http.meter.repeats) == (3, 2)
    assert http.meter.statuses == {str(status): 2, "200": 1}


def test_temporary_failures_that_last(http, server, still):
    server.get(f"{BASE}/Patient", status=503)
    with pytest.raises(TemporaryServerError, match="HTTP 503 Service Unavailable") as told:
        get(http)
    assert told.value.status == 503
    assert len(server.calls) == 6
    assert still.waits == [0.5, 1, 2, 4, 8]


def test_a_server_that_fails_inside_is_asked_three_times(http, server):
    server.get(f"{BASE}/Patient", status=500)
    with pytest.raises(TemporaryServerError) as told:
        get(http)
    assert told.value.status == 500
    assert len(server.calls) == 3


@pytest.mark.parametrize(
    ("header", "wait"), [("7", 7.0), ("Mon, 05 Jan 2026 10:00:09 GMT", 9.0), ("0", 0.0), ("soon", None), (FAR, None)]
)
def test_retry_after(http, server, still, header, wait):
    server.get(f"{BASE}/Patient", status=429, headers={"Retry-After": header})
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle"})
    get(http)
    assert still.waits[0] == 0.5 + (wait or 0)


def test_a_retry_after_of_an_hour_is_told_not_waited_for(http, server, still):
    server.get(f"{BASE}/Patient", status=503, headers={"Retry-After": "3600"})
    with pytest.raises(TemporaryServerError, match="asks to wait 3600 s") as told:
        get(http)
    assert told.value.retry_after_s == 3600
    assert still.waits == []


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (requests.exceptions.ConnectTimeout(), "no connection within 10 s"),
        (requests.exceptions.ReadTimeout(), "no answer within 60 s"),
        (requests.exceptions.ConnectionError("reset"), "the connection broke"),
        (requests.exceptions.ConnectionError("NewConnectionError: refused"), "no connection"),
        (requests.exceptions.ChunkedEncodingError(), "the answer broke off"),
        (requests.exceptions.ContentDecodingError(), "the answer broke off"),
        (requests.exceptions.SSLError("EOF occurred"), "the TLS connection broke"),
    ],
)
def test_no_answer_is_asked_for_again(http, server, failure, words):
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle"})
    get(http)
    server.replace("GET", f"{BASE}/Patient", body=failure)
    with pytest.raises(TemporaryServerError, match=words):
        get(http)
    assert http.meter.statuses["no answer"] == 6


def test_a_server_that_was_never_there_is_asked_less_often(http, server):
    server.get(f"{BASE}/Patient", body=requests.exceptions.ConnectionError("NewConnectionError"))
    with pytest.raises(TemporaryServerError, match="is the server there"):
        get(http)
    assert len(server.calls) == 3


@pytest.mark.parametrize("text", ["CERTIFICATE_VERIFY_FAILED", "hostname 'x' doesn't match", "WRONG_VERSION_NUMBER"])
def test_tls_that_can_not_be_trusted(http, server, text):
    server.get(f"{BASE}/Patient", body=requests.exceptions.SSLError(text))
    with pytest.raises(ConfigError, match="no TLS connection that can be trusted"):
        get(http)
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>a login page</html>", "HTML"),
        (b"", "nothing"),
        (b'{"resourceType":"Bun', "no JSON"),
        (b"[1]", "no JSON"),
        (b'{"total":1e9999999999999999999999}', "no JSON"),
        (b'{"id":"\\ud800"}', "no JSON"),
        (b'{"id":"\\uDFFF"}', "no JSON"),
        (b'{"total":' + 5000 * b"1" + b"}", "no JSON"),
        (9999 * b'{"a":[', "no JSON"),
    ],
)
def test_what_is_no_json_is_never_taken_for_an_answer(http, server, body, kind):
    server.get(f"{BASE}/Patient", body=body)
    with pytest.raises(TemporaryServerError, match=kind) as told:
        get(http)
    assert told.value.status == 200
    assert len(server.calls) == 6
    assert "login" not in str(told.value)


def test_an_empty_answer_to_a_write_is_fine(http, server):
    server.put(f"{BASE}/Patient/1", status=200, body=b"")
    assert http.request("PUT", "Patient/1", body=b"{}", needs_body=False).body is None


@pytest.mark.parametrize("status", [401, 403])
def test_no_access(http, server, status):
    server.get(f"{BASE}/Patient", status=status, body=b"<html>")
    with pytest.raises(AccessError) as told:
        get(http)
    assert told.value.status == status
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 412, 413, 415, 422, 501])
def test_a_refusal_is_told_without_a_patient(http, server, status, caplog):
    caplog.set_level(logging.DEBUG, logger="kapfhir")
    server.get(f"{BASE}/Patient", status=status, json=OUTCOME)
    with pytest.raises(RefusedError) as told:
        get(http, f"Patient?identifier=s|{PHI}")
    assert told.value.status == status
    assert len(server.calls) == 1
    assert "error invalid at Patient.birthDate (HAPI-1821: an element has a value that R4 does not allow)" in str(told.value)
    assert PHI not in str(told.value) + caplog.text


def test_an_html_error(http, server):
    server.get(f"{BASE}/Patient", status=404, body=b"<html>not here</html>")
    with pytest.raises(RefusedError, match="HTTP 404 Not Found$"):
        get(http)


def test_a_lost_race_is_repeated_with_the_same_bytes_where_that_is_asked_for(http, server):
    server.post(BASE, status=409)
    server.post(BASE, json={"resourceType": "Bundle"})
    http.request("POST", "", body=b'{"a":1}', again=frozenset([409]), write=True)
    assert [c.request.body for c in server.calls] == [b'{"a":1}', b'{"a":1}']
    assert http.meter.writes == 2


def test_a_race_that_is_always_lost(http, server):
    server.post(BASE, status=409)
    with pytest.raises(RefusedError):
        http.request("POST", "", body=b"{}", again=frozenset([409]))
    assert len(server.calls) == 6


def test_a_redirect_to_another_host_gets_nothing(still, server):
    http = Http(BASE, Bearer("t0ken"), clock=still.clock())
    server.get(f"{BASE}/Patient", status=302, headers={"Location": "https://elsewhere.example/r4/Patient"})
    with pytest.raises(ConfigError, match=r"redirects to another one, elsewhere\.example"):
        get(http)
    assert len(server.calls) == 1


@pytest.mark.parametrize("there", ["https://fhir.example:8443/r4/Patient", "http://fhir.example/r4/Patient"])
def test_nor_does_another_port_or_a_plain_connection(http, server, there):
    server.get(f"{BASE}/Patient", status=307, headers={"Location": there})
    with pytest.raises(ConfigError, match="redirects to another one"):
        get(http)


def test_a_redirect_on_the_same_server(http, server):
    server.get(f"{BASE}/Patient", status=301, headers={"Location": "/r4/fhir/Patient"})
    server.get("https://fhir.example/r4/fhir/Patient", json={"resourceType": "Bundle"})
    assert get(http).status == 200


def test_a_redirect_to_https_on_the_same_host(still, server):
    server.get("http://fhir.example/r4/Patient", status=308, headers={"Location": f"{BASE}/Patient"})
    server.get(f"{BASE}/Patient", json={"resourceType": "Bundle"})
    assert get(Http("http://fhir.example/r4", clock=still.clock())).status == 200


@pytest.mark.parametrize("there", ["https://fhir.example:999999/r4", "http://[bad", "https://fhir.example:x/", "//[::1"])
@pytest.mark.parametrize("auth", [None, Bearer("t0ken")])
def test_a_redirect_to_what_is_no_address(still, server, there, auth):
    server.get(f"{BASE}/Patient", status=301, headers={"Location": there})
    with pytest.raises(ConfigError, match="the server redirects to what is no address; check how it is set up"):
        get(Http(BASE, auth, clock=still.clock()))
    assert len(server.calls) == 1


def test_a_redirect_that_would_turn_a_write_into_a_read(http, server):
    server.post(BASE, status=302, headers={"Location": f"{BASE}/x"})
    with pytest.raises(ConfigError, match="redirects a write"):
        http.request("POST", "", body=b"{}")


def test_redirects_without_end(http, server):
    server.get(f"{BASE}/Patient", status=302, headers={"Location": f"{BASE}/Patient"})
    with pytest.raises(ConfigError, match="without end"):
        get(http)


def test_an_address_of_another_server_is_not_asked(http):
    with pytest.raises(ConfigError, match=r"points to another server, evil\.example"):
        get(http, "https://evil.example/r4/Patient?_getpages=1")


@pytest.mark.parametrize("url", ["http://[x/fhir", "https://fhir.example:999999/r4", "https://fhir.example:x/r4"])
def test_what_a_server_points_to_may_be_no_address(http, url):
    with pytest.raises(TemporaryServerError, match=r"^fhir\.example points to what is no address"):
        get(http, url)


def test_messages_hold_no_query(http, server):
    server.get(f"{BASE}/Patient", status=404)
    with pytest.raises(RefusedError) as told:
        get(http, "Patient?identifier=x%7CD-17")
    assert str(told.value) == "GET fhir.example/r4/Patient: HTTP 404 Not Found"


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("https://FHIR.example/r4/", "https://fhir.example/r4"),
        ("https://fhir.example:443/r4", "https://fhir.example/r4"),
        ("http://127.0.0.1:8095/fhir//", "http://127.0.0.1:8095/fhir"),
        ("http://[::1]:80/fhir", "http://[::1]/fhir"),
    ],
)
def test_one_form_of_an_address(given, made):
    assert normalise(given) == made


@pytest.mark.parametrize(
    "given", ["fhir.example", "ftp://x/", "https://", "https://x/r4?a=b", "https://u:geheim@x/r4", "http://x:99999/"]
)
def test_what_is_no_address(given):
    with pytest.raises(ConfigError) as told:
        normalise(given)
    assert "geheim" not in str(told.value)


def test_percentiles(http):
    for ms in range(1, 101):
        http.meter.count(200, ms / 1000, 10, 20, write=False, repeat=False)
    assert [http.meter.percentile(p) for p in (50, 95, 99, 100)] == [0.05, 0.095, 0.099, 0.1]
    assert (http.meter.bytes_out, http.meter.bytes_in) == (1000, 2000)
