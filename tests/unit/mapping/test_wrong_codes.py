"""The codes that the reference calls wrong, each where it is wrong and where it is right."""

import pytest

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.terminology import load_terminology
from kapfhir.mapping.wrong_codes import ANY, load_wrong_codes, refusal

SYSTEMS = Codes(MapFolder.over()).systems
ROWS = load_wrong_codes()


def refused(alias, code, place="any/code", display="", beside=()):
    found = refusal(alias, SYSTEMS.get(alias, alias), code, display, place, beside)
    return found and found[0]


@pytest.mark.parametrize(
    ("alias", "code", "wrong", "right"),
    [
        ("loinc", "44249-1", "instrument/phq-9", "panel/phq-9"),
        ("loinc", "69737-5", "instrument/gad-7", "panel/gad-7"),
        ("loinc", "82665-1", "instrument/dast-10", "instrument/dast-28"),
        ("loinc", "72133-2", "instrument/bdi-ii", "instrument/moca"),
        ("loinc", "71969-0", "instrument/who-5", "instrument/promis-10"),
        ("loinc", "8478-0", "Observation.component[systolic].code", "Observation.component[mean].code"),
        ("loinc", "93246-7", "question/cssrs-since-last-1", "question/cssrs-1"),
        ("loinc", "101699-7", "question/pcl5-1", "question/pcl5-9"),
        ("snomed", "408835000", "Procedure.code", "Observation.code"),
        ("snomed", "273503001", "Observation.code", "Observation.method"),
        ("snomed", "394913002", "Procedure.code", "PractitionerRole.specialty"),
        ("snomed", "255560000", "route/iv", "qualifier/iv"),
        ("snomed", "44376007", "event/dissociation", "disorder/dissociative"),
        ("icd10cm", "G93.2", "criterion/raised-intracranial-pressure", "disorder/benign-intracranial-hypertension"),
        ("rxnorm", "6130", "drug/esketamine", "drug/ketamine"),
        ("atc", "N06AX27", "drug/ketamine", "drug/esketamine"),
    ],
)
def test_what_is_wrong_in_some_places_only(alias, code, wrong, right):
    assert refused(alias, code, wrong) == "refused-code"
    assert refused(alias, code, right) is None


@pytest.mark.parametrize(
    ("alias", "code"),
    [
        ("hcpcs", "S0013"),
        ("loinc", "69689-6"),
        ("loinc", "54635-8"),
        ("loinc", "54645-7"),
        ("loinc", "54654-9"),
        ("loinc", "89206-7"),
        ("loinc", "89204-2"),
        ("loinc", "68517-2"),
        ("loinc", "76504-0"),
        ("loinc", "3150-6"),
        ("snomed", "85659009"),
        ("snomed", "304820009"),
        ("snomed", "767715008"),
        ("snomed", "65971000052100"),
        ("icd10cm", "I20.8"),
        ("icd10cm", "Z91.5"),
        ("icd10cm", "F50.01"),
        ("rxnorm", "19057195"),
        ("rxnorm", "785649"),
        ("event-severity", "3"),
        ("http://terminology.hl7.org/CodeSystem/encounter-type", "ADMS"),
        ("http://terminology.hl7.org/CodeSystem/episodeofcare-type", "hacc"),
    ],
)
def test_what_is_wrong_everywhere(alias, code):
    assert refused(alias, code) == "refused-code"


