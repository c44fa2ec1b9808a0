"""A refusal says status, issues and place."""

from kapfhir.sandbox.outcome import Issue, Refusal, build_notice, refuse


def test_a_refusal_becomes_an_operation_outcome():
    refusal = refuse(422, "required", "status is missing", "Observation.status")
    assert refusal.outcome() == {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "error", "code": "required", "diagnostics": "status is missing", "expression": ["Observation.status"]}
        ],
    }
    assert str(refusal) == "422: status is missing"


def test_an_issue_without_an_element_has_no_expression():
    assert "expression" not in Issue("value", "no").to_fhir()


def test_a_refusal_is_told_from_its_bundle():
    refusal = Refusal(422, [Issue("value", "a", "Patient.name[0].given"), Issue("value", "b"), Issue("value", "c", "Patient")])
    places = [issue.expression for issue in refusal.within("Bundle.entry[3]").issues]
    assert places == ["Bundle.entry[3].resource.name[0].given", "Bundle.entry[3]", "Bundle.entry[3].resource"]


def test_a_placed_refusal_keeps_its_place():
    refusal = refuse(400, "value", "a", "Bundle.entry[1].request.url").within("Bundle.entry[3]")
    assert refusal.issues[0].expression == "Bundle.entry[1].request.url"


def test_a_notice_is_information():
    assert build_notice("done")["issue"][0]["severity"] == "information"
