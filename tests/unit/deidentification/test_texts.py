import pytest

from kapfhir.deidentification.texts import check_texts
from kapfhir.errors import ConfigError


@pytest.mark.parametrize(
    "path",
    [
        "Condition.code.text",
        "Observation.valueString",
        "Observation.component.valueString",
        "Procedure.note.text",
        "QuestionnaireResponse.item.answer.valueString",
        "Condition.code.coding.display",
        "Observation.subject.display",
        "HealthcareService.extraDetails",
    ],
)
def test_a_text_that_may_be_named(path):
    assert check_texts([path]) == {path}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("Quokka.code.text", "does not begin with a resource type"),
        ("Binary.data", "does not begin with a resource type"),
        ("Condition", "names a whole resource"),
        ("Condition.kode.text", "R4 has no such element"),
        ("Observation.value[x]", "R4 has no such element"),
        ("Condition.code", "no text but CodeableConcept"),
        ("Patient.birthDate", "no text but date"),
        ("Patient.name.family", "lies in what is never told"),
        ("Patient.name.text", "lies in what is never told"),
        ("Patient.address.city", "lies in what is never told"),
        ("Patient.identifier.value", "lies in what is never told"),
        ("Patient.contact.name.text", "lies in what is never told"),
        ("Patient.text.div", "lies in what is never told"),
        ("DocumentReference.content.attachment.title", "lies in what is never told"),
        ("Coverage.subscriberId", "is never told"),
        ("Device.udiCarrier.carrierHRF", "lies in what is never told"),
        ("Condition.meta.source", "lies in what is never told"),
        ("Condition.id", "is never told"),
        ("Condition.subject.reference", "lies in what is never told"),
        ("Condition.code.coding.version", "lies in what is never told"),
        ("QuestionnaireResponse.item.linkId", "is never told"),
    ],
)
def test_what_is_no_text_or_never_leaves(path, why):
    with pytest.raises(ConfigError, match=why):
        check_texts(["Condition.code.text", path])
