"""Ages over 89 and birth dates, wherever R4 has room for one: by element, by code, by the words of a question."""

from datetime import date
from decimal import Decimal

import pytest

from kapfhir.deidentification.ages import first_year
from kapfhir.deidentification.dates import Dates
from kapfhir.deidentification.pseudonyms import Pseudonyms
from kapfhir.deidentification.resource import Deidentifier
from kapfhir.deidentification.references import Scope
from kapfhir.deidentification.table import age_elements, passes
from kapfhir.deidentification.texts import check_texts
from kapfhir.deidentification.walk import MASKED
from kapfhir.errors import ConfigError
from kapfhir.fhir.facts import load_facts

FACTS = load_facts()
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
YEARS = {"unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}
NO_AGES = {  # a Range of something else; where it may be an age, a code or a question beside it says so
    "Dosage.doseAndRate.dose[x]",
    "Dosage.doseAndRate.rate[x]",
    "Goal.target.detail[x]",
    "Group.characteristic.value[x]",
    "Observation.value[x]",
    "Observation.component.value[x]",
    "PlanDefinition.action.relatedAction.offset[x]",
    "PlanDefinition.goal.target.detail[x]",
    "RiskAssessment.prediction.probability[x]",
    "ServiceRequest.quantity[x]",
    "Timing.repeat.bounds[x]",
    "UsageContext.value[x]",
}


def new():
    return Deidentifier(Pseudonyms(b"1" * 32), Dates("shift", date(2026, 1, 1)))


def walk(node, kind):
    one = new().walk
    return one.element(node, kind, kind, Scope(one.pseudonyms, days=7))


def numbers(node):
    """Every number that is left."""
    if isinstance(node, dict | list):
        return {number for value in (node.values() if isinstance(node, dict) else node) for number in numbers(value)}
    return {node} if isinstance(node, int | Decimal) and not isinstance(node, bool) else set()


def coded(code, system=LOINC, **more):
    return {"coding": [{"system": system, "code": code, **more}]}


def observation(code, **more):
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": code,
        "subject": {"reference": "Patient/1"},
    } | more


def test_every_element_of_r4_that_may_be_an_age_is_known():
    leaving = passes() | {"Dosage", "Timing", "UsageContext"}
    found = set()
    for owner in FACTS._types:
        if owner.partition(".")[0] in leaving:
            for name, element in FACTS.elements(owner).items():
                if name == (element.choice or name) and {"Age", "Range"} & set(element.types):
                    found.add(f"{owner}.{name}")
    assert found == age_elements() | NO_AGES
    assert not age_elements() & NO_AGES


@pytest.mark.parametrize("element", sorted(age_elements()))
def test_an_age_of_90_is_told_by_no_element_in_no_form(element):
    owner, _, name = element.rpartition(".")
    whole = FACTS.elements(owner)[name]
    for bad in (
        {"value": 93},
        {"value": 93, "unit": "{score}"},
        {"value": 1116, "code": "mo", "system": "http://unitsofmeasure.org"},
    ):
        for kind in {"Age", "Range"} & set(whole.types):
            value = bad if kind == "Age" else {"low": bad, "high": bad}
            assert numbers(walk({whole.key(kind): value}, owner)) == set()
            assert "1116" not in str(walk({whole.key(kind): value}, owner))


def test_an_age_of_89_stays_and_more_than_89_does_not():
    for value in ({"value": 89}, {"low": {"value": 70}, "high": {"value": 89}}):
        key = "onsetRange" if "low" in value else "onsetAge"
        assert walk({key: value}, "Condition") == {key: value}
    assert walk({"onsetAge": {"value": 89, "comparator": ">"}}, "Condition") is None
    assert walk({"onsetRange": {"low": {"value": 70}, "high": {"value": 95}}}, "Condition") == {
        "onsetRange": {"low": {"value": 70}}
    }


