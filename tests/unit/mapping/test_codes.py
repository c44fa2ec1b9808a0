"""Every code that kapfhir can send has a right check digit, and none is one of those that circulate wrongly."""

import re

import pytest

from kapfhir.data import mappings_folder
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.model import values
from kapfhir.model.shipped import SCALES

LOINC, SNOMED, RXNORM, ICD = (
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/icd-10-cm",
)
CODES = Codes(MapFolder.over())
KINDS = [kind for kind in values.Code.__subclasses__()]
ROWS = [row for kind in KINDS for row in CODES.table(kind)]
CONSTANTS = [
    (CODES.systems[alias], code, path.name)
    for path in sorted((mappings_folder() / "fhir").glob("*.yaml"))
    for alias, code in re.findall(r"= ([\w-]+)#([^\s\"]+)", path.read_text(encoding="utf-8"))
]

# Verhoeff's tables of the dihedral group and of the permutation
GROUP = [
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
]
TURN = ["0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"]

# Codes in circulation that are wrong or risky, and why
WRONG = {
    (LOINC, "44249-1"): "a panel, not a score: 44261-6",
    (LOINC, "69737-5"): "a panel, not a score: 70274-6",
    (LOINC, "69689-6"): "a typing error for 69689-8",
    (LOINC, "54635-8"): "the CMS variant of the PHQ-9",
    (LOINC, "54654-9"): "the CMS variant of the PHQ-9",
    (LOINC, "89206-7"): "PHQ-9 modified for teens",
    (LOINC, "89204-2"): "PHQ-9 modified for teens",
    (LOINC, "68517-2"): "another question than AUDIT-C 1: 68518-0",
    (LOINC, "76504-0"): "total of HARK, not of AUDIT-C: 75626-2",
    (LOINC, "82665-1"): "total of the 28-item DAST",
    (LOINC, "72133-2"): "MoCA, not BDI-II",
    (LOINC, "71969-0"): "PROMIS-10, not WHO-5",
    (LOINC, "3150-6"): "wrong check digit: 3150-0",
    (LOINC, "8478-0"): "mean pressure, not systolic: 8480-6",
    (SNOMED, "85659009"): "a morphologic abnormality: 432119003",
    (SNOMED, "408835000"): "a finding, not a procedure",
    (SNOMED, "394913002"): "a specialty, not a procedure: 75516001",
    (SNOMED, "304820009"): "developmental psychodynamic psychotherapy: 75516001",
    (SNOMED, "255560000"): "a qualifier, no route: 47625008",
    (SNOMED, "255559005"): "a qualifier, no route: 78421000",
    (SNOMED, "372449004"): "dental use: 37839007",
    (SNOMED, "767715008"): "in no source: 785816006",
    (SNOMED, "70764005"): "a diagnosis, not an effect",
    (SNOMED, "44376007"): "a diagnosis, not an effect",
    (SNOMED, "65971000052100"): "a Swedish extension",
    (SNOMED, "273503001"): "an assessment scale, no observable",
    (ICD, "G93.2"): "benign intracranial hypertension only",
    (ICD, "I20.8"): "not billable: I20.89",
    (ICD, "Z91.5"): "not billable: Z91.51",
    (ICD, "F50.01"): "not billable: F50.010",
    **{(RXNORM, c): "an OMOP id, no RxCUI" for c in ("785649", "19057195", "19057196", "19034047", "19034049")},
}


def loinc_holds(code: str) -> bool:
    digits, check = code.split("-")
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))]
    return -sum(d // 10 + d % 10 for d in doubled) % 10 == int(check)


def snomed_holds(code: str) -> bool:
    state = 0
    for i, digit in enumerate(reversed(code)):
        state = int(GROUP[state][int(TURN[i % 8][int(digit)])])
    return state == 0


@pytest.mark.parametrize(
    ("holds", "right", "wrong"), [(loinc_holds, "44261-6", "3150-6"), (snomed_holds, "47625008", "47625009")]
)
def test_the_checks_themselves(holds, right, wrong):
    assert holds(right)
    assert not holds(wrong)


def test_check_digits():
    sent = {(r.system, r.standard) for r in ROWS} | {(s, c) for s, c, _ in CONSTANTS}
    loinc = [c for s, c in sent if s == LOINC and not c.startswith("LA")]
    snomed = [c for s, c in sent if s == SNOMED]
    assert len(loinc) > 45 and len(snomed) > 60
    assert [c for c in loinc if not loinc_holds(c)] == []
    assert [c for c in snomed if not snomed_holds(c)] == []


def test_no_wrong_code_is_sent():
    assert [(r.code, WRONG[r.system, r.standard]) for r in ROWS if (r.system, r.standard) in WRONG] == []
    assert [(name, WRONG[s, c]) for s, c, name in CONSTANTS if (s, c) in WRONG] == []


def test_oxygen_saturation_has_both_codes():
    """59408-5 alone fails R4's own profile."""
    text = (mappings_folder() / "fhir" / "dosing_session_vitals.yaml").read_text(encoding="utf-8")
    assert "loinc#59408-5" in text and "loinc#2708-6" in text


def test_esketamine_is_not_ketamine():
    drugs = {r.code: r.standard for r in CODES.table(values.Drug)}
    assert (drugs["ketamine"], drugs["esketamine"]) == ("6130", "2119365")


def test_pcl5_items_follow_the_instrument_not_the_code_order():
    items = [r.standard for r in CODES.table(values.Question) if r.code.startswith("pcl5-")]
    assert items[8] == "101699-7" and items[15] == "101702-9" and items != sorted(items)


def test_icd_displays_are_official():
    displays = {r.standard: r.display for r in CODES.table(values.Disorder) if r.system == ICD}
    assert displays["F33.2"] == "Major depressive disorder, recurrent severe without psychotic features"
    assert displays["R45.851"] == "Suicidal ideations"


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_has_a_table(kind):
    assert CODES.own(kind), kind.__name__


def test_every_question_and_choice_of_a_scale_has_a_code():
    questions, choices, instruments = (set(CODES.own(k)) for k in (values.Question, values.Choice, values.Instrument))
    for scale in SCALES.values():
        assert scale.instrument in instruments
        assert set(scale.questions) <= questions
        assert {c for i in scale.items for c in i.choices} <= choices


def test_tables_have_no_fault():
    assert CODES.problems == []
