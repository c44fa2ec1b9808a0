"""Bundles: their ties, what they lose, Bundles in them, and labels that hold for all in them."""

from datetime import date

import pytest

from kapfhir.deidentification.dates import Dates
from kapfhir.deidentification.pseudonyms import Pseudonyms
from kapfhir.deidentification.resource import PSEUDED, Deidentifier, count_entries
from kapfhir.deidentification.walk import MASKED, WithheldError
from kapfhir.fhir.exact import dumps
from kapfhir.fhir.validate import check

PSEUDONYMS = Pseudonyms(b"1" * 32)
CODE = {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]}


def new(manner="shift"):
    return Deidentifier(PSEUDONYMS, Dates(manner, date(2026, 1, 1)))


def observation(**more):
    return {"resourceType": "Observation", "id": "o", "status": "final", "code": CODE} | more


def bundle(kind="transaction", **request):
    entries = [
        {
            "fullUrl": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a",
            "resource": {"resourceType": "Patient", "name": [{"family": "Quokka"}]},
        },
        {
            "fullUrl": "https://clinic.example/fhir/Observation/o",
            "resource": observation(
                subject={"reference": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"}, effectiveDateTime="2025-11-03"
            ),
        },
        {"resource": {"resourceType": "Binary", "contentType": "text/plain", "data": "UXVva2th"}},
    ]
    for entry in entries if kind in ("transaction", "batch") else ():
        entry["request"] = {
            "method": "POST",
            "url": entry["resource"]["resourceType"],
            "ifNoneExist": "identifier=Quokka",
        } | request
    return {
        "resourceType": "Bundle",
        "type": kind,
        "id": "Quokka",
        "timestamp": "2025-11-03T00:00:00Z",
        "entry": entries,
        "signature": {"data": "UXVva2th"},
    }


@pytest.mark.parametrize("kind", ["transaction", "batch", "searchset", "history", "document", "collection"])
def test_a_bundle_keeps_its_ties_and_says_what_stayed(kind):
    out, withheld = new().bundle(bundle(kind))
    assert check(out) == []
    assert withheld == [("Binary", "type-not-listed")]
    person, seen = (entry["resource"] for entry in out["entry"])
    assert seen["subject"]["reference"] == f"Patient/{person['id']}"
    assert seen["effectiveDateTime"] == str(date.fromordinal(date(2025, 11, 3).toordinal() + PSEUDONYMS.shift(person["id"])))
    assert out.keys() == {"resourceType", "type", "entry"}
    assert out["type"] == (kind if kind in ("transaction", "batch") else "collection")
    assert "Quokka" not in str(out)


def test_a_put_goes_to_the_pseudonym():
    out, _ = new().bundle(bundle(method="PUT", url="Patient/Quokka"))
    assert [entry["request"]["url"] for entry in out["entry"]] == [
        f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in out["entry"]
    ]


@pytest.mark.parametrize(
    "entry", [None, "Quokka", ["Quokka"], [None, {"resource": "Quokka"}, {"fullUrl": 7, "resource": {"resourceType": 7}}]]
)
def test_a_bundle_of_no_shape(entry):
    out, _ = new().bundle({"resourceType": "Bundle", "type": ["Quokka"], "entry": entry})
    assert out == {"resourceType": "Bundle", "type": "collection"}


LABELLED = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}]}


@pytest.mark.parametrize(
    "node",
    [
        observation(meta=LABELLED),
        observation(meta={"security": LABELLED["security"][0]}),
        observation(contained=[{"resourceType": "Patient", "id": "p", "meta": LABELLED}], subject={"reference": "#p"}),
    ],
)
def test_a_psychotherapy_note_stays_wherever_its_label_stands(node):
    with pytest.raises(WithheldError, match="psychotherapy-note"):
        new().resource(node)


def test_the_label_of_a_bundle_is_that_of_all_in_it():
    bundle = {"resourceType": "Bundle", "type": "collection", "meta": LABELLED, "entry": [{"resource": observation()}]}
    made, withheld = new().bundle(bundle)
    assert (made.get("entry"), withheld) == (None, [("Observation", "psychotherapy-note")])


def test_two_versions_of_a_resource_do_not_make_a_bundle_that_is_not_r4():
    versions = [{"fullUrl": f"http://a/{n}", "resource": observation(meta={"versionId": str(n)})} for n in (1, 2)]
    made, withheld = new().bundle({"resourceType": "Bundle", "type": "history", "entry": versions})
    assert (len(made["entry"]), withheld) == (1, [("Observation", "not-r4")])
    assert check(made) == []