@pytest.mark.parametrize(
    "code",
    [
        coded("30525-0"),
        coded("30525-0", "urn:oid:2.16.840.1.113883.6.1"),
        coded("63900-5"),
        coded("54141-7"),
        coded("445518008", SNOMED),
        coded("397669002", SNOMED),
        coded("X1", "https://clinic.example", display="Patient age"),
        coded("patient-age", "https://clinic.example"),
        coded("patientAge", "https://clinic.example"),
        {"text": "How old is the patient?"},
        {"text": "AGE AT INTAKE"},
    ],
)
def test_an_observation_of_an_age_by_its_code_or_its_words(code):
    for value in ({"valueInteger": 93}, {"valueQuantity": {"value": Decimal("93.5")}}, {"valueRange": {"high": {"value": 93}}}):
        assert numbers(new().resource(observation(code) | value)) == set()
        part = {"component": [{"code": code} | value]}
        assert numbers(new().resource(observation(coded("44261-6")) | part)) == set()
        held = {"component": [{"code": coded("44261-6")} | value]}
        assert numbers(new().resource(observation(code) | held)) == set(), "the part of an age is one"
    assert new().resource(observation(code, valueInteger=89))["valueInteger"] == 89


@pytest.mark.parametrize("words", ["Average pain", "Stage", "Dosage", "Language", "Percentage", "Management", "Wage"])
def test_words_that_only_look_like_an_age_are_none(words):
    assert new().resource(observation({"text": words}, valueInteger=93))["valueInteger"] == 93


@pytest.mark.parametrize(
    "code",
    [
        coded("21112-8"),
        coded("54124-3"),
        coded("184099003", SNOMED),
        {"text": "Date of birth"},
        coded("birthDate", "https://clinic.example"),
        coded("dob", "https://clinic.example"),
    ],
)
def test_a_birth_date_is_its_year_wherever_it_stands(code):
    born = {"valueDateTime": "1985-04-02"}
    assert new().resource(observation(code) | born)["valueDateTime"] == "1985"
    assert new().resource(observation(code, valueDateTime="1931-02-28"))["_valueDateTime"] == MASKED
    inner = new().resource(observation(coded("44261-6"), component=[{"code": code} | born]))["component"][0]
    assert inner["valueDateTime"] == "1985"
    assert new().resource(observation(code, valuePeriod={"start": "1985-04-02"}))["valuePeriod"] == {"start": "1985"}
    assert new().resource(observation(code, valueInteger=1985))["valueInteger"] == 1985
    assert "dataAbsentReason" in new().resource(observation(code, valueInteger=1931))
    assert "dataAbsentReason" in new().resource(observation(code, valueInteger=402))
    seen = new().resource(observation(code, effectiveDateTime="2025-11-03", valueDateTime="1985-04-02"))
    assert len(seen["effectiveDateTime"]) == 10, "the day on which it was asked is shifted as all days"


@pytest.mark.parametrize(
    "item",
    [
        {"linkId": "/30525-0"},
        {"linkId": "q1", "text": "How old are you?"},
        {"linkId": "age"},
        {"linkId": "q", "definition": "https://c.example/Age"},
    ],
)
def test_an_answer_to_the_question_of_an_age(item):
    for answer in ({"valueInteger": 93}, {"valueDecimal": Decimal("93.5")}, {"valueQuantity": {"value": 93}}):
        assert numbers(walk(item | {"answer": [answer]}, "QuestionnaireResponse.item")) == set()
    deep = item | {"item": [{"linkId": "years", "answer": [{"valueInteger": 93}]}]}
    assert numbers(walk(deep, "QuestionnaireResponse.item")) == set()
    assert walk({"linkId": "vas", "answer": [{"valueInteger": 93}]}, "QuestionnaireResponse.item")["answer"] == [
        {"valueInteger": 93}
    ]


def test_an_answer_to_the_question_of_a_birth_date():
    item = {"linkId": "dob", "answer": [{"valueDate": "1985-04-02"}]}
    assert walk(item, "QuestionnaireResponse.item")["answer"] == [{"valueDate": "1985"}]


