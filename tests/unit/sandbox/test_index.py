"""Every kind of value becomes rows; what is malformed becomes none."""

import sqlite3

import pytest

from kapfhir.fhir.search import described_types, search_parameters
from kapfhir.sandbox import index
from kapfhir.sandbox.ranges import EVER

HOUR = 3_600_000_000


def rows(resource, param):
    connection = sqlite3.connect(":memory:")
    connection.executescript(index.SCHEMA)
    index.write(connection, 1, resource)
    type_name, name = param.split(".")
    kind = search_parameters(type_name)[name.split(":")[0]].kind
    table = "token" if ":" in name else index.TABLE_OF_KIND[kind]
    found = connection.execute(f"SELECT * FROM {table} WHERE param = ?", (param,)).fetchall()
    connection.close()
    return sorted(row[2:] for row in found)


@pytest.mark.parametrize(
    ("resource", "param", "expected"),
    [
        (
            {"resourceType": "Patient", "identifier": [{"system": "urn:s:1", "value": "v"}, {"system": "urn:s:1"}]},
            "Patient.identifier",
            [("urn:s:1", "v")],
        ),
        ({"resourceType": "Patient", "active": False}, "Patient.active", [("", "false")]),
        ({"resourceType": "Patient", "deceasedBoolean": True}, "Patient.deceased", [("", "true")]),
        ({"resourceType": "Patient", "deceasedBoolean": False}, "Patient.deceased", [("", "false")]),
        ({"resourceType": "Patient", "deceasedDateTime": "2020"}, "Patient.deceased", [("", "true")]),
        ({"resourceType": "Patient"}, "Patient.deceased", [("", "false")]),
        (
            {"resourceType": "Observation", "code": {"text": "x", "coding": [{"code": "a"}, {"display": "b"}]}},
            "Observation.code",
            [("", "a")],
        ),
        (
            {"resourceType": "Observation", "effectivePeriod": {"start": "1970-01-01T01:00:00Z"}},
            "Observation.date",
            [(HOUR, EVER)],
        ),
        (
            {"resourceType": "Observation", "effectivePeriod": {"end": "1970-01-01T00:59:59Z"}},
            "Observation.date",
            [(-EVER, HOUR)],
        ),
        (
            {"resourceType": "Observation", "effectiveTiming": {"event": ["1970-01-01T02:59:59Z", "1970-01-01T01:00:00Z"]}},
            "Observation.date",
            [(HOUR, 3 * HOUR)],
        ),
        (
            {"resourceType": "Observation", "valueQuantity": {"value": 5, "comparator": "<", "unit": "u"}},
            "Observation.value-quantity",
            [(index.LEAST, 5.0, "", "", "u")],
        ),
        (
            {"resourceType": "Condition", "onsetRange": {"low": {"value": 30, "code": "a"}}},
            "Condition.onset-age",
            [(30.0, index.MOST, "", "a", "")],
        ),
        (
            {"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": 0.5}]},
            "RiskAssessment.probability",
            [(0.5, 0.5, "", "", "")],
        ),
        (
            {"resourceType": "QuestionnaireResponse", "questionnaire": "https://a.example/q|1.0"},
            "QuestionnaireResponse.questionnaire",
            [("", "", "https://a.example/q"), ("", "", "https://a.example/q|1.0")],
        ),
        (
            {"resourceType": "Observation", "subject": {"reference": "Patient/1/_history/2"}},
            "Observation.subject",
            [("Patient", "1", "")],
        ),
        ({"resourceType": "Observation", "subject": {"reference": "#inside"}}, "Observation.subject", []),
        (
            {"resourceType": "Observation", "subject": {"identifier": {"system": "urn:s:1", "value": "v"}}},
            "Observation.subject:identifier",
            [("urn:s:1", "v")],
        ),
        (
            {"resourceType": "Patient", "address": [{"line": ["1 A St"], "city": "B"}]},
            "Patient.address",
            [("1 a st", "1 A St"), ("b", "B")],
        ),
        ({"resourceType": "ValueSet", "url": "https://a.example/v"}, "ValueSet.url", [("https://a.example/v",)]),
    ],
)
def test_values_become_rows(resource, param, expected):
    assert rows(resource, param) == expected


@pytest.mark.parametrize(
    ("element", "value", "param"),
    [
        ("identifier", "text", "Patient.identifier"),
        ("identifier", [7, None], "Patient.identifier"),
        ("name", [["nested"]], "Patient.name"),
        ("name", [{"given": 7}], "Patient.name"),
        ("birthDate", 1980, "Patient.birthdate"),
        ("managingOrganization", {"reference": 7}, "Patient.organization"),
        ("managingOrganization", {"reference": "Organization/1", "identifier": "text"}, "Patient.organization:identifier"),
    ],
)
def test_what_is_malformed_gives_no_row(element, value, param):
    assert rows({"resourceType": "Patient", element: value}, param) == []


def test_every_place_of_every_parameter_has_a_reader():
    for type_name in described_types():
        for parameter in search_parameters(type_name).values():
            for place in parameter.paths:
                assert place.type == "?exists" or (parameter.kind, place.type) in index.READERS


def test_text_is_compared_without_case_accents_and_spaces():
    assert index.plain("  Çelik \t ÖZ ") == "celik oz"
