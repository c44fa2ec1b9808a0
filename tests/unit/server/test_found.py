"""Matches that are no FHIR, and what is left of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapfhir.server.found import sound

GOOD = {
    "resourceType": "Condition",
    "id": "c1",
    "meta": {"versionId": "3", "tag": [{"system": "s", "code": "t"}], "security": [{"code": "HTEST"}]},
    "identifier": [{"system": "s", "value": "v"}],
    "verificationStatus": {"coding": [{"system": "s", "code": "confirmed"}], "text": "x"},
    "text": {"status": "generated"},
}


def test_what_is_fhir_stays_as_it_is():
    assert sound(GOOD) == GOOD
    assert sound({**GOOD, "identifier": GOOD["identifier"][0]})["identifier"] == GOOD["identifier"][0]


@pytest.mark.parametrize("name", ["meta", "identifier", "verificationStatus", "text", "status"])
def test_null_is_as_if_it_were_not_there(name):
    assert sound({**GOOD, name: None}) == {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("odd", "left"),
    [
        ({"meta": [1]}, None),
        ({"meta": "x"}, None),
        ({"meta": {"versionId": 3, "tag": {}, "security": None}}, {"tag": []}),
        ({"meta": {"tag": [None, "x", {"code": []}, {"system": {}}, {"code": "t"}]}}, {"tag": [{"code": "t"}]}),
        ({"identifier": ["x"]}, None),
        ({"identifier": "x"}, None),
        ({"identifier": [{"system": ["s"], "value": "v"}]}, None),
        ({"identifier": {"value": {}}}, None),
        ({"verificationStatus": []}, None),
        ({"verificationStatus": {"coding": None}}, None),
        ({"verificationStatus": {"coding": [None]}}, None),
    ],
)
def test_what_has_another_kind_is_left_out(odd, left):
    assert sound({**GOOD, **odd}).get(next(iter(odd))) == left


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tag", "security", "system", "code", "value", "coding", "versionId"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={name: JSON for name in ("meta", "identifier", "verificationStatus")}))
def test_whatever_a_server_says_can_be_looked_into(found):
    made = sound({"resourceType": "Condition", "id": "c1", **found})
    labels = [label for name in ("tag", "security") for label in made.get("meta", {}).get(name, ())]
    identifier = made.get("identifier", [])
    pairs = {(c.get("system"), c.get("code")) for c in [*labels, *made.get("verificationStatus", {}).get("coding", ())]}
    pairs |= {(i.get("system"), i.get("value")) for i in (identifier if isinstance(identifier, list) else [identifier])}
    assert all(part is None or isinstance(part, str) for pair in pairs for part in pair)
