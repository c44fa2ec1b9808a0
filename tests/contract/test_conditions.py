"""Interactions that name their resource by its identifier."""


def test_conditional_create(server):
    patient = server.patient()
    del patient["id"]
    first = server.ask("POST", "Patient", patient, If_None_Exist=server.criteria())
    again = server.ask("POST", "Patient", patient, If_None_Exist=server.criteria())
    assert (first.status, again.status) == (201, 200)
    assert server.count(f"Patient?{server.criteria()}") == 1


def test_conditional_create_does_not_store_a_correction(server):
    patient = server.patient()
    server.ask("POST", "Patient", patient, If_None_Exist=server.criteria())
    server.ask("POST", "Patient", {**patient, "gender": "male"}, If_None_Exist=server.criteria())
    entry = server.get(f"Patient?{server.criteria()}").json["entry"][0]
    assert "gender" not in entry["resource"]


def test_conditional_update(server):
    patient = server.patient()
    del patient["id"]
    url = f"Patient?{server.criteria()}"
    replies = [server.ask("PUT", url, {**patient, **more}) for more in ({}, {}, {"gender": "male"})]
    assert [reply.status for reply in replies] == [201, 200, 200]
    assert [reply.etag for reply in replies] == ["1", "1", "2"]


def test_two_matches_are_refused(server):
    for name in ("a", "b"):
        server.put(server.patient(name, identifier=[server.identifier("same")]))
    patient = server.patient("c", identifier=[server.identifier("same")])
    criteria = server.criteria("same")
    assert server.ask("POST", "Patient", patient, If_None_Exist=criteria).status == 412
    del patient["id"]
    assert server.ask("PUT", f"Patient?{criteria}", patient).status == 412
    assert server.ask("DELETE", f"Patient?{criteria}").status == 412


def test_conditional_delete(server):
    server.put(server.patient())
    assert server.ask("DELETE", f"Patient?{server.criteria()}").status in (200, 204)
    assert server.get(server.ref(server.patient())).status == 410
