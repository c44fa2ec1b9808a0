"""What was said in psychotherapy stays: a field that stays with the clinic is in no resource and in no repr, whatever its record is."""

from dataclasses import fields, is_dataclass, replace
from functools import cache

import pytest
from hypothesis import given, settings
from strategies import CODES, items

from kapfhir.fhir.exact import dumps
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import STAYS, fields_of
from kapfhir.model.privacy import kept_fields

SECRET = "Axolotl"
ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=True)
PRIVATE = {  # concept -> the fields of it, or of its parts, that hold what was said
    "DosingSession": {"therapy.target", "therapy.notes"},
    "IntegrationSession": {"insights"},
    "PreparationSession": {"insights"},
    "PsychotherapySession": {"insights"},
}


@cache
def library():
    return load_library(MapFolder.over(), CODES, load_facts(), ORIGIN)


def whisper(part):
    """The record with the secret in every text that stays, and how many there are."""
    changed, count = {}, 0
    for field in fields(part):
        value = getattr(part, field.name)
        if STAYS in field.metadata and "str" in str(field.type):
            changed[field.name], count = SECRET, count + 1
        elif is_dataclass(value):
            changed[field.name], inner = whisper(value)
            count += inner
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            told = [whisper(item) for item in value]
            changed[field.name] = tuple(item for item, _ in told)
            count += sum(inner for _, inner in told)
    return replace(part, **changed), count


def staying(kind, before=""):
    """The paths of the texts of a class, and of its parts, that stay."""
    for field in fields(kind):
        if STAYS in field.metadata and "str" in str(field.type):
            yield f"{before}{field.name}"
    for name, field in fields_of(kind).items():
        if is_dataclass(field.types[0]) and not field.derived:
            yield from staying(field.types[0], f"{before}{name}.")


def test_the_fields_that_stay():
    found = {name: set(staying(concept)) for name, concept in CONCEPTS.items()}
    said = {
        name: {path for path in paths if path.rpartition(".")[2] in ("target", "notes", "insights")}
        for name, paths in found.items()
    }
    assert {name: paths for name, paths in said.items() if paths} == PRIVATE


@pytest.mark.parametrize("concept", [name for name, concept in CONCEPTS.items() if next(staying(concept), "")])
def test_a_field_that_stays_is_in_no_byte_but_the_archives(concept):
    whispered = []

    @settings(max_examples=80, deadline=None, database=None)
    @given(items(CONCEPTS[concept]))
    def law(record):
        record, count = whisper(record)
        whispered.append(count)
        assert SECRET.encode() not in b"".join(dumps(resource) for resource in library().build(record))
        assert SECRET not in repr(record)
        assert sum(kept.value == SECRET for kept in kept_fields(record)) == count

    law()
    assert any(whispered)
