"""Pages, order, includes, and the searchset that tells them."""

import pytest


@pytest.fixture
def filled(fhir, make):
    for number in range(1, 8):
        fhir.put(make.patient(f"p{number}", birthDate=f"19{90 - number}", active=True))
    return fhir


def pages(fhir, url):
    """Every page's entries, by the next links."""
    seen = []
    while url:
        reply = fhir.get(url)
        seen.append(reply.ids)
        url = next(
            (link["url"].removeprefix("http://sandbox.test/fhir/") for link in reply.json["link"] if link["relation"] == "next"),
            "",
        )
    return seen


def test_a_searchset_tells_total_links_and_matches(filled):
    reply = filled.get("Patient?_id=p1,p2")
    assert reply.json["type"] == "searchset"
    assert reply.json["total"] == 2
    assert reply.json["link"] == [{"relation": "self", "url": "http://sandbox.test/fhir/Patient?_id=p1,p2"}]
    first = reply.json["entry"][0]
    assert (first["fullUrl"], first["search"]) == ("http://sandbox.test/fhir/Patient/p1", {"mode": "match"})


def test_nothing_found_is_an_empty_set(fhir):
    reply = fhir.get("Patient?_id=x")
    assert (reply.status, reply.json["total"]) == (200, 0)
    assert "entry" not in reply.json


def test_pages_hold_everything_once(filled):
    found = pages(filled, "Patient?active=true&_count=3")
    assert [len(page) for page in found] == [3, 3, 1]
    assert sorted(name for page in found for name in page) == [f"Patient/p{n}" for n in range(1, 8)]


def test_a_full_last_page_has_no_next(filled):
    assert [len(page) for page in pages(filled, "Patient?_count=7")] == [7]


def test_a_page_links_back(filled):
    links = {link["relation"]: link["url"] for link in filled.get("Patient?_count=3&_offset=3").json["link"]}
    assert links["previous"].endswith("Patient?_count=3")
    assert links["first"].endswith("Patient?_count=3")
    assert links["next"].endswith("&_offset=6")
    back = {link["relation"]: link["url"] for link in filled.get(links["next"].partition("/fhir/")[2]).json["link"]}
    assert back["previous"].endswith("Patient?_count=3&_offset=3")
    assert back["self"] == links["next"]


@pytest.mark.parametrize(
    "sort", ["", "_id", "-_id", "birthdate", "-birthdate", "gender,-birthdate", "-_lastUpdated", "-given,_id"]
)
@pytest.mark.parametrize("gone", ["p1", "p2", "p5", "p6", "p7"])
def test_no_page_leaves_out_what_others_than_itself_were_deleted_from(filled, sort, gone, make):
    filled.put(make.patient("p2", name=[{"given": ["Ann"]}]))
    filled.put(make.patient("p6", name=[{"given": ["Ann"]}], birthDate="1990", gender="male"))
    filled.put(make.patient("p3", gender="female"))
    ask = "Patient?_count=2" + (f"&_sort={sort}" if sort else "")
    whole = [name for page in pages(filled, ask) for name in page]
    assert whole == filled.get(ask.replace("=2", "=9")).ids
    first = filled.get(ask)
    filled.delete(f"Patient/{gone}")
    (link,) = [link["url"] for link in first.json["link"] if link["relation"] == "next"]
    rest = [name for page in pages(filled, link.partition("/fhir/")[2]) for name in page]
    assert first.ids + rest == [name for name in whole if name != f"Patient/{gone}" or name in first.ids]


def test_what_comes_while_pages_are_turned_comes_at_the_end(filled, make):
    first = filled.get("Patient?_count=5")
    filled.put(make.patient("p8"))
    filled.put(make.patient("p1", active=False))
    (link,) = [link["url"] for link in first.json["link"] if link["relation"] == "next"]
    assert filled.get(link.partition("/fhir/")[2]).ids == ["Patient/p6", "Patient/p7", "Patient/p8"]


@pytest.mark.parametrize(
    "words",
    [
        "_offset=99999999999999999999",
        f"_offset={5000 * '9'}",
        "_count=99999999999999999999",
        f"_count={5000 * '9'}",
        "_after=x",
        "_after=%C3%A4",
        "_after=WzFd&_sort=birthdate",
        "_after=W1sxXV0",
        "_after=W3RydWVd",
        "_after=WzkyMjMzNzIwMzY4NTQ3NzU4MDhd",
        "birthdate=99999",
        "birthdate=99999-01-01",
        f"birthdate={5000 * '9'}",
        "_lastUpdated=ge0000-01-01",
        "_sort=" + ",".join(3000 * ["birthdate"]),
        "organization:Organization." + 300 * "partof:Organization." + "name=x",
        300 * "_has:Patient:link:" + "name=x",
    ],
)
def test_numbers_beyond_all_bounds_are_refused(filled, words):
    assert filled.get(f"Patient?{words}").status == 400


