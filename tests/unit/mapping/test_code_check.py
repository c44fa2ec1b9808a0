import pytest

from kapfhir.data import mappings_folder
from kapfhir.mapping.code_check import check_codes
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder


@pytest.fixture
def own(tmp_path):
    """Puts a shipped file with a change into a folder of one's own."""

    def put(name, old, new):
        text = (mappings_folder() / name).read_text("utf-8")
        assert old in text
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new), "utf-8")
        return tmp_path

    return put


def told(folder):
    return {(p.file, p.code, p.severity) for p in check_codes(MapFolder.over(folder)).problems}


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("codes/event.csv", "422587007", "422587008", "check-digit"),
        ("codes/route.csv", "47625008", "255560000", "refused-code"),
        ("codes/disorder.csv", "Suicidal ideations", "Suicidal ideation", "wrong-display"),
        ("fhir/dosing_session_vitals.yaml", "loinc#8480-6", "loinc#8478-0", "refused-code"),
        ("fhir/dosing_session_vitals.yaml", "loinc#8867-4", "loinc#8867-5", "check-digit"),
        ("scales/phq-9.yaml", "loinc#44261-6", "loinc#44249-1", "refused-code"),
        ("scales/gad-7.yaml", "loinc#69725-0", "loinc#69725-1", "check-digit"),
    ],
)
def test_faults(own, name, old, new, code):
    assert (name, code, "error") in told(own(name, old, new))


def test_a_code_that_needs_another_beside_it(own):
    folder = own("fhir/dosing_session_vitals.yaml", "loinc#2708-6", "loinc#59408-5")
    assert ("fhir/dosing_session_vitals.yaml", "refused-code", "error") in told(folder)


def test_a_code_that_needs_another_beside_it_in_a_table_of_ones_own(own):
    row = "urine-drug-screen,loinc,59408-5,\n"
    folder = MapFolder.over(own("codes/lab-test.csv", "code,system,standard,display\n", f"code,system,standard,display\n{row}"))
    assert [p.code for p in Codes(folder).problems] == ["refused-code"]
    path = folder.files("codes", ".csv")["codes/lab-test.csv"]
    path.write_text(path.read_text("utf-8").replace(row, f"{row}urine-drug-screen,loinc,2708-6,\n"), "utf-8")
    assert Codes(folder).problems == []


def test_another_display_is_a_warning(own):
    folder = own("codes/route.csv", "Sublingual use", "Under the tongue")
    found = check_codes(MapFolder.over(folder)).problems
    assert [(p.code, p.severity, p.line) for p in found] == [("display-differs", "warning", 4)]
    assert "Sublingual use" in found[0].hint


def test_one_standard_code_for_two_of_ours(own):
    folder = own("codes/route.csv", "37839007,Sublingual use", "47625008,Intravenous route")
    assert told(folder) == {("codes/route.csv", "code-twice", "warning")}


def test_states_of_fhir_may_stand_for_several_of_ours():
    assert check_codes(MapFolder.over()).problems == []
