"""What a server says of itself, cheaply."""


def test_the_fhir_version_is_told_without_the_whole_statement(server):
    reply = server.get("metadata?_elements=fhirVersion,software")
    assert reply.json["fhirVersion"] == "4.0.1"
    assert len(reply.text) < 5000


def test_transactions_are_named(server):
    statement = server.get("metadata").json
    assert "transaction" in {row["code"] for row in statement["rest"][0]["interaction"]}


def test_update_create_is_said_or_done(server):
    """HAPI says nothing of updateCreate and does it: silence is no refusal."""
    rows = server.get("metadata").json["rest"][0]["resource"]
    said = next(row for row in rows if row["type"] == "Patient").get("updateCreate")
    assert said is server.hapi(None, True)
    assert server.put(server.patient()).status == 201
