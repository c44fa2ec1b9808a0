"""One resource: written under a chosen id, read back as it was, versioned, deleted."""

from decimal import Decimal

import pytest


def test_a_put_makes_the_resource_under_its_id(server):
    reply = server.put(server.patient(gender="female"))
    assert (reply.status, reply.etag) == (201, "1")
    assert server.get(server.ref(server.patient())).json["gender"] == "female"


def test_an_equal_put_makes_no_version(server):
    server.put(server.patient(gender="female"))
    reply = server.put(server.patient(gender="female"))
    assert (reply.status, reply.etag) == (200, "1")


def test_a_changed_put_makes_a_version(server):
    server.put(server.patient())
    reply = server.put(server.patient(gender="female"))
    assert (reply.status, reply.etag) == (200, "2")
    history = server.get(f"{server.ref(server.patient())}/_history").json
    assert [e["resource"]["meta"]["versionId"] for e in history["entry"]] == ["2", "1"]


def test_an_old_version_stays_readable(server):
    server.put(server.patient())
    server.put(server.patient(gender="female"))
    assert "gender" not in server.get(f"{server.ref(server.patient())}/_history/1").json


def test_a_change_of_source_alone(server):
    """HAPI does not store an update that changes only meta.source; by the specification it is a change as any other."""
    patient = server.patient()
    for source in ("https://kapfhir.org/test/1", "https://kapfhir.org/test/2"):
        reply = server.put({**patient, "meta": {**patient["meta"], "source": source}})
    assert reply.etag == server.hapi("1", "2")


def test_a_tag_that_is_left_out(server):
    """HAPI keeps every tag ever sent; by the specification an update replaces them. So tags are compared as a subset."""
    patient = server.patient()
    more = {"tag": [*patient["meta"]["tag"], {"system": "https://kapfhir.org/test", "code": "more"}]}
    server.put({**patient, "meta": more})
    server.put({**patient, "gender": "female"})
    tags = server.get(server.ref(patient)).json["meta"]["tag"]
    assert len(tags) == server.hapi(2, 1)
    assert patient["meta"]["tag"][0]["code"] in {tag["code"] for tag in tags}


@pytest.mark.parametrize("number", ["35.50", "35.5", "0.00000001", "0.0", "123456789.012345678"])
def test_a_decimal_keeps_its_digits(server, number):
    quantity = {"value": Decimal(number), "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    server.put(server.patient())
    server.put(server.observation(valueQuantity=quantity))
    for text in (server.get(server.ref(server.observation())).text, server.get(f"Observation?{server.tag}").text):
        assert f'"value":{number},' in text.replace(" ", "")


def test_text_and_times_come_back_as_they_were(server):
    name = [{"family": "Müller 漢 \U0001f600", "text": "a line\nanother"}]
    when = "2180-01-02T03:04:05.006-05:00"
    server.put({**server.patient(), "name": name})
    server.put(server.observation(effectiveDateTime=when))
    assert server.get(server.ref(server.patient())).json["name"] == name
    assert server.get(server.ref(server.observation())).json["effectiveDateTime"] == when


def test_a_reference_keeps_its_identifier(server):
    server.put(server.patient())
    subject = {"reference": server.ref(server.patient()), "identifier": server.identifier()}
    server.put({**server.observation(), "subject": subject})
    assert server.get(server.ref(server.observation())).json["subject"] == subject


def test_what_never_was_is_404(server):
    reply = server.get(server.ref(server.patient("never")))
    assert (reply.status, reply.is_outcome) == (404, True)


def test_what_was_deleted_is_410_and_deleting_again_is_fine(server):
    server.put(server.patient())
    path = server.ref(server.patient())
    assert server.ask("DELETE", path).status in (200, 204)
    assert server.get(path).status == 410
    assert server.ask("DELETE", path).status in (200, 204)


def test_a_put_after_a_deletion_makes_it_again(server):
    server.put(server.patient())
    server.ask("DELETE", server.ref(server.patient()))
    reply = server.put(server.patient())
    assert (reply.status, reply.etag) == (201, "3")


def test_a_referred_resource_can_not_be_deleted(server):
    server.put(server.patient())
    server.put(server.observation())
    reply = server.ask("DELETE", server.ref(server.patient()))
    assert (reply.status, reply.is_outcome) == (409, True)


def test_if_match_of_another_version_is_refused(server):
    """412 by the specification, 409 on HAPI."""
    server.put(server.patient())
    reply = server.put(server.patient(gender="female"), If_Match='W/"7"')
    assert (reply.status, reply.is_outcome) == (server.hapi(409, 412), True)
    assert server.put(server.patient(gender="female"), If_Match='W/"1"').status == 200


def test_if_match_of_what_is_not_there(server):
    """HAPI ignores the condition and makes the resource."""
    assert server.put(server.patient(), If_Match='W/"1"').status == server.hapi(201, 412)


def test_if_none_match_star_on_a_known_id(server):
    """HAPI ignores the condition and updates."""
    server.put(server.patient())
    assert server.put(server.patient(gender="female"), If_None_Match="*").status == server.hapi(200, 412)


def test_a_read_of_the_known_version_is_304(server):
    server.put(server.patient())
    assert server.get(server.ref(server.patient()), If_None_Match='W/"1"').status == 304


def test_prefer_minimal_has_no_body(server):
    assert not server.put(server.patient(), Prefer="return=minimal").text


def test_ids_are_case_sensitive(server):
    server.put(server.patient("a"))
    assert server.get(f"Patient/A-{server.mark}").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"resourceType":"Patient"}', 400),
        (b'{"resourceType":"Patient","id":"another"}', 400),
        (b'{"id":"x"}', 400),
    ],
)
def test_what_does_not_fit_the_url_is_refused(server, body, status):
    reply = server.ask("PUT", server.ref(server.patient()), body)
    assert (reply.status, reply.is_outcome) == (status, True)


def test_an_unknown_type_is_404(server):
    assert server.get("Nonsense/1").status == 404


def test_a_bad_code_is_refused(server):
    """HAPI's parser finds it (400); by the specification an invalid resource is 422."""
    reply = server.put(server.patient(gender="nonsense"))
    assert (reply.status, reply.is_outcome) == (server.hapi(400, 422), True)


def test_an_unknown_element(server):
    """HAPI's parser drops it without a word: what is sent has to be checked before."""
    assert server.put(server.patient(colour="red")).status == server.hapi(201, 422)


def test_a_missing_target_is_refused_and_named(server):
    """HAPI: 400."""
    reply = server.put(server.observation())
    assert (reply.status, reply.is_outcome) == (server.hapi(400, 422), True)
    assert server.ref(server.patient()) in reply.text


def test_validate_finds_what_the_parser_drops(server):
    reply = server.ask("POST", "Patient/$validate", server.patient(colour="red"))
    assert any(issue["severity"] == "error" and "colour" in str(issue) for issue in reply.json["issue"])
