"""Searches that kapfhir and its documentation use. Each sends `Cache-Control: no-cache`."""

import pytest


def test_a_repeated_search_finds_what_was_written_since(server):
    """HAPI answers an equal search from its cache for a minute, unless it is asked with `Cache-Control: no-cache`."""
    assert server.get(f"Patient?{server.criteria()}").found == set()
    assert server.count(f"Patient?{server.criteria()}") == 0
    server.put(server.patient())
    assert server.get(f"Patient?{server.criteria()}").found == {server.ref(server.patient())}
    assert server.count(f"Patient?{server.criteria()}") == 1


def test_by_tag(server):
    server.send(server.entry(server.patient()), server.entry(server.observation()))
    assert server.get(f"Patient?{server.tag}").found == {server.ref(server.patient())}
    assert server.get(f"Observation?{server.tag}").found == {server.ref(server.observation())}


def test_by_ids(server):
    for name in "abc":
        server.put(server.patient(name))
    found = server.get(f"Patient?_id=a-{server.mark},c-{server.mark},x-{server.mark}").found
    assert found == {f"Patient/a-{server.mark}", f"Patient/c-{server.mark}"}


def test_by_system_alone(server):
    server.put(server.patient(identifier=[{"system": f"https://kapfhir.org/test/{server.mark}", "value": "1"}]))
    assert server.count(f"Patient?identifier=https://kapfhir.org/test/{server.mark}|") == 1


def test_the_deleted_are_not_found(server):
    server.put(server.patient())
    server.ask("DELETE", server.ref(server.patient()))
    assert server.get(f"Patient?{server.criteria()}").found == set()


def test_pages_hold_everything_once(server):
    names = [f"p{number}" for number in range(25)]
    server.send(*(server.entry(server.patient(name)) for name in names))
    pages = server.pages(f"Patient?{server.tag}&_count=10")
    found = [name for page in pages for name in page]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sorted(found) == sorted(f"Patient/{name}-{server.mark}" for name in names)


def test_a_page_may_be_smaller_than_asked_for_and_has_a_next_link(server):
    server.send(*(server.entry(server.patient(f"p{number}")) for number in range(3)))
    reply = server.get(f"Patient?{server.tag}&_count=2")
    assert "next" in {link["relation"] for link in reply.json["link"]}


def test_a_total_is_given_on_demand(server):
    """HAPI leaves it out of a search with several pages, unless it is asked for."""
    server.send(*(server.entry(server.patient(f"p{number}")) for number in range(3)))
    assert server.get(f"Patient?{server.tag}&_count=2&_total=accurate").json["total"] == 3


def test_last_updated(server):
    moment = server.put(server.patient()).json["meta"]["lastUpdated"].replace("+", "%2B")
    assert server.get(f"Patient?{server.tag}&_lastUpdated=ge{moment}").found == {server.ref(server.patient())}
    assert server.get(f"Patient?{server.tag}&_lastUpdated=lt2000-01-01").found == set()


def test_elements(server):
    server.put(server.patient(gender="female"))
    resource = server.get(f"Patient?{server.tag}&_elements=identifier").json["entry"][0]["resource"]
    assert ("gender" in resource, "identifier" in resource) == (False, True)


def test_a_post_search(server):
    server.put(server.patient())
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    reply = server.ask("POST", "Patient/_search", server.criteria().replace("|", "%7C").encode(), **form)
    assert reply.found == {server.ref(server.patient())}


@pytest.fixture
def session_day(server):
    """Two observations of one patient, of different codes and days."""
    other = {"coding": [{"system": "http://loinc.org", "code": "70274-6"}]}
    server.send(
        server.entry(server.patient()),
        server.entry(server.observation("a", effectiveDateTime="2024-05-01T10:00:00+02:00")),
        server.entry(server.observation("b", code=other, effectiveDateTime="2024-06-01T10:00:00+02:00")),
    )
    return server


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("patient={p}", "ab"),
        ("subject=Patient/{p}", "ab"),
        ("patient.identifier={id}", "ab"),
        ("subject:Patient.identifier={id}", "ab"),
        ("patient={p}&code=http://loinc.org|44261-6", "a"),
        ("patient={p}&code=44261-6,70274-6", "ab"),
        ("patient={p}&date=ge2024-05-02", "b"),
        ("patient={p}&date=2024-05", "a"),
        ("patient={p}&date=lt2024-05-01T08:00:00Z", ""),
        ("patient={p}&date=2024-05-01T08:00:00Z", "a"),
    ],
)
def test_what_a_patient_has(session_day, search, found):
    server = session_day
    patient = server.patient()
    words = search.format(p=patient["id"], id=server.criteria().removeprefix("identifier="))
    assert server.get(f"Observation?{words}").found == {f"Observation/{name}-{server.mark}" for name in found}


def test_has(session_day):
    server = session_day
    words = f"{server.tag}&_has:Observation:patient:code="
    assert server.get(f"Patient?{words}44261-6").found == {server.ref(server.patient())}
    assert server.get(f"Patient?{words}1-8").found == set()


def test_include_and_revinclude(session_day):
    server = session_day
    patient = server.ref(server.patient())
    both = {f"Observation/a-{server.mark}", f"Observation/b-{server.mark}"}
    assert server.get(f"Observation?_id=a-{server.mark}&_include=Observation:subject").found == {
        f"Observation/a-{server.mark}",
        patient,
    }
    assert server.get(f"Patient?_id={server.patient()['id']}&_revinclude=Observation:subject").found == {patient, *both}


def test_sort(session_day):
    server = session_day
    for order, first in (("date", "a"), ("-date", "b")):
        entries = server.get(f"Observation?{server.tag}&_sort={order}").json["entry"]
        assert entries[0]["resource"]["id"] == f"{first}-{server.mark}"


def test_an_unknown_parameter_is_refused_by_name(server):
    reply = server.get("Patient?nonsense=1")
    assert (reply.status, reply.is_outcome) == (400, True)
    assert "nonsense" in reply.text
