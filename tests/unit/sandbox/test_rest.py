"""Read, create, update and delete one resource."""

import pytest


def test_a_put_makes_the_resource(fhir, make):
    reply = fhir.put(make.patient(gender="female"))
    assert (reply.status, reply.headers["ETag"]) == (201, 'W/"1"')
    assert reply.headers["Location"] == "http://sandbox.test/fhir/Patient/p1/_history/1"
    assert reply.json["gender"] == "female"
    assert reply.json["meta"]["versionId"] == "1"


def test_a_read_gives_what_was_put(fhir, make):
    fhir.put(make.patient(gender="female"))
    reply = fhir.get("Patient/p1")
    assert (reply.status, reply.json["gender"]) == (200, "female")
    assert reply.headers["ETag"] == 'W/"1"'
    assert "Last-Modified" in reply.headers


def test_numbers_come_back_as_they_were_written(fhir, make):
    quantity = b'{"value":35.50,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}'
    body = b'{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"dose"},"valueQuantity":' + quantity + b"}"
    fhir.ask("PUT", "Observation/o1", body)
    assert '"value":35.50,' in fhir.get("Observation/o1").text
    assert '"value":35.50,' in fhir.get("Observation?_id=o1").text


def test_a_changed_put_makes_a_version(fhir, make):
    fhir.put(make.patient())
    reply = fhir.put(make.patient(gender="male"))
    assert (reply.status, reply.headers["ETag"]) == (200, 'W/"2"')
    assert reply.headers["Content-Location"].endswith("/Patient/p1/_history/2")


def test_an_equal_put_makes_none(fhir, make):
    first = fhir.put(make.patient(gender="male"))
    again = fhir.put({"gender": "male", **make.patient(meta={"versionId": "7"})})
    assert (again.status, again.headers["ETag"]) == (200, 'W/"1"')
    assert again.headers["Last-Modified"] == first.headers["Last-Modified"]
    assert fhir.get("Patient/p1/_history").json["total"] == 1


def test_another_precision_is_a_change(fhir):
    for number in (b"35.5", b"35.50"):
        body = (
            b'{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},"valueQuantity":{"value":'
            + number
            + b"}}"
        )
        reply = fhir.ask("PUT", "Observation/o1", body)
    assert reply.headers["ETag"] == 'W/"2"'


def test_meta_is_kept_as_it_was_sent(fhir, make):
    tag = [{"system": "urn:s:1", "code": "a"}]
    fhir.put(make.patient(meta={"tag": tag, "source": "http://a.example/run#1", "profile": ["http://a.example/p"]}))
    meta = fhir.get("Patient/p1").json["meta"]
    assert (meta["tag"], meta["source"], meta["profile"]) == (tag, "http://a.example/run#1", ["http://a.example/p"])
    fhir.put(make.patient(meta={"tag": [{"system": "urn:s:1", "code": "b"}]}))
    meta = fhir.get("Patient/p1").json["meta"]
    assert meta["tag"] == [{"system": "urn:s:1", "code": "b"}]
    assert "source" not in meta


def test_a_post_gets_an_id_of_the_server(fhir, make):
    reply = fhir.post("Patient", make.patient("mine"))
    assert reply.status == 201
    assert reply.json["id"] != "mine"
    assert fhir.get("Patient/mine").status == 404
    assert fhir.get(f"Patient/{reply.json['id']}").status == 200


@pytest.mark.parametrize(
    ("prefer", "kind"), [("return=minimal", None), ("return=OperationOutcome", "OperationOutcome"), ("", "Patient")]
)
def test_prefer_chooses_the_body(fhir, make, prefer, kind):
    reply = fhir.put(make.patient(), prefer=prefer)
    assert (reply.json["resourceType"] if reply.text else None) == kind


def test_the_outcome_tells_what_was_done(fhir, make):
    said = [
        fhir.put(make.patient(**more), prefer="return=OperationOutcome").issue["diagnostics"]
        for more in ({}, {}, {"gender": "male"})
    ]
    assert said == ["created Patient/p1, version 1", "unchanged Patient/p1, version 1", "updated Patient/p1, version 2"]


def test_what_never_was_is_404_and_what_was_deleted_410(fhir, make):
    assert fhir.get("Patient/p1").status == 404
    fhir.put(make.patient())
    deleted = fhir.delete("Patient/p1")
    assert (deleted.status, deleted.headers["ETag"]) == (200, 'W/"2"')
    gone = fhir.get("Patient/p1")
    assert (gone.status, gone.issue["code"]) == (410, "deleted")
    assert gone.headers["Location"].endswith("/Patient/p1/_history/2")


