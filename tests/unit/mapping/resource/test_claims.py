"""Profiles that resources claim, in each realm."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from kapfhir.errors import MappingError
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.before import SexAtBirth
from kapfhir.model.history import TreatmentHistory
from kapfhir.model.people import Patient, Practitioner
from kapfhir.model.plans import Plan
from kapfhir.model.values import Gender, Key, Profession, Ref
from kapfhir.realms import INTERNATIONAL, REALMS, US_CORE

ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap")
PATIENT = Patient(Key("P1"), gender=Gender("female"), family="Example", given=("Ada",))
RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"


@cache
def library(realm):
    return load_library(MapFolder.over(), Codes(MapFolder.over()), load_facts(), replace(ORIGIN, realm=realm))


def claimed(resource):
    return [url.rpartition("/")[2] for url in resource["meta"].get("profile", ())]


def test_only_the_realm_of_us_core_claims_its_profiles():
    assert claimed(library(INTERNATIONAL).build(PATIENT)[0]) == []
    assert claimed(library(US_CORE).build(PATIENT)[0]) == ["us-core-patient"]


def test_what_lacks_an_element_does_not_claim_and_is_counted():
    one = library(US_CORE)
    one.unclaimed.clear()
    [first], [second] = one.build(replace(PATIENT, gender=None)), one.build(PATIENT)
    assert (claimed(first), claimed(second)) == ([], ["us-core-patient"])
    [problem] = one.not_claimed()
    assert (problem.code, problem.column, problem.severity) == ("not-us-core", "gender", "information")
    assert problem.file == "fhir/patient.yaml"
    assert problem.text.startswith("1 resource can't claim us-core-patient")
    assert one.not_claimed() == []


@pytest.mark.parametrize("realm", REALMS)
@pytest.mark.parametrize(
    "record",
    [
        PATIENT,
        replace(PATIENT, gender=None, race="as given", ethnicity="as given", sex_at_birth=SexAtBirth("female")),
        TreatmentHistory(Key("T1"), Ref("P1"), label="ECT"),
        Practitioner(Key("N1"), family="Example", profession=Profession("physician"), clinic=Ref("C1")),
    ],
)
def test_what_was_filled_or_added_is_not_read_back(realm, record):
    one = library(realm)
    assert one.read(one.build(record)) == [record]


def test_a_record_of_the_other_realm_is_read_too():
    plan = Plan(Key("L1"), Ref("P1"), Ref("C1"), started=date(2026, 1, 5))
    assert library(US_CORE).read(library(INTERNATIONAL).build(plan)) == [plan]
    assert library(INTERNATIONAL).read(library(US_CORE).build(plan)) == [plan]


def test_a_time_that_nobody_knows_is_marked_as_that():
    [procedure] = library(US_CORE).build(TreatmentHistory(Key("T1"), Ref("P1"), label="ECT"))
    assert procedure["_performedDateTime"]["extension"][0]["valueCode"] == "unknown"
    assert claimed(procedure) == ["us-core-procedure"]


def test_race_and_sex_at_birth_stand_where_they_are_recorded_and_only_there():
    bare = library(US_CORE).build(PATIENT)[0]
    assert "extension" not in bare
    told = library(US_CORE).build(replace(PATIENT, race="as given", sex_at_birth=SexAtBirth("male")))[0]
    assert told["extension"][0] == {"url": RACE, "extension": [{"url": "text", "valueString": "as given"}]}
    assert told["extension"][1]["valueCode"] == "M"
    intersex = library(US_CORE).build(replace(PATIENT, sex_at_birth=SexAtBirth("intersex")))[0]
    assert "extension" not in intersex


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("us-core-patint", "there is no profile"),
        ("us-core-encounter", "is a profile of Encounter"),
        ("kap-scale-score", "of Observation"),
    ],
)
def test_a_profile_that_is_not_known_or_of_another_type_is_a_fault(tmp_path, name, text):
    (tmp_path / "fhir").mkdir()
    shipped = MapFolder.over().files("fhir", ".yaml")["fhir/patient.yaml"].read_text(encoding="utf-8")
    (tmp_path / "fhir" / "patient.yaml").write_text(shipped.replace("profiles: us-core-patient", f"profiles: {name}"), "utf-8")
    folder = MapFolder.over(tmp_path)
    with pytest.raises(MappingError) as caught:
        load_library(folder, Codes(folder), load_facts(), ORIGIN)
    [problem] = caught.value.problems
    assert problem.code == "unknown-profile"
    assert text in problem.text


def test_most_of_what_is_asked_for_is_decided_before_there_is_a_resource():
    asked = {plan.target.name.slot for plan in library(US_CORE).slots.values() if plan.claims.asked}
    assert not asked & {"encounter", "procedure", "heart-rate", "total", "dose", "answers"}
