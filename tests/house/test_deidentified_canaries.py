"""The eighteen identifiers of 45 CFR 164.514(b)(2), each planted in every kind of place: none is in any byte that leaves.

A canary is a text that stands nowhere else; dates and numbers are canaries by themselves.
"""

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kapfhir.cli.main import cli
from kapfhir.deidentification.table import load_identifiers
from kapfhir.fhir.validate import check

LOINC = {"system": "http://loinc.org", "code": "44261-6"}
CODE = {"coding": [LOINC]}
SUBJECT = {"reference": "Patient/canary-mrn-7", "display": "Wilhelmina Quokka"}
PLANTED = {  # class -> what must not be found, in any case
    "A": ["Quokka", "Wilhelmina", "Wombat", "Numbat"],
    "B": ["Nowhere Lane", "Canaryville", "Canary County", "90210", "34.0522", "118.2437"],
    "C": ["1931-02-28", '"1931', "1985-04-02", "2025-11-03", "93.5"],
    "D": ["555-0142", "5550142"],
    "E": ["555-0143", "5550143"],
    "F": ["wilhelmina@canary.example", "canary.example"],
    "G": ["078-05-1120", "078051120"],
    "H": ["canary-mrn-7", "mrn-000777"],
    "I": ["beneficiary-8811", "subscriber-8812", "group-8813"],
    "J": ["account-4455"],
    "K": ["licence-9911", "DEA-CANARY-1"],
    "L": ["plate-CNRY-77", "vin-1HGCM82633A004352"],
    "M": ["serial-SN-3141", "udi-2718", "lot-1618"],
    "N": ["https://clinic.canary.test", "clinic.canary.test"],
    "O": ["192.0.2.77", "2001:db8::77"],
    "P": ["fingerprint-canary"],
    "Q": ["photo-canary"],
    "R": ["study-code-ZX81", "rare-characteristic-canary"],
}


def coded(text):
    return base64.b64encode(text.encode()).decode()


def texts(letter):
    return " ".join(PLANTED[letter])


EVERYTHING = " | ".join(texts(letter) for letter in PLANTED)
EXTENSION = {"url": "https://clinic.canary.test/StructureDefinition/canary-mrn-7", "valueString": EVERYTHING}
NARRATIVE = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{EVERYTHING}</div>'}
META = {
    "versionId": "canary-mrn-7",
    "lastUpdated": "2025-11-03T10:00:00Z",
    "source": "https://clinic.canary.test/fhir",
    "profile": ["https://clinic.canary.test/StructureDefinition/p"],
    "tag": [{"system": "https://clinic.canary.test", "code": "study-code-ZX81", "display": "Quokka"}],
}


def identifier(code, value):
    kind = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code, "display": "Quokka"}],
        "text": value,
    }
    return {"type": kind, "system": "https://clinic.canary.test/ids", "value": value, "assigner": {"display": "Canaryville"}}


PATIENT = {
    "resourceType": "Patient",
    "id": "canary-mrn-7",
    "meta": META,
    "text": NARRATIVE,
    "extension": [
        EXTENSION,
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": {"city": "Canaryville"}},
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Wombat"},
    ],
    "identifier": [
        identifier("SS", "078-05-1120"),
        identifier("MR", "mrn-000777"),
        identifier("MB", "beneficiary-8811"),
        identifier("AN", "account-4455"),
        identifier("DL", "plate-CNRY-77"),
        identifier("U", "vin-1HGCM82633A004352"),
        {"use": "official", "value": "study-code-ZX81"},
    ],
    "active": True,
    "name": [
        {
            "use": "official",
            "text": "Wilhelmina Quokka",
            "family": "Quokka",
            "given": ["Wilhelmina"],
            "_family": {"extension": [EXTENSION]},
        }
    ],
    "telecom": [
        {"system": "phone", "value": "+1 555-0142"},
        {"system": "fax", "value": "+1 555-0143"},
        {"system": "email", "value": "wilhelmina@canary.example"},
        {"system": "url", "value": "https://clinic.canary.test/~quokka"},
        {"system": "other", "value": "192.0.2.77"},
    ],
    "gender": "female",
    "birthDate": "1931-02-28",
    "_birthDate": {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": "1931-02-28T04:00:00Z"}
        ]
    },
    "address": [
        {
            "text": "1 Nowhere Lane, Canaryville",
            "line": ["1 Nowhere Lane"],
            "city": "Canaryville",
            "district": "Canary County",
            "state": "CA",
            "postalCode": "90210-1234",
            "country": "US",
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/geolocation",
                    "extension": [{"url": "latitude", "valueDecimal": 34.0522}],
                }
            ],
        }
    ],
    "photo": [
        {
            "contentType": "image/png",
            "data": coded("photo-canary"),
            "title": "photo-canary",
            "url": "https://clinic.canary.test/photo",
        }
    ],
    "contact": [
        {"name": {"family": "Wombat"}, "telecom": [{"system": "phone", "value": "555-0142"}], "address": {"city": "Canaryville"}}
    ],
    "generalPractitioner": [{"reference": "https://clinic.canary.test/fhir/Practitioner/canary-mrn-7", "display": "Numbat"}],
}
YOUNGER = {"resourceType": "Patient", "id": "younger", "birthDate": "1985-04-02", "name": [{"family": "Numbat"}]}


