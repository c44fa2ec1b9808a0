"""What profiles of US Core ask for, and what stands in for an element that nobody knows."""

import json
from pathlib import Path

import pytest

from kapfhir.fhir.compile_profiles import compile_profiles
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.profile_check import check_claims, check_file_claims
from kapfhir.fhir.profile_rules import ANSWERS, RULES, has
from kapfhir.fhir.profiles import DATA, Need, Profile, load_profiles, stand_in

PACKAGE = Path(__file__).resolve().parents[3] / "ig" / "packages" / "hl7.fhir.us.core-6.1.0.tgz"
SURVEY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "https://clinic.example/kap", "value": "1"}],
    "name": [{"family": "Example"}],
    "gender": "unknown",
}


def test_the_shipped_file_is_what_the_package_says():
    assert compile_profiles(PACKAGE, load_facts()) == json.loads(DATA.read_bytes())


def test_every_rule_of_the_profiles_is_known():
    rules = {need.value.partition(" ")[0] for p in load_profiles().values() for need in p.needs if need.kind == "rule"}
    assert rules - RULES.keys() == {"us-core-18", "us-core-19"}, "of identifiers that no clinic of ours has"
    assert ANSWERS.keys() <= RULES.keys()


@pytest.mark.parametrize(
    ("need", "meets", "fails"),
    [
        (Need("there", "gender"), {"gender": "male"}, {}),
        (Need("there", "gender"), {"_gender": {"extension": []}}, {}),
        (Need("there", "effective[x]"), {"effectivePeriod": {}}, {"status": "final"}),
        (Need("there", "name.family"), {"name": [{"family": "A"}]}, {"name": [{"family": "A"}, {"given": ["B"]}]}),
        (
            Need("some", "category", SURVEY),
            {"category": [{"text": "x"}, SURVEY]},
            {"category": [{"coding": [{"code": "survey"}]}]},
        ),
        (
            Need("some", "category", {"codes": {"s": "a b"}}),
            {"category": [{"coding": [{"system": "s", "code": "b"}]}]},
            {"category": [{"coding": [{"system": "t", "code": "b"}]}]},
        ),
        (
            Need("like", "code", {"coding": [{"code": "x"}]}),
            {"code": {"coding": [{"code": "x"}]}},
            {"code": {"coding": [{"code": "y"}]}},
        ),
        (Need("codes", "type", {"s": ""}), {"type": {"coding": [{"system": "s", "code": "any"}]}}, {"type": {"text": "words"}}),
        (Need("codes", "text.status", {"s": "generated"}), {"text": {"status": "generated"}}, {"text": {"status": "empty"}}),
        (Need("most", "context.encounter", 1), {"context": {"encounter": [{}]}}, {"context": {"encounter": [{}, {}]}}),
        (Need("types", "effective[x]", ["dateTime"]), {"effectiveDateTime": "2026"}, {"effectiveInstant": "2026"}),
        (Need("targets", "subject", ["Patient"]), {"subject": {"reference": "Patient/1"}}, {"subject": {"reference": "Group/1"}}),
        (Need("rule", "", "us-core-2"), {"valueString": "x"}, {"note": []}),
        (Need("rule", "", "us-core-7"), {"status": "not-done"}, {"status": "completed"}),
        (Need("rule", "", "us-core-21"), {"intent": "plan"}, {"intent": "order"}),
        (Need("rule", "", "pd-1"), {"telecom": [{}]}, {"code": []}),
        (Need("rule", "", "us-core-13"), {"location": [{}]}, {}),
        (Need("rule", "", "us-core-14"), {"name": [{}]}, {}),
        (Need("rule", "name", "us-core-6"), {"name": [{"given": ["A"]}]}, {"name": [{"text": "A"}]}),
        (Need("rule", "effective[x]", "us-core-1"), {"effectiveDateTime": "2026-01-05"}, {"effectiveDateTime": "2026-01"}),
        (
            Need("rule", "", "us-core-3"),
            {"valueQuantity": {"system": "http://unitsofmeasure.org"}},
            {"valueQuantity": {"system": "http://other.example"}},
        ),
        (
            Need("rule", "identifier", 'us-core-17 {"system": "http://hl7.org/fhir/sid/us-npi"}'),
            {"identifier": [{"system": "x", "value": "1"}, {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}]},
            {"identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567890"}]},
        ),
        (
            Need("rule", "content.attachment", "us-core-6-attachment"),
            {"content": [{"attachment": {"contentType": "text/plain", "data": "aGk="}}]},
            {"content": [{"attachment": {"title": "x"}}]},
        ),
    ],
)
def test_a_need_is_met_or_not(need, meets, fails):
    assert need.met(meets)
    assert not need.met(fails)


