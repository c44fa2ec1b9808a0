"""Classes of fault in what the elements of a right resource mean together: references, units, times, rules, narratives, extensions."""

from collections.abc import Callable, Iterator
from typing import Any

from kapfhir.fhir.rules.invariants import codings
from faults import GONE, VALUES, Change, Path, Resource, objects, places, put

UCUM = "http://unitsofmeasure.org"
CORE = "http://hl7.org/fhir/StructureDefinition/"
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
ABSENT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]}


def bad_reference(resource: Resource) -> Iterator[Change]:
    """A form that is none, or a type that may not stand there."""
    for place in places(resource):
        if place.kind != "Reference" or not place.single or "reference" not in place.value:
            continue
        at = (*place.path, "reference")
        other = next(t for t in ("Medication", "Patient", "Location", "Slot") if t not in place.element.targets)
        if "Resource" not in place.element.targets:
            yield Change("wrong type", ((at, f"{other}/a"),))
            yield Change("wrong type, absolute", ((at, f"http://example.org/fhir/{other}/a"),))
        yield Change("a word", ((at, "nonsense"),))
        yield Change("no type of R4", ((at, "Nonsense/a"),))
        yield Change("type against the literal", (((*place.path, "type"), "Slot"),))
        yield Change("no type of R4 in type", (((*place.path, "type"), "Nonsense"),))
        yield Change("urn:uuid of nothing", ((at, "urn:uuid:nonsense"),))
        yield Change("nothing contained", ((at, "#nonsense"),))
        yield Change("a blank in the id", ((at, f"{str(place.value['reference']).partition('/')[0]}/a b"),))
        yield Change("an underscore in the id", ((at, "Patient/a_b"),))
        yield Change("a query", ((at, "Patient?identifier=x"),))
        yield Change("number", ((at, 7),))


def bad_unit(resource: Resource) -> Iterator[Change]:
    for path, kind, node in objects(resource):
        if node.get("system") == UCUM and kind in ("Quantity", "Duration", "Age"):
            for code in ("mmHg", "mcg", "hr", "kgs", "beats/min", "tablets", "mg per kg", "C"):
                yield Change(code, (((*path, "code"), code),))
            yield Change("code without system", (((*path, "system"), GONE),))
            yield Change("relative system", (((*path, "system"), "ucum"),))


def out_of_order(resource: Resource) -> Iterator[Change]:
    for path, kind, node in objects(resource):
        if kind == "Period" and "start" in node:
            yield Change("end before start", (((*path, "end"), "1901-01-01"),))
            yield Change(
                "end an hour before", (((*path, "start"), "2026-01-05T10:00:00Z"), ((*path, "end"), "2026-01-05T09:59:00Z"))
            )
            zones = (((*path, "start"), "2026-01-05T10:00:00-08:00"), ((*path, "end"), "2026-01-05T11:00:00Z"))
            yield Change("end before start by zone", zones)
            right = (((*path, "start"), "2026-01-05T10:00:00+02:00"), ((*path, "end"), "2026-01-05T09:00:00Z"))
            yield Change("in order by zone", right)
            yield Change("year and day", (((*path, "start"), "2026"), ((*path, "end"), "2026-01-05")))
        elif kind == "Range":
            yield Change("high below low", (((*path, "low"), {"value": 9}), ((*path, "high"), {"value": 1})))


def broken_rule(resource: Resource) -> Iterator[Change]:
    """What the invariants of the data types and resources forbid."""
    for path, kind, node in objects(resource):
        for owner, way, sets in RULES:
            if owner == kind and all(sets[key] is not GONE or key in node for key in sets):
                yield Change(way, tuple(((*path, key), value) for key, value in sets.items()))


