"""From a CapabilityStatement to a way of writing."""

from __future__ import annotations

import pytest

from kapfhir.errors import ConfigError
from kapfhir.server.capability import choose_strategy, parse_capability


def statement(*, version="4.0.1", system=("transaction",), **types):
    rows = [{"type": name, "interaction": [{"code": "read"}, {"code": "update"}], **row} for name, row in types.items()]
    return {
        "resourceType": "CapabilityStatement",
        "fhirVersion": version,
        "software": {"name": "Test", "version": "1"},
        "rest": [{"mode": "server", "interaction": [{"code": code} for code in system], "resource": rows}],
    }


def strategy(types=(), **said):
    return choose_strategy(parse_capability(statement(**said)), types)


def test_what_is_read():
    said = parse_capability(statement(Patient={"searchParam": [{"name": "identifier"}], "updateCreate": True}, AdverseEvent={}))
    assert (said.fhir_version, said.software, said.interactions) == ("4.0.1", "Test 1", {"transaction"})
    assert said.takes("Patient")
    assert not said.takes("Encounter")
    assert said.finds_by_identifier("Patient")
    assert not said.finds_by_identifier("AdverseEvent")


@pytest.mark.parametrize("version", ["5.0.0", "4.3.0", "3.0.2", "", "<script>"])
def test_other_versions(version):
    with pytest.raises(ConfigError, match=r"kapfhir speaks R4 \(4\.0\.1\)"):
        parse_capability(statement(version=version))


def test_no_statement():
    with pytest.raises(ConfigError, match="does not answer with a CapabilityStatement"):
        parse_capability({"resourceType": "OperationOutcome"})


def test_ids_where_they_are_allowed():
    chosen = strategy(Patient={"updateCreate": True})
    assert chosen.kind == "ids"
    assert "it lets a client choose ids (updateCreate)" in chosen.reasons


def test_ids_where_nothing_is_said_as_hapi_does():
    chosen = strategy(Patient={"conditionalUpdate": True})
    assert chosen.kind == "ids"
    assert "it says nothing of ids" in chosen.reasons[1]


def test_a_server_that_says_nothing_at_all():
    said = parse_capability({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    assert choose_strategy(said).kind == "ids"
    assert said.takes("Patient")


def test_conditional_update_where_ids_are_refused():
    chosen = strategy(
        types=["Patient", "AdverseEvent"],
        Patient={"updateCreate": False, "conditionalUpdate": True},
        AdverseEvent={"updateCreate": False, "conditionalUpdate": True},
    )
    assert chosen.kind == "conditional"
    assert "updateCreate is false for AdverseEvent, Patient" in chosen.reasons[1]
    assert "AdverseEvent: no search by identifier" in chosen.reasons[3]


@pytest.mark.parametrize(
    "said",
    [
        {"system": ("batch",), "Patient": {}},
        {"Patient": {"interaction": [{"code": "read"}]}},
        {"Patient": {"updateCreate": False}},
        {
            "Patient": {"updateCreate": False, "conditionalUpdate": True},
            "Encounter": {"updateCreate": False, "conditionalUpdate": False},
        },
    ],
)
def test_no_usable_strategy(said):
    with pytest.raises(ConfigError, match="no usable strategy"):
        strategy(**said)
