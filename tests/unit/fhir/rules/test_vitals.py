"""A code alone brings a vital-signs profile into force."""

import copy

import pytest

from kapfhir.fhir.rules.vitals import PROFILES, find_vital_faults, keeps_vitals

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def coded(*codes, system=LOINC):
    return {"coding": [{"system": system, "code": c} for c in codes]}


def quantity(code, value=1):
    return {"value": value, "unit": code, "system": UCUM, "code": code}


def vital(*codes, **more):
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [coded("vital-signs", system="http://terminology.hl7.org/CodeSystem/observation-category")],
        "code": coded(*codes),
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-01-05",
        **more,
    }


HEART = vital("8867-4", valueQuantity=quantity("/min"))
PRESSURE = vital(
    "85354-9",
    component=[
        {"code": coded("8480-6"), "valueQuantity": quantity("mm[Hg]")},
        {"code": coded("8462-4"), "dataAbsentReason": {"text": "unknown"}},
    ],
)
GOOD = [
    HEART,
    PRESSURE,
    vital("59408-5", "2708-6", valueQuantity=quantity("%")),
    vital("29463-7", valueQuantity=quantity("[lb_av]")),
    vital("3141-9", "29463-7", valueQuantity=quantity("kg")),
    vital("9279-1", valueQuantity=quantity("/min")),
    vital("8310-5", valueQuantity=quantity("Cel")),
    vital("8302-2", valueQuantity=quantity("cm")),
    vital("39156-5", valueQuantity=quantity("kg/m2")),
    vital("8867-4", dataAbsentReason={"text": "x"}),
    vital("85353-1", hasMember=[{"reference": "Observation/x"}]),
    {"resourceType": "Observation", "code": coded("44261-6")},
    {"resourceType": "Observation", "code": {"text": "x"}},
]


def without(node, *keys):
    return {k: v for k, v in node.items() if k not in keys}


def codes(observation):
    return sorted({code for _, code, _ in find_vital_faults(observation)})


@pytest.mark.parametrize("observation", GOOD, ids=lambda o: str(o["code"].get("coding", [{}])[-1].get("code")))
def test_right_vitals(observation):
    assert codes(observation) == []
    assert keeps_vitals(observation)


BAD = [
    (without(HEART, "category"), ["vital-category"]),
    (without(HEART, "subject"), ["missing-element"]),
    (without(HEART, "effectiveDateTime"), ["missing-element"]),
    (without(HEART, "valueQuantity"), ["vs-2"]),
    ({**HEART, "effectiveDateTime": "2026-01"}, ["vs-1"]),
    ({**HEART, "subject": {"reference": "Group/g"}}, ["wrong-target"]),
    ({**HEART, "valueQuantity": quantity("{beats}/min")}, ["vital-unit"]),
    ({**HEART, "valueQuantity": without(quantity("/min"), "unit", "value")}, ["missing-element"]),
    ({**without(HEART, "valueQuantity"), "valueSampledData": {}}, ["vital-value"]),
    ({**HEART, "component": [{"code": coded("x")}]}, ["vs-3"]),
    (vital("59408-5", valueQuantity=quantity("%")), ["vital-code"]),
    (vital("8480-6", valueQuantity=quantity("mm[Hg]")), ["vital-code", "vital-component", "vital-value"]),
    (vital("271649006", valueQuantity=quantity("mm[Hg]")), []),  # a SNOMED CT code with LOINC's system implies nothing
    ({**PRESSURE, "component": PRESSURE["component"][:1]}, ["vital-component"]),
    ({**PRESSURE, "valueQuantity": quantity("mm[Hg]")}, ["vital-value"]),
    ({**PRESSURE, "component": [*PRESSURE["component"], PRESSURE["component"][0]]}, ["vital-component"]),
    (vital("85353-1", valueQuantity=quantity("1")), ["missing-element", "vital-value"]),
    (without(vital("39156-5", dataAbsentReason={"text": "x"}), ""), ["missing-element"]),
]


@pytest.mark.parametrize(("observation", "expected"), BAD)
def test_wrong_vitals(observation, expected):
    assert codes(observation) == expected
    assert keeps_vitals(observation) == (not expected)


def test_snomed_codes_imply_a_profile_too():
    observation = {**copy.deepcopy(PRESSURE), "code": coded("271649006", system="http://snomed.info/sct")}
    assert codes(observation) == ["vital-code"]


def test_every_profile_knows_its_own_code():
    assert all(p.code in p.loinc for p in PROFILES)
    assert len({p.name for p in PROFILES}) == 10