def about(kind, **more):
    return {"resourceType": kind, "id": "study-code-ZX81", "meta": META, "text": NARRATIVE, "extension": [EXTENSION], **more}


def age(value):
    return {"value": value, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}


NOTE = [{"authorString": "Numbat", "time": "2025-11-03T10:00:00Z", "text": EVERYTHING}]
RESOURCES = [
    PATIENT,
    YOUNGER,
    about("Practitioner", identifier=[identifier("MD", "licence-9911")], name=[{"family": "Numbat"}], birthDate="1985-04-02", qualification=[{"identifier": [identifier("DEA", "DEA-CANARY-1")], "code": CODE | {"text": "Numbat"}, "period": {"start": "2025-11-03"}}], photo=[{"data": coded("photo-canary")}]),
    about("Organization", name="Clinic of Canaryville", alias=["Canaryville"], telecom=[{"system": "fax", "value": "555-0143"}], address=[{"line": ["1 Nowhere Lane"], "postalCode": "90210", "state": "CA"}], contact=[{"name": {"text": "Numbat"}}]),
    about("Location", name="Canaryville", description="1 Nowhere Lane", position={"longitude": -118.2437, "latitude": 34.0522}, address={"city": "Canaryville", "postalCode": "90210"}),
    about("RelatedPerson", patient=SUBJECT, name=[{"text": "Wombat"}], telecom=[{"system": "email", "value": "wilhelmina@canary.example"}], birthDate="1931-02-28", photo=[{"data": coded("photo-canary")}]),
    about("Device", serialNumber="serial-SN-3141", lotNumber="lot-1618", distinctIdentifier="udi-2718", udiCarrier=[{"deviceIdentifier": "udi-2718", "carrierHRF": "udi-2718", "carrierAIDC": coded("udi-2718"), "jurisdiction": "https://clinic.canary.test"}], deviceName=[{"name": "Pump of Quokka", "type": "user-friendly-name"}], url="http://192.0.2.77/pump", identifier=[identifier("SNO", "serial-SN-3141")], patient=SUBJECT, contact=[{"system": "phone", "value": "555-0142"}], manufactureDate="2025-11-03", note=NOTE),
    about("Coverage", status="active", beneficiary=SUBJECT, payor=[{"display": "Numbat"}], subscriberId="subscriber-8812", identifier=[identifier("MB", "beneficiary-8811")], **{"class": [{"type": CODE, "value": "group-8813", "name": "group-8813"}]}, period={"start": "2025-11-03"}),
    about("Observation", status="final", code=CODE | {"text": EVERYTHING}, subject=SUBJECT, effectiveDateTime="2025-11-03T10:00:00-08:00", issued="2025-11-03T10:00:00Z", valueString=EVERYTHING, note=NOTE, performer=[{"display": "Numbat"}], identifier=[identifier("MR", "mrn-000777")], referenceRange=[{"text": "Quokka"}]),
    about("Observation", status="final", code={"coding": [{"system": "http://loinc.org", "code": "30525-0"}]}, subject=SUBJECT, valueQuantity=age(93.5), component=[{"code": CODE, "valueSampledData": {"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": "fingerprint-canary"}}]),
    about("Observation", status="final", code={"coding": [{"system": "https://clinic.canary.test/codes", "code": "rare-characteristic-canary", "display": "rare-characteristic-canary"}]}, subject=SUBJECT, valueCodeableConcept={"text": "rare-characteristic-canary"}, valueInteger=5550142),
    about("Observation", status="final", code=CODE, subject=SUBJECT, component=[{"code": CODE, "valueInteger": 5550142}, {"code": CODE, "valueQuantity": {"value": 5550143, "unit": "plate-CNRY-77"}}, {"code": CODE, "valueDateTime": "1931-02-28"}]),
    about("Condition", code={"text": EVERYTHING}, subject=SUBJECT, onsetAge=age(93.5), recordedDate="2025-11-03", asserter={"identifier": identifier("MD", "licence-9911"), "display": "Numbat"}, note=NOTE),
    about("Condition", code=CODE, subject=SUBJECT, onsetString=EVERYTHING, abatementDateTime="1931-02-28"),
    about("QuestionnaireResponse", status="completed", questionnaire="https://clinic.canary.test/Questionnaire/Quokka|1", subject=SUBJECT, authored="2025-11-03T10:00:00Z", item=[{"linkId": "Quokka phone", "text": EVERYTHING, "definition": "https://clinic.canary.test/q", "answer": [{"valueString": EVERYTHING}, {"valueUri": "http://192.0.2.77/"}, {"valueAttachment": {"title": "Quokka", "data": coded("fingerprint-canary")}}, {"valueCoding": {"system": "https://clinic.canary.test", "code": "rare-characteristic-canary", "display": "Quokka"}}]}]),
    about("DocumentReference", status="current", subject=SUBJECT, date="2025-11-03T10:00:00Z", description=EVERYTHING, masterIdentifier=identifier("U", "study-code-ZX81"), content=[{"attachment": {"contentType": "text/plain", "data": coded(EVERYTHING), "title": "Quokka", "url": "https://clinic.canary.test/doc"}}], author=[{"display": "Numbat"}]),
    about("MedicationRequest", status="active", intent="order", subject=SUBJECT, medicationReference={"reference": "#canary-mrn-7", "display": "lot-1618"}, contained=[{"resourceType": "Medication", "id": "canary-mrn-7", "code": CODE | {"text": "Quokka"}, "batch": {"lotNumber": "lot-1618", "expirationDate": "2025-11-03"}}, {"resourceType": "Patient", "id": "unseen", "name": [{"family": "Quokka"}]}], dosageInstruction=[{"text": EVERYTHING, "patientInstruction": "Quokka", "timing": {"event": ["2025-11-03T10:00:00Z"]}}], dispenseRequest={"validityPeriod": {"start": "2025-11-03"}}),
    about("Encounter", status="finished", subject=SUBJECT, period={"start": "2025-11-03T10:00:00-08:00", "end": "2025-11"}, location=[{"location": {"reference": "Location/canary-mrn-7", "display": "Canaryville"}}], **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "Quokka"}}),
    about("Appointment", status="booked", start="2025-11-03T10:00:00Z", end="2025-11-03T11:00:00Z", comment=EVERYTHING, description="Quokka", participant=[{"actor": SUBJECT, "status": "accepted"}, {"actor": {"display": "Numbat"}, "status": "accepted"}]),
    about("Consent", status="active", scope=CODE, category=[CODE], patient=SUBJECT, dateTime="2025-11-03", policyRule={"text": "Quokka"}, sourceAttachment={"data": coded("fingerprint-canary")}, verification=[{"verified": True, "verifiedWith": {"display": "Wombat"}, "verificationDate": "2025-11-03"}]),
    about("Provenance", target=[{"reference": "Observation/study-code-ZX81"}], recorded="2025-11-03T10:00:00Z", policy=["https://clinic.canary.test/policy"], agent=[{"who": {"display": "Numbat"}}], signature=[{"type": [LOINC], "when": "2025-11-03T10:00:00Z", "who": {"display": "Numbat"}, "data": coded("fingerprint-canary")}]),
    about("Group", type="person", actual=True, name="Friends of Quokka", quantity=2, member=[{"entity": SUBJECT, "period": {"start": "2025-11-03"}}, {"entity": {"reference": "Patient/younger"}}]),
    about("PlanDefinition", status="active", url="https://clinic.canary.test/PlanDefinition/1", title="Plan of Numbat", date="2025-11-03", author=[{"name": "Numbat"}], relatedArtifact=[{"type": "documentation", "citation": "Numbat", "url": "https://clinic.canary.test"}]),
    about("Binary", contentType="text/plain", data=coded(EVERYTHING)),
    about("Media", status="completed", subject=SUBJECT, content={"data": coded("photo-canary")}),
    about("AuditEvent", agent=[{"network": {"address": "2001:db8::77"}}]),
    about("Person", name=[{"family": "Quokka"}]),
    {"resourceType": "Quokka", "id": "Quokka", "Quokka": "Quokka"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    (tmp_path / "bundles").mkdir()
    for number, resource in enumerate(RESOURCES):
        kind = resource["resourceType"]
        name = f"{kind}.ndjson" if kind != "Quokka" else "Wilhelmina Quokka.ndjson"
        with Path("in", name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(resource) + "\n")
    Path("in/Wombat.json").write_text("{ Wombat", encoding="utf-8")
    Path("k").write_text("7" * 64)  # a known key: a pseudonym or a shifted day must not hold a canary by chance
    Path("k").chmod(0o600)
    entries = [{"fullUrl": f"https://clinic.canary.test/{r['resourceType']}/{r['id']}", "resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}", "ifMatch": 'W/"canary-mrn-7"'}} for r in RESOURCES]  # fmt: skip
    nested = {"resourceType": "Bundle", "id": "canary-mrn-7", "type": "collection", "entry": [{"resource": PATIENT}]}
    strange = [
        {"resource": nested, "request": {"method": "POST", "url": "Bundle"}},
        {"request": {"method": "DELETE", "url": "Patient?name=Quokka"}},
        "Quokka",
    ]
    bundle = {"resourceType": "Bundle", "id": "canary-mrn-7", "type": "transaction", "identifier": identifier("U", "canary-mrn-7"), "timestamp": "2025-11-03T10:00:00Z", "link": [{"relation": "self", "url": "https://clinic.canary.test/fhir?name=Quokka"}], "signature": {"data": coded("fingerprint-canary")}, "entry": [*entries, *strange]}  # fmt: skip
    Path("bundles/Quokka.json").write_text(json.dumps(bundle), encoding="utf-8")


