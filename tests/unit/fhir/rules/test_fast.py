"""The quick answer never says yes where the walk finds something, and it does say yes for what we send."""

import copy
from decimal import Decimal as D
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kapfhir.fhir import exact
from kapfhir.fhir.rules.fast import SEEN_BEFORE, is_right
from kapfhir.fhir.shared import share
from kapfhir.fhir.validate import walk

SAMPLES = [exact.loads(line) for line in (Path(__file__).parents[1] / "data" / "right.ndjson").read_bytes().splitlines()]
UNKNOWN = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
ODD = [
    *(
        None,
        "",
        [],
        {},
        0,
        -1,
        1.5,
        D("NaN"),
        D("1.0"),
        10**12,
        True,
        False,
        "x",
        "  x ",
        "a\nb",
        "\x01",
        "é\u00a0",
        [None],
        [{}],
        ["a"],
    ),
    *("2026", "2026-02-30", "2026-01-05T10:00:00", "2026-01-05T10:00:00Z", "2026-01-05T10:00:60.5+14:00"),
    *(
        "mmHg",
        "kg",
        "finished",
        "entered-in-error",
        "javascript:x",
        "<b/>",
        "#x",
        "urn:uuid:AAA",
        "http://x",
        "Patient/x",
        "Encounter/1",
    ),
    *(
        {"reference": "Medication/1"},
        {"value": 1},
        {"extension": []},
        {"system": "urn:ietf:rfc:3986", "value": "x"},
        {"text": "x"},
    ),
    {"coding": [{"code": "8867-4", "system": "http://loinc.org"}]},
    {"coding": [{"code": "problem-list-item"}]},
    {"url": "http://x.org/a", "valueString": "x"},
    {"start": "2026", "end": "2026-01-05"},
    UNKNOWN,
    {"extension": [*UNKNOWN["extension"], *UNKNOWN["extension"]]},
    {**UNKNOWN, "id": "a"},
]
KEYS = (
    "id extension text code value valueString valueQuantity component status _status subject reference type display system unit "
    "comparator start end contained url coding use period meta versionId language identifier dataAbsentReason resourceType item answer "
    "modifierExtension effectiveInstant abatementString clinicalStatus category note "
    "_birthDate _id _effectiveDateTime _valueString _url _category _authored _gender"
).split()


