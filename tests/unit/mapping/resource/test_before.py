"""What the record before treatment needs of the language: labels, codings beside a text, findings told twice."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import pytest

from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.convert import ReadError
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.before import (
    ConsentItem,
    ConsentStatus,
    ConsentType,
    Criterion,
    Decision,
    DrugClass,
    LabResult,
    LabTest,
    MedicationPurpose,
    MedicationStatus,
    Presence,
    Sensitivity,
    SeriousCriterion,
    SignerRelation,
)
from kapfhir.model.care import Diagnosis, TraumaHistory
from kapfhir.model.consent import Consent
from kapfhir.model.history import MedicationHistory
from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.people import Licence, Practitioner, Training
from kapfhir.model.screening import Finding, Lab, Screening
from kapfhir.model.values import Amount, Causality, Disorder, Drug, Event, Key, Period, Profession, Ref, Seriousness, Severity

AT = datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=-8)))
DAY = date(2026, 1, 5)
DIAGNOSIS = Diagnosis(Key("D-1"), Ref("P-1"), DAY, Disorder("ptsd"), "PTSD, as she says")
HTEST = "HTEST"


@cache
def library(synthetic=True):
    folder = MapFolder.over()
    origin = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=synthetic)
    return load_library(folder, Codes(folder), load_facts(), origin)


def made(record, kind, synthetic=True):
    return [r for r in library(synthetic).build(record) if r["resourceType"] == kind]


def labels(resource):
    return [label["code"] for label in resource["meta"].get("security", ())]


def test_the_labels_of_a_record_stand_beside_those_that_every_resource_has():
    record = replace(DIAGNOSIS, sensitivity=(Sensitivity("sexual-trauma"), Sensitivity("substance-use")))
    assert labels(made(record, "Condition")[0]) == ["SDV", "SUD", HTEST]
    assert labels(made(record, "Condition", synthetic=False)[0]) == ["SDV", "SUD"]
    assert labels(made(DIAGNOSIS, "Condition")[0]) == [HTEST]
    assert "security" not in made(DIAGNOSIS, "Condition", synthetic=False)[0]["meta"]
    assert made(record, "Condition")[0]["meta"]["source"] == "https://clinic.example/kap"


def test_labels_that_a_server_adds_are_not_read():
    record = replace(DIAGNOSIS, sensitivity=(Sensitivity("substance-use"),))
    resources = deepcopy(library().build(record))
    resources[0]["meta"]["security"].insert(0, {"system": "https://server.example/labels", "code": "X"})
    assert library().read(resources) == [record]


def test_a_history_of_trauma_is_restricted_whatever_the_record_says():
    record = replace(DIAGNOSIS, trauma=TraumaHistory(developmental=True, ace_score=0))
    trauma = made(record, "Observation")[0]
    assert labels(trauma) == ["R", "SDV", HTEST]
    more = replace(record, sensitivity=tuple(Sensitivity(s) for s in ("sexual-trauma", "psychiatric", "restricted", "part-2")))
    assert labels(made(more, "Observation")[0]) == ["R", "SDV", "PSY", "42CFRPart2", HTEST]
    assert [c.get("valueBoolean", c.get("valueInteger")) for c in trauma["component"]] == [True, 0]


def test_all_codings_stand_beside_the_words_of_the_clinic():
    code = made(DIAGNOSIS, "Condition")[0]["code"]
    assert [c["code"] for c in code["coding"]] == ["F43.10", "47505003"]
    assert code["text"] == "PTSD, as she says"
    assert made(replace(DIAGNOSIS, disorder=None), "Condition")[0]["code"] == {"text": "PTSD, as she says"}


def test_a_drug_and_its_class_are_told_apart():
    record = MedicationHistory(
        Key("M-1"),
        Ref("P-1"),
        MedicationPurpose("hold-before-dosing"),
        MedicationStatus("active"),
        Drug("clonidine"),
        DrugClass("antihypertensive"),
        hold_before=Amount(Decimal("24.0"), "h"),
    )
    statement = made(record, "MedicationStatement")[0]
    assert [c["code"] for c in statement["medicationCodeableConcept"]["coding"]] == ["2599", "antihypertensive"]
    assert statement["dosage"][0]["additionalInstruction"][0]["text"] == "24.0 h"
    assert library().read([statement]) == [record]
    only_class = replace(record, drug=None)
    assert library().read(library().build(only_class)) == [only_class]


def test_findings_are_told_in_the_questionnaire_and_read_from_their_observations():
    found = Finding(Key("1"), Criterion("bipolar"), Presence("absent"))
    record = Screening(Key("S-1"), Ref("P-1"), Ref("T-1"), Period(AT), Decision("cleared"), findings=(found,))
    resources = deepcopy(library().build(record))
    answers = next(r for r in resources if r["resourceType"] == "QuestionnaireResponse")
    assert [(i["linkId"], i["answer"][0]["valueCoding"]["code"]) for i in answers["item"]] == [
        ("criterion-bipolar", "finding-absent")
    ]
    assert library().read(resources) == [record]
    answers["item"] = answers["item"] * 2
    assert library().read(resources) == [record]


@pytest.mark.parametrize(
    ("result", "element"),
    [
        (Amount(Decimal("1.20"), "mg/dL"), "valueQuantity"),
        (LabResult("negative"), "valueCodeableConcept"),
        ("not seen", "valueString"),
    ],
)
def test_a_test_has_a_number_a_result_by_name_or_words(result, element):
    lab = Lab(Key("1"), LabTest("creatinine"), AT, result)
    record = Screening(Key("S-1"), Ref("P-1"), Ref("T-1"), Period(AT), labs=(lab,))
    assert element in made(record, "Observation")[0]
    assert library().read(library().build(record)) == [record]


def test_licences_and_training_share_one_list():
    record = Practitioner(
        Key("T-1"),
        "Test",
        Profession("therapist"),
        Ref("C-1"),
        licences=(Licence("CA", "L-1"), Licence("NV", "L-2")),
        training=(Training("KAP level 1", "A school", DAY, hours=40),),
    )
    practitioner = made(record, "Practitioner")[0]
    assert len(practitioner["qualification"]) == 3
    assert "40" not in str(practitioner["qualification"])
    # a training that was completed holds from then on: an end would say that it has run out
    assert practitioner["qualification"][2]["period"] == {"start": "2026-01-05"}
    back = library().read(library().build(record))[0]
    assert back == record
    assert back.training[0].hours is None


def test_who_signed_for_a_patient_is_somebody_else():
    signed = Consent(Key("C-1"), Ref("P-1"), ConsentType("touch"), ConsentStatus("withdrawn"), DAY)
    assert made(signed, "Consent")[0]["performer"][0]["reference"].startswith("Patient/")
    assert made(signed, "Consent")[0]["status"] == "inactive"
    by_guardian = replace(signed, relation=SignerRelation("guardian"), signer="Ada Test")
    assert made(by_guardian, "Consent")[0]["performer"][0]["reference"].startswith("RelatedPerson/")
    assert library().read(library().build(by_guardian)) == [by_guardian]


def test_items_that_were_acknowledged_are_the_source_of_a_consent():
    signed = Consent(Key("C-1"), Ref("P-1"), ConsentType("touch"), ConsentStatus("signed"), DAY)
    assert "sourceReference" not in made(signed, "Consent")[0]
    itemized = replace(signed, acknowledged=(ConsentItem("no-driving"), ConsentItem("fasting")))
    assert made(itemized, "Consent")[0]["sourceReference"]["reference"].startswith("QuestionnaireResponse/")
    assert [i["linkId"] for i in made(itemized, "QuestionnaireResponse")[0]["item"]] == ["ack-no-driving", "ack-fasting"]


def test_the_meddra_id_is_a_coding_of_its_own_and_criteria_stand_beside_serious():
    event = AdverseEvent(Key("A-1"), Ref("P-1"), Event("nausea"), DAY, Severity("mild"), Seriousness("serious"))
    record = replace(event, meddra="10028813", criteria=(SeriousCriterion("hospitalization"),), label="queasy")
    resource = made(record, "AdverseEvent")[0]
    assert [(c["system"], c["code"]) for c in resource["event"]["coding"]] == [
        ("http://snomed.info/sct", "422587007"),
        ("https://www.meddra.org", "10028813"),
    ]
    assert [c["code"] for c in resource["seriousness"]["coding"]] == ["serious", "serious-hospitalization"]
    assert library().read([resource]) == [record]


@pytest.mark.parametrize(("causality", "due"), [("certain", 1), ("probable", 1), ("possible", 0), ("unlikely", 0), (None, 0)])
def test_a_condition_is_due_to_a_session_only_where_somebody_judged_so(causality, due):
    event = AdverseEvent(Key("A-1"), Ref("P-1"), Event("nausea"), AT, Severity("mild"), during=Ref("S-1"), resolved=AT)
    record = replace(event, causality=Causality(causality) if causality else None)
    (condition,) = made(record, "Condition")
    assert len(condition.get("extension", ())) == due
    assert library().read(library().build(record)) == [record]


NARROWER = (
    "schizophrenia",
    "hypersensitivity",
    "mania",
    "hepatic-impairment",
    "raised-intraocular-pressure",
    "uncontrolled-seizures",
)


@pytest.mark.parametrize("criterion", [*NARROWER, "arteriovenous-malformation", "urinary-symptoms"])
def test_a_criterion_has_no_code_that_says_more_than_it_does(criterion):
    """SNOMED has hepatic failure, not severe impairment; mania, not mania or hypomania; epilepsy, not seizures."""
    finding = Finding(Key("1"), Criterion(criterion), Presence("present"))
    record = Screening(Key("SCR-1"), Ref("P-1"), Ref("MD-1"), Period(AT, AT + timedelta(hours=1)), findings=(finding,))
    (found,) = [r for r in made(record, "Observation") if r["code"]["coding"][0]["code"].startswith("criterion-")]
    assert [c["system"] for c in found["code"]["coding"]] == ["https://kapfhir.org/fhir/CodeSystem/kap"]


def test_a_text_that_is_no_amount_is_refused():
    record = MedicationHistory(
        Key("M-1"),
        Ref("P-1"),
        MedicationPurpose("current"),
        MedicationStatus("active"),
        Drug("clonidine"),
        hold_after=Amount(Decimal("1"), "d"),
    )
    statement = deepcopy(made(record, "MedicationStatement")[0])
    statement["dosage"][0]["additionalInstruction"][0]["text"] = "a day"
    with pytest.raises(ReadError):
        library().read([statement])
