"""What becomes of an element, by its type: dropped, kept, replaced or masked."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from kapfhir.deidentification.dates import Dates
from kapfhir.deidentification.pseudonyms import Pseudonyms
from kapfhir.deidentification.references import Scope
from kapfhir.deidentification.walk import MASKED, SYSTEM, Walk, WithheldError

PSEUDONYMS = Pseudonyms(b"1" * 32)
LOINC = {"system": "http://loinc.org", "code": "44261-6"}
KAP = "https://kapfhir.org/fhir/StructureDefinition/"


def walk(node, kind, *, texts=(), days=7, **scope):
    one = Walk(PSEUDONYMS, Dates("shift", date(2026, 1, 1)), frozenset(texts))
    out = one.element(node, kind, kind, Scope(PSEUDONYMS, days=days, **scope))
    return out, one.counts


def left(node, kind, **more):
    return walk(node, kind, **more)[0]


def test_what_r4_does_not_have_is_dropped_and_its_name_is_not_told():
    out, counts = walk({"Quokka": "Quokka", "active": True, "_Quokka": {"id": "Quokka"}}, "Patient")
    assert out == {"active": True}
    assert counts == Counter({("Patient.(unknown element)", "dropped"): 2, ("Patient.active", "kept"): 1})


@pytest.mark.parametrize("bad", ["Quokka", 7, True, None, [["Quokka"]], {"Quokka": "Quokka"}, [{"value": ["Quokka"]}]])
@pytest.mark.parametrize(
    "name", ["identifier", "name", "address", "birthDate", "gender", "communication", "extension", "link", "meta"]
)
def test_no_shape_is_trusted(bad, name):
    assert "Quokka" not in str(left({name: bad, "active": True}, "Patient"))


def test_texts_go_unless_their_path_is_named():
    condition = {
        "code": {"coding": [LOINC | {"display": "Quokka"}], "text": "Quokka"},
        "note": [{"text": "Quokka", "time": "2025-01-01"}],
    }
    assert left(condition, "Condition") == {"code": {"coding": [LOINC]}}
    assert left(condition, "Condition", texts=["Condition.code.text"]) == {"code": {"coding": [LOINC], "text": "Quokka"}}
    assert left(condition, "Condition", texts=["Condition.code.coding.display"])["code"]["coding"][0]["display"] == "Quokka"
    out, counts = walk(condition, "Condition", texts=["Condition.note.text"])
    assert out["note"] == [{"text": "Quokka", "time": "2025-01-08"}]
    assert counts["Condition.note.text", "text-kept"] == 1


def test_a_coding_of_an_unknown_system_goes_with_its_code():
    own = {"system": "https://clinic.example/codes", "code": "Quokka"}
    assert left({"code": {"coding": [own, LOINC]}}, "Condition") == {"code": {"coding": [LOINC]}}
    assert left({"code": {"coding": [own]}}, "Condition") is None


def test_what_is_required_and_goes_is_masked():
    observation = {"status": "final", "code": {"text": "Quokka"}}
    assert left(observation, "Observation") == {"status": "final", "code": MASKED}
    assert left({"occurrenceString": "Quokka"}, "Immunization") == {"_occurrenceString": MASKED}
    assert left({"linkId": 7}, "QuestionnaireResponse.item") == {"_linkId": MASKED}
    assert left({"content": [{"attachment": {"data": "UXVva2th"}}]}, "DocumentReference") == {"content": [{"attachment": MASKED}]}


def test_a_required_code_that_is_none_withholds_the_resource():
    with pytest.raises(WithheldError, match="required-code"):
        left({"status": "Quokka"}, "Observation")


@pytest.mark.parametrize(
    "node", [{"implicitRules": "https://clinic.example"}, {"modifierExtension": [{"url": "https://clinic.example/x"}]}]
)
def test_what_changes_the_meaning_withholds_the_resource(node):
    with pytest.raises(WithheldError, match="changed-meaning"):
        left(node | {"status": "final"}, "Observation")


@pytest.mark.parametrize(
    "value", [{"valueString": "Quokka"}, {"valueInteger": 98765432}, {"valueAttachment": {"title": "Quokka"}}]
)
def test_an_observation_says_that_its_value_is_masked(value):
    reason = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "masked"}]}
    if "valueAttachment" not in value:
        assert left(value, "Observation") == {"dataAbsentReason": reason}
    assert left({"component": [{"code": {"coding": [LOINC]}, "valueString": "Quokka"}]}, "Observation") == {
        "component": [{"code": {"coding": [LOINC]}, "dataAbsentReason": reason}]
    }


def test_decimals_keep_their_zeros():
    dose = {"value": Decimal("35.50"), "system": "http://unitsofmeasure.org", "code": "mg", "unit": "mg"}
    assert str(left({"dosage": {"dose": dose}}, "MedicationAdministration")["dosage"]["dose"]["value"]) == "35.50"


def test_a_dose_that_goes_is_masked_and_an_absent_one_stays_absent():
    absent = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
    assert left({"dosage": {"dose": absent}}, "MedicationAdministration") == {"dosage": {"dose": absent}}
    assert left({"dosage": {"dose": {"value": 3, "unit": "Quokka"}}}, "MedicationAdministration") == {"dosage": {"dose": MASKED}}


def test_a_date_is_shifted_masked_where_it_tells_an_age_and_left_out_of_a_period():
    assert left({"onsetDateTime": "2025-01-01"}, "Condition") == {"onsetDateTime": "2025-01-08"}
    assert left({"onsetDateTime": "1931-02-28"}, "Condition") == {"_onsetDateTime": MASKED}
    assert left({"period": {"start": "1931-02-28", "end": "2025-01-01"}}, "Encounter") == {"period": {"end": "2025-01-08"}}


def test_a_day_and_a_month_in_a_period_both_become_years():
    assert left({"period": {"start": "2024-11", "end": "2025-01-30"}}, "Encounter", days=-300) == {
        "period": {"start": "2024", "end": "2025"}
    }


def test_a_birth_date_becomes_its_year_or_is_masked():
    assert left({"birthDate": "1985-04-02"}, "Patient") == {"birthDate": "1985"}
    assert left({"birthDate": "1931-02-28"}, "Patient") == {"_birthDate": MASKED}


def test_dates_in_a_list_keep_their_places_with_what_stands_beside_them():
    beside = [None, {"id": "Quokka", "extension": [{"url": "https://clinic.example", "valueString": "Quokka"}]}, dict(MASKED)]
    timing = {"event": ["2025-01-01", "1931-02-28", None], "_event": beside}
    assert left(timing, "Timing") == {"event": ["2025-01-08", None, None], "_event": [None, MASKED, MASKED]}


def test_an_age_above_89_is_dropped_wherever_it_stands():
    old, young = ({"value": n, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"} for n in (90, 89))
    assert left({"onsetAge": young}, "Condition") == {"onsetAge": young}
    assert left({"onsetAge": old}, "Condition") is None
    assert left({"onsetRange": {"low": young, "high": old}}, "Condition") == {"onsetRange": {"low": young}}
    assert left({"valueInteger": 93}, "Observation", tells="age").keys() == {"dataAbsentReason"}


def test_a_reference_keeps_where_it_points_and_who_it_is_by_pseudonym():
    reference = {
        "reference": "Patient/P1",
        "type": "Patient",
        "display": "Quokka",
        "identifier": {"system": "s", "value": "Quokka"},
    }
    out = left({"subject": reference}, "Observation")["subject"]
    assert out == {
        "reference": f"Patient/{PSEUDONYMS.of_resource('Patient', 'P1')}",
        "type": "Patient",
        "identifier": {"system": SYSTEM, "value": PSEUDONYMS.of("identifier", "s\0Quokka")},
    }


@pytest.mark.parametrize("reference", ["https://server.example/fhir/Patient/P1", "Patient/P1/_history/3", "Patient/P1"])
def test_however_it_is_written_it_is_the_same_reference(reference):
    assert left({"subject": {"reference": reference}}, "Observation") == left(
        {"subject": {"reference": "Patient/P1"}}, "Observation"
    )


@pytest.mark.parametrize(
    "reference", ["Patient?identifier=Quokka", "Quokka/1", "Quokka", "#Quokka", "Patient/Quok ka", 7, ["Quokka"]]
)
def test_what_is_no_reference_to_a_resource_is_dropped(reference):
    assert left({"subject": {"reference": reference, "display": "Quokka"}}, "Observation") is None


def test_an_identifier_becomes_one_pseudonym_whatever_its_system_says():
    whole = {
        "use": "official",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}], "text": "Quokka"},
        "system": "https://clinic.example/kap",
        "value": "Quokka",
        "period": {"start": "2020-01-01"},
        "assigner": {"display": "Quokka"},
    }
    (out,) = left({"identifier": [whole]}, "Patient")["identifier"]
    assert out == {
        "use": "official",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
        "system": SYSTEM,
        "value": PSEUDONYMS.of("identifier", "https://clinic.example/kap\0Quokka"),
    }


def test_extensions_by_their_list():
    number = {"url": f"{KAP}kap-session-number", "valuePositiveInt": 3}
    waste = {
        "url": f"{KAP}kap-controlled-substance-waste",
        "extension": [
            {"url": "method", "valueString": "Quokka"},
            {"url": "witness", "valueReference": {"reference": "Practitioner/1"}},
        ],
    }
    unknown = {"url": "https://clinic.example/Quokka", "valueString": "Quokka"}
    birthplace = {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": {"city": "Quokka"}}
    text = {"url": f"{KAP}kap-session-number", "valueString": "Quokka"}
    out, counts = walk({"extension": [number, waste, unknown, birthplace, text]}, "Procedure")
    practitioner = PSEUDONYMS.of_resource("Practitioner", "1")
    assert out == {
        "extension": [
            number,
            {
                "url": waste["url"],
                "extension": [{"url": "witness", "valueReference": {"reference": f"Practitioner/{practitioner}"}}],
            },
        ]
    }
    assert "Quokka" not in str(counts)


def test_race_by_code_and_sex_at_birth_stay_and_their_words_go():
    core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
    white = {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3"}}
    race = {"url": f"{core}race", "extension": [white, {"url": "text", "valueString": "Quokka"}]}
    ethnicity = {"url": f"{core}ethnicity", "extension": [{"url": "text", "valueString": "Quokka"}]}
    sexes = [{"url": f"{core}birthsex", "valueCode": code} for code in ("F", "Quokka", "masked")]
    assert left({"extension": [race, ethnicity, *sexes]}, "Patient") == {
        "extension": [{"url": race["url"], "extension": [white]}, sexes[0]]
    }


def test_addresses_of_the_clinic_become_pseudonyms_that_still_tie():
    plan = left({"url": "https://clinic.example/kap/protocol/1", "version": "Quokka"}, "PlanDefinition")
    course = left({"instantiatesCanonical": ["https://clinic.example/kap/protocol/1|2"]}, "CarePlan")
    assert [plan["url"]] == course["instantiatesCanonical"]
    assert plan["url"].startswith("urn:uuid:")
    public = "https://kapfhir.org/fhir/Questionnaire/phq-9|1.0.0"
    assert left({"questionnaire": public}, "QuestionnaireResponse") == {"questionnaire": public}


def test_meta_keeps_labels_only():
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}
    meta = {
        "versionId": "Quokka",
        "lastUpdated": "2025-01-01T00:00:00Z",
        "source": "https://clinic.example",
        "profile": ["http://hl7.org/fhir/StructureDefinition/bp"],
        "security": [label | {"display": "Quokka"}],
        "tag": [{"system": "https://clinic.example", "code": "Quokka"}],
    }
    assert left({"meta": meta}, "Patient") == {"meta": {"security": [label]}}


def test_what_says_nothing_without_its_part_goes_with_it():
    def mg(value):
        return {"value": value, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}

    whole = {"numerator": mg(30), "denominator": mg(1)}
    assert left({"amount": whole}, "Medication") == {"amount": whole}
    assert left({"amount": whole | {"denominator": mg(98765432)}}, "Medication") is None
    section = {"title": "Quokka", "text": {"status": "generated", "div": "<div>Quokka</div>"}}
    assert left({"section": [section, {"entry": [{"reference": "Observation/o"}]}]}, "Composition")["section"] == [
        {"entry": [{"reference": f"Observation/{PSEUDONYMS.of_resource('Observation', 'o')}"}]}
    ]
    assert left({"referenceRange": [{"text": "Quokka"}, {"low": mg(1)}]}, "Observation") == {"referenceRange": [{"low": mg(1)}]}


def test_links_of_a_form():
    items = [{"linkId": link} for link in ("phq9-1", "/44250-9", "Quokka", "p-9876543", "a b")]
    out = [item["linkId"] for item in left({"item": items}, "QuestionnaireResponse")["item"]]
    assert out[:2] == ["phq9-1", "/44250-9"]
    assert [len(link) for link in out[2:]] == [36, 36, 36]


@pytest.mark.parametrize(
    ("kind", "node"),
    [
        ("Location", {"position": {"longitude": Decimal("-118.24"), "latitude": Decimal("34.05")}}),
        ("Patient", {"multipleBirthInteger": 2, "photo": [{"data": "UXVva2th"}], "contact": [{"name": {"text": "Quokka"}}]}),
        (
            "Device",
            {
                "serialNumber": "Quokka",
                "lotNumber": "Quokka",
                "udiCarrier": [{"carrierHRF": "Quokka"}],
                "url": "https://q.example",
            },
        ),
        ("Practitioner", {"birthDate": "1970-01-01", "name": [{"family": "Quokka"}], "telecom": [{"value": "Quokka"}]}),
        ("Coverage", {"subscriberId": "Quokka", "dependent": "1", "class": [{"value": "Quokka"}]}),
        ("Observation", {"text": {"status": "generated", "div": "<div>Quokka</div>"}}),
        ("Provenance", {"signature": [{"data": "UXVva2th"}]}),
        ("Medication", {"batch": {"lotNumber": "Quokka", "expirationDate": "2027-01-01"}}),
    ],
)
def test_what_the_table_names_goes_whole(kind, node):
    assert left(node, kind) is None


def test_what_goes_with_a_kept_value_is_counted():
    condition = {
        "code": {"coding": [LOINC | {"version": "2.77", "Quokka": 1, "_code": {"id": "Quokka"}}]},
        "identifier": [
            {"system": "s", "value": "v", "use": "Quokka", "period": {"start": "2020"}, "assigner": {"display": "Quokka"}}
        ],
        "subject": {"reference": "Patient/1", "_display": {"id": "Quokka"}, "type": "Quokka"},
        "_subject": {"id": "Quokka"},
        "_recordedDate": {"id": "Quokka"},
    }
    _, counts = walk(condition, "Condition")
    assert {(path, done): n for (path, done), n in counts.items() if done == "dropped"} == {
        ("Condition.code.coding.version", "dropped"): 1,
        ("Condition.code.coding.(unknown element)", "dropped"): 1,
        ("Condition.code.coding.code", "dropped"): 1,
        ("Condition.identifier.system", "dropped"): 1,
        ("Condition.identifier.use", "dropped"): 1,
        ("Condition.identifier.period", "dropped"): 1,
        ("Condition.identifier.assigner", "dropped"): 1,
        ("Condition.subject.type", "dropped"): 1,
        ("Condition.subject.display", "dropped"): 1,
        ("Condition.(unknown element)", "dropped"): 1,
        ("Condition.recordedDate.id", "dropped"): 1,
    }


def test_a_second_value_where_r4_has_one_is_counted():
    out, counts = walk({"birthDate": ["1985-04-02", "1986-05-03"], "maritalStatus": [{"coding": [LOINC]}] * 3}, "Patient")
    assert out == {"birthDate": "1985", "maritalStatus": {"coding": [LOINC]}}
    assert (counts["Patient.birthDate", "dropped"], counts["Patient.maritalStatus", "dropped"]) == (1, 2)


def test_a_unit_that_is_written_anew_is_counted():
    dose = {"value": 3, "unit": "milligrams", "system": "http://unitsofmeasure.org", "code": "mg", "Quokka": 1}
    _, counts = walk({"dosage": {"dose": dose}}, "MedicationAdministration")
    path = "MedicationAdministration.dosage.dose"
    assert (counts[f"{path}.unit", "replaced"], counts[f"{path}.(unknown element)", "dropped"]) == (1, 1)


def test_a_day_of_the_week_would_tell_the_shift():
    timing = {"repeat": {"frequency": 1, "dayOfWeek": ["mon"], "timeOfDay": ["10:00:00"]}}
    assert left(timing, "Timing") == {"repeat": {"frequency": 1, "timeOfDay": ["10:00:00"]}}
