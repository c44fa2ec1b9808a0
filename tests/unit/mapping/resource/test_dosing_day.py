"""How the day of a dose stands in FHIR."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import pytest

from kapfhir.errors import MappingError
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.doses import AdjunctMedication, DoseEvent, Segment
from kapfhir.model.dosing import DosingSession, StaffMember
from kapfhir.model.before import TeamRole
from kapfhir.model.experience import InSessionTherapy
from kapfhir.model.rems import RemsForm
from kapfhir.model.surroundings import Mindset
from kapfhir.model.values import (
    Amount,
    Delivery,
    DoseStatus,
    Drug,
    ImpossibleItemsError,
    Key,
    Modality,
    Period,
    Rate,
    Ref,
    Route,
    SessionStatus,
)
from kapfhir.model.vitals import VitalSet

AT = datetime(2026, 1, 5, 10, tzinfo=timezone.utc)
MG = Amount(Decimal("35.50"), "mg")
DOSE = DoseEvent(Key("1"), Drug("ketamine"), DoseStatus("completed"), AT, dose=MG)
MAPS = MapFolder.over().layers[0] / "fhir"


def load(folder):
    origin = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap")
    return load_library(folder, Codes(folder), load_facts(), origin)


@cache
def library():
    return load(MapFolder.over())


def built(**parts):
    whole = Period(AT, AT + timedelta(hours=2))
    record = DosingSession(Key("D-1"), Ref("P-1"), SessionStatus("completed"), whole, whole, clinician=Ref("MD-1"), **parts)
    resources = library().build(record)
    assert library().read(resources) == [record]
    return {library().slot_of(r).target.name.slot: r for r in resources}


def test_a_dose_names_its_drug_or_the_product_where_one_is_known():
    assert built(doses=(DOSE,))["dose"]["medicationCodeableConcept"]["coding"][0]["code"] == "6130"
    made = built(doses=(replace(DOSE, lot="A1", expiry=date(2027, 3, 31)),))
    assert "medicationCodeableConcept" not in made["dose"]
    assert made["dose"]["medicationReference"]["reference"] == f"Medication/{made['product']['id']}"
    assert made["product"]["batch"] == {"lotNumber": "A1", "expirationDate": "2027-03-31"}
    assert made["product"]["code"]["coding"][0]["code"] == "6130"


@pytest.mark.parametrize(
    ("delivery", "setting"), [("in-person", "outpatient"), ("home", "community"), ("telehealth", "community")]
)
def test_a_dose_at_home_is_not_one_of_the_clinic(delivery, setting):
    given = Period(AT, AT + timedelta(minutes=40))
    part = Segment(Key("1"), given, MG, Rate(MG, Amount(Decimal(40), "min")))
    adjunct = AdjunctMedication(Key("o"), Drug("ondansetron"), AT, Amount(Decimal(4), "mg"))
    made = built(doses=(replace(DOSE, segments=(part,), given=given),), adjuncts=(adjunct,), delivery=Delivery(delivery))
    assert [made[slot]["category"]["coding"][0]["code"] for slot in ("dose", "segment", "adjunct")] == [setting] * 3


def test_a_waste_is_one_extension_with_its_parts_and_a_witness():
    wasted = replace(DOSE, wasted=Amount(Decimal("14.5"), "mg"), waste_witness=Ref("RN-1"), waste_method="cartridge")
    made = built(doses=(wasted,))["dose"]
    [waste] = made["extension"]
    assert waste["url"] == "https://kapfhir.org/fhir/StructureDefinition/kap-controlled-substance-waste"
    assert [part["url"] for part in waste["extension"]] == ["amount", "witness", "method"]
    witness = next(p for p in made["performer"] if p.get("function", {}).get("coding", [{}])[0]["code"] == "witness")
    assert witness["actor"] == waste["extension"][1]["valueReference"]
    assert "extension" not in built(doses=(DOSE,))["dose"]


def test_those_who_were_there_have_their_roles():
    made = built(staff=(StaffMember(Ref("RN-1"), TeamRole("monitoring-provider")),))["encounter"]
    assert [[coding["code"] for c in p["type"] for coding in c["coding"]] for p in made["participant"]] == [
        ["PPRF"],
        ["SPRF", "monitoring-provider"],
    ]


def test_an_intention_stands_alone_and_labelled():
    made = built(mindset=Mindset(intention="to let go", mood_before=3))
    assert {label["code"] for label in made["intention"]["meta"]["security"]} == {"PSY", "R"}
    assert "to let go" not in str(made["mindset"])
    assert "mindset" not in built(mindset=Mindset(intention="to let go"))


def test_what_was_worked_with_in_a_session_never_leaves():
    made = built(
        therapy=InSessionTherapy(modalities=(Modality("emdr"),), target="a secret", notes="a secret", memory_activated=True)
    )
    assert "a secret" not in str(made)
    assert made["therapy"]["partOf"][0]["reference"] == f"Procedure/{made['procedure']['id']}"
    assert made["therapy-content"]["component"][0]["valueBoolean"] is True


def test_a_dose_that_is_withheld_stands_nowhere():
    given = Period(AT, AT + timedelta(minutes=40))
    pumped = Rate(Amount(Decimal(317), "mg"), Amount(Decimal(40), "min"))
    part = Segment(Key("1"), given, Amount(Decimal(317), "mg"), pumped)
    drawn = {"volume": Amount(Decimal("6.34"), "mL"), "concentration": Amount(Decimal(50), "mg/mL")}
    event = replace(DOSE, dose=part.dose, route=Route("iv"), given=given, **drawn)
    told = str(built(doses=(replace(event, route=None, segments=(part,)),)))
    assert ("317" in told, "6.34" in told) == (True, True)
    weighed = (VitalSet(Key("pre"), AT, weight=Amount(Decimal(50), "kg")),)
    for rest in ({"rate": pumped}, {"segments": (part,)}):
        with pytest.raises(ImpossibleItemsError) as error:
            built(doses=(replace(event, **rest),), vitals=weighed)
        sent = built(doses=(error.value.instead["1"],), vitals=weighed)
        assert ("317" in str(sent), "6.34" in str(sent)) == (False, False)
        absent = sent["dose"]["dosage"]["dose"]["extension"][0]
        assert (absent["valueCode"], sent["dose"]["effectivePeriod"]["end"]) == ("error", "2026-01-05T10:40:00+00:00")


def test_the_rems_form_answers_its_questionnaire_in_order():
    made = built(rems=RemsForm(first_treatment=False, dose=Amount(Decimal(28), "mg"), serious_event=False))["rems"]
    assert made["questionnaire"] == "https://kapfhir.org/fhir/Questionnaire/rems-monitoring|1.0.0"
    assert [item["linkId"] for item in made["item"]] == ["first-treatment", "dose", "serious-event"]
    assert (made["status"], made["item"][0]["answer"]) == ("in-progress", [{"valueBoolean": False}])


@pytest.mark.parametrize(
    ("name", "before", "after", "fault"),
    [
        ("doses", "    when: packaged\n", "", "'product' must stand above, with a `when`, and read 'drug' back"),
        ("doses", "-> product, else drug", "-> segment, else drug", "takes Medication, not MedicationAdministration"),
        ("doses", "-> product, else drug", "-> product, else drog", "did you mean 'drug'?"),
        ("doses", "status: status\n", "status: -> product, else drug\n", "MedicationAdministration.status is no open choice"),
        ("doses", "extension[amount]", "extension[amont]", "has no extension 'waste.amont'; did you mean 'waste.amount'?"),
        ("after", "  rems:", "  dose:", "DosingSession has a slot 'dose' already, in fhir/dosing_session_after.yaml"),
    ],
)
def test_faults(tmp_path, name, before, after, fault):
    path = tmp_path / "fhir" / f"dosing_session_{name}.yaml"
    path.parent.mkdir()
    text = (MAPS / path.name).read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(MappingError) as error:
        load(MapFolder.over(tmp_path))
    assert fault in "\n".join(map(str, error.value.problems))
