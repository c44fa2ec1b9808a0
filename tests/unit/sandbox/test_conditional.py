"""Interactions whose resource is named by a search."""

import pytest


def known(make, identity="p1", value="1"):
    return make.patient(identity, identifier=[{"system": "http://s", "value": value}])


CRITERIA = "identifier=http://s|1"


def test_a_conditional_create_makes_one_only_once(fhir, make):
    first = fhir.post("Patient", known(make), if_none_exist=CRITERIA)
    again = fhir.post("Patient", known(make), if_none_exist=CRITERIA)
    assert (first.status, again.status) == (201, 200)
    assert again.json["id"] == first.json["id"]
    assert fhir.count("Patient") == 1


def test_a_conditional_create_with_two_matches_is_412(fhir, make):
    fhir.put(known(make, "p1"))
    fhir.put(known(make, "p2"))
    reply = fhir.post("Patient", known(make), if_none_exist=CRITERIA)
    assert (reply.status, reply.issue["code"]) == (412, "multiple-matches")


def test_a_conditional_update_makes_then_updates(fhir, make):
    body = known(make)
    del body["id"]
    first = fhir.ask("PUT", f"Patient?{CRITERIA}", body)
    same = fhir.ask("PUT", f"Patient?{CRITERIA}", body)
    changed = fhir.ask("PUT", f"Patient?{CRITERIA}", {**body, "gender": "male"})
    assert [r.status for r in (first, same, changed)] == [201, 200, 200]
    assert [r.headers["ETag"] for r in (first, same, changed)] == ['W/"1"', 'W/"1"', 'W/"2"']
    assert fhir.count("Patient") == 1


def test_a_conditional_update_takes_the_given_id_for_a_new_resource(fhir, make):
    assert fhir.ask("PUT", f"Patient?{CRITERIA}", known(make, "mine")).json["id"] == "mine"
    assert fhir.ask("PUT", f"Patient?{CRITERIA}", known(make, "mine")).status == 200


def test_a_conditional_update_with_another_id_than_the_match_is_400(fhir, make):
    fhir.put(known(make, "p1"))
    assert fhir.ask("PUT", f"Patient?{CRITERIA}", known(make, "p2")).status == 400


def test_a_conditional_update_does_not_take_over_another_resource(fhir, make):
    fhir.put(known(make, "p1", value="other"))
    assert fhir.ask("PUT", f"Patient?{CRITERIA}", known(make, "p1")).status == 409


def test_a_conditional_update_with_two_matches_is_412(fhir, make):
    fhir.put(known(make, "p1"))
    fhir.put(known(make, "p2"))
    assert fhir.ask("PUT", f"Patient?{CRITERIA}", known(make, "p1")).status == 412


def test_a_conditional_update_honours_if_match(fhir, make):
    fhir.put(known(make, "p1"))
    changed = {**known(make, "p1"), "gender": "male"}
    assert fhir.ask("PUT", f"Patient?{CRITERIA}", changed, if_match='W/"2"').status == 412
    assert fhir.ask("PUT", f"Patient?{CRITERIA}", changed, if_match='W/"1"').status == 200


def test_a_conditional_delete_takes_the_one_match(fhir, make):
    fhir.put(known(make, "p1"))
    assert fhir.delete(f"Patient?{CRITERIA}").status == 200
    assert fhir.get("Patient/p1").status == 410
    assert fhir.delete(f"Patient?{CRITERIA}").status == 200


def test_a_conditional_delete_of_two_is_412(fhir, make):
    fhir.put(known(make, "p1"))
    fhir.put(known(make, "p2"))
    assert fhir.delete(f"Patient?{CRITERIA}").status == 412
    assert fhir.count("Patient") == 2


@pytest.mark.parametrize("criteria", ["", "_count=1", "identifier="])
def test_a_condition_must_say_something(fhir, make, criteria):
    fhir.put(known(make))
    assert fhir.delete(f"Patient?{criteria}").status == 400
    assert fhir.ask("PUT", f"Patient?{criteria}", known(make)).status == 400


def test_a_condition_with_an_unknown_parameter_is_refused(fhir, make):
    reply = fhir.post("Patient", known(make), if_none_exist="identifer=1")
    assert reply.status == 400
    assert "did you mean 'identifier'" in reply.issue["diagnostics"]
    assert fhir.count("Patient") == 0


def test_a_condition_may_repeat_the_type(fhir, make):
    fhir.put(known(make))
    assert fhir.post("Patient", known(make), if_none_exist=f"Patient?{CRITERIA}").status == 200