def places(node):
    """(container, key) of everything below."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, value in pairs for place in ((node, key), *places(value))]


PARTS = [container[key] for sample in SAMPLES for container, key in places(sample)]


@st.composite
def mutated(draw):
    """A right resource with one to three changes."""
    resource = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 3))):
        below = places(resource)
        if not below:
            break
        container, key = below[draw(st.integers(0, len(below) - 1))]
        value = copy.deepcopy(draw(st.one_of(st.sampled_from(ODD), st.sampled_from(PARTS))))
        change = draw(st.sampled_from(["take", "set", "set", "add", "double"]))
        if change == "take":
            del container[key]
        elif change == "set":
            container[key] = value
        elif isinstance(container, list):
            container.append(copy.deepcopy(container[key]) if change == "double" else value)
        else:
            container[draw(st.sampled_from(KEYS))] = value
    return resource


def quick(resource):
    """The answer once the shapes of the resource and of its parts are compiled."""
    for _ in range((SEEN_BEFORE + 1) * 6):
        if is_right(resource):
            return True
    return False


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_a_quick_yes_is_the_walks_yes(resource):
    before = copy.deepcopy(resource)
    if quick(resource):
        assert walk(resource) == []
    assert repr(resource) == repr(before)


@settings(max_examples=100, deadline=None)
@given(mutated(), mutated())
def test_what_was_seen_before_does_not_matter(first, second):
    quick(first)
    answers = {is_right(second) for _ in range(30)}
    quick(first)
    assert not (True in answers and walk(second))


def test_what_we_send_takes_the_quick_way(right, fresh_shapes):
    slow = [r["resourceType"] for r in right if walk(r) == [] and not quick(r)]
    assert slow == []


def test_a_primitive_that_is_absent_for_a_reason_takes_the_quick_way(fresh_shapes):
    patient = {"resourceType": "Patient", "id": "1", "gender": "female", "_birthDate": UNKNOWN}
    assert walk(patient) == []
    assert quick(patient)
    for wrong in (
        {"_birthDate": {}},
        {"_name": UNKNOWN},
        {"_deceasedBoolean": UNKNOWN, "_deceasedDateTime": UNKNOWN},
        {"_sex": UNKNOWN},
    ):
        assert walk(patient | wrong)
        assert not quick(patient | wrong)


def test_a_required_code_is_never_absent(fresh_shapes):
    for lacks in ({"_status": UNKNOWN}, {"_status": UNKNOWN, "_effectiveDateTime": UNKNOWN}):
        given = {"resourceType": "Observation", "id": "1", "code": {"text": "x"}} | lacks
        assert walk(given)
        assert not quick(given)


def test_a_memo_does_not_trust_the_original(right, fresh_shapes):
    """A part that was found right and is changed afterwards is looked at again."""
    observation = next(r for r in right if r["resourceType"] == "Observation" and r.get("category"))
    assert quick(observation)
    observation["category"][0]["coding"][0]["code"] = "  "
    assert not is_right(observation)
    observation["category"][0]["coding"][0]["code"] = "vital-signs"
    assert quick(observation)
    observation["subject"]["reference"] = "Medication/1"
    assert not is_right(observation)


def test_an_extension_of_core_is_asked_for_its_code(right, fresh_shapes):
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    patient = {"resourceType": "Patient", "extension": [absent]}
    assert quick(patient)
    assert not is_right({"resourceType": "Patient", "extension": [{**absent, "valueCode": "nonsense"}]})
    assert quick(patient)


def test_null_is_never_right(right, fresh_shapes):
    """Nor where a memo holds nothing yet, and so answers None."""
    for resource in right:
        for key in resource:
            assert not quick({**resource, key: None})


def test_equal_to_python_is_not_equal_in_json(right, fresh_shapes):
    """1, True and 1.0 are one to Python: no memo may take them for each other."""
    questionnaire = {"resourceType": "Patient", "active": True, "multipleBirthInteger": 1}
    assert quick(questionnaire)
    for key, value in (("active", 1), ("multipleBirthInteger", True), ("multipleBirthInteger", D("1.0")), ("active", D(1))):
        assert not is_right({**questionnaire, key: value})


def test_items_in_items_are_left_to_the_walk_when_they_are_deep(fresh_shapes):
    item = {"linkId": "x", "text": "x"}
    for number in range(30):
        item = {"linkId": str(number), "item": [item]}
    response = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [item]}
    assert walk(response) == []
    assert not quick(response)


def shared_parts(resource):
    """The same resource, with everything below it shared."""
    return {key: share(value) for key, value in copy.deepcopy(resource).items()} if isinstance(resource, dict) else resource


@settings(max_examples=150, deadline=None)
@given(mutated())
def test_shared_parts_get_the_answer_of_plain_ones(resource):
    shared = shared_parts(resource)
    assert walk(shared) == walk(resource)
    if quick(shared):
        assert walk(resource) == []
    assert quick(shared) == quick(resource)


@settings(max_examples=100, deadline=None)
@given(mutated(), st.data())
def test_what_was_found_of_a_part_holds_for_its_place_only(resource, data):
    """Parts that were found right where they belong are put elsewhere."""
    parts = [value for sample in SHARED for value in sample.values() if isinstance(value, (dict, list))]
    moved = {**resource, data.draw(st.sampled_from([*resource, *KEYS])): data.draw(st.sampled_from(parts))}
    if quick(moved):
        assert walk(moved) == []


@settings(max_examples=60, deadline=None)
@given(mutated(), st.data())
def test_a_part_of_parts_that_were_found_right_is_looked_at(resource, data):
    """The same deeper down: a new object around shared parts."""
    for _ in range(3):
        below = [(c, k) for c, k in places(resource) if type(c) in (dict, list) and isinstance(c[k], (dict, list)) and c[k]]
        if below:
            container, key = below[data.draw(st.integers(0, len(below) - 1))]
            part = data.draw(st.sampled_from(SHARED))
            inner = [c[k] for c, k in places(part) if type(c[k]) is type(share(container[key]))]
            container[key] = data.draw(st.sampled_from(inner)) if inner else container[key]
    if quick(resource):
        assert walk(resource) == []


def test_a_shared_part_is_looked_at_once_for_a_place(right, fresh_shapes):
    observation = next(r for r in right if r["resourceType"] == "Observation" and "subject" in r)
    observation = shared_parts({**observation, "subject": {"reference": "Patient/1"}})
    assert quick(observation)
    assert all(observation[key].known for key in ("code", "subject"))
    dose = next(r for r in right if r["resourceType"] == "MedicationAdministration" and "context" in r)
    assert quick(dose)
    assert not is_right({**dose, "context": observation["subject"]})


SHARED = [shared_parts(sample) for sample in SAMPLES]
for _sample in SHARED:
    quick(_sample)
