"""Each invariant, once broken and once kept. A rule without a row here is a failure."""

from decimal import Decimal as D

import pytest

from kapfhir.fhir.rules import types  # noqa: F401 - registers the rules
from kapfhir.fhir.rules.invariants import RULES, has
from kapfhir.fhir.rules.invariants_datatypes import is_in_order

UCUM = "http://unitsofmeasure.org"
THO = "http://terminology.hl7.org/CodeSystem/"
X = {"text": "x"}


def concept(system, code):
    return {"coding": [{"system": THO + system, "code": code}]}


ERROR = concept("condition-ver-status", "entered-in-error")
ALLERGY_ERROR = concept("allergyintolerance-verification", "entered-in-error")
PROBLEM = [concept("condition-category", "problem-list-item")]
PERCENT = {"value": 1, "system": UCUM, "code": "%"}
ELEMENT = {"id": "Patient", "path": "Patient", "definition": "x", "min": 0, "max": "*", "base": {}}
NAMED = "Questionnaire PlanDefinition StructureDefinition CodeSystem ValueSet".split()


def structure(*elements, **more):
    return {"type": "Patient", "kind": "resource", "derivation": "constraint", "snapshot": {"element": list(elements)}, **more}


ROWS = [  # types, key, broken, kept
    ("Quantity Age Duration Count Distance", "qty-3", {"code": "mg"}, {"code": "mg", "system": UCUM}),
    (
        "Quantity Age Duration Count Distance Coding",
        "bad-unit",
        {"code": "mcg", "system": UCUM},
        {"code": "mcg", "system": "http://x.org"},
    ),
    ("Quantity Age Duration Count Distance Coding Identifier", "relative-system", {"system": "x"}, {"system": "urn:oid:1.2"}),
    ("ActivityDefinition " + " ".join(NAMED), "relative-url", {"url": "ValueSet/x"}, {"url": "https://x.org/ValueSet/x"}),
    ("Meta", "duplicate-label", {"security": [{"code": "R"}, {"code": "R"}]}, {"security": [{"code": "R"}, {"code": "V"}]}),
    ("Duration", "drt-1", {"code": "h", "system": UCUM}, {"code": "h", "system": UCUM, "value": 1}),
    ("Age", "age-1", {"value": 1}, {"value": 1, "code": "a", "system": UCUM}),
    ("Age", "age-1", {"value": 0, "code": "a", "system": UCUM}, {"code": "a"}),
    ("Count", "cnt-3", {"value": D("1.5"), "code": "1"}, {"value": D("2.0"), "code": "1", "system": UCUM}),
    ("Distance", "dis-1", {"value": 1}, {"value": 1, "code": "m", "system": UCUM}),
    ("Period", "per-1", {"start": "2026-02-01", "end": "2026-01-31"}, {"start": "2026-01", "end": "2026-01"}),
    (
        "Range",
        "rng-2",
        {"low": {"value": 2}, "high": {"value": 1}},
        {"low": {"value": 2, "unit": "g"}, "high": {"value": 1, "unit": "kg"}},
    ),
    (
        "Range",
        "rng-2",
        {"low": {"value": 25, "code": "h", "system": UCUM}, "high": {"value": 1, "code": "d", "system": UCUM}},
        {"low": {"value": 24, "code": "h", "system": UCUM}, "high": {"value": 1, "code": "d", "system": UCUM}},
    ),
    ("Appointment.participant", "app-1", {"status": "accepted"}, {"actor": {}}),
    ("Appointment", "app-2", {"start": "x"}, {"start": "x", "end": "y"}),
    ("Appointment", "app-3", {"status": "booked", "start": "x"}, {"status": "proposed"}),
    ("Appointment", "app-4", {"status": "booked", "cancelationReason": {}}, {"status": "noshow", "cancelationReason": {}}),
    ("Ratio", "rat-1", {"numerator": {}}, {"numerator": {}, "denominator": {}}),
    ("Ratio", "rat-1", {"id": "x"}, {"extension": []}),
    ("Attachment", "attachment-size", {"data": "eHg=", "size": 3}, {"data": "eHg=", "size": 2}),
    ("Attachment", "att-1", {"data": "eHg="}, {"data": "eHg=", "contentType": "text/plain"}),
    ("ContactPoint", "cpt-2", {"value": "1"}, {"value": "1", "system": "phone"}),
    (
        "Identifier",
        "not-a-uri",
        {"system": "urn:ietf:rfc:3986", "value": "1"},
        {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2"},
    ),
    ("Timing.repeat", "tim-1", {"duration": 1}, {"duration": 1, "durationUnit": "h"}),
    ("Timing.repeat", "tim-2", {"period": 1}, {"period": 1, "periodUnit": "h"}),
    ("Timing.repeat", "tim-4", {"duration": -1}, {"duration": D("0.0")}),
    ("Timing.repeat", "tim-5", {"period": D("-0.1")}, {"period": 1}),
    ("Timing.repeat", "tim-6", {"periodMax": 1}, {"periodMax": 1, "period": 1}),
    ("Timing.repeat", "tim-7", {"durationMax": 1}, {"durationMax": 1, "duration": 1}),
    ("Timing.repeat", "tim-8", {"countMax": 1}, {"countMax": 1, "count": 1}),
    ("Timing.repeat", "tim-9", {"offset": 1, "when": ["CM"]}, {"offset": 1, "when": ["HS"]}),
    ("Timing.repeat", "tim-10", {"timeOfDay": [], "when": []}, {"when": []}),
    ("Expression", "exp-1", {"language": "x"}, {"reference": "x"}),
    ("DataRequirement.codeFilter", "drq-1", {"path": "x", "searchParam": "y"}, {"path": "x"}),
    ("DataRequirement.dateFilter", "drq-2", {"id": "x"}, {"searchParam": "x"}),
    ("TriggerDefinition", "trd-1", {"data": [], "timingDate": "2026"}, {"data": []}),
    ("TriggerDefinition", "trd-2", {"condition": {}}, {"condition": {}, "data": []}),
    ("TriggerDefinition", "trd-3", {"type": "named-event"}, {"type": "periodic", "timingDate": "2026"}),
    ("Organization", "org-1", {"active": True}, {"name": "x"}),
    ("Organization", "org-2", {"address": [{"use": "home"}]}, {"address": [{"use": "work"}]}),
    ("Organization", "org-3", {"telecom": [{"use": "home"}]}, {"telecom": [{"use": "work"}]}),
    ("Patient.contact", "pat-1", {"gender": "male"}, {"organization": {}}),
    ("Condition", "con-3", {"category": PROBLEM}, {"category": PROBLEM, "verificationStatus": ERROR}),
    (
        "Condition",
        "con-4",
        {"abatementAge": {}},
        {"abatementAge": {}, "clinicalStatus": concept("condition-clinical", "remission")},
    ),
    ("Condition", "con-5", {"clinicalStatus": X, "verificationStatus": ERROR}, {"verificationStatus": ERROR}),
    ("Condition.stage", "con-1", {"type": X}, {"summary": X}),
    ("Condition.evidence", "con-2", {"id": "x"}, {"code": [X]}),
    ("CarePlan.activity", "cpl-3", {"reference": {}, "detail": {}}, {"detail": {}}),
    ("MedicationAdministration.dosage", "mad-1", X, {"rateRatio": {}}),
    ("Observation", "obs-6", {"dataAbsentReason": X, "valueString": "x"}, {"dataAbsentReason": X}),
    (
        "Observation",
        "obs-7",
        {"valueString": "x", "code": concept("a", "b"), "component": [{"code": concept("a", "b")}]},
        {"valueString": "x", "code": concept("a", "b"), "component": [{"code": concept("a", "c")}]},
    ),
    ("Observation.referenceRange", "obs-3", {"type": X}, X),
    ("Consent", "ppc-1", {"status": "active"}, {"policyRule": X}),
    ("Goal.target", "gol-1", {"detailString": "x"}, {"detailString": "x", "measure": X}),
    ("AllergyIntolerance", "ait-1", {"code": X}, {"verificationStatus": ALLERGY_ERROR}),
    ("AllergyIntolerance", "ait-2", {"clinicalStatus": X, "verificationStatus": ALLERGY_ERROR}, {"clinicalStatus": X}),
    (
        "CareTeam.participant",
        "ctm-1",
        {"onBehalfOf": {}, "member": {"reference": "Patient/x"}},
        {"onBehalfOf": {}, "member": {"reference": "https://x.org/Practitioner/x"}},
    ),
    ("RiskAssessment.prediction", "ras-1", {"probabilityRange": {"low": {"value": 1}}}, {"probabilityRange": {"low": PERCENT}}),
    ("RiskAssessment.prediction", "ras-2", {"probabilityDecimal": D("100.1")}, {"probabilityDecimal": 100}),
    ("List", "lst-1", {"emptyReason": X, "entry": []}, {"emptyReason": X}),
    ("List", "lst-2", {"mode": "working", "entry": [{"deleted": True}]}, {"mode": "changes", "entry": [{"deleted": True}]}),
    ("List", "lst-3", {"mode": "changes", "entry": [{"date": "2026"}]}, {"mode": "working", "entry": [{"date": "2026"}]}),
    ("Composition.section", "cmp-1", {"title": "x"}, {"section": []}),
    ("Composition.section", "cmp-2", {"emptyReason": X, "entry": []}, {"entry": []}),
    ("QuestionnaireResponse.item", "qrs-1", {"answer": [], "item": []}, {"answer": []}),
    *[
        (name, key, {"name": "a b"}, {"name": "Ab_1"})
        for name, key in zip(NAMED, ["que-0", "pdf-0", "sdf-0", "csd-0", "vsd-0"], strict=True)
    ],
    (
        "Questionnaire",
        "que-2",
        {"item": [{"linkId": "1", "item": [{"linkId": "1"}]}]},
        {"item": [{"linkId": "1"}, {"linkId": "2"}]},
    ),
    ("Questionnaire.item", "que-1", {"type": "group"}, {"type": "group", "item": []}),
    ("Questionnaire.item", "que-1", {"type": "display", "item": []}, {"type": "display"}),
    ("Questionnaire.item", "que-3", {"type": "display", "code": []}, {"type": "string", "code": []}),
    ("Questionnaire.item", "que-4", {"answerOption": [], "answerValueSet": "x"}, {"answerOption": []}),
    ("Questionnaire.item", "que-5", {"type": "boolean", "answerOption": []}, {"type": "choice", "answerOption": []}),
    ("Questionnaire.item", "que-6", {"type": "display", "repeats": True}, {"type": "string", "required": True}),
    ("Questionnaire.item", "que-8", {"type": "group", "initial": []}, {"type": "string", "initial": []}),
    ("Questionnaire.item", "que-9", {"type": "display", "readOnly": True}, {"type": "string", "readOnly": True}),
    ("Questionnaire.item", "que-10", {"type": "date", "maxLength": 1}, {"type": "string", "maxLength": 1}),
    ("Questionnaire.item", "que-11", {"answerOption": [], "initial": []}, {"initial": []}),
    ("Questionnaire.item", "que-12", {"enableWhen": [{}, {}]}, {"enableWhen": [{}]}),
    ("Questionnaire.item", "que-13", {"initial": [{}, {}]}, {"initial": [{}, {}], "repeats": True}),
    (
        "Questionnaire.item.enableWhen",
        "que-7",
        {"operator": "exists", "answerString": "x"},
        {"operator": "exists", "answerBoolean": True},
    ),
    ("CodeSystem", "csd-1", {"concept": [{"code": "a", "concept": [{"code": "a"}]}]}, {"concept": [{"code": "a"}]}),
    ("ValueSet.compose.include", "vsd-1", {"version": "x"}, {"system": "x"}),
    ("ValueSet.compose.include", "vsd-2", {"concept": [], "valueSet": []}, {"concept": [], "system": "x"}),
    ("ValueSet.compose.include", "vsd-3", {"concept": [], "filter": []}, {"filter": []}),
    ("ValueSet.expansion.contains", "vsd-6", {"system": "x"}, {"display": "x"}),
    ("ValueSet.expansion.contains", "vsd-9", {"display": "x"}, {"abstract": True}),
    ("ValueSet.expansion.contains", "vsd-10", {"code": "x"}, {"code": "x", "system": "x"}),
    ("StructureDefinition", "sdf-1", structure(ELEMENT, ELEMENT, derivation="specialization"), structure(ELEMENT, ELEMENT)),
    ("StructureDefinition", "sdf-4", {"abstract": False}, {"baseDefinition": "x"}),
    ("StructureDefinition", "sdf-5", {"type": "Extension"}, {"type": "Extension", "context": []}),
    ("StructureDefinition", "sdf-6", {"type": "x"}, {"differential": {}}),
    ("StructureDefinition", "sdf-11", structure(ELEMENT, type="Group"), structure(ELEMENT)),
    ("StructureDefinition", "sdf-14", structure({"path": "Patient"}), structure(ELEMENT)),
    ("StructureDefinition", "sdf-16", structure(ELEMENT, ELEMENT), structure(ELEMENT)),
    (
        "StructureDefinition",
        "sdf-17",
        {"differential": {"element": [ELEMENT, ELEMENT]}},
        {"differential": {"element": [ELEMENT]}},
    ),
    ("StructureDefinition", "sdf-18", {"type": "Patient", "contextInvariant": []}, {"type": "Extension", "contextInvariant": []}),
    ("StructureDefinition", "sdf-23", structure({**ELEMENT, "sliceName": "x"}), structure(ELEMENT)),
    ("StructureDefinition.mapping", "sdf-2", {"identity": "x"}, {"uri": "x"}),
    ("StructureDefinition.snapshot", "sdf-3", {"element": [{"path": "x"}]}, {"element": [ELEMENT]}),
    ("StructureDefinition.snapshot", "sdf-8b", {"element": [{"path": "x"}]}, {"element": [ELEMENT]}),
    ("ElementDefinition", "eld-2", {"min": 2, "max": "1"}, {"min": 2, "max": "*"}),
    ("ElementDefinition", "eld-6", {"fixedCode": "x", "type": [{}, {}]}, {"fixedCode": "x", "type": [{}]}),
    ("ElementDefinition", "eld-7", {"patternCode": "x", "type": [{}, {}]}, {"patternCode": "x"}),
    ("ElementDefinition", "eld-8", {"patternCode": "x", "fixedCode": "x"}, {"fixedCode": "x"}),
    ("ElementDefinition", "eld-13", {"type": [{"code": "x"}, {"code": "x"}]}, {"type": [{"code": "x"}]}),
    ("ElementDefinition", "eld-14", {"constraint": [{"key": "x"}, {"key": "x"}]}, {"constraint": [{"key": "x"}]}),
    ("ElementDefinition", "eld-16", {"sliceName": "a b"}, {"sliceName": "a/b@c"}),
    ("ElementDefinition", "eld-18", {"isModifier": True}, {"isModifier": True, "isModifierReason": "x"}),
    ("ElementDefinition", "eld-22", {"sliceIsConstraining": True}, {"sliceIsConstraining": True, "sliceName": "x"}),
    ("ElementDefinition.slicing", "eld-1", {"rules": "open"}, {"description": "x"}),
]
CASES = [(name, key, broken, kept) for names, key, broken, kept in ROWS for name in names.split()]


def keeps(name, key, node):
    rules = [r for r in RULES[name] if r.key == key]
    assert len(rules) == 1
    return not all(has(node, need) for need in rules[0].needs) or rules[0].holds(node)


@pytest.mark.parametrize(("name", "key", "broken", "kept"), CASES, ids=[f"{n}-{k}" for n, k, _, _ in CASES])
def test_each_invariant(name, key, broken, kept):
    assert not keeps(name, key, broken)
    assert keeps(name, key, kept)


def test_no_invariant_is_left_out():
    assert {(name, rule.key) for name, rules in RULES.items() for rule in rules} == {(name, key) for name, key, _, _ in CASES}


def test_a_rule_by_keys_asks_for_keys_only():
    by_keys = {(name, r.key): r for name, rules in RULES.items() for r in rules if r.by_keys}
    for name, key, broken, kept in CASES:
        if (name, key) in by_keys:
            assert keeps(name, key, dict.fromkeys(broken)) is False
            assert keeps(name, key, dict.fromkeys(kept)) is True


@pytest.mark.parametrize(
    ("start", "end", "in_order"),
    [
        ("2026-01-05T10:00:00-08:00", "2026-01-05T10:00:00-08:00", True),
        ("2026-01-05T10:00:00-08:00", "2026-01-05T19:00:00+01:00", True),
        ("2026-01-05T10:00:00-08:00", "2026-01-05T18:59:59+01:00", False),
        ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00.5Z", True),
        ("2026-01-05T10:00:00.51Z", "2026-01-05T10:00:00.5Z", False),
        ("2026-01-05T23:59:60Z", "2026-01-06T00:00:00Z", True),
        ("2026-01-05", "2026-01-05T10:00:00Z", False),
        ("2026-01-04", "2026-01-05T10:00:00Z", True),
        ("2026-01", "2026-02-01", True),
        ("2026", "2026-02", False),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00", True),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59-13:00", False),
    ],
)
def test_order_in_time(start, end, in_order):
    assert is_in_order(start, end) is in_order
