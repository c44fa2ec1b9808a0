"""What may be told of an OperationOutcome, and that nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapfhir.server.outcome import describe, safe_path


def outcome(**issue):
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing", **issue}]}


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("Patient.birthDate", "Patient.birthDate"),
        ("Observation.component[1].valueQuantity.value", "Observation.component[1].valueQuantity.value"),
        ("Observation.value.ofType(Quantity).code", "Observation.value.code"),
        ("Observation.value[x]", "Observation.value[x]"),
        ("Bundle.entry[0].resource/*Patient/Mustermann*/.meta.profile[0]", "Bundle.entry[0].resource.meta.profile[0]"),
        ("Patient.identifier.where(value='4711').system", "Patient.identifier"),
        ("Patient.name.Mustermann", "Patient.name"),
        ("Mustermann", ""),
        ("line 3, column 12", ""),
        (17, ""),
    ],
)
def test_paths(path, safe):
    assert safe_path(path) == safe


@pytest.mark.parametrize(
    ("diagnostics", "told"),
    [
        (
            'HAPI-0450: Failed to parse: HAPI-1821: [element="birthDate"] Invalid attribute value "1980-13-45"',
            "HAPI-0450: the body can't be parsed as R4; HAPI-1821: an element has a value that R4 does not allow; element birthDate",
        ),
        (
            "HAPI-1094: Resource Patient/abc-1 not found, specified in path: Observation.subject",
            "HAPI-1094: the target of a reference is not there; Patient that Observation.subject points to",
        ),
        ("HAPI-9999: Mustermann, Erika", "HAPI-9999"),
        ('[element="Mustermann"] is bad', ""),
        ("Mustermann not found, specified in path: Mustermann", ""),
    ],
)
def test_diagnostics(diagnostics, told):
    words = describe(outcome(diagnostics=diagnostics))
    assert words == "error processing" + (f" ({told})" if told else "")


def test_codes_are_fhirs_own_or_none():
    assert describe(outcome(code="Erika", severity="Mustermann")) == "issue of an unknown code"


def test_warnings_are_left_out_beside_errors():
    found = outcome()
    found["issue"].append({"severity": "warning", "code": "invalid"})
    assert describe(found) == "error processing"


def test_many_issues_are_cut():
    found = outcome()
    found["issue"] = [{"severity": "error", "code": "value", "expression": [f"Patient.name[{n}]"]} for n in range(9)]
    assert describe(found).endswith("; 4 more")


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"resourceType": "Bundle"}, {"resourceType": "OperationOutcome", "issue": "x"}]
)
def test_what_is_no_outcome(body):
    assert describe(body) == ""


@given(st.text(alphabet="abcXYZ .:/'\"()[]=|", min_size=1))
def test_no_text_of_a_server_comes_through(text):
    canary = f"Zq{text}Qz"
    told = describe(outcome(diagnostics=canary, details={"text": canary}, expression=[canary], location=[canary], code=canary))
    assert told == "error of an unknown code"