def _coding(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


HOME = {"system": "phone", "value": "1", "use": "home"}
RULES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Observation", "obs-6: value and reason", {"dataAbsentReason": ABSENT, "valueString": "x"}),
    ("Observation", "obs-3: empty range", {"referenceRange": [{"type": {"text": "x"}}]}),
    (
        "Condition",
        "con-4: active and abated",
        {"clinicalStatus": _coding("condition-clinical", "active"), "abatementString": "x"},
    ),
    (
        "Condition",
        "con-5: entered in error with a status",
        {
            "clinicalStatus": _coding("condition-clinical", "active"),
            "verificationStatus": _coding("condition-ver-status", "entered-in-error"),
        },
    ),
    ("Condition", "con-1: empty stage", {"stage": [{"type": {"text": "x"}}]}),
    ("AllergyIntolerance", "ait-1: no status", {"clinicalStatus": GONE}),
    (
        "AllergyIntolerance",
        "ait-2: entered in error with a status",
        {
            "clinicalStatus": _coding("allergyintolerance-clinical", "active"),
            "verificationStatus": _coding("allergyintolerance-verification", "entered-in-error"),
        },
    ),
    ("Organization", "org-1: no name, no identifier", {"name": GONE, "identifier": GONE}),
    ("Organization", "org-2: address at home", {"address": [{"use": "home", "text": "x"}]}),
    ("Organization", "org-3: phone at home", {"telecom": [HOME]}),
    ("Patient", "pat-1: contact without details", {"contact": [{"gender": "female"}]}),
    ("Patient", "cpt-2: phone without system", {"telecom": [{"value": "1"}]}),
    ("Practitioner", "cpt-2: phone without system", {"telecom": [{"value": "1"}]}),
    ("RelatedPerson", "cpt-2: phone without system", {"telecom": [{"value": "1"}]}),
    (
        "CarePlan",
        "cpl-3: reference and detail",
        {"activity": [{"reference": {"display": "x"}, "detail": {"status": "scheduled"}}]},
    ),
    ("MedicationAdministration", "mad-1: dosage without dose", {"dosage": {"text": "x"}}),
    ("Consent", "ppc-1: no policy", {"policyRule": GONE}),
    ("Goal", "gol-1: detail without measure", {"target": [{"detailString": "x"}]}),
    ("QuestionnaireResponse.item", "qrs-1: items beside answers", {"answer": [{"valueString": "x"}], "item": [{"linkId": "x"}]}),
    ("Appointment", "app-2: start without end", {"start": "2026-01-05T10:00:00Z", "end": GONE}),
    ("Appointment", "app-3: booked without a time", {"status": "booked", "start": GONE, "end": GONE}),
    ("Appointment", "app-4: reason of no cancellation", {"status": "booked", "cancelationReason": {"text": "x"}}),
    ("Appointment", "app-1: participant that is nobody", {"participant": [{"status": "accepted"}]}),
    (
        "CareTeam",
        "ctm-1: on behalf of",
        {"participant": [{"onBehalfOf": {"display": "x"}, "member": {"reference": "Patient/a"}}]},
    ),
    ("Attachment", "att-1: data without a type", {"contentType": GONE, "data": "YQ=="}),
    ("Attachment", "size of other data", {"contentType": "text/plain", "data": "YQ==", "size": 7}),
    ("Attachment", "no MIME type", {"contentType": "nonsense"}),
    ("Identifier", "system of URIs", {"system": "urn:ietf:rfc:3986", "value": "nonsense"}),
    ("Identifier", "relative system", {"system": "nonsense", "value": "x"}),
    ("Coding", "relative system", {"system": "nonsense"}),
    ("Timing.repeat", "tim-1: duration without unit", {"duration": 1, "durationUnit": GONE}),
    ("Timing.repeat", "tim-2: period without unit", {"period": 1, "periodUnit": GONE}),
    ("Timing.repeat", "tim-5: negative period", {"period": -1, "periodUnit": "d"}),
    ("Timing.repeat", "tim-10: time and event", {"timeOfDay": ["10:00:00"], "when": ["C"]}),
    ("Ratio", "rat-1: no denominator", {"denominator": GONE}),
    ("Quantity", "qty-3: code without system", {"code": "mg", "system": GONE}),
    ("Duration", "drt-1: code without system", {"code": "min", "system": GONE}),
    ("Age", "age-1: years below zero", {"value": -1}),
    ("Meta", "label twice", {"security": [VALUES["CodeableConcept"]]}),
    ("PlanDefinition", "relative url", {"url": "nonsense"}),
    ("ActivityDefinition", "relative url", {"url": "nonsense"}),
    ("Device", "dev: two names", {"deviceName": [{"name": "x"}]}),
    ("Flag", "flag without a code", {"code": GONE}),
)
NARRATIVES = {
    "script": f"<div {XHTML}><script>x</script></div>",
    "event attribute": f'<div {XHTML}><p onclick="x">x</p></div>',
    "form": f"<div {XHTML}><form>x</form></div>",
    "no namespace": "<div>x</div>",
    "unclosed": f"<div {XHTML}><p>x</div>",
    "unknown entity": f"<div {XHTML}>&nonsense;</div>",
    "bare ampersand": f"<div {XHTML}>a & b</div>",
    "no div": "x",
    "another root": f"<p {XHTML}>x</p>",
    "blank": f"<div {XHTML}> </div>",
    "document type": f"<!DOCTYPE div><div {XHTML}>x</div>",
    "unknown element": f"<div {XHTML}><nonsense>x</nonsense></div>",
    "link that runs": f'<div {XHTML}><a href="javascript:x">x</a></div>',
    "right table": f'<div {XHTML}><table class="a"><tr><td colspan="2">x</td></tr></table></div>',
    "right entity": f"<div {XHTML}>a &amp; b &lt; c</div>",
}


