"""Whole resources and Bundles: whose they are, what they contain, and that nothing leaves that is not R4."""

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


def patient(identity):
    return PSEUDONYMS.of_resource("Patient", identity)


def observation(**more):
    return {"resourceType": "Observation", "id": "o", "status": "final", "code": CODE} | more


def test_id_label_and_shift():
    out = new().resource(observation(subject={"reference": "Patient/P1"}, effectiveDateTime="2025-11-03T10:00:00-08:00"))
    moved = date(2025, 11, 3).toordinal() + PSEUDONYMS.shift(patient("P1"))
    assert out == {
        "resourceType": "Observation",
        "id": PSEUDONYMS.of_resource("Observation", "o"),
        "meta": {"security": [PSEUDED]},
        "status": "final",
        "code": CODE,
        "subject": {"reference": f"Patient/{patient('P1')}"},
        "effectiveDateTime": f"{date.fromordinal(moved)}T10:00:00-08:00",
    }
    assert check(out) == []


@pytest.mark.parametrize(
    ("resource", "owned"),
    [
        ({"resourceType": "Patient", "id": "P1", "deceasedDateTime": "2025-11-03"}, True),
        ({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/P1"}, "period": {"start": "2025-11-03"}}, True),
        (
            {
                "resourceType": "Appointment",
                "participant": [{"actor": {"reference": "Patient/P1"}}],
                "requestedPeriod": [{"start": "2025-11-03"}],
            },
            True,
        ),
        (
            {
                "resourceType": "Group",
                "member": [{"entity": {"reference": f"Patient/P{n}"}, "period": {"start": "2025-11-03"}} for n in (1, 2)],
            },
            False,
        ),
        ({"resourceType": "PlanDefinition", "status": "active", "date": "2025-11-03"}, False),
        ({"resourceType": "List", "subject": {"display": "a person"}, "date": "2025-11-03"}, False),
        (
            observation(
                subject={"identifier": {"value": "1"}},
                focus=[{"reference": "Patient/P2"}],
                issued="2025-11-03T10:00:00Z",
                effectiveDateTime="2025-11-03",
            ),
            False,
        ),
    ],
)
def test_dates_are_shifted_where_there_is_one_patient_and_years_elsewhere(resource, owned):
    one = new()
    one._resource(resource, resource["resourceType"], {}, "")
    done = {action for _, action in one.counts}
    assert ("shifted" in done, "year" in done) == (owned, not owned)


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ({"resourceType": "Binary", "contentType": "text/plain", "data": "UXVva2th"}, "type-not-listed"),
        ({"resourceType": "AuditEvent"}, "type-not-listed"),
        ({"resourceType": "Quokka"}, "not-r4"),
        ({"resourceType": ["Quokka"]}, "not-r4"),
        ({}, "not-r4"),
        (["Quokka"], "not-r4"),
        ({"resourceType": "Observation", "id": "o"}, "not-r4"),
        (observation(status="Quokka"), "required-code"),
        (
            observation(meta={"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}]}),
            "psychotherapy-note",
        ),
        (observation(modifierExtension=[{"url": "https://clinic.example", "valueBoolean": True}]), "changed-meaning"),
    ],
)
def test_what_may_not_leave_is_withheld_with_a_code_and_no_word_of_it(resource, code):
    with pytest.raises(WithheldError) as caught:
        new().resource(resource)
    assert str(caught.value) == code
    assert "Quokka" not in caught.value.kind


def test_what_is_nested_too_deep_is_withheld():
    item = {"linkId": "a"}
    for _ in range(2000):
        item = {"linkId": "a", "item": [item]}
    with pytest.raises(WithheldError, match="not-r4"):
        new().resource({"resourceType": "QuestionnaireResponse", "status": "completed", "item": [item]})


def contained():
    return {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "intent": "order",
        "contained": [
            {"resourceType": "Medication", "id": "Quokka", "code": CODE, "batch": {"lotNumber": "Quokka"}},
            {"resourceType": "Practitioner", "id": "alone", "name": [{"family": "Quokka"}]},
        ],
        "subject": {"reference": "Patient/P1"},
        "medicationReference": {"reference": "#Quokka"},
    }


def test_what_is_contained_goes_the_same_way_and_stays_tied():
    out = new().resource(contained())
    (inner,) = out["contained"]
    assert inner == {"resourceType": "Medication", "id": inner["id"], "code": CODE}
    assert out["medicationReference"]["reference"] == f"#{inner['id']}"
    assert "Quokka" not in str(out)
    other = new().resource(contained() | {"id": "n"})
    assert other["contained"][0]["id"] != inner["id"], "an id inside of a resource ties no two resources"


def test_a_contained_resource_that_may_not_leave_holds_the_whole_back():
    whole = contained()
    whole["contained"][0] = {"resourceType": "Binary", "id": "Quokka", "contentType": "text/plain"}
    with pytest.raises(WithheldError, match="contained-type-not-listed"):
        new().resource(whole)


@pytest.mark.parametrize("code", [("http://loinc.org", "30525-0"), ("http://snomed.info/sct", "397669002")])
def test_an_observation_of_age_tells_none_above_89(code):
    concept = {"coding": [dict(zip(("system", "code"), code, strict=True))]}
    for value in ({"valueInteger": 93}, {"valueQuantity": {"value": 93, "unit": "{score}"}}):
        out = new().resource(observation(code=concept, subject={"reference": "Patient/P1"}) | value)
        assert out["dataAbsentReason"]["coding"][0]["code"] == "masked"
    assert new().resource(observation(code=concept, valueInteger=89))["valueInteger"] == 89


def test_a_vital_sign_without_a_day_has_a_period():
    weight = observation(
        category=[{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        code={"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        subject={"reference": "Patient/P1"},
        effectiveDateTime="2025-11-03",
        valueQuantity={"value": 72, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    )
    out = new("year").resource(weight)
    assert "effectiveDateTime" not in out
    assert out["effectivePeriod"] == {"start": "2025", "end": "2025"}
    assert check(out) == []
    old = new().resource(weight | {"effectiveDateTime": "1931-02-28"})
    assert old["effectivePeriod"] == MASKED
    assert old.keys() & {"effectiveDateTime", "_effectiveDateTime"} == set()
    assert new("year").resource(observation(effectiveDateTime="2025-11-03"))["effectiveDateTime"] == "2025"


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


def test_of_a_resource_that_stays_nothing_is_counted_as_kept():
    one = new()
    with pytest.raises(WithheldError):
        one.resource(observation(valueInteger=3, modifierExtension=[{"url": "https://clinic.example"}]))
    with pytest.raises(WithheldError):
        one.resource({"resourceType": "Observation", "id": "p", "valueInteger": 3})
    assert one.counts == {}
    one.resource(observation(valueInteger=3))
    assert one.counts["Observation.valueInteger", "kept"] == 1


def test_what_a_resource_contains_is_counted_also_where_it_goes():
    whole = contained()
    whole["contained"][0] |= {"meta": {"versionId": "1"}, "contained": [{"resourceType": "Patient"}]}
    whole["contained"] += ["Quokka", {"resourceType": "Patient", "name": [{"text": "Quokka"}]}, whole["contained"][0]]
    one = new()
    whole["_id"] = {"id": "Quokka"}
    one.resource(whole)
    told = {path: count for (path, done), count in one.counts.items() if done == "dropped"}
    assert (
        told.items()
        >= {
            "MedicationRequest.id": 1,
            "Medication.meta": 1,
            "Medication.contained": 1,
            "MedicationRequest.contained": 3,  # a text, one without a name, and the first of two of one name
            "Practitioner": 1,
        }.items()
    )


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