def test_versions_stay_readable(fhir, make):
    fhir.put(make.patient())
    fhir.put(make.patient(gender="male"))
    fhir.delete("Patient/p1")
    assert "gender" not in fhir.get("Patient/p1/_history/1").json
    assert fhir.get("Patient/p1/_history/2").json["gender"] == "male"
    assert fhir.get("Patient/p1/_history/3").status == 410
    assert fhir.get("Patient/p1/_history/4").status == 404
    assert fhir.get("Patient/p1/_history/x").status == 404


def test_deleting_twice_is_fine(fhir, make):
    fhir.put(make.patient())
    fhir.delete("Patient/p1")
    again = fhir.delete("Patient/p1")
    assert (again.status, again.issue["severity"]) == (200, "information")
    assert "ETag" not in again.headers
    assert fhir.delete("Patient/never", prefer="return=minimal").status == 204


def test_a_put_after_a_deletion_goes_on(fhir, make):
    fhir.put(make.patient())
    fhir.delete("Patient/p1")
    reply = fhir.put(make.patient())
    assert (reply.status, reply.headers["ETag"]) == (201, 'W/"3"')


@pytest.mark.parametrize(("match", "status"), [('W/"1"', 200), ('"1"', 200), ("*", 200), ('W/"7", W/"1"', 200), ('W/"2"', 412)])
def test_if_match_guards_an_update(fhir, make, match, status):
    fhir.put(make.patient())
    assert fhir.put(make.patient(gender="male"), if_match=match).status == status


def test_if_match_of_what_is_not_there_is_refused(fhir, make):
    assert fhir.put(make.patient(), if_match='W/"1"').status == 412
    assert fhir.get("Patient/p1").status == 404


def test_if_match_guards_a_deletion(fhir, make):
    fhir.put(make.patient())
    assert fhir.delete("Patient/p1", if_match='W/"2"').status == 412
    assert fhir.delete("Patient/p1", if_match='W/"1"').status == 200


def test_if_none_match_star_only_creates(fhir, make):
    assert fhir.put(make.patient(), if_none_match="*").status == 201
    assert fhir.put(make.patient(gender="male"), if_none_match="*").status == 412


def test_a_read_of_the_known_version_has_no_body(fhir, make):
    fhir.put(make.patient())
    same = fhir.get("Patient/p1", if_none_match='W/"1"')
    assert (same.status, same.text) == (304, "")
    assert fhir.get("Patient/p1", if_none_match='W/"2"').status == 200
    assert fhir.get("Patient/p1", if_modified_since="Fri, 01 Jan 2100 00:00:00 GMT").status == 304
    assert fhir.get("Patient/p1", if_modified_since="Sat, 01 Jan 2000 00:00:00 GMT").status == 200


@pytest.mark.parametrize(
    ("url", "body", "words"),
    [
        ("Patient/p1", {"resourceType": "Patient", "id": "p2"}, "not that of the URL"),
        ("Patient/p1", {"resourceType": "Patient"}, "no id"),
        ("Patient/p1", {"resourceType": "Group", "id": "p1"}, "the URL is for Patient"),
        ("Patient/p1", {"id": "p1"}, "no resourceType"),
        ("Patient/p1", {"resourceType": "Nonsense", "id": "p1"}, "no resource type of R4"),
        ("Patient/p_1", {"resourceType": "Patient", "id": "p_1"}, "1 to 64 letters"),
        ("Patient/" + "x" * 65, {"resourceType": "Patient", "id": "x" * 65}, "1 to 64 letters"),
        ("Patient/p1", b"{", "not JSON"),
        ("Patient/p1", b"", "no body"),
    ],
)
def test_what_does_not_fit_the_url_is_400(fhir, url, body, words):
    reply = fhir.ask("PUT", url, body)
    assert reply.status == 400
    assert words in reply.issue["diagnostics"]


def test_a_lone_surrogate_is_refused(fhir):
    reply = fhir.ask("PUT", "Patient/p1", b'{"resourceType":"Patient","id":"p1","name":[{"family":"\\ud800"}]}')
    assert reply.status in (400, 422)


def test_an_update_of_the_stored_resource_reads_back_its_own_answer(fhir, make):
    stored = fhir.put(make.patient()).json
    stored["gender"] = "female"
    assert fhir.put(stored, if_match='W/"1"').status == 200
