import pytest


def explain(run, *arguments):
    return run("explain", "example:clinic", *arguments)


def test_column_field_and_element_each_with_its_line(run, run_json):
    result = explain(run, "clients:2")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split() == ["column", "field", "source", "map", "element", "resource", "map"]
    _, lines = run_json("explain", "example:clinic", "clients:2")
    cell = next(line for line in lines if line.get("column") == "DOB")
    assert cell["field"] == "Patient.birth_date"
    assert cell["element"] == "Patient.birthDate"
    assert cell["field_line"].startswith("sources/clinic/clients.yaml:")
    assert cell["element_line"].startswith("fhir/patient.yaml:")
    assert cell["value"] == ""


def test_the_lines_are_the_lines_of_the_maps(run_json):
    from kapfhir.data import mappings_folder

    _, lines = run_json("explain", "example:clinic", "IV:2")
    cells = [line for line in lines if line["type"] == "cell" and line["element"]]
    assert len(cells) > 30
    for cell in cells:
        file, _, number = cell["element_line"].rpartition(":")
        text = (mappings_folder() / file).read_text("utf-8").splitlines()[int(number) - 1]
        last = cell["element"].rpartition(".")[2].partition(":")[0]
        assert last in text or last == "identifier", cell
        file, _, number = cell["field_line"].rpartition(":")
        text = (mappings_folder() / file).read_text("utf-8").splitlines()[int(number) - 1]
        assert cell["field"].rpartition(".")[2] in text, cell


def test_fields_of_items_go_to_the_elements_of_their_resources(run_json):
    _, lines = run_json("explain", "example:clinic", "IV:2")
    elements = {line["field"]: line["element"] for line in lines if line["type"] == "cell"}
    assert elements["DosingSession.doses[1].dose_per_kg"] == "MedicationAdministration.dosage.extension:weight-normalized-dose"
    assert elements["DosingSession.vitals[pre].blood_pressure.systolic"] == "Observation.component:systolic.valueQuantity"


def test_only_elements_of_resources_that_the_record_has(run_json):
    """A session with a blood pressure and no temperature is not told of an Observation of temperature."""
    _, lines = run_json("explain", "example:clinic", "lozenges:3")
    slots = {line["element_line"] for line in lines if line["type"] == "cell" and line["field"] == "DosingSession.key"}
    assert {line["element"].partition(".")[0] for line in lines if line.get("field") == "DosingSession.key"} == {
        "Procedure",
        "Encounter",
        "Medication",
        "MedicationAdministration",
        "Observation",
    }
    assert len([place for place in slots if "vitals" in place]) == 2  # pressure and heart rate: no temperature, no weight


def test_what_is_left_out_and_why(run):
    result = explain(run, "clients:11")
    assert result.exit_code == 5
    assert "(left out: impossible-date)" in result.stdout
    assert "clients:11:DOB: there is no such date or time [impossible-date]" in result.stdout
    assert "it takes part in: Patient" in result.stdout


def test_a_rejected_row_makes_no_record(run):
    result = explain(run, "clients:17")
    assert "record rejected" in result.stdout
    assert "it takes part in: no record" in result.stdout


def test_columns_that_no_map_uses(run):
    assert "columns that no map uses: Date Submited" in explain(run, "phq9:2").stdout


def test_values_only_where_they_are_asked_for(run, run_json):
    hidden = explain(run, "clients:2")
    assert "Test" not in hidden.stdout
    shown = explain(run, "clients:2", "--show-values")
    assert " Test " in shown.stdout
    assert shown.stderr.startswith("warning: --show-values shows patient data")


@pytest.mark.parametrize(
    ("place", "code", "text"),
    [
        ("clients", 2, "the second argument is TABLE:ROW"),
        ("clients:x", 2, "the second argument is TABLE:ROW"),
        ("clients:" + 5000 * "1", 2, "the second argument is TABLE:ROW"),
        ("client:2", 3, "the export has no table 'client'; did you mean 'clients'?"),
        ("clients:999", 3, "no row of clients starts on line 999; the header is line 1"),
        ("scans:2", 3, "no map of 'clinic' reads scans"),
    ],
)
def test_rows_that_are_not_there(run, place, code, text):
    result = explain(run, place)
    assert result.exit_code == code
    assert result.stderr.startswith(text)
