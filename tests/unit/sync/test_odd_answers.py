"""A server that answers with what is no FHIR: a plan is made all the same, or the error is one of ours."""

from __future__ import annotations

import pytest

from kapfhir.errors import Exit, KapfhirError
from kapfhir.server.client import Client
from kapfhir.server.http import Http
from kapfhir.sync.action import Sign

ODD = (
    {"meta": None},
    {"meta": []},
    {"meta": {"tag": None, "security": None, "versionId": None}},
    {"meta": {"tag": [None], "security": [{"system": {}, "code": []}], "versionId": ["1"]}},
    {"text": None},
    {"identifier": None},
    {"identifier": [None]},
    {"identifier": [{"system": [], "value": {}}]},
    {"identifier": "x"},
    {"status": [], "code": None, "subject": None},
    {"resourceType": None},
)


@pytest.fixture
def answers(monkeypatch):
    """answers(change): what is found is changed on its way."""
    real = Http.request

    def put_between(change):
        def request(self, method, path, **options):
            answer = real(self, method, path, **options)
            if method == "GET" and "?" in path and "_summary" not in path:
                change(answer.body)
            return answer

        monkeypatch.setattr(Http, "request", request)

    return put_between


@pytest.fixture(params=["ids", "conditional"])
def doses(request, run, made, kapfhir_sandbox):
    """What a server has, and a ledger does not know."""
    if request.param == "conditional":
        kapfhir_sandbox.behave("no-update-create")
    units = [made.clinic(), made.patient("P1"), made.dose("D1", "P1"), made.event("E1", "P1")]
    run.sync(units)
    return units


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_is_found_may_be_no_fhir(run, doses, answers, odd):
    def change(bundle):
        for entry in bundle.get("entry", []):
            entry["resource"].update(odd)

    answers(change)
    with run.fresh().plan(doses) as plan:
        signs = plan.counts
    assert signs[Sign.UNCHANGED] + signs[Sign.UPDATE] + signs[Sign.CREATE] == 7


@pytest.mark.parametrize(
    "odd", [{"entry": {}}, {"link": {"relation": "next"}}, {"link": [{"relation": "next", "url": "http://[x"}]}], ids=str
)
def test_a_page_that_is_none_ends_it(run, doses, answers, odd):
    answers(lambda bundle: bundle.update(odd))
    with pytest.raises(KapfhirError) as told:
        run.fresh().plan(doses)
    assert told.value.exit is Exit.TEMPORARY


@pytest.mark.parametrize("odd", [{"response": None}, {"response": []}, {"response": {"status": None}}, {}], ids=str)
def test_a_response_that_is_none_is_no_success(run, made, monkeypatch, odd):
    real = Client._responses

    def responses(self, answer, entries):
        answer.body["entry"] = [odd for _ in answer.body["entry"]]
        return real(self, answer, entries)

    monkeypatch.setattr(Client, "_responses", responses)
    report = run.sync([made.clinic()])
    assert (report.created, report.updated, report.refused) == (0, 0, 2)
