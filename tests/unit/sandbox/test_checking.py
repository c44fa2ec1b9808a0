"""Problems of the R4 checks become issues of an OperationOutcome."""

import pytest

from kapfhir.sandbox.checking import check_resource


def test_a_good_resource_has_none(make):
    assert check_resource(make.patient()) == []


@pytest.mark.parametrize(
    ("resource", "code", "place"),
    [
        ({"resourceType": "Patient", "gender": "x"}, "code-invalid", "Patient.gender"),
        ({"resourceType": "Patient", "birthDate": "1980-02-30"}, "value", "Patient.birthDate"),
        ({"resourceType": "Patient", "colour": "red"}, "structure", "Patient.colour"),
        ({"resourceType": "Patient", "name": {}}, "structure", "Patient.name"),
        ({"resourceType": "Patient", "contact": [{"gender": "male"}]}, "invariant", "Patient.contact[0]"),
        ({"resourceType": "Observation", "status": "final"}, "required", "Observation.code"),
    ],
)
def test_a_problem_keeps_its_place_and_gets_an_issue_code(resource, code, place):
    assert (code, place) in [(issue.code, issue.expression) for issue in check_resource(resource)]
