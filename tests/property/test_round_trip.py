"""The law of the resource maps: read(build(record)) == record, for every record, byte for byte."""

import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from strategies import CODES, items, records

from kapfhir.fhir.exact import dumps, loads
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.fhir.profile_check import check_claims
from kapfhir.fhir.validate import check
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.concepts import CONCEPTS
from kapfhir.realms import INTERNATIONAL, US_CORE

ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=True)


@cache
def library(realm=INTERNATIONAL):
    return load_library(MapFolder.over(), CODES, load_facts(), replace(ORIGIN, realm=realm))


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_record_comes_back(concept):
    @settings(max_examples=60, deadline=None, database=None)
    @given(items(CONCEPTS[concept]))
    def law(record):
        resources = library().build(record)
        back = library().read(loads(dumps(r)) for r in resources)
        assert back == [record]
        assert repr(back) == repr([record]), "decimals keep their written form"

    law()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_record_comes_back_in_the_realm_of_us_core_and_claims_only_what_holds(concept):
    @settings(max_examples=15, deadline=None, database=None)
    @given(items(CONCEPTS[concept]))
    def law(record):
        resources = library(US_CORE).build(record)
        assert [problem for resource in resources for problem in [*check(resource), *check_claims(resource)]] == []
        assert library(US_CORE).read(loads(dumps(r)) for r in resources) == [record]

    law()


@settings(max_examples=40, deadline=None, database=None)
@given(records())
def test_any_order_and_the_same_bytes(record):
    first, second = library().build(record), library().build(record)
    assert [dumps(r) for r in first] == [dumps(r) for r in second]
    random.Random(1).shuffle(second)
    assert library().read(second) == [record]
    assert len({r["id"] for r in first}) == len(first)