def test_a_choice_is_there_under_any_of_its_names():
    assert has({"valueQuantity": {}}, "value[x]")
    assert has({"_valueDateTime": {}}, "value[x]")
    assert not has({"note": []}, "value[x]")


@pytest.mark.parametrize(
    ("kind", "need", "key"),
    [
        ("Procedure", Need("rule", "", "us-core-7"), "_performedDateTime"),
        ("MedicationRequest", Need("rule", "", "us-core-21"), "requester"),
        ("Observation", Need("rule", "", "us-core-2"), "dataAbsentReason"),
        ("Condition", Need("there", "code"), "code"),
        ("Patient", Need("there", "name"), "name"),
        ("QuestionnaireResponse", Need("there", "authored"), "_authored"),
        ("Patient", Need("there", "gender"), None),
        ("Patient", Need("there", "identifier"), None),
        ("CareTeam", Need("there", "participant"), None),
        ("RelatedPerson", Need("there", "active"), None),
        ("Practitioner", Need("there", "name.family"), None),
        ("PractitionerRole", Need("rule", "", "pd-1"), None),
        ("Observation", Need("like", "code", {}), None),
    ],
)
def test_what_stands_in_for_what_nobody_knows(kind, need, key):
    found = stand_in(need, Profile("p", "http://p.example", kind, (need,)), load_facts())
    assert (found and found[0]) == key
    if found:
        assert need.met({"status": "completed", "intent": "order", found[0]: found[1]})
        assert "unknown" in json.dumps(found[1])


def test_a_code_of_a_required_binding_must_be_known():
    profile = load_profiles()["us-core-documentreference"]
    assert stand_in(Need("there", "type"), profile, load_facts()) is None


def claiming(**changes):
    return PATIENT | {"meta": {"profile": [load_profiles()["us-core-patient"].url]}} | changes


def test_a_claim_that_holds_and_one_that_does_not():
    assert list(check_claims(claiming())) == []
    [problem] = check_claims({k: v for k, v in claiming().items() if k != "gender"})
    assert (problem.code, problem.column, problem.severity) == ("not-satisfied", "Patient.gender", "error")
    [problem] = check_claims(claiming() | {"resourceType": "Group"})
    assert problem.column == "Group.meta.profile"


def test_claims_in_files(tmp_path):
    lines, bundle, broken = tmp_path / "a.ndjson", tmp_path / "b.json", tmp_path / "c.json"
    bad = claiming(name=[{"text": "words"}])
    lines.write_text(f"{json.dumps(claiming())}\n\n{json.dumps(bad)}\n", encoding="utf-8")
    bundle.write_text(json.dumps({"resourceType": "Bundle", "entry": [{"resource": bad}]}), encoding="utf-8")
    broken.write_text("{", encoding="utf-8")
    assert [(p.line, p.column) for p in check_file_claims(lines)] == [(3, "Patient.name")]
    assert [p.column for p in check_file_claims(bundle)] == ["Patient.name"]
    assert list(check_file_claims(broken)) == []
    assert list(check_file_claims(tmp_path / "nowhere.json")) == []
    assert "words" not in str(list(check_file_claims(lines)))
