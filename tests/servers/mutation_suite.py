"""Our verdicts on resources with one fault each, beside those of HL7's validator. Run by run.py, by name: it needs Java."""

import re
from collections import Counter, defaultdict

import pytest
import verdicts
from mutations import make_mutants

from kapfhir.data import mappings_folder

CLASSES = 12  # of fault, at least, for each type


@pytest.fixture(scope="module")
def mutants():
    return make_mutants()


@pytest.fixture(scope="module")
def judged(mutants):
    found = verdicts.judge(mutants)
    file = verdicts.validate.TARGET / verdicts.REPORT.name
    file.write_text(verdicts.report(found), encoding="utf-8")
    print(f"\n{verdicts.percent(v for v in found if v.mutant.kind):.2f} % the same verdict; the report is {file}")
    return found


def test_every_type_that_we_send_has_many_classes_of_fault(mutants):
    maps = [path.read_text(encoding="utf-8") for path in (mappings_folder() / "fhir").glob("*.yaml")]
    sent = {kind for text in maps for kind in re.findall(r"^ +resource: (\w+)$", text, re.MULTILINE)}
    classes = defaultdict(set)
    for mutant in mutants:
        classes[mutant.type].add(mutant.kind)
    assert set(classes) == sent
    assert {kind: len(found - {""}) for kind, found in classes.items() if len(found - {""}) < CLASSES} == {}


def test_the_resources_before_the_change_are_right_to_both(judged):
    assert [(v.mutant.type, v.ours, v.theirs) for v in judged if not v.mutant.kind and (v.ours or v.theirs)] == []


def test_the_verdict_is_that_of_hl7(judged):
    faulty = [v for v in judged if v.mutant.kind]
    different = Counter((v.mutant.kind, v.mutant.way, v.theirs, v.ours) for v in faulty if not v.same)
    assert verdicts.percent(faulty) >= verdicts.LEAST, different.most_common(20)


def test_nothing_that_is_wrong_to_hl7_in_its_json_passes(judged):
    """The classes in which we never differ stay so: what a parser, a type or a cardinality refuses."""
    strict = {
        "unknown element",
        "wrong JSON type",
        "missing element",
        "null",
        "too many",
        "no list",
        "bad syntax",
        "bad date",
        "bad number",
    }
    assert [
        (v.mutant.kind, v.mutant.way, v.mutant.path) for v in judged if v.mutant.kind in strict and v.theirs and not v.ours
    ] == []
