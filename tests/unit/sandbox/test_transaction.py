"""Transactions are all or nothing, and name every bad entry; batches are many requests."""

import pytest

URN = "urn:uuid:0b0b0b0b-0000-4000-8000-00000000000"


def rows(reply):
    assert reply.status == 200, reply.text
    return [row["response"] for row in reply.json.get("entry", [])]


def statuses(reply):
    return [row["status"] for row in rows(reply)]


def test_entries_may_refer_to_later_ones(fhir, make):
    reply = fhir.transaction(make.put_entry(make.observation()), make.put_entry(make.patient()))
    assert statuses(reply) == ["201 Created", "201 Created"]
    assert [row["location"] for row in rows(reply)] == ["Observation/o1/_history/1", "Patient/p1/_history/1"]


def test_each_answer_has_etag_time_and_outcome(fhir, make):
    (row,) = rows(fhir.transaction(make.put_entry(make.patient())))
    assert row["etag"] == 'W/"1"'
    assert row["lastModified"] == fhir.get("Patient/p1").json["meta"]["lastUpdated"]
    assert row["outcome"]["issue"][0]["diagnostics"] == "created Patient/p1, version 1"


def test_the_same_transaction_again_changes_nothing(fhir, make):
    entries = [make.put_entry(make.patient()), make.put_entry(make.observation())]
    fhir.transaction(*entries)
    again = rows(fhir.transaction(*entries))
    assert [row["etag"] for row in again] == ['W/"1"', 'W/"1"']
    assert [row["outcome"]["issue"][0]["diagnostics"].split()[0] for row in again] == ["unchanged", "unchanged"]


def test_one_bad_entry_keeps_all_out(fhir, make):
    reply = fhir.transaction(make.put_entry(make.patient()), make.put_entry(make.observation(status="nonsense")))
    assert reply.status == 422
    assert reply.issue["expression"] == ["Bundle.entry[1].resource.status"]
    assert fhir.get("Patient/p1").status == 404


def test_every_bad_entry_is_named_at_once(fhir, make):
    reply = fhir.transaction(
        make.put_entry(make.patient("a", gender="x")),
        make.put_entry(make.patient("b")),
        make.put_entry(make.patient("c", gender="x")),
    )
    places = [issue["expression"][0] for issue in reply.json["issue"]]
    assert places == ["Bundle.entry[0].resource.gender", "Bundle.entry[2].resource.gender"]


def test_every_missing_target_is_named_at_once(fhir, make):
    reply = fhir.transaction(
        make.put_entry(make.observation("a")), make.put_entry(make.patient("other")), make.put_entry(make.observation("b"))
    )
    assert reply.status == 422
    places = [issue["expression"][0] for issue in reply.json["issue"]]
    assert places == ["Bundle.entry[0].resource.subject.reference", "Bundle.entry[2].resource.subject.reference"]
    assert fhir.get("Patient/other").status == 404


def test_full_urls_become_references(fhir, make):
    patient, observation = make.patient(), make.observation(subject=URN + "1")
    del patient["id"], observation["id"]
    reply = fhir.transaction(
        make.entry("POST", "Observation", observation, URN + "2"), make.entry("POST", "Patient", patient, URN + "1")
    )
    made = [row["location"].split("/_history")[0] for row in rows(reply)]
    assert fhir.get(made[0]).json["subject"]["reference"] == made[1]


def test_full_urls_of_puts_work_too(fhir, make):
    fhir.transaction(
        make.entry("PUT", "Patient/p9", make.patient("p9"), URN + "1"), make.put_entry(make.observation(subject=URN + "1"))
    )
    assert fhir.get("Observation/o1").json["subject"]["reference"] == "Patient/p9"


def test_absolute_full_urls_become_references(fhir, make):
    there = "https://a.example/fhir/Patient/p1"
    fhir.transaction(make.put_entry(make.patient()), make.put_entry(make.observation(subject=there)))
    assert fhir.get("Observation/o1").json["subject"]["reference"] == "Patient/p1"


def test_a_full_url_that_no_entry_has_is_refused(fhir, make):
    reply = fhir.transaction(make.put_entry(make.observation(subject=URN + "7")))
    assert reply.status == 422
    assert reply.issue["expression"] == ["Bundle.entry[0].resource.subject.reference"]


def test_circles_are_fine(fhir):
    def location(name, other):
        return {"resourceType": "Location", "id": name, "name": name, "partOf": {"reference": f"Location/{other}"}}

    bundle = [
        {
            "request": {"method": "PUT", "url": f"Location/{name}"},
            "resource": location(name, other),
            "fullUrl": f"https://a.example/Location/{name}",
        }
        for name, other in (("a", "b"), ("b", "a"))
    ]
    assert statuses(fhir.transaction(*bundle)) == ["201 Created", "201 Created"]


