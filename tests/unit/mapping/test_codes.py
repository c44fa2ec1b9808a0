"""Every code that kapfhir can send has a right check digit, and none is one of those that circulate wrongly."""

import pytest

from kapfhir.data import mappings_folder
from kapfhir.mapping.code_check import check_codes
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.model import values
from kapfhir.model.shipped import SCALES

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CODES = Codes(MapFolder.over())
KINDS = [kind for kind in values.Code.__subclasses__()]


def test_no_code_that_is_sent_is_wrong():
    """Check digits, and the codes in circulation that are wrong where they stand."""
    found = check_codes(MapFolder.over())
    assert found.problems == []
    assert len(found.uses) > 700 and "codes/event.csv" in found.files and "fhir/dosing_session_vitals.yaml" in found.files


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