@pytest.mark.parametrize(
    ("alias", "code", "wrong", "right"),
    [
        (
            "loinc",
            "44250-9",
            "Little interest or pleasure in doing things in last 2 weeks [Reported.PHQ]",
            "Little interest or pleasure in doing things in last 2 weeks",
        ),
        ("loinc", "LA6568-5", "Not at all sure", "Not at all"),
        ("icd10cm", "R45.851", "Suicidal ideation", "Suicidal ideations"),
        (
            "icd10cm",
            "F33.2",
            "Major depressive disorder, recurrent, severe without psychotic features",
            "Major depressive disorder, recurrent severe without psychotic features",
        ),
        ("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "UPDATE", "update", "revise"),
    ],
)
def test_displays_that_are_wrong(alias, code, wrong, right):
    assert refused(alias, code, display=wrong) == "wrong-display"
    assert refused(alias, code, display=right) is None and refused(alias, code) is None


@pytest.mark.parametrize(
    ("alias", "code", "wrong", "right"),
    [
        (
            "loinc",
            "82665-1",
            ("instrument/dast10", "instrument/DAST_10", "instrument/drug-use"),
            ("instrument/dast_28", "instrument/dast"),
        ),
        ("loinc", "72133-2", ("instrument/beck-2", "instrument/depression"), ("instrument/MoCA",)),
        ("loinc", "71969-0", ("instrument/wellbeing", "instrument/WHO5"), ("instrument/promis-mental",)),
        ("loinc", "44249-1", ("instrument/phq", "lab-test/phq9", "local/phq-9"), ("local/phq9_panel",)),
        (
            "loinc",
            "8478-0",
            ("vital/sbp", "Observation.component[sys].code", "vital/upper", "Observation.component[dia].code.coding[a]"),
            ("vital/MAP", "vital/mean_pressure", "Observation.code", "Observation.component[map].code"),
        ),
        (
            "loinc",
            "93246-7",
            ("question/cssrs-slc-1", "question/since_last_visit_1", "question/last-contact-1"),
            ("question/columbia-1",),
        ),
        (
            "loinc",
            "101699-7",
            ("question/pcl_10", "question/ptsd-1", "question/pcl-5-19"),
            ("question/pcl_09", "question/ptsd-q-9", "question/on-guard"),
        ),
        ("snomed", "408835000", ("therapy-kind/consent",), ("lab-test/consent",)),
        ("snomed", "273503001", ("Observation.component[phq].code",), ("Observation.method",)),
        (
            "icd10cm",
            "G93.2",
            ("criterion/high-icp", "disorder/brain-pressure"),
            ("disorder/IIH", "disorder/g93-2", "Condition.code"),
        ),
        ("rxnorm", "6130", ("drug/s-ketamine", "drug/Spravato_84", "drug/esket-nasal"), ("drug/ketamine-sublingual",)),
        ("atc", "N06AX27", ("drug/iv-infusion", "drug/Ketalar"), ("drug/s_ketamine", "drug/Esketamine")),
    ],
)
def test_a_clinic_calls_its_codes_as_it_likes(alias, code, wrong, right):
    assert [refused(alias, code, place) for place in wrong] == ["refused-code"] * len(wrong)
    assert [refused(alias, code, place) for place in right] == [None] * len(right)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("urn:oid:2.16.840.1.113883.6.1", "68517-2"),
        ("http://loinc.org/", "76504-0"),
        ("https://loinc.org", "68517-3"),
        ("urn:oid:2.16.840.1.113883.6.96", "304820009"),
        ("http://snomed.info/sct/731000124108", "304820009"),
        ("http://snomed.info/sct/731000124108/version/20250301", "47625009"),
        ("urn:oid:2.16.840.1.113883.6.88", "785649"),
        ("urn:oid:2.16.840.1.113883.6.90", "I20.8"),
        ("urn:oid:2.16.840.1.113883.6.285", "S0013"),
    ],
)
def test_a_system_by_another_address_is_the_same_system(system, code):
    assert refusal("mine", system, code, "", "any/code") is not None


def test_a_pulse_oximetry_code_needs_another_beside_it():
    assert refused("loinc", "59408-5", beside={"59408-5"}) == "refused-code"
    assert refused("loinc", "59408-5", beside={"59408-5", "2708-6"}) is None
    assert refused("loinc", "59408-5") is None, "what stands beside it is not known"


def test_a_wrong_check_digit():
    assert refusal("snomed", SYSTEMS["snomed"], "47625009", "", "route/iv") == (
        "check-digit",
        "47625009: its check digit is not that of a SNOMED CT id",
        "look the code up: a digit is wrong",
    )


def test_every_row_says_what_it_is_and_what_to_use():
    for row in ROWS:
        assert row.really and row.instead
        assert row.system in SYSTEMS or row.system.startswith("http"), row.system
        assert row.code == ANY or not row.code.isspace()


def test_no_verified_code_of_the_terminology_tables_is_wrong_everywhere():
    everywhere = {(r.system, r.code) for r in ROWS if not (r.at or r.unless or r.display or r.beside)}
    assert [row for row in load_terminology(MapFolder.over()) if (row.system, row.code) in everywhere] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.system.rsplit('/')[-1]}-{row.code}-{row.at[0] if row.at else ''}")
def test_every_row_is_refused_with_its_reason(row):
    place = row.at[0].replace("[0-9]", "99").replace("[[]", "[").replace("*", "x") if row.at else "any/code"
    code, display = row.code.replace("*", "ADMS"), row.display.replace("[[]", "[").replace("*", "x")
    found = refusal(row.system, SYSTEMS.get(row.system, row.system), code, display, place, {code} if row.beside else ())
    assert found == ("wrong-display" if row.display else "refused-code", f"{code}: {row.really}", f"use {row.instead}")


@pytest.mark.parametrize(
    ("system", "code"),
    [("http://snomed.info/sct", "255559005"), ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "S0013")],
)
def test_a_system_by_another_alias_is_the_same_system(system, code):
    found = refusal("mine", system, code, "", "route/im")
    assert found is not None and found[0] == "refused-code"