def test_conditional_references_are_resolved(fhir, make):
    fhir.put(make.patient(identifier=[{"system": "urn:s:1", "value": "v"}]))
    fhir.transaction(make.put_entry(make.observation(subject="Patient?identifier=urn:s:1|v")))
    assert fhir.get("Observation/o1").json["subject"]["reference"] == "Patient/p1"


def test_conditional_references_find_what_the_transaction_makes(fhir, make):
    fhir.transaction(
        make.put_entry(make.observation(subject="Patient?identifier=urn:s:1|v")),
        make.put_entry(make.patient(identifier=[{"system": "urn:s:1", "value": "v"}])),
    )
    assert fhir.get("Observation/o1").json["subject"]["reference"] == "Patient/p1"


def test_conditional_references_that_find_none_or_two_are_refused(fhir, make):
    entry = make.put_entry(make.observation(subject="Patient?identifier=urn:s:1|v"))
    none = fhir.transaction(entry)
    assert (none.status, none.issue["expression"]) == (422, ["Bundle.entry[0].resource.subject.reference"])
    for name in ("a", "b"):
        fhir.put(make.patient(name, identifier=[{"system": "urn:s:1", "value": "v"}]))
    assert fhir.transaction(entry).status == 412


def test_deletions_come_first_and_reads_last(fhir, make):
    fhir.put(make.patient("old"))
    fhir.put(make.observation("o-old", subject="Patient/old"))
    reply = fhir.transaction(
        make.entry("GET", "Patient/new"),
        make.put_entry(make.patient("new")),
        make.entry("DELETE", "Patient/old"),
        make.entry("DELETE", "Observation/o-old"),
    )
    assert statuses(reply) == ["200 OK", "201 Created", "200 OK", "200 OK"]
    assert reply.json["entry"][0]["resource"]["id"] == "new"
    assert fhir.get("Patient/old").status == 410


def test_a_deletion_that_leaves_a_reference_keeps_all_out(fhir, make):
    fhir.put(make.patient())
    fhir.put(make.observation())
    reply = fhir.transaction(make.put_entry(make.patient("new")), make.entry("DELETE", "Patient/p1"))
    assert (reply.status, reply.issue["expression"]) == (409, ["Bundle.entry[1]"])
    assert fhir.get("Patient/new").status == 404


def test_a_read_that_finds_nothing_undoes_nothing(fhir, make):
    reply = fhir.transaction(make.put_entry(make.patient()), make.entry("GET", "Patient/absent"))
    assert statuses(reply) == ["201 Created", "404 Not Found"]
    assert fhir.get("Patient/p1").status == 200


def test_searches_are_answered_inside(fhir, make):
    reply = fhir.transaction(make.put_entry(make.patient()), make.entry("GET", "Patient?_id=p1"))
    assert reply.json["entry"][1]["resource"]["total"] == 1


@pytest.mark.parametrize("condition", [{"ifMatch": 'W/"7"'}, {"ifNoneMatch": "*"}])
def test_a_condition_that_is_not_met_keeps_all_out(fhir, make, condition):
    fhir.put(make.patient())
    reply = fhir.transaction(make.put_entry(make.patient("other")), make.put_entry(make.patient(gender="male"), **condition))
    assert (reply.status, reply.issue["expression"]) == (412, ["Bundle.entry[1]"])
    assert fhir.get("Patient/other").status == 404


def test_a_condition_that_is_met_lets_in(fhir, make):
    fhir.put(make.patient())
    assert statuses(fhir.transaction(make.put_entry(make.patient(gender="male"), ifMatch='W/"1"'))) == ["200 OK"]
    assert fhir.transaction(make.entry("DELETE", "Patient/p1", ifMatch='W/"1"')).status == 412


def test_conditional_create_inside(fhir, make):
    patient = make.patient(identifier=[{"system": "urn:s:1", "value": "v"}])
    entry = make.entry("POST", "Patient", patient, URN + "1", ifNoneExist="identifier=urn:s:1|v")
    other = make.put_entry(make.observation(subject=URN + "1"))
    first, again = rows(fhir.transaction(entry)), rows(fhir.transaction(entry, other))
    assert (first[0]["status"], again[0]["status"]) == ("201 Created", "200 OK")
    assert again[0]["location"] == first[0]["location"]
    assert fhir.get("Observation/o1").json["subject"]["reference"] == first[0]["location"].split("/_history")[0]


