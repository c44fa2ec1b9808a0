from collections import Counter

from kapfhir.fhir.check_digits import fault
from kapfhir.mapping.code_check import check_codes
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.terminology import VERIFIED, displays, load_terminology

FOLDER = MapFolder.over()
ROWS = load_terminology(FOLDER)
SYSTEMS = Codes(FOLDER).systems
STANDARD = ("loinc", "snomed", "rxnorm", "icd10cm", "meddra", "ncit", "atc", "nucc", "hcpcs", "cpt")


def test_each_table_has_each_code_once():
    assert [key for key, count in Counter((r.table, r.system, r.code) for r in ROWS).items() if count > 1] == []
    assert len(ROWS) > 800


def test_every_code_has_a_right_check_digit():
    assert [r for r in ROWS if fault(SYSTEMS.get(r.system, r.system), r.code)] == []


def test_every_row_says_how_sure_it_is():
    assert {r.confidence for r in ROWS} == {VERIFIED, "SEEN"}
    assert all(r.system in SYSTEMS or r.system.startswith("http") for r in ROWS)


def test_what_kapfhir_sends_is_verified():
    """A code of the great terminologies stands in the reference, and an authority has it."""
    sure = {(r.system, r.code) for r in ROWS if r.confidence == VERIFIED}
    assert [use for use in check_codes(FOLDER).uses if use.alias in STANDARD and (use.alias, use.code) not in sure] == []


def test_displays_with_and_without_the_semantic_tag():
    names = displays(ROWS, SYSTEMS)
    assert names[SYSTEMS["snomed"], "47625008"] == {"Intravenous route (qualifier value)", "Intravenous route"}
    assert names[SYSTEMS["cpt"], "90837"] == frozenset(), "the text of CPT is not ours to give"
