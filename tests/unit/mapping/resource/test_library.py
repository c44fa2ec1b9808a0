"""What stands is read as it was; what the map never says is refused."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import pytest

from kapfhir.fhir.exact import dumps, loads
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.convert import ReadError
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.doses import DoseEvent
from kapfhir.model.dosing import DosingSession
from kapfhir.model.assessments import Answer, OutcomeAssessment
from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.values import (
    Absent,
    Amount,
    Choice,
    DoseStatus,
    Drug,
    Event,
    EventOutcome,
    Instrument,
    Key,
    Period,
    Question,
    Ref,
    Route,
    SessionStatus,
    Severity,
)
from kapfhir.model.vitals import BloodPressure, VitalSet

Z = timezone(timedelta(hours=-8))
AT = datetime(2026, 1, 5, 10, tzinfo=Z)


@cache
def library():
    folder = MapFolder.over()
    return load_library(
        folder,
        Codes(folder),
        load_facts(),
        Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=True),
    )


def session(**changes):
    dose = DoseEvent(
        Key("1"),
        Drug("ketamine"),
        DoseStatus("completed"),
        AT,
        dose=Amount(Decimal("35.50"), "mg"),
        weighed=Ref("pre"),
        route=Route("im"),
    )
    vitals = (
        VitalSet(
            Key("pre"), AT, blood_pressure=BloodPressure(Amount(Decimal(128), "mm[Hg]")), weight=Amount(Decimal("71.00"), "kg")
        ),
    )
    given = {"doses": (dose,), "vitals": vitals} | changes
    return DosingSession(
        Key("D-1"), Ref("P-1"), SessionStatus("completed"), Period(AT), Period(AT), clinician=Ref("MD-1"), **given
    )


def by_type(resources, kind):
    return [r for r in resources if r["resourceType"] == kind]


def test_reads_what_a_server_renamed():
    """A server that gives its own ids changes ids and literal references; the identifiers stay, and so do the keys."""
    resources = library().build(session())
    text = dumps(resources).decode()
    for i, identity in enumerate(dict.fromkeys(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text))):
        text = text.replace(identity, str(i))
    assert library().read(loads(text)) == [session()]


def test_resources_of_others_are_passed_over():
    assert (
        library().read(
            [{"resourceType": "Patient", "id": "x", "identifier": [{"system": "https://other.example", "value": "1"}]}]
        )
        == []
    )


def test_refuses_what_the_map_never_says():
    """A constant that differs (here: a retracted vital) is an error, not silently the old value."""
    resources = loads(dumps(library().build(session())))
    by_type(resources, "Observation")[0]["status"] = "entered-in-error"
    with pytest.raises(ReadError, match="differs from the constants of its map; see fhir/dosing_session_vitals.yaml:"):
        library().read(resources)


def test_refuses_a_code_that_no_table_knows():
    resources = loads(dumps(library().build(session())).replace(b'"code":"78421000"', b'"code":"1"'))
    with pytest.raises(ReadError, match="no code of Route"):
        library().read(resources)


def test_names_what_is_missing():
    resources = [r for r in library().build(session()) if r["resourceType"] != "Encounter"]
    with pytest.raises(ReadError, match="DosingSession has no visit; were all resources of the record given"):
        library().read(resources)


def test_absent_dose_keeps_its_event_and_route():
    dose = DoseEvent(Key("1"), Drug("ketamine"), DoseStatus("completed"), AT, dose=Absent("error"), route=Route("iv"))
    made = by_type(library().build(session(doses=(dose,), vitals=())), "MedicationAdministration")[0]
    assert made["dosage"]["dose"] == {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "error"}]
    }
    assert made["dosage"]["route"]["coding"][0]["code"] == "47625008"


def test_no_reference_to_what_is_not_there():
    event = AdverseEvent(Key("A-1"), Ref("P-1"), Event("nausea"), AT, Severity("mild"))
    assert "resultingCondition" not in library().build(event)[0]
    lasting = AdverseEvent(Key("A-1"), Ref("P-1"), Event("nausea"), AT, Severity("mild"), outcome=EventOutcome("ongoing"))
    made, condition = library().build(lasting)
    assert made["resultingCondition"][0]["reference"] == f"Condition/{condition['id']}"


def test_recorded_and_computed_totals_stand_side_by_side():
    answers = tuple(Answer(Question(f"phq9-{n}"), Choice("several-days")) for n in range(1, 10))
    made = library().build(
        OutcomeAssessment(Key("O-1"), Ref("P-1"), Instrument("phq-9"), date(2026, 1, 4), answers, Amount(Decimal(12), "{score}"))
    )
    total = by_type(made, "Observation")[0]
    assert total["valueQuantity"]["value"] == 12
    said = {c["code"]["coding"][0]["code"]: next(v for k, v in c.items() if k.startswith("value")) for c in total["component"]}
    assert (said["recorded-total"]["value"], said["computed-total"]["value"]) == (12, 9)
    assert said["severity-band"]["coding"][0]["code"] == "phq-9-manual-moderate"
    assert (said["safety-item"], said["safety-flag"]) == (1, True)


def test_a_scale_that_is_never_summed_says_why():
    answers = (
        Answer(Question("cssrs-screener-1"), Choice("yes")),
        Answer(Question("cssrs-screener-2"), absent=Absent("asked-declined")),
    )
    made = library().build(OutcomeAssessment(Key("O-1"), Ref("P-1"), Instrument("cssrs-screener"), date(2026, 1, 4), answers))
    total, form = by_type(made, "Observation")[0], by_type(made, "QuestionnaireResponse")[0]
    assert "valueQuantity" not in total
    assert total["dataAbsentReason"]["coding"][0]["code"] == "not-applicable"
    assert [sorted(i) for i in form["item"]] == [["answer", "linkId"], ["extension", "linkId"]]


def test_synthetic_data_is_marked_and_says_its_source():
    for resource in library().build(session()):
        assert {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}.items() <= resource["meta"][
            "security"
        ][-1].items()
        assert resource["meta"]["source"] == "https://clinic.example/kap"


def test_shared_parts_stay_as_they_were():
    """Resources share constant parts: building another must not change the first."""
    first = dumps(library().build(session()))
    library().build(session(doses=()))
    assert dumps(library().build(session())) == first