def test_a_page_is_cut_to_the_largest(fhir, make, monkeypatch):
    monkeypatch.setattr("kapfhir.sandbox.query.LARGEST_PAGE", 2)
    for number in range(3):
        fhir.put(make.patient(f"p{number}"))
    assert [len(page) for page in pages(fhir, "Patient?_count=5000")] == [2, 1]


@pytest.mark.parametrize("url", ["Patient?_summary=count", "Patient?_count=0"])
def test_a_count_has_no_entries(filled, url):
    reply = filled.get(url)
    assert reply.json["total"] == 7
    assert "entry" not in reply.json


def test_total_can_be_left_out(filled):
    assert "total" not in filled.get("Patient?_total=none").json
    assert filled.get("Patient?_total=accurate&_count=1").json["total"] == 7


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("birthdate", "p7"),
        ("-birthdate", "p1"),
        ("_id", "p1"),
        ("-_id", "p7"),
        ("-_lastUpdated,-_id", "p7"),
        ("gender,-_id", "p7"),
    ],
)
def test_order(filled, sort, first):
    assert filled.get(f"Patient?_sort={sort}").ids[0] == f"Patient/{first}"


def test_what_lacks_the_sorted_value_comes_last(filled, make):
    filled.put(make.patient("p0"))
    for sort in ("birthdate", "-birthdate"):
        assert filled.get(f"Patient?_sort={sort}").ids[-1] == "Patient/p0"


def test_last_updated(filled):
    moment = filled.get("Patient/p1").json["meta"]["lastUpdated"]
    assert filled.count(f"Patient?_lastUpdated=ge{moment}") == 7
    assert filled.count("Patient?_lastUpdated=lt2000-01-01") == 0
    assert "Patient/p1" in filled.get(f"Patient?_lastUpdated={moment}").ids


def test_the_deleted_are_not_found(filled):
    filled.delete("Patient/p1")
    assert filled.count("Patient") == 6
    assert filled.get("Patient?_id=p1").ids == []


def test_a_changed_value_is_found_anew(filled, make):
    filled.put(make.patient("p1", gender="female"))
    assert filled.get("Patient?gender=female").ids == ["Patient/p1"]
    assert filled.count("Patient?active=true") == 6


def test_post_search(filled):
    headers = {"content_type": "application/x-www-form-urlencoded"}
    reply = filled.ask("POST", "Patient/_search?_count=1", b"_id=p1,p2&_sort=-_id", **headers)
    assert reply.ids == ["Patient/p2"]
    assert reply.json["total"] == 2


@pytest.fixture
def linked(fhir, make):
    fhir.put({"resourceType": "Practitioner", "id": "d1"})
    fhir.put(make.patient(generalPractitioner=[{"reference": "Practitioner/d1"}]))
    fhir.put(make.patient("p2"))
    for number in "12":
        fhir.put(make.observation(f"o{number}", performer=[{"reference": "Practitioner/d1"}]))
    return fhir


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("Observation?_include=Observation:subject", ["Observation/o1", "Observation/o2", "Patient/p1"]),
        ("Observation?_id=o1&_include=Observation:subject:Patient", ["Observation/o1", "Patient/p1"]),
        ("Observation?_id=o1&_include=Observation:subject:Group", ["Observation/o1"]),
        ("Observation?_id=o1&_include=Observation:*", ["Observation/o1", "Practitioner/d1", "Patient/p1"]),
        ("Observation?_id=o1&_include=Patient:general-practitioner", ["Observation/o1"]),
        ("Patient?_id=p1&_revinclude=Observation:subject", ["Patient/p1", "Observation/o1", "Observation/o2"]),
        ("Patient?_id=p2&_revinclude=Observation:subject", ["Patient/p2"]),
        ("Practitioner?_revinclude=Observation:*&_revinclude=Patient:general-practitioner",
         ["Practitioner/d1", "Observation/o1", "Observation/o2", "Patient/p1"]),
    ],
)  # fmt: skip
def test_includes(linked, url, found):
    assert linked.get(url).ids == found


def test_what_is_included_is_marked_and_not_counted(linked):
    reply = linked.get("Observation?_id=o1&_include=Observation:subject")
    assert [entry["search"]["mode"] for entry in reply.json["entry"]] == ["match", "include"]
    assert reply.json["total"] == 1


def test_elements_are_chosen_and_what_is_required_stays(linked):
    resource = linked.get("Observation?_id=o1&_elements=subject").json["entry"][0]["resource"]
    assert set(resource) == {"resourceType", "id", "meta", "subject", "status", "code"}
    assert resource["meta"]["tag"][-1]["code"] == "SUBSETTED"


def test_summaries(fhir, make):
    fhir.put(
        make.patient(gender="male", text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'})
    )
    assert set(fhir.get("Patient?_summary=text").json["entry"][0]["resource"]) == {"resourceType", "id", "meta", "text"}
    assert set(fhir.get("Patient?_summary=data").json["entry"][0]["resource"]) == {"resourceType", "id", "meta", "gender"}
    assert "gender" in fhir.get("Patient?_summary=false").json["entry"][0]["resource"]
