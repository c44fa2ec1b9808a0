"""The facts are those of 4.0.1, and the command makes them again from the package."""

import json

import pytest

from kapfhir.fhir import compile_facts
from kapfhir.fhir.facts import DATA, load_facts

FACTS = load_facts()


def test_the_package_compiles_to_the_file_byte_for_byte(tmp_path):
    target = tmp_path / "facts.json"
    made = compile_facts.compile_facts(compile_facts.PACKAGE)
    target.write_text(json.dumps(made, separators=(",", ":"), sort_keys=True), encoding="utf-8")
    assert target.read_bytes() == DATA.read_bytes()


@pytest.mark.parametrize(
    "name", ["MedicinalProduct", "SubstanceSpecification", "EffectEvidenceSynthesis", "MedicationAdministration", "Binary"]
)
def test_resource_types_of_4_0_1_are_there(name):
    assert name in FACTS.resources


@pytest.mark.parametrize(
    "name", ["Ingredient", "MedicinalProductDefinition", "Citation", "SubscriptionStatus", "Resource", "MetadataResource"]
)
def test_resource_types_of_r4b_and_abstract_ones_are_not(name):
    assert name not in FACTS.resources


def test_there_are_146_resource_types():
    assert len(FACTS.resources) == 146


def test_meta_has_the_elements_of_4_0_1_only():
    assert set(FACTS.elements("Meta")) == {"id", "extension", "versionId", "lastUpdated", "source", "profile", "security", "tag"}


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("Binary", "url"),
        ("ResearchStudy", "whyStopped"),
        ("Extension", "valueCodeableReference"),
        ("Extension", "valueRatioRange"),
        ("PlanDefinition", "subjectCanonical"),
        ("MedicationAdministration", "encounter"),
        ("Encounter", "admission"),
    ],
)
def test_elements_of_other_versions_are_not_there(owner, name):
    assert name not in FACTS.elements(owner)


def test_extension_may_hold_a_meta():
    assert "valueMeta" in FACTS.elements("Extension")


def test_an_open_choice_is_known_by_every_name():
    elements = FACTS.elements("Observation")
    assert elements["effectivePeriod"].types == ("Period",)
    assert elements["effectivePeriod"].choice == elements["effective[x]"].choice == "effective[x]"
    assert elements["effective[x]"].key("dateTime") == "effectiveDateTime"


def test_codes_of_required_bindings():
    status = FACTS.elements("Encounter")["status"]
    assert "finished" in status.codes["http://hl7.org/fhir/encounter-status"]
    assert "completed" not in status.codes["http://hl7.org/fhir/encounter-status"]
    assert status.binding == "encounter-status"
    issue = FACTS.elements("DetectedIssue")["status"]
    assert list(issue.codes) == ["http://hl7.org/fhir/observation-status"]
    assert FACTS.elements("Attachment")["contentType"].binding == "mimetypes"


def test_every_row_names_types_that_are_known():
    known = {*FACTS._types, *FACTS.regex, "Resource", "xhtml"}  # noqa: SLF001
    unknown = {(t, n, k) for t in FACTS._types for n, e in FACTS.elements(t).items() for k in e.types if k not in known}  # noqa: SLF001
    assert unknown == set()


def test_reference_targets_are_resource_types():
    targets = {t for owner in FACTS._types for e in FACTS.elements(owner).values() for t in e.targets}  # noqa: SLF001
    assert targets - FACTS.resources == {"Resource"}


def test_simple_quantities_are_marked():
    assert FACTS.elements("MedicationAdministration.dosage")["dose"].simple
    assert FACTS.elements("MedicationAdministration.dosage")["rateQuantity"].simple is True
    assert not FACTS.elements("Observation")["valueQuantity"].simple


def test_core_extensions_say_where_they_may_stand():
    where, value = FACTS.extensions["procedure-method"]
    assert (where, value.types, value.codes, value.targets) == ({"Procedure"}, ("CodeableConcept",), {}, ())
    assert FACTS.extensions["consent-Witness"].value.types == ("Reference",)
    assert "Practitioner" in FACTS.extensions["consent-Witness"].value.targets
    assert "asked-declined" in next(iter(FACTS.extensions["data-absent-reason"].value.codes.values()))
    assert FACTS.extensions["patient-nationality"].value.types == ()