def traces(content):
    """The canaries that are found: in any case, as base64 in each of its phases, and with JSON's escapes undone."""
    low = content.lower()
    found = []
    for letter, canaries in PLANTED.items():
        for canary in canaries:
            hidden = [base64.b64encode(b"x" * shift + canary.encode())[4 if shift else 0 : -4].decode() for shift in range(3)]
            if canary.lower() in low or any(part and len(part) > 7 and part in content for part in hidden):
                found.append((letter, canary))
    return found


def test_every_class_is_planted_and_this_test_would_see_it():
    assert set(PLANTED) == {row["class"] for row in load_identifiers()}
    written = "".join(path.read_text("utf-8") for path in Path("in").iterdir())
    assert {canary for _, canary in traces(written)} == {canary for canaries in PLANTED.values() for canary in canaries}
    assert ("P", "fingerprint-canary") in traces(coded("a fingerprint-canary b"))


@pytest.mark.parametrize("flags", [[], ["-v"], ["--json"], ["-q"]])
@pytest.mark.parametrize("dates", ["shift", "year"])
@pytest.mark.parametrize("source", ["in", "bundles"])
def test_no_byte_of_any_of_the_eighteen_leaves(flags, dates, source):
    result = CliRunner().invoke(
        cli, [*flags, "deidentify", source, "-o", "out", "--key", "k", "--dates", dates, "--as-of", "2026-01-01"]
    )
    assert result.exit_code == 6, result.stderr
    assert traces(result.stdout) == traces(result.stderr) == []
    paths = sorted(path for path in Path("out").rglob("*") if path.is_file())
    assert traces(" ".join(str(path) for path in paths)) == []
    for path in paths:
        assert traces(path.read_text("utf-8")) == [], path.name
    key = Path("k").read_text("utf-8").strip()
    assert key not in result.output + "".join(path.read_text("utf-8") for path in paths)