@pytest.mark.parametrize(
    ("kind", "node"),
    [
        ("Group.characteristic", {"code": {"text": "age"}, "valueRange": {"low": {"value": 93}}, "exclude": False}),
        ("Goal.target", {"measure": coded("30525-0"), "detailInteger": 93}),
        ("PlanDefinition.goal.target", {"measure": coded("30525-0"), "detailQuantity": {"value": 93}}),
        (
            "UsageContext",
            {
                "code": {"system": "http://terminology.hl7.org/CodeSystem/usage-context-type", "code": "age"},
                "valueQuantity": {"value": 93},
            },
        ),
    ],
)
def test_an_age_said_by_the_code_beside_it(kind, node):
    assert numbers(walk(node, kind)) == set()


def test_a_contained_observation_is_no_other():
    inner = {"resourceType": "Observation", "id": "a", "status": "final", "code": coded("30525-0"), "valueInteger": 93}
    outer = observation(coded("44261-6"), contained=[inner], hasMember=[{"reference": "#a"}])
    out = new().resource(outer)
    assert len(out["contained"]) == 1
    assert numbers(out["contained"]) == set()


def test_an_age_that_was_true_long_ago_tells_the_age_of_today():
    def old(year, value):
        node = observation(coded("30525-0"), effectiveDateTime=f"{year}-05-01", valueInteger=value)
        return "valueInteger" not in new().resource(node)

    assert [old(2010, 73), old(2010, 74), old(2025, 88), old(2025, 89)] == [False, True, False, True]
    onset = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/1"},
        "onsetAge": YEARS | {"value": 60},
        "recordedDate": "1995-06-01",
    }
    assert "onsetAge" not in new().resource(onset)
    assert "onsetAge" in new().resource(onset | {"recordedDate": "1996-06-01", "onsetAge": YEARS | {"value": 59}})


def test_the_first_year_of_a_resource():
    assert (
        first_year({"resourceType": "Observation", "id": "1901", "effectivePeriod": {"start": "2020-01-01"}, "issued": "2021"})
        == 2020
    )
    assert first_year({"resourceType": "Condition", "onsetDateTime": "1950", "recordedDate": "2020"}) == 2020
    assert first_year({"resourceType": "PlanDefinition", "date": "2010"}) is None
    assert first_year({"resourceType": "Observation", "valueDateTime": "1985"}) is None


def test_no_text_that_may_be_an_age_can_be_kept():
    for path in ("Condition.onsetString", "FamilyMemberHistory.ageString", "Procedure.performedString"):
        with pytest.raises(ConfigError, match="it may tell an age"):
            check_texts([path])
    one = Deidentifier(Pseudonyms(b"1" * 32), Dates("shift", date(2026, 1, 1)), frozenset(["Observation.valueString"]))
    assert "valueString" in one.resource(observation(coded("44261-6"), valueString="93"))
    assert "valueString" not in one.resource(observation(coded("30525-0"), valueString="93"))


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "1E+999999999", "1E-999999999"])
def test_a_number_that_can_not_be_reckoned_with_goes(number):
    for value in ({"valueInteger": Decimal(number)}, {"valueQuantity": {"value": Decimal(number), "unit": "a"}}):
        assert numbers(new().resource(observation(coded("30525-0")) | value)) == set()


@pytest.mark.parametrize(
    "words",
    [
        "What is your ZIP code?",
        "MRN",
        "Chart number",
        "chartNumber",
        "Patient ID",
        "Phone (last four)",
        "latitude",
        "Account no.",
        "Room number",
        "License plate",
        "Member-ID",
    ],
)
def test_a_number_of_a_person_goes_by_the_words_beside_it(words):
    for value in ({"valueInteger": 90210}, {"valueDecimal": Decimal("34.0522")}, {"valueQuantity": {"value": 90210}}):
        item = {"linkId": "q", "text": words, "answer": [value]}
        assert numbers(walk(item, "QuestionnaireResponse.item")) == set()
        assert numbers(walk({"linkId": "q", "item": [item]}, "QuestionnaireResponse.item")) == set()
        if "valueDecimal" not in value:
            assert numbers(new().resource(observation({"text": words}) | value)) == set()


@pytest.mark.parametrize(
    "words", ["Number of doses", "Heart rate", "Recording", "Platelets", "Dose number", "Pain", "Session number", "Spin"]
)
def test_words_of_a_reading_are_none_of_a_number_of_a_person(words):
    assert new().resource(observation({"text": words}, valueInteger=93))["valueInteger"] == 93
