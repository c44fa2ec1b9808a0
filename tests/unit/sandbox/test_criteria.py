"""Each kind of parameter with its modifiers and prefixes, by what is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapfhir.sandbox.criteria import split_values, unescape
from kapfhir.server.client import escape, match_identifier


@pytest.fixture
def filled(fhir, make):
    """Three patients, and observations with values and times."""
    names = [("Müller", "Ann"), ("Mullen", "Bea"), ("Smith", "Çelik")]
    for number, (family, given) in enumerate(names, 1):
        fhir.put(
            make.patient(
                f"p{number}",
                active=number != 2,
                gender=["female", "male", "other"][number - 1],
                name=[{"family": family, "given": [given], "text": f"{given} {family}"}],
                identifier=[{"system": "http://s", "value": str(number)}, {"value": "bare,comma"}],
                telecom=[{"system": "phone", "value": f"555-{number}"}],
                birthDate=["1980", "1980-06", "1980-06-15"][number - 1],
            )
        )
    for number, value in enumerate((10, 35, 100), 1):
        fhir.put(
            make.observation(
                f"o{number}",
                f"Patient/p{number}",
                effectiveDateTime=f"2024-05-0{number}T10:00:00Z",
                valueQuantity={"value": value, "unit": "milligram", "system": "http://unitsofmeasure.org", "code": "mg"},
            )
        )
    return fhir


def numbers(fhir, url):
    reply = fhir.get(url)
    assert reply.status == 200, reply.text
    return "".join(sorted(name[-1] for name in reply.ids))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("identifier=http://s|1", "1"),
        ("identifier=1", "1"),
        ("identifier=http://s|", "123"),
        ("identifier=|bare\\,comma", "123"),
        ("identifier=|1", ""),
        ("identifier=http://s|1,http://s|3", "13"),
        ("identifier=http://s|1&identifier=http://s|3", ""),
        ("gender=male", "2"),
        ("gender:not=male", "13"),
        ("active=true", "13"),
        ("active=false", "2"),
        ("phone=555-2", "2"),
        ("email=555-2", ""),
        ("email:missing=true", "123"),
        ("phone:missing=true", ""),
        ("phone:missing=false", "123"),
        ("deceased=false", "123"),
        ("deceased=true", ""),
    ],
)
def test_tokens(filled, search, found):
    assert numbers(filled, f"Patient?{search}") == found


@given(st.lists(st.tuples(st.text("a\\,|$ ", max_size=5), st.text("b\\,|$:", max_size=5)), min_size=1, max_size=4))
def test_what_the_client_escapes_comes_out_as_it_was(pairs):
    text = ",".join(f"{escape(system)}|{escape(value)}" for system, value in pairs)
    assert [tuple(map(unescape, split_values(value, "|"))) for value in split_values(text)] == pairs


@pytest.mark.parametrize("value", ["C\\", "\\", "a\\,b", "C\\|", "$\\$", "a,b|c"])
def test_identifiers_that_hold_the_signs_of_a_search(fhir, make, value):
    fhir.put(make.patient("p1", identifier=[{"system": "http://s", "value": value}]))
    fhir.put(make.patient("p2", identifier=[{"system": "http://s", "value": "D-1"}]))
    one = match_identifier("http://s", value)
    assert numbers(fhir, f"Patient?{one}") == "1"
    assert numbers(fhir, f"Patient?{one},http://s|D-1") == "12"
    assert numbers(fhir, f"Patient?identifier=http://s|D-1,{one.removeprefix('identifier=')}") == "12"


@pytest.mark.parametrize(
    ("search", "found"), [("family=Back\\\\,Smith", "13"), ("family=Back\\,Smith", "2"), ("family=A\\|B", "4")]
)
def test_strings_that_hold_them(fhir, make, search, found):
    for number, family in enumerate(("Back\\", "Back,Smith", "Smith", "A|B"), 1):
        fhir.put(make.patient(f"p{number}", name=[{"family": family}]))
    assert numbers(fhir, f"Patient?{search}") == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("name=mul", "12"),
        ("name=MÜLLER", "1"),
        ("family=mullen", "2"),
        ("given=celik", "3"),
        ("family=ller", ""),
        ("family:contains=ULLE", "12"),
        ("family:exact=Müller", "1"),
        ("family:exact=müller", ""),
        ("name=ann mul", "1"),
        ("name=100%", ""),
    ],
)
def test_strings(filled, search, found):
    assert numbers(filled, f"Patient?{search}") == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("birthdate=1980", "123"),
        ("birthdate=1980-06", "23"),
        ("birthdate=1980-06-15", "3"),
        ("birthdate=ne1980-06", "1"),
        ("birthdate=ge1980-06-15", "123"),
        ("birthdate=gt1980-06-15", "12"),
        ("birthdate=lt1980-06-15", "12"),
        ("birthdate=sa1980-05", "23"),
        ("birthdate=eb1980-07", "23"),
        ("birthdate=ap1980-06-14", "123"),
        ("birthdate=ge1981", ""),
    ],
)
def test_dates_are_ranges(filled, search, found):
    assert numbers(filled, f"Patient?{search}") == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("date=2024-05-02", "2"),
        ("date=2024-05-02T10:00:00Z", "2"),
        ("date=2024-05-02T12:00:00%2B02:00", "2"),
        ("date=2024-05-02T12:00:00+02:00", "2"),
        ("date=ge2024-05-02", "23"),
        ("date=ge2024-05-02&date=lt2024-05-03", "2"),
        ("date=gt2024-05-02T10:00:00Z", "3"),
        ("date=le2024-05-02", "12"),
        ("date=2024-05-01,2024-05-03", "13"),
    ],
)
def test_times_know_their_zone(filled, search, found):
    assert numbers(filled, f"Observation?{search}") == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("value-quantity=35", "2"),
        ("value-quantity=35||mg", "2"),
        ("value-quantity=35||milligram", "2"),
        ("value-quantity=35|http://unitsofmeasure.org|mg", "2"),
        ("value-quantity=35|http://unitsofmeasure.org|g", ""),
        ("value-quantity=1e2", "3"),
        ("value-quantity=ne35", "13"),
        ("value-quantity=gt35", "3"),
        ("value-quantity=ge35", "23"),
        ("value-quantity=lt35||mg", "1"),
        ("value-quantity=le35", "12"),
        ("value-quantity=sa35", "3"),
        ("value-quantity=eb35", "1"),
        ("value-quantity=ap37", "2"),
    ],
)
def test_quantities(filled, search, found):
    assert numbers(filled, f"Observation?{search}") == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("subject=Patient/p1", "1"),
        ("subject=p1", "1"),
        ("patient=p1,p2", "12"),
        ("subject:Patient=p1", "1"),
        ("subject:Group=p1", ""),
        ("subject=http://sandbox.test/fhir/Patient/p3", "3"),
        ("encounter:missing=true", "123"),
    ],
)
def test_references(filled, search, found):
    assert numbers(filled, f"Observation?{search}") == found


def test_references_by_identifier(fhir, make):
    fhir.put({**make.observation(), "subject": {"type": "Patient", "identifier": {"system": "urn:s:1", "value": "v"}}})
    assert numbers(fhir, "Observation?subject:identifier=urn:s:1|v") == "1"
    assert numbers(fhir, "Observation?patient:identifier=urn:s:1|v") == "1"
    assert numbers(fhir, "Observation?subject:identifier=urn:s:1|w") == ""


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("_profile=http://a.example/profiles/x", "1"),
        ("_profile=http://a.example/profiles", ""),
        ("_profile:below=http://a.example/profiles", "1"),
        ("_profile:above=http://a.example/profiles/x/y", "1"),
        ("_source=http://a.example/run", "1"),
        ("_tag=urn:s:1|t", "1"),
        ("_security=HTEST", "1"),
    ],
)
def test_meta(fhir, make, search, found):
    security = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
    meta = {
        "profile": ["http://a.example/profiles/x"],
        "source": "http://a.example/run",
        "tag": [{"system": "urn:s:1", "code": "t"}],
        "security": [security],
    }
    fhir.put(make.patient(meta=meta))
    assert numbers(fhir, f"Patient?{search}") == found


@pytest.mark.parametrize(
    "search",
    [
        "birthdate=soon",
        "birthdate=ge",
        "identifier=a|b|c",
        "identifier=|",
        "active:missing=maybe",
        "name:below=x",
        "gender:exact=male",
        "general-practitioner:Practitioner=Organization/1",
        "_count=many",
        "_sort=nonsense",
        "_total=about",
        "_summary=short",
        "_include=Patient:name",
        "_include=Patient:nonsense",
        "name.family=x",
        "nonsense=1",
        "_has:Observation:patient=1",
        "_has:Observation:code:code=1",
    ],
)
def test_what_can_not_be_understood_is_refused(fhir, search):
    reply = fhir.get(f"Patient?{search}")
    assert (reply.status, reply.issue["severity"]) == (400, "error")


@pytest.mark.parametrize("search", ["value-quantity=x", "value-quantity=1|2", "value-quantity=1|2|3|4"])
def test_a_quantity_that_can_not_be_understood_is_refused(fhir, search):
    assert fhir.get(f"Observation?{search}").status == 400