def test_conditional_update_and_delete_inside(fhir, make):
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:s:1", "value": "v"}]}
    update = make.entry("PUT", "Patient?identifier=urn:s:1|v", patient, URN + "1")
    assert statuses(fhir.transaction(update)) == ["201 Created"]
    assert statuses(fhir.transaction(update, make.put_entry(make.observation(subject=URN + "1")))) == ["200 OK", "201 Created"]
    gone = fhir.transaction(
        make.entry("DELETE", "Observation?code=44261-6"), make.entry("DELETE", "Patient?identifier=urn:s:1|v")
    )
    assert statuses(gone) == ["200 OK", "200 OK"]
    assert fhir.count("Patient") == 0
    assert statuses(fhir.transaction(make.entry("DELETE", "Patient?identifier=urn:s:1|v"))) == ["200 OK"]


def duplicates(make):
    patient = make.patient(identifier=[{"system": "urn:s:1", "value": "v"}])
    create = make.entry("POST", "Patient", patient, ifNoneExist="identifier=urn:s:1|v")
    update = make.entry("PUT", "Patient?identifier=urn:s:1|v", patient)
    return {
        "two puts": [make.put_entry(patient), make.put_entry(patient)],
        "put and delete": [make.put_entry(patient), make.entry("DELETE", "Patient/p1")],
        "put and conditional put": [make.put_entry(patient), update],
        "two conditional creates": [create, create],
        "two conditional puts": [update, update],
    }


@pytest.mark.parametrize(
    "case", ["two puts", "put and delete", "put and conditional put", "two conditional creates", "two conditional puts"]
)
def test_two_entries_for_one_resource_are_refused(fhir, make, case):
    reply = fhir.transaction(*duplicates(make)[case])
    assert (reply.status, reply.issue["code"]) == (400, "duplicate")
    assert "Bundle.entry[0] and Bundle.entry[1]" in reply.issue["diagnostics"]
    assert fhir.count("Patient") == 0


def test_two_entries_with_one_full_url_are_refused(fhir, make):
    reply = fhir.transaction(*(make.entry("PUT", f"Patient/{name}", make.patient(name), URN + "1") for name in "ab"))
    assert (reply.status, reply.issue["expression"]) == (400, ["Bundle.entry[1].fullUrl"])


def test_prefer_representation_gives_the_resources(fhir, make):
    reply = fhir.transaction(make.put_entry(make.patient()), prefer="return=representation")
    assert reply.json["entry"][0]["resource"]["id"] == "p1"
    reply = fhir.transaction(make.put_entry(make.patient()), prefer="return=minimal")
    assert set(reply.json["entry"][0]) == {"response"}
    assert "outcome" not in reply.json["entry"][0]["response"]


def test_an_empty_transaction_is_fine(fhir):
    assert rows(fhir.transaction()) == []


def test_an_id_in_the_body_must_be_that_of_the_url(fhir, make):
    reply = fhir.transaction(make.entry("PUT", "Patient/p1", make.patient("p2")))
    assert (reply.status, reply.issue["expression"]) == (400, ["Bundle.entry[0].resource.id"])


def test_a_bundle_of_another_type_is_not_taken(fhir, make):
    reply = fhir.post("", {"resourceType": "Bundle", "type": "collection"})
    assert (reply.status, reply.issue["expression"]) == (400, ["Bundle.type"])
    assert fhir.post("", make.patient()).status == 400


def test_a_batch_stores_what_is_good(fhir, make):
    reply = fhir.transaction(
        make.put_entry(make.patient()),
        make.put_entry(make.patient("bad", gender="x")),
        make.put_entry(make.observation()),
        kind="batch",
    )
    assert reply.json["type"] == "batch-response"
    assert statuses(reply) == ["201 Created", "422 Unprocessable Entity", "201 Created"]
    assert rows(reply)[1]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]


def test_a_batch_answers_malformed_entries_one_by_one(fhir, make):
    reply = fhir.transaction({"resource": make.patient()}, make.put_entry(make.patient()), kind="batch")
    assert statuses(reply) == ["400 Bad Request", "201 Created"]


def test_a_batch_reads_searches_and_validates(fhir, make):
    fhir.put(make.patient())
    reply = fhir.transaction(
        make.entry("GET", "Patient/p1"),
        make.entry("GET", "Patient?_summary=count"),
        make.entry("GET", "Patient/p1", ifNoneMatch='W/"1"'),
        make.entry("POST", "Patient/$validate", make.patient(gender="x")),
        make.entry("GET", "metadata?_elements=fhirVersion"),
        kind="batch",
    )
    assert statuses(reply) == ["200 OK", "200 OK", "304 Not Modified", "200 OK", "200 OK"]
    assert reply.json["entry"][1]["resource"]["total"] == 1