def test_what_a_bundle_loses_is_counted():
    entries = [None, "Quokka", {"request": {"method": "DELETE", "url": "Patient/Quokka"}}, {"response": {"status": "200"}}]
    whole = bundle(ifMatch="Quokka") | {"Quokka": 1, "link": [{"relation": "self", "url": "https://quokka.example"}], "total": 3}
    whole["entry"] = [entry | {"search": {"mode": "match"}} for entry in whole["entry"]] + entries
    one = new()
    made, withheld = one.bundle(whole)
    assert len(made["entry"]) == 2
    assert withheld == [("", "unreadable"), ("", "unreadable"), ("Binary", "type-not-listed")]
    told = {(path, done): count for (path, done), count in one.counts.items() if path.startswith("Bundle")}
    assert told == {
        ("Bundle.id", "dropped"): 1,
        ("Bundle.timestamp", "dropped"): 1,
        ("Bundle.signature", "dropped"): 1,
        ("Bundle.link", "dropped"): 1,
        ("Bundle.total", "dropped"): 1,
        ("Bundle.(unknown element)", "dropped"): 1,
        ("Bundle.type", "kept"): 1,
        ("Bundle.entry", "dropped"): 2,
        ("Bundle.entry.search", "dropped"): 2,
        ("Bundle.entry.fullUrl", "pseudonym"): 2,
        ("Bundle.entry.request.url", "pseudonym"): 2,
        ("Bundle.entry.request.ifMatch", "dropped"): 2,
        ("Bundle.entry.request.ifNoneExist", "dropped"): 2,
    }


@pytest.mark.parametrize(("entry", "count"), [("Quokka", 1), ({"resource": {}}, 1), ([7, [], None], 3), (None, 0), ([], 0)])
def test_entries_that_are_none_are_withheld_and_counted(entry, count):
    made, withheld = new().bundle({"resourceType": "Bundle", "type": "collection", "entry": entry})
    assert ("entry" in made, withheld) == (False, [("", "unreadable")] * count)


def test_a_delete_does_not_become_a_create():
    one = new()
    node = observation()
    made, withheld = one.bundle(
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"resource": node, "request": {"method": "DELETE", "url": "x"}}],
        }
    )
    assert ("entry" in made, withheld, one.counts["Bundle.entry", "dropped"]) == (False, [], 1)


@pytest.mark.parametrize("kind", ["batch-response", "collection", "transaction"])
def test_a_bundle_in_a_bundle_is_read_as_well(kind):
    inner = {
        "resourceType": "Bundle",
        "id": "Quokka",
        "type": "searchset",
        "total": 1,
        "entry": [{"resource": observation()}, "Quokka"],
    }
    deep = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}]}
    entries = [{"resource": r, "request": {"method": "POST", "url": "Bundle"}} for r in (inner, deep)] + [
        {"resource": observation()}
    ]
    one = new()
    made, withheld = one.bundle({"resourceType": "Bundle", "type": kind, "entry": entries})
    assert withheld == [("", "unreadable")] * 2
    assert count_entries(made) == 3
    assert check(made) == []
    assert one.counts["Bundle.total", "dropped"] == 2
    assert "Quokka" not in str(made)


def test_the_label_of_a_bundle_in_a_bundle_holds():
    inner = {"resourceType": "Bundle", "type": "collection", "meta": LABELLED, "entry": [{"resource": observation()}]}
    made, withheld = new().bundle({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}]})
    assert (count_entries(made), withheld) == (0, [("Observation", "psychotherapy-note")])


@pytest.mark.parametrize("deep", [30, 60, 200, 400])
def test_what_can_not_be_written_is_withheld(deep):
    item = {"linkId": "a"}
    for _ in range(deep):
        item = {"linkId": "a", "item": [item]}
    node = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "item": [item]}
    if deep == 30:
        assert dumps(new().bundle({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": node}]})[0])
    else:
        with pytest.raises(WithheldError, match="not-r4"):
            new().resource(node)
    bundles = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": observation()}]}
    for _ in range(deep):
        bundles = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": bundles}]}
    made, withheld = new().bundle(bundles)
    assert dumps(made)
    assert withheld == [("Bundle", "not-r4")]