def bad_narrative(resource: Resource) -> Iterator[Change]:
    for way, div in NARRATIVES.items():
        yield Change(way, ((("text",), {"status": "generated", "div": div}),))
    yield Change("no status", ((("text",), {"div": NARRATIVES["right entity"]}),))
    yield Change("unknown status", ((("text",), {"status": "nonsense", "div": NARRATIVES["right entity"]}),))


def bad_contained(resource: Resource) -> Iterator[Change]:
    inner: Resource = {"resourceType": "Organization", "id": "inner", "name": "x"}
    more = resource.get("contained", [])
    yield Change("nothing refers to it", ((("contained",), [*more, inner]),))
    owner = next(
        (p.path for p in places(resource) if p.kind == "Reference" and p.single and "Organization" in p.element.targets), None
    )
    if owner is None:
        return
    pointed: tuple[Path, Any] = (owner, {"reference": "#inner"})
    for way, changes in {
        "right": {},
        "without an id": {"id": None},
        "with a version": {"meta": {"versionId": "1"}},
        "with a label": {"meta": {"security": [{"system": "http://example.org/x", "code": "x"}]}},
        "of a wrong type": {"resourceType": "Substance", "name": None, "code": {"text": "x"}},
        "with an unknown element": {"nonsense": "x"},
        "with contained ones": {
            "contained": [{"resourceType": "Organization", "id": "b", "name": "x"}],
            "partOf": {"reference": "#b"},
        },
    }.items():
        made = {key: value for key, value in {**inner, **changes}.items() if value is not None}
        yield Change(way, ((("contained",), [*more, made]), pointed))
    yield Change("twice", ((("contained",), [*more, inner, inner]), pointed))


def bad_vital(resource: Resource) -> Iterator[Change]:
    """Of an Observation whose code brings a profile of vital signs into force."""
    if resource["resourceType"] != "Observation" or "vital-signs" not in [
        code for c in resource.get("category", ()) for _, code in codings(c)
    ]:
        return
    for name in ("category", "subject", "effectiveDateTime", "valueQuantity", "component", "dataAbsentReason", "code"):
        if name in resource:
            yield Change(f"{name} taken out", (((name,), GONE),))
    yield Change("month alone", ((("effectiveDateTime",), "2026-01"),))
    yield Change("another category", ((("category", 0, "coding", 0, "code"), "survey"),))
    yield Change("of a device", ((("subject",), {"reference": "Device/a"}),))
    for n in range(len(resource.get("component", ()))):
        yield Change("component taken out", ((("component", n), GONE),))
        yield Change(
            "component without value",
            ((("component", n, "valueQuantity"), GONE),)
            if "valueQuantity" in resource["component"][n]
            else ((("component", n, "dataAbsentReason"), GONE),),
        )
    for path, kind, node in objects(resource):
        if kind == "Quantity" and path[-1] == "valueQuantity":
            yield Change("another unit", (((*path, "code"), "mol"),))
            for name in ("value", "unit", "system", "code"):
                if name in node:
                    yield Change(f"quantity without {name}", (((*path, name), GONE),))


