"""The CapabilityStatement says just what works."""

import pytest

from kapfhir.fhir.search import described_types
from kapfhir.fhir.validate import check


@pytest.fixture
def statement(fhir):
    return fhir.get("metadata").json


def resource_of(statement, type_name):
    return next(row for row in statement["rest"][0]["resource"] if row["type"] == type_name)


def test_it_is_r4(statement):
    assert statement["fhirVersion"] == "4.0.1"
    assert [str(problem) for problem in check(statement)] == []


def test_every_named_search_parameter_works(fhir, statement):
    values = {"token": "x", "string": "x", "reference": "x", "uri": "x", "date": "2020", "number": "1", "quantity": "1"}
    for type_name in sorted(described_types()):
        words = "&".join(f"{p['name']}={values[p['type']]}" for p in resource_of(statement, type_name)["searchParam"])
        reply = fhir.get(f"{type_name}?{words}")
        assert (reply.status, reply.json.get("total")) == (200, 0), (type_name, reply.text)


def test_every_named_include_works(fhir, statement):
    for type_name in sorted(described_types()):
        row = resource_of(statement, type_name)
        words = [f"_include={name}" for name in row.get("searchInclude", []) if name != "*"]
        words += [f"_revinclude={name}" for name in row.get("searchRevInclude", [])]
        reply = fhir.get(f"{type_name}?{'&'.join(words)}")
        assert reply.status == 200, (type_name, reply.text)


def test_every_named_sort_works(fhir, make, statement):
    fhir.put(make.patient())
    for row in resource_of(statement, "Patient")["searchParam"]:
        assert fhir.get(f"Patient?_sort={row['name']},-{row['name']}").ids == ["Patient/p1"]


def test_elements_make_it_short(fhir):
    reply = fhir.get("metadata?_elements=fhirVersion,software")
    assert reply.json["software"]["name"] == "kapfhir sandbox"
    assert "rest" not in reply.json
    assert len(reply.text) < 1000


def test_a_summary_names_the_types(fhir):
    reply = fhir.get("metadata?_summary=true")
    assert resource_of(reply.json, "Patient") == {"type": "Patient"}
    assert reply.json["meta"]["tag"][0]["code"] == "SUBSETTED"


def interactions(statement):
    return {row["code"] for row in statement["rest"][0]["interaction"]}


def test_the_plain_sandbox_says_all(statement):
    assert interactions(statement) == {"transaction", "batch", "history-system"}
    patient = resource_of(statement, "Patient")
    assert patient["updateCreate"] is True
    assert patient["conditionalDelete"] == "single"


@pytest.mark.parametrize(
    ("quirk", "check_it"),
    [
        ("no-update-create", lambda s: resource_of(s, "Patient")["updateCreate"] is False),
        ("no-transaction", lambda s: interactions(s) == {"batch", "history-system"}),
        ("read-only", lambda s: {row["code"] for row in resource_of(s, "Patient")["interaction"]} >= {"read"}
            and "create" not in str(resource_of(s, "Patient")["interaction"]) and interactions(s) == {"history-system"}),
        ("r5", lambda s: s["fhirVersion"] == "5.0.0"),
    ],
)  # fmt: skip
def test_quirks_are_told(make, quirk, check_it):
    assert check_it(make.client(quirk).get("metadata").json)
