from pathlib import Path

import pytest

from kapfhir.data import mappings_folder


def own(name, *changes):
    """A shipped map with changes, in ./maps."""
    text = (mappings_folder() / name).read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = Path("maps") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_the_shipped_maps_have_no_faults_and_it_says_what_it_checked(run):
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{len(list((mappings_folder() / 'fhir').glob('*.yaml')))} resource maps" in result.stderr
    assert "source 'clinic' (" in result.stderr
    assert result.stderr.endswith("no faults\n")


def test_faults_of_both_sides_and_of_code_tables_at_once(run, run_json):
    own("fhir/course.yaml", ("subject: patient", "subjct: patient"))
    own("sources/clinic/clients.yaml", ("concept: Patient", "concept: Patent"))
    own("codes/route.csv", ("snomed", "snomet"))
    result = run("check", "maps")
    assert result.exit_code == 4
    codes = [line.partition("[")[2].partition("]")[0] for line in result.stdout.splitlines()]
    assert {"unknown-element", "unknown-concept", "unknown-system"} <= set(codes)
    assert "did you mean 'subject'?" in result.stdout
    code, lines = run_json("check", "maps")
    assert code == 4
    assert [line["code"] for line in lines if line["type"] == "problem"] == codes


def test_a_todo_is_a_fault(run):
    own("sources/clinic/sites.yaml", ("concept: Clinic", "concept: TODO"))
    result = run("check", "maps")
    assert result.exit_code == 4
    assert "sources/clinic/sites.yaml:1:10: this is still to do" in result.stdout


def test_a_todo_of_the_configuration_is_told_and_the_maps_are_checked_all_the_same(run):
    own("fhir/course.yaml", ("subject: patient", "subjct: patient"))
    Path("kapfhir.toml").write_text('mappings = "maps"\n[clinic]\nsystem = "TODO"\nnamespace = "TODO"\nzone = "UTC"\n')
    result = run("check")
    assert result.exit_code == 3
    assert "kapfhir.toml: clinic.system: this is still to do; replace the TODO" in result.stderr
    assert "did you mean 'subject'?" in result.stdout


def test_the_configured_maps_are_those_that_are_checked(run):
    own("fhir/course.yaml", ("subject: patient", "subjct: patient"))
    assert run("check").exit_code == 0
    Path("kapfhir.toml").write_text('mappings = "maps"')
    assert run("check").exit_code == 4


def test_one_source(run):
    own("sources/other/clients.yaml") if (mappings_folder() / "sources/other").exists() else None
    assert run("check", "--source", "clinic").exit_code == 0
    result = run("check", "--source", "clinik")
    assert (result.exit_code, result.stderr) == (3, "there are no source maps for 'clinik'; did you mean 'clinic'?\n")


def test_a_folder_that_is_not_there(run):
    assert run("check", "nothing").exit_code == 3


@pytest.mark.parametrize(
    "name",
    ["sources/mine/log.yml", "fhri/course.yaml", "maps/fhir/course.yaml", "course.yaml", "sources/route.csv", "fhir/log.csv"],
)
def test_a_map_where_none_is_read_is_a_fault(run, name):
    path = Path("maps") / name
    path.parent.mkdir(parents=True)
    path.write_text("concept: Course\n", "utf-8")
    result = run("check", "maps")
    assert result.exit_code == 4
    assert result.stdout.startswith(f"{name}:1:1: no map or code table is read from here")
    assert "[stray-file]" in result.stdout
    (Path("maps") / "notes.txt").write_text("mine")
    path.unlink()
    assert run("check", "maps").exit_code == 3, "nothing like a map is left"


def test_a_map_in_its_place_is_no_stray(run):
    own("fhir/course.yaml")
    own("codes/route.csv")
    own("sources/clinic/codes/route.csv")
    assert run("check", "maps").exit_code == 0


def test_wrong_codes_of_ones_own_are_refused_with_the_reason(run):
    own("codes/route.csv", ("47625008", "255560000"))
    own("codes/event.csv", ("422587007", "422587008"))
    own("scales/phq-9.yaml", ("total: loinc#44261-6", "total: loinc#44249-1"))
    own("fhir/dosing_session_vitals.yaml", ("loinc#8480-6", "loinc#8478-0"), ("loinc#2708-6", "loinc#59408-5"))
    result = run("check", "maps")
    assert result.exit_code == 4
    for fault in (
        "codes/route.csv:2:1: 255560000: it is a qualifier and no route; use 47625008 [refused-code]",
        "422587008: its check digit is not that of a SNOMED CT id",
        "scales/phq-9.yaml:7:1: 44249-1: it is the panel of the PHQ-9 and no score; use 44261-6 [refused-code]",
        "8478-0: it is the mean blood pressure; use 8480-6 [refused-code]",
        "59408-5: alone it fails the R4 profile of oxygen saturation",
    ):
        assert fault in result.stdout
