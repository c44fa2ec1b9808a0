"""When two resources say the same."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapfhir.fhir import exact
from kapfhir.sync.hashing import content_hash, differences

BASE = "https://fhir.example/r4"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a" id="b">x &amp; y</p></div>'
OURS = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"source": "https://clinic.test", "profile": ["https://p"], "security": [{"system": "s", "code": "HTEST"}]},
    "text": {"status": "generated", "div": DIV},
    "status": "final",
    "valueQuantity": {"value": Decimal("35.50"), "unit": "mg"},
    "subject": {"reference": "Patient/p1", "identifier": {"system": "s", "value": "1"}},
    "component": [{"valueInteger": 1}, {"valueInteger": 2}],
}


def theirs(**elements):
    copy = deepcopy(OURS)
    copy["meta"] |= {"versionId": "3", "lastUpdated": "2026-01-05T10:00:00Z", "source": "https://clinic.test#Ab12"}
    return copy | elements


def diff(there, **options):
    return differences(OURS, exact.loads(exact.dumps(there)), BASE, **options)


def test_what_a_server_may_add():
    there = theirs()
    there["meta"]["security"].append({"system": "s", "code": "other"})
    there["meta"]["tag"] = [{"system": "t", "code": "x"}]
    assert diff(there) == ()


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"status": "amended"}, ("status",)),
        ({"valueQuantity": {"value": Decimal("35.5"), "unit": "mg"}}, ("valueQuantity.value",)),
        ({"component": [{"valueInteger": 1}, {"valueInteger": 3}]}, ("component[1].valueInteger",)),
        ({"component": [{"valueInteger": 1}]}, ("component[1]",)),
        ({"component": [{"valueInteger": 1}, {"valueInteger": 2}, {}]}, ("component[2]",)),
        ({"note": [{"text": "added there"}]}, ("note",)),
        ({"subject": {"reference": "Patient/p2", "identifier": {"system": "s", "value": "1"}}}, ("subject.reference",)),
        ({"subject": {"reference": "Patient/p1", "identifier": {"system": "s", "value": "2"}}}, ("subject.identifier.value",)),
        ({"subject": {"display": "x"}}, ("subject.reference", "subject.identifier", "subject.display")),
        ({"text": {"status": "generated", "div": DIV.replace("x &amp; y", "z")}}, ("text",)),
        ({"text": {"status": "additional", "div": DIV}}, ("text",)),
        ({"meta": {"profile": ["https://q"], "security": []}}, ("meta.profile[0]", "meta.security")),
        ({"id": "7"}, ("id",)),
    ],
)
def test_what_counts(change, paths):
    assert diff(theirs(**change)) == paths


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p1"},
        {"reference": f"{BASE}/Patient/p1", "identifier": {"system": "s", "value": "1"}},
        {"reference": "Patient/p1/_history/4"},
    ],
)
def test_other_ways_to_write_a_reference(reference):
    assert diff(theirs(subject=reference)) == ()


@pytest.mark.parametrize(
    "div",
    [
        '<div xmlns="http://www.w3.org/1999/xhtml"><p id="b" class="a">x &#38; y</p></div>',
        "<div xmlns='http://www.w3.org/1999/xhtml'><p class='a' id='b'>x &amp; y</p></div>",
    ],
)
def test_other_ways_to_write_a_narrative(div):
    assert diff(theirs(text={"status": "generated", "div": div})) == ()


@pytest.mark.parametrize(
    "div", ["<div>", None, ["x"], 5000 * "<b>" + 5000 * "</b>", '<!DOCTYPE d [<!ENTITY a "b">]><div>&a;</div>']
)
def test_a_narrative_that_can_not_be_read(div):
    assert diff(theirs(text={"status": "generated", "div": div})) == ("text",)


@pytest.mark.parametrize(
    ("odd", "paths"),
    [
        ({"meta": None}, ("meta.profile", "meta.security")),
        ({"meta": {"tag": None, "security": None, "profile": ["https://p"]}}, ("meta.security",)),
        ({"text": None}, ("text",)),
        ({"text": []}, ("text",)),
        ({"status": ["final"]}, ("status",)),
        ({"component": {}}, ("component",)),
        ({"component": None}, ("component",)),
        ({"subject": {"reference": None}}, ("subject.reference", "subject.identifier")),
        ({"subject": {"reference": {}}}, ("subject.reference", "subject.identifier")),
    ],
)
def test_what_is_no_fhir_differs(odd, paths):
    assert diff(theirs(**odd)) == paths


def test_a_number_of_a_gigabyte_of_zeros_differs():
    there = exact.loads(exact.dumps(theirs()).replace(b"35.50", b"1E+999999999"))
    assert differences(OURS, there, BASE) == ("valueQuantity.value",)


def test_ids_that_the_server_chose():
    there = theirs(id="17", subject={"reference": "Patient/99", "identifier": {"system": "s", "value": "1"}})
    assert diff(there, ids=False) == ()
    there["subject"]["identifier"]["value"] = "2"
    assert diff(there, ids=False) == ("subject.identifier.value",)


def test_at_most_a_dozen_paths():
    ours = {"resourceType": "X", **{f"e{n}": n for n in range(50)}}
    assert len(differences(ours, {"resourceType": "X"}, BASE)) == 12


def test_a_hash_does_not_know_what_servers_write_nor_the_order_of_keys():
    assert content_hash(OURS) == content_hash(dict(reversed(list(theirs().items()))))
    assert content_hash({**OURS, "meta": {}}) == content_hash({**OURS, "meta": {"versionId": "1"}})


@pytest.mark.parametrize(
    "change",
    [
        {"status": "amended"},
        {"valueQuantity": {"value": Decimal("35.5"), "unit": "mg"}},
        {"text": {"status": "generated", "div": "<div/>"}},
    ],
)
def test_a_hash_changes_with_the_content(change):
    assert content_hash(OURS) != content_hash(OURS | change)


JSON = st.recursive(
    st.one_of(
        st.booleans(), st.integers(-(2**53), 2**53), st.decimals(allow_nan=False, allow_infinity=False, places=3), st.text()
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcdef"), inner, max_size=3)),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abcdef"), JSON))
def test_what_comes_back_as_it_went_is_the_same(content):
    back = exact.loads(exact.dumps(content))
    assert differences(content, back, BASE) == ()
    assert content_hash(content) == content_hash(back)


@given(st.dictionaries(st.sampled_from("abcdef"), JSON), st.dictionaries(st.sampled_from("abcdef"), JSON))
def test_equal_hashes_and_no_differences_go_together(one, other):
    assert (content_hash(one) == content_hash(other)) == (differences(one, other, BASE) == ())
