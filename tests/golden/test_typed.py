"""Everything that is emitted is a resource to fhir.resources too: the second opinion."""

import pytest
from hypothesis import given, settings
from strategies import records

import kapfhir
from kapfhir.data import example_resources
from kapfhir.fhir.exact import dumps, loads

FILES = example_resources("clinic")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_golden_resources_have_a_typed_view(path):
    resources = [loads(line) for line in path.read_bytes().splitlines()]
    assert resources
    for resource in resources:
        model = kapfhir.typed(resource)
        assert model.get_resource_type() == resource["resourceType"]
        assert model.id == resource["id"]


@settings(max_examples=40, deadline=None, database=None)
@given(records())
def test_resources_of_any_record_have_a_typed_view(library, record):
    for resource in library.build(record):
        assert kapfhir.validate(loads(dumps(resource))) == []
        kapfhir.typed(resource)


@pytest.fixture(scope="module")
def library():
    from kapfhir.fhir.facts import load_facts
    from kapfhir.fhir.identity import Origin
    from kapfhir.mapping.codes import Codes
    from kapfhir.mapping.folder import MapFolder
    from kapfhir.mapping.resource.library import load_library

    folder = MapFolder.over()
    return load_library(
        folder,
        Codes(folder),
        load_facts(),
        Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=True),
    )
