"""Fields as a map sees them."""

from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.doses import DoseEvent
from kapfhir.model.fields import fields_of, is_item
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.model.values import Absent, Amount, Period
from kapfhir.model.vitals import VitalSet


def test_units_unions_and_lists():
    dose = fields_of(DoseEvent)
    assert dose["dose"].types == (Amount, Absent) and dose["dose"].units == ("mg", "ug", "g") and dose["dose"].optional
    assert dose["segments"].many and is_item(dose["segments"].types[0])
    assert fields_of(VitalSet)["heart_rate"].units == ("/min",)
    assert not is_item(Period)


def test_properties_are_derived_and_say_with_what_they_stand():
    score = fields_of(OutcomeAssessment)["score"]
    assert score.derived and score.optional and score.present_with == ("total",)


def test_a_concept_refers_only_to_those_above_it():
    order = list(CONCEPTS)
    for name, concept in CONCEPTS.items():
        for field in fields_of(concept).values():
            if field.refers and field.refers.__name__ in CONCEPTS:
                assert order.index(field.refers.__name__) < order.index(name), f"{name}.{field.name}"


def test_every_concept_is_told_by_its_key():
    assert all(next(iter(fields_of(c))) == "key" for c in CONCEPTS.values())