def bad_extension(resource: Resource) -> Iterator[Change]:
    more = resource.get("extension", [])
    right = {"url": f"{CORE}data-absent-reason", "valueCode": "unknown"}
    elsewhere = "patient-religion" if resource["resourceType"] == "Procedure" else "procedure-method"
    for way, changes in {
        "right": {},
        "value and extensions": {"extension": [right]},
        "two values": {"valueBoolean": True},
        "no value": {"valueCode": GONE},
        "no url": {"url": GONE},
        "relative url": {"url": "x"},
        "url with a version": {"url": f"{right['url']}|4.0.1"},
        "unknown type of value": {"valueCode": GONE, "valueNonsense": "x"},
        "another type of value": {"valueCode": GONE, "valueString": "unknown"},
        "unknown code": {"valueCode": "nonsense"},
        "of core, elsewhere": {"url": CORE + elsewhere, "valueCode": GONE, "valueCodeableConcept": {"text": "x"}},
    }.items():
        made = {key: value for key, value in {**right, **changes}.items() if value is not GONE}
        yield Change(way, ((("extension",), [*more, made]),))
    for place in places(resource):
        if place.owner == "Extension" and place.element.choice and not place.item:
            stands = str(place.path[-1])
            other = "valueBoolean" if stands != "valueBoolean" else "valueString"
            kind = "of core" if str(_at(resource, place.path[:-1])["url"]).startswith(CORE) else "of ours"
            yield Change(
                f"another type of value, {kind}",
                (((*place.path[:-1], other), VALUES[other[5].lower() + other[6:]]), (place.path, GONE)),
            )
        elif place.owner == "Extension" and place.path[-1] == "url":
            yield put(place, "url taken out", GONE)


def _at(node: Any, path: Path) -> Any:
    for step in path:
        node = node[step]
    return node


def doubled(resource: Resource) -> Iterator[Change]:
    """The same thing twice where it may be once."""
    labels = resource.get("meta", {}).get("security")
    if labels:
        yield Change("security label", ((("meta", "security"), [*labels, labels[0]]),))
    complex_ones = [(path, node) for path, kind, node in objects(resource)[1:] if "resourceType" not in node]
    for (first, _), (second, _) in zip(complex_ones, complex_ones[1:], strict=False):
        yield Change("id of elements", (((*first, "id"), "same"), ((*second, "id"), "same")))
    kind = resource["resourceType"].encode()
    yield Change(
        "key of the resource",
        ((("language",), "en"),),
        lambda text: text.replace(b'"resourceType":', b'"id":"b","id":"b","resourceType":', 1),
    )
    yield Change(
        "key",
        ((("implicitRules",), "http://example.org/x"),),
        lambda text: text.replace(b'{"resourceType":"' + kind, b'{"language":"en","language":"de","resourceType":"' + kind, 1),
    )


def bad_syntax(resource: Resource) -> Iterator[Change]:
    right = ((("language",), "en"),)
    yield Change("comma at the end", right, lambda text: text[: text.rindex(b"}")] + b",}")
    yield Change("comment", right, lambda text: b"/* x */" + text)
    yield Change("single quotes", right, lambda text: text.replace(b'"language"', b"'language'"))
    yield Change("not closed", right, lambda text: text[: text.rindex(b"}")])
    yield Change("something behind", right, lambda text: text + b"{}")
    yield Change("no quotes", right, lambda text: text.replace(b'"language"', b"language"))
    yield Change("leading zero", right, lambda text: text.replace(b'"language":"en"', b'"language":007'))


MEANINGS: dict[str, Callable[[Resource], Iterator[Change]]] = {
    "bad reference": bad_reference,
    "bad unit": bad_unit,
    "out of order": out_of_order,
    "broken rule": broken_rule,
    "bad narrative": bad_narrative,
    "bad contained": bad_contained,
    "bad vital sign": bad_vital,
    "bad extension": bad_extension,
    "doubled": doubled,
    "bad syntax": bad_syntax,
}
