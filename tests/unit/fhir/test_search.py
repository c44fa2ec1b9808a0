"""The search parameters are those of R4, and their paths find what the FHIRPath of the definitions would."""

import pytest

from kapfhir.fhir.search import compile_path, described_types, points_to, search_parameters


def found(path, resource):
    return list(compile_path(path)(resource))


def test_a_path_opens_lists():
    patient = {"name": [{"given": ["Ann", "Bea"]}, {"family": "X"}, {"given": ["Cy"]}]}
    assert found("name.given", patient) == ["Ann", "Bea", "Cy"]


def test_a_condition_keeps_the_items_with_that_value():
    patient = {"telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}]}
    assert found("telecom[system=email]", patient) == [{"system": "email", "value": "2"}]


def test_a_condition_may_stand_in_the_middle():
    plan = {"relatedArtifact": [{"type": "depends-on", "resource": "a"}, {"type": "successor", "resource": "b"}]}
    assert found("relatedArtifact[type=depends-on].resource", plan) == ["a"]


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        ({"reference": "Patient/1"}, True),
        ({"reference": "https://a.example/fhir/Patient/1"}, True),
        ({"reference": "Patient/1/_history/3"}, True),
        ({"type": "Patient", "identifier": {"value": "1"}}, True),
        ({"reference": "Group/1"}, False),
        ({"reference": "urn:uuid:1"}, False),
        ({"display": "somebody"}, False),
    ],
)
def test_a_target_type_keeps_the_references_to_it(reference, kept):
    assert points_to(reference, "Patient") is kept
    assert found("subject:Patient", {"subject": reference}) == ([reference] if kept else [])


@pytest.mark.parametrize("resource", [{}, {"name": "text"}, {"name": [None, 1]}, {"name": [{"given": None}]}])
def test_what_is_not_there_is_not_found(resource):
    assert found("name.given", resource) == []


def test_a_choice_is_found_under_each_of_its_keys():
    places = [place.text for place in search_parameters("Observation")["date"].paths]
    assert places == ["effectiveDateTime", "effectivePeriod", "effectiveTiming", "effectiveInstant"]


@pytest.mark.parametrize(
    ("type_name", "name", "kind", "paths"),
    [
        ("Patient", "email", "token", ["telecom[system=email]"]),
        ("Patient", "death-date", "date", ["deceasedDateTime"]),
        ("Goal", "target-date", "date", ["target.dueDate"]),
        ("Observation", "patient", "reference", ["subject:Patient"]),
        ("Observation", "value-string", "string", ["valueString", "valueCodeableConcept.text"]),
        ("MedicationAdministration", "code", "token", ["medicationCodeableConcept"]),
        ("PlanDefinition", "depends-on", "reference", ["relatedArtifact[type=depends-on].resource", "library"]),
        ("RiskAssessment", "probability", "number", ["prediction.probabilityDecimal", "prediction.probabilityRange"]),
    ],
)
def test_expressions_become_paths(type_name, name, kind, paths):
    parameter = search_parameters(type_name)[name]
    assert (parameter.kind, [place.text for place in parameter.paths]) == (kind, paths)


def test_targets_are_named_unless_any_will_do():
    assert search_parameters("Observation")["subject"].targets == ("Group", "Device", "Patient", "Location")
    assert search_parameters("Provenance")["target"].targets == ()


def test_every_resource_has_the_common_parameters():
    assert set(search_parameters("Account")) == {"_profile", "_security", "_source", "_tag"}
    assert "Account" not in described_types()


def test_the_definition_is_named():
    assert search_parameters("Patient")["birthdate"].definition == "http://hl7.org/fhir/SearchParameter/individual-birthdate"