def test_what_is_left_is_r4_and_worth_having():
    CliRunner().invoke(cli, ["deidentify", "in", "-o", "out", "--key", "k", "--as-of", "2026-01-01"])
    left = [json.loads(line) for path in Path("out").glob("*.ndjson") for line in path.read_text("utf-8").splitlines()]
    assert [p for resource in left for p in check(resource) if p.severity == "error"] == []
    kinds = {resource["resourceType"] for resource in left}
    assert {resource["resourceType"] for resource in RESOURCES} - kinds == {"Binary", "Media", "AuditEvent", "Person", "Quokka"}
    person = next(r for r in left if r["resourceType"] == "Patient" and "address" in r)
    assert person["address"] == [{"state": "CA", "postalCode": "902", "country": "US"}]
    assert "birthDate" not in person
    assert {r["birthDate"] for r in left if r["resourceType"] == "Patient" and r is not person} == {"1985"}
    ties = {r["subject"]["reference"] for r in left if "subject" in r}
    assert ties == {f"Patient/{person['id']}"}


def test_a_traceback_tells_nothing(monkeypatch):
    def fail(*_):
        raise ValueError(EVERYTHING)

    monkeypatch.setattr("kapfhir.deidentification.walk.Walk.element", fail)
    for flags in ([], ["-v"], ["--json"]):
        result = CliRunner().invoke(cli, [*flags, "deidentify", "in", "-o", "out", "--key", "k"])
        assert result.exit_code == 1
        assert traces(result.output + result.stderr) == []
        assert not Path("out").exists()
