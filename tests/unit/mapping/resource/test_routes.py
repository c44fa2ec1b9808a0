from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.routes import Route, find_routes


def elements(concept, *path):
    return [r.element for r in find_routes(MapFolder.over(), concept) if r.takes(path)]


def test_a_field_of_the_record():
    assert elements("Patient", "birth_date") == ["Patient.birthDate"]


def test_a_key_goes_to_every_identifier():
    assert elements("Practitioner", "key") == ["Practitioner.identifier", "PractitionerRole.identifier"]


def test_a_field_of_an_item_and_of_its_owner():
    assert "MedicationAdministration.dosage.rateRatio" in elements("DosingSession", "doses", "rate", "amount")
    assert "MedicationAdministration.subject" in elements("DosingSession", "patient")


def test_an_item_inside_a_resource():
    assert "QuestionnaireResponse.item.answer.value[x]" in elements("OutcomeAssessment", "answers", "value")


def test_a_way_is_taken_by_the_field_and_by_its_parts():
    route = Route(("doses", "given"), "x", "y")
    assert route.takes(("doses", "given", "start"))
    assert route.takes(("doses", "given"))
    assert not route.takes(("doses", "drug"))
