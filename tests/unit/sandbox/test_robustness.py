"""Whatever is sent, the sandbox answers with FHIR and without a fault of its own."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kapfhir.fhir.search import search_parameters
from kapfhir.sandbox.quirks import Behaviour
from kapfhir.sandbox.routes import Service
from kapfhir.sandbox.store import Store
from kapfhir.sandbox.wire import Call

SERVICE = Service(Store(), Behaviour())
KEYS = st.sampled_from(
    "resourceType id meta tag identifier name subject reference request url method resource fullUrl ifNoneExist ifMatch entry type "
    "code coding system value effectivePeriod start valueQuantity contained text div extension status".split()
)
WORDS = st.sampled_from(
    ["Patient", "Observation", "Bundle", "transaction", "batch", "PUT", "POST", "DELETE", "GET", "p1", "Patient/p1", "Patient?_id=p1",
     "urn:uuid:0b0b0b0b-0000-4000-8000-000000000001", "#a", "2024-05", "final", 'W/"1"', "identifier=a|b", "", "\ud800", "\x00"]
)  # fmt: skip
SCALARS = st.one_of(WORDS, st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=5))
JSON = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=15
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=6)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "fullUrl": SCALARS,
        "resource": st.one_of(OBJECTS, OBJECTS.map(lambda o: {**o, "resourceType": "Patient", "id": "p1"})),
        "request": st.one_of(OBJECTS, st.fixed_dictionaries({"method": WORDS, "url": WORDS}, optional={"ifNoneExist": WORDS})),
    },
)
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ask(method, path, body, query=""):
    content = json.dumps(body).encode() if body is not None else b""
    headers = {"content-type": "application/json"}
    answer = SERVICE.answer(Call(method, path, query, headers, content, base="http://sandbox.test/fhir"))
    assert answer.status in (200, 201, 204, 400, 404, 405, 409, 410, 412, 413, 422)
    return answer


@QUIET
@given(OBJECTS, st.sampled_from(["Patient", "Observation", "Bundle"]))
def test_any_resource_gets_an_answer(body, kind):
    ask("PUT", f"{kind}/p1", {**body, "resourceType": kind, "id": "p1"})
    ask("POST", f"{kind}/$validate", body)
    ask("POST", kind, body)


@QUIET
@given(st.lists(st.one_of(ENTRIES, JSON), max_size=4), st.sampled_from(["transaction", "batch"]))
def test_any_bundle_gets_an_answer(entries, kind):
    ask("POST", "", {"resourceType": "Bundle", "type": kind, "entry": entries})


@QUIET
@given(
    st.sampled_from(
        sorted(search_parameters("Observation")) + ["_id", "_lastUpdated", "_sort", "_count", "_include", "_has:a:b"]
    ),
    st.sampled_from(
        ["", ":missing", ":not", ":exact", ":Patient", ":identifier", ".name", ":Patient.identifier", ".", ":", ":a.b:c.d"]
    ),
    st.text("abc019-:|,$\\.T+Z%'\" ge", max_size=12),
)
def test_any_search_gets_an_answer(name, modifier, text):
    answer = SERVICE.answer(Call("GET", "Observation", f"{name}{modifier}={text}", base="http://sandbox.test/fhir"))
    assert answer.status in (200, 400, 404)


@pytest.mark.parametrize("depth", [200, 500, 900, 5000])
def test_deep_bodies_are_refused(depth):
    text = '{"resourceType":"Patient","id":"p1","extension":' + '[{"extension":' * depth + "[]" + "}]" * depth + "}"
    answer = SERVICE.answer(Call("PUT", "Patient/p1", "", {"content-type": "application/json"}, text.encode()))
    assert answer.status in (400, 422)


def test_many_values_are_searched_and_too_many_refused():
    values = ",".join(f"http://s|{number}" for number in range(3000))
    assert ask("GET", "Patient", None, f"identifier={values}&_summary=count").status == 200
    assert ask("GET", "Patient", None, "_id=" + ",".join("x" * 20_000)).status == 400
