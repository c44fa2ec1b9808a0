"""Bundles: all or nothing, in any order, with references among the entries."""

import pytest

URN = "urn:uuid:0b0b0b0b-0000-4000-8000-000000000001"


def test_the_order_of_the_entries_does_not_matter(server):
    reply = server.send(server.entry(server.observation()), server.entry(server.patient()))
    assert reply.codes == ["201", "201"]
    assert server.get(server.ref(server.observation())).status == 200


def test_answers_come_in_the_order_of_the_entries(server):
    """HAPI's etag lacks the W/."""
    reply = server.send(server.entry(server.observation()), server.entry(server.patient()))
    locations = [row["location"].split("/_history/") for row in reply.rows]
    wanted = [server.ref(server.observation()), server.ref(server.patient())]
    assert [(location.endswith(name), version) for (location, version), name in zip(locations, wanted, strict=True)] == [
        (True, "1")
    ] * 2
    assert {row["etag"] for row in reply.rows} == {server.hapi("1", 'W/"1"')}
    assert all("lastModified" in row for row in reply.rows)


def test_the_same_transaction_again_changes_nothing(server):
    entries = [server.entry(server.patient()), server.entry(server.observation())]
    server.send(*entries)
    again = server.send(*entries)
    assert again.codes == ["200", "200"]
    assert {row["etag"].strip('W/"') for row in again.rows} == {"1"}


def test_only_what_changed_gets_a_version(server):
    server.send(server.entry(server.patient()), server.entry(server.observation()))
    again = server.send(server.entry(server.patient(gender="female")), server.entry(server.observation()))
    assert [row["etag"].strip('W/"') for row in again.rows] == ["2", "1"]


def test_one_bad_entry_keeps_all_out(server):
    reply = server.send(server.entry(server.patient()), server.entry(server.patient("bad", gender="nonsense")))
    assert (reply.status, reply.is_outcome) == (server.hapi(400, 422), True)
    assert server.get(server.ref(server.patient())).status == 404


def test_a_missing_target_keeps_all_out(server):
    reply = server.send(server.entry(server.patient()), server.entry(server.observation(subject=f"Patient/absent-{server.mark}")))
    assert (reply.status, reply.is_outcome) == (server.hapi(400, 422), True)
    assert f"Patient/absent-{server.mark}" in reply.text
    assert server.get(server.ref(server.patient())).status == 404


def test_a_bad_entry_is_named(server):
    """HAPI names the element and not the entry: a bad one has to be looked for by halves."""
    reply = server.send(server.entry(server.patient()), server.entry(server.patient("bad", gender="nonsense")))
    assert ("Bundle.entry[1]" in reply.text) is server.hapi(False, True)


def test_full_urls_become_references(server):
    patient = server.patient()
    observation = server.observation(subject=URN)
    post = {"fullUrl": URN, "resource": patient, "request": {"method": "POST", "url": "Patient"}}
    reply = server.send(server.entry(observation), post)
    made = reply.rows[1]["location"].split("/_history/")[0]
    assert server.get(server.ref(observation)).json["subject"]["reference"] in made


def test_circles_are_fine(server):
    def location(name, other):
        resource = server.patient(name)
        del resource["identifier"]
        return {**resource, "resourceType": "Location", "name": name, "partOf": {"reference": f"Location/{other}-{server.mark}"}}

    assert server.send(server.entry(location("a", "b")), server.entry(location("b", "a"))).codes == ["201", "201"]


def test_a_conditional_reference_is_replaced(server):
    server.put(server.patient())
    assert server.send(server.entry(server.observation(subject=f"Patient?{server.criteria()}"))).codes == ["201"]
    assert server.get(server.ref(server.observation())).json["subject"]["reference"] == server.ref(server.patient())


def test_a_conditional_reference_without_a_match_is_refused(server):
    """HAPI: 404."""
    reply = server.send(server.entry(server.observation(subject=f"Patient?{server.criteria('absent')}")))
    assert (reply.status, reply.is_outcome) == (server.hapi(404, 422), True)


@pytest.mark.parametrize("equal", [True, False])
def test_one_resource_twice_is_refused(server, equal):
    reply = server.send(server.entry(server.patient()), server.entry(server.patient(**({} if equal else {"gender": "male"}))))
    assert (reply.status, reply.is_outcome) == (400, True)
    assert server.get(server.ref(server.patient())).status == 404


def test_an_id_that_is_not_the_urls(server):
    """HAPI stores it under the id of the URL without a word."""
    entry = server.entry(server.patient())
    entry["resource"] = server.patient("another")
    reply = server.send(entry)
    assert reply.status == server.hapi(200, 400)


def test_an_empty_transaction_is_fine(server):
    assert server.send().rows == []


def test_if_match_keeps_all_out(server):
    """412 by the specification, 409 on HAPI."""
    server.put(server.patient())
    reply = server.send(server.entry(server.patient("other")), server.entry(server.patient(gender="male"), ifMatch='W/"7"'))
    assert reply.status == server.hapi(409, 412)
    assert server.get(server.ref(server.patient("other"))).status == 404


def test_a_target_and_its_referrer_are_deleted_together(server):
    server.send(server.entry(server.patient()), server.entry(server.observation()))
    names = [server.ref(server.patient()), server.ref(server.observation())]
    reply = server.send(*({"request": {"method": "DELETE", "url": name}} for name in names))
    assert {code in ("200", "204") for code in reply.codes} == {True}
    assert [server.get(name).status for name in names] == [410, 410]


def test_conditional_update_inside(server):
    patient = server.patient()
    del patient["id"]
    entry = {"fullUrl": URN, "resource": patient, "request": {"method": "PUT", "url": f"Patient?{server.criteria()}"}}
    assert server.send(entry, server.entry(server.observation(subject=URN))).codes == ["201", "201"]
    again = server.send(entry)
    assert (again.codes, again.rows[0]["etag"].strip('W/"')) == (["200"], "1")


def test_conditional_create_inside(server):
    entry = {"fullUrl": URN, "resource": server.patient()}
    entry["request"] = {"method": "POST", "url": "Patient", "ifNoneExist": server.criteria()}
    assert [server.send(entry).codes for _ in range(2)] == [["201"], ["200"]]
    assert server.count(f"Patient?{server.criteria()}") == 1


def test_reads_and_searches_inside_a_batch(server):
    server.put(server.patient())
    gets = [{"request": {"method": "GET", "url": url}} for url in (server.ref(server.patient()), f"Patient?{server.criteria()}")]
    reply = server.send(*gets, kind="batch")
    assert reply.codes == ["200", "200"]
    assert reply.json["entry"][0]["resource"]["id"] == server.patient()["id"]
    assert reply.json["entry"][1]["resource"]["total"] == 1


def test_a_batch_stores_what_is_good(server):
    reply = server.send(server.entry(server.patient()), server.entry(server.observation(subject="Patient/absent")), kind="batch")
    assert reply.codes == ["201", server.hapi("400", "422")]
    assert reply.rows[1]["outcome"]["issue"]


def test_the_retry_header_does_no_harm(server):
    reply = server.send(server.entry(server.patient()), X_Retry_On_Version_Conflict="retry; max-retries=10")
    assert reply.codes == ["201"]
