"""What a Bundle asks of its entries."""

import copy

import pytest

from kapfhir.fhir.validate import check

BASE = "https://x.org/fhir"
PATIENT = {"resourceType": "Patient", "id": "p", "active": True}
TWIN = {"resourceType": "Patient", "id": "q", "active": True}


def put(resource, **more):
    name = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": f"{BASE}/{name}", "resource": resource, "request": {"method": "PUT", "url": name}, **more}


def condition(target):
    return {"resourceType": "Condition", "id": "c", "subject": {"reference": target}}


TRANSACTION = {"resourceType": "Bundle", "type": "transaction", "entry": [put(PATIENT), put(condition("Patient/p"))]}
COMPOSITION = {
    "resourceType": "Composition",
    "id": "d",
    "status": "final",
    "type": {"text": "x"},
    "subject": {"reference": "Patient/p"},
    "date": "2026-01-05",
    "author": [{"reference": "Patient/p"}],
    "title": "x",
    "section": [{"entry": [{"reference": "Condition/c"}]}],
}
DOCUMENT = {
    "resourceType": "Bundle",
    "type": "document",
    "identifier": {"system": "https://x.org", "value": "1"},
    "timestamp": "2026-01-05T10:00:00Z",
    "entry": [
        {"fullUrl": f"{BASE}/{r['resourceType']}/{r['id']}", "resource": r}
        for r in (COMPOSITION, PATIENT, condition("Patient/p"))
    ],
}


def change(bundle, edit):
    out = copy.deepcopy(bundle)
    edit(out)
    return out


def codes(bundle, severity="error"):
    return sorted({p.code for p in check(bundle) if p.severity == severity})


@pytest.mark.parametrize(
    "bundle",
    [
        TRANSACTION,
        DOCUMENT,
        {"resourceType": "Bundle", "type": "transaction"},
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 1,
            "entry": [{"resource": PATIENT, "search": {"mode": "match"}}],
        },
        {**TRANSACTION, "entry": [{"request": {"method": "DELETE", "url": "Patient/x"}}]},
        {**TRANSACTION, "entry": [put(condition("Patient?identifier=https://x.org|1"))]},
        {**TRANSACTION, "entry": [put(PATIENT, request={"method": "PUT", "url": "Patient?identifier=x|1"})]},
        {**TRANSACTION, "entry": [put(PATIENT, request={"method": "POST", "url": "Patient"})]},
    ],
)
def test_right_bundles(bundle):
    assert codes(bundle) == []


def entry(number):
    return lambda edit: lambda b: edit(b["entry"][number])


FIRST, SECOND = entry(0), entry(1)
CASES = [
    (TRANSACTION, lambda b: b.update(total=2), ["bdl-1"]),
    (TRANSACTION, FIRST(lambda e: e.update(search={"mode": "match"})), ["bdl-2"]),
    (TRANSACTION, FIRST(lambda e: e.pop("request")), ["bdl-3"]),
    (TRANSACTION, FIRST(lambda e: e.update(response={"status": "200"})), ["bdl-4"]),
    (TRANSACTION, lambda b: b.update(type="collection"), ["bdl-3"]),
    (TRANSACTION, lambda b: b.update(type="transaction-response"), ["bdl-3", "bdl-4"]),
    (DOCUMENT, SECOND(lambda e: e.pop("resource")), ["bdl-5"]),
    (TRANSACTION, SECOND(lambda e: e.update(put(PATIENT))), ["bdl-7", "duplicate-id"]),
    (TRANSACTION, FIRST(lambda e: e.update(fullUrl=f"{BASE}/Patient/p/_history/1")), ["bdl-8"]),
    (TRANSACTION, FIRST(lambda e: e.update(fullUrl="Patient/p")), ["bad-full-url"]),
    (TRANSACTION, FIRST(lambda e: e.update(fullUrl=f"{BASE}/Patient/other")), ["full-url-id"]),
    (TRANSACTION, FIRST(lambda e: e.update(fullUrl=f"{BASE}/Group/p")), ["full-url-id"]),
    (TRANSACTION, FIRST(lambda e: e["request"].update(url="Patient/other")), ["request-url"]),
    (TRANSACTION, FIRST(lambda e: e["request"].update(method="POST", url="Group")), ["request-url"]),
    (TRANSACTION, FIRST(lambda e: e["request"].update(url="Group?x=1")), ["request-url"]),
    (TRANSACTION, FIRST(lambda e: e.pop("resource")), ["missing-element"]),
    (TRANSACTION, FIRST(lambda e: e["request"].update(method="DELETE")), ["request-resource"]),
    (
        TRANSACTION,
        SECOND(lambda e: e.update(put(condition("urn:uuid:4e5aa5f2-dd58-47b0-83c8-6bea38669e67")))),
        ["unresolved-reference"],
    ),
    (TRANSACTION, FIRST(lambda e: e["resource"].update(gender="x")), ["wrong-code"]),
    (DOCUMENT, lambda b: b.pop("identifier"), ["bdl-9"]),
    (DOCUMENT, lambda b: b["identifier"].pop("system"), ["bdl-9"]),
    (DOCUMENT, lambda b: b.pop("timestamp"), ["bdl-10"]),
    (DOCUMENT, lambda b: b["entry"].reverse(), ["bdl-11"]),
    (DOCUMENT, lambda b: b.update(type="message"), ["bdl-12"]),
    (DOCUMENT, FIRST(lambda e: e["resource"]["subject"].update(reference="Patient/nobody")), ["unresolved-reference"]),
    (DOCUMENT, SECOND(lambda e: e.pop("fullUrl")), ["missing-element", "unreachable-entry", "unresolved-reference"]),
    (
        DOCUMENT,
        lambda b: b["entry"].append({"fullUrl": f"{BASE}/Patient/q", "resource": TWIN}),
        ["unreachable-entry"],
    ),
]


@pytest.mark.parametrize(("bundle", "edit", "expected"), CASES)
def test_wrong_bundles(bundle, edit, expected):
    assert codes(change(bundle, edit)) == expected


def test_a_version_is_told_apart_by_its_reference():
    old = {**PATIENT, "meta": {"versionId": "1"}}
    new = {**PATIENT, "meta": {"versionId": "2"}}
    bundle = copy.deepcopy(DOCUMENT)
    bundle["entry"][1]["resource"] = old
    bundle["entry"].append({"fullUrl": f"{BASE}/Patient/p", "resource": new})
    assert codes(bundle) == ["ambiguous-reference"]
    for node in (bundle["entry"][0]["resource"]["subject"], bundle["entry"][0]["resource"]["author"][0]):
        node["reference"] = "Patient/p/_history/2"
    bundle["entry"][2]["resource"]["subject"]["reference"] = "Patient/p/_history/1"
    assert codes(bundle) == []


def test_conditional_references_belong_to_transactions():
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": condition("Patient?identifier=x")}]}
    assert codes(bundle, "warning") == ["bad-reference"]
    assert codes(bundle) == []


def test_the_path_of_an_entry_is_told():
    (problem,) = check(change(TRANSACTION, SECOND(lambda e: e["resource"].pop("subject"))))
    assert problem.column == "Bundle.entry[1].resource.subject"
