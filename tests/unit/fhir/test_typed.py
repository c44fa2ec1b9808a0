"""fhir.resources models, held to R4."""

import subprocess
import sys
from pathlib import Path

import pytest

from kapfhir.errors import ResourceError
from kapfhir.fhir import exact
from kapfhir.fhir.typed import typed

RIGHT = [exact.loads(line) for line in (Path(__file__).parent / "data" / "right.ndjson").read_bytes().splitlines()]


def test_right_resources_have_a_model():
    for resource in RIGHT:
        assert type(typed(resource)).__name__ == resource["resourceType"]


def test_attributes_are_those_of_the_resource():
    assert typed({"resourceType": "Patient", "gender": "female"}).gender == "female"


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Ingredient"},
        {"resourceType": "MedicinalProduct"},
        {"resourceType": 1},
        {},
        {"resourceType": "Patient", "contained": [{"resourceType": "Ingredient"}]},
        {"resourceType": "Patient", "extension": [{"url": "http://x.org/a", "valueRatioRange": {}}]},
        {"resourceType": "Patient", "extension": [{"url": "http://x.org/a", "valueCodeableReference": {}}]},
        {"resourceType": "Patient", "extension": [{"url": "http://x.org/a", "valueMeta": {"source": "x"}}]},
        {"resourceType": "Patient", "birthDate": "Zacharias"},
        {"resourceType": "Encounter", "status": "finished", "class": [{"code": "Zacharias"}]},
    ],
)
def test_what_is_not_r4_is_refused_without_its_values(resource):
    with pytest.raises(ResourceError) as caught:
        typed(resource)
    assert "Zacharias" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_only_r4b_models_are_imported_and_only_when_asked():
    code = (
        "import sys, kapfhir.fhir.typed as t; before = 'fhir' in sys.modules or 'pydantic' in sys.modules; "
        "t.typed({'resourceType': 'Patient', 'active': True}); "
        "print(before, [m for m in sys.modules if m == 'fhir.resources.patient'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    assert done.stdout.split() == ["False", "[]"]
