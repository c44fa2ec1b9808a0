"""A folder to a folder: its shape, its report, its bytes, and what it refuses."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from kapfhir.deidentification.files import read_nodes
from kapfhir.deidentification.folder import deidentify, today
from kapfhir.errors import ConfigError
from kapfhir.fhir.validate import check_file

AS_OF = date(2026, 1, 1)
PATIENT = {
    "resourceType": "Patient",
    "id": "Quokka",
    "name": [{"family": "Quokka"}],
    "birthDate": "1985-04-02",
    "gender": "female",
}
SEEN = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"text": "Quokka"},
    "subject": {"reference": "Patient/Quokka"},
}


@pytest.fixture(autouse=True)
def export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    write("Patient.ndjson", PATIENT)
    write("Observation.ndjson", SEEN, SEEN | {"id": "p"}, {"resourceType": "Binary", "contentType": "text/plain"})


def write(name, *nodes):
    Path("in", name).write_text("".join(json.dumps(node) + "\n" for node in nodes), encoding="utf-8")


def lines(name, folder="out"):
    return [json.loads(line) for line in Path(folder, name).read_text("utf-8").splitlines()]


def run(folder="out", key="k", **more):
    return deidentify("in", folder, key, as_of=AS_OF, **more)


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_the_same_shape_with_ties_that_hold():
    done = run()
    (person,), seen = lines("Patient.ndjson"), lines("Observation.ndjson")
    assert {s["subject"]["reference"] for s in seen} == {f"Patient/{person['id']}"}
    assert [(f.name, f.type, f.count) for f in done.files] == [
        ("Observation.ndjson", "Observation", 2),
        ("Patient.ndjson", "Patient", 1),
        ("deidentification.csv", "", len(done.rows())),
    ]
    assert (done.resources, dict(done.withheld), done.made_key, done.has_faults) == (
        3,
        {("Binary", "type-not-listed"): 1},
        True,
        False,
    )
    assert all(list(check_file(Path("out", f.name))) == [] for f in done.files if f.type)
    assert b"Quokka" not in b"".join(bytes_of("out").values())


def test_the_report_says_by_element_what_was_done():
    run()
    with Path("out/deidentification.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == sorted(rows, key=lambda r: (r["path"], r["action"]))
    told = {(row["path"], row["action"]): row["count"] for row in rows}
    assert told["Patient.name", "dropped"] == "1"
    assert told["Patient.birthDate", "year"] == "1"
    assert told["Observation.code", "masked"] == "2"
    assert told["Observation.subject", "pseudonym"] == "2"
    assert told["Binary", "withheld: type-not-listed"] == "1"


def test_the_manifest_sums_it_up():
    run(dates="year", keep_text=["Observation.code.text"])
    manifest = json.loads(Path("out/manifest.json").read_bytes())
    assert [entry["type"] for entry in manifest["output"]] == ["Observation", "Patient"]
    summary = manifest["extension"]["https://kapfhir.org/fhir/deidentified"]
    assert summary["dates"] == "year"
    assert summary["agesAsOf"] == "2026-01-01"
    assert summary["keptTexts"] == ["Observation.code.text"]
    assert summary["resources"] == 3
    assert summary["withheld"] == {"type-not-listed": 1}
    assert summary["actions"]["text-kept"] == 2


def test_the_same_key_gives_the_same_bytes_and_another_key_no_same_pseudonym():
    run("one")
    run("two")
    run("three", key="other")
    assert bytes_of("one") == bytes_of("two")
    assert not {n["id"] for n in lines("Observation.ndjson", "one")} & {n["id"] for n in lines("Observation.ndjson", "three")}


def test_a_second_run_replaces_the_first():
    run()
    Path("in/Observation.ndjson").unlink()
    run()
    assert set(bytes_of("out")) == {"Patient.ndjson", "deidentification.csv", "manifest.json"}


def test_what_is_unreadable_or_no_r4_is_counted_and_a_fault():
    Path("in/Jane Roe.json").write_text("{ Quokka", encoding="utf-8")
    write("Encounter.ndjson", {"resourceType": "Encounter", "id": "e"}, ["Quokka"], {"resourceType": "Quokka"})
    done = run()
    assert done.withheld == {
        ("", "unreadable"): 2,
        ("Encounter", "not-r4"): 1,
        ("", "not-r4"): 1,
        ("Binary", "type-not-listed"): 1,
    }
    assert done.has_faults
    assert "Encounter.ndjson" not in bytes_of("out"), "a file of nothing is not written"
    assert b"Quokka" not in b"".join(bytes_of("out").values())


def test_a_bundle_stays_one_file():
    for path in Path("in").iterdir():
        path.unlink()
    entries = [{"fullUrl": f"https://c.example/{n['resourceType']}/{n['id']}", "resource": n} for n in (PATIENT, SEEN)]
    Path("in/export.json").write_text(
        json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}, indent=1), encoding="utf-8"
    )
    done = run()
    assert [(f.name, f.type, f.count) for f in done.files][0] == ("bundle-0001.json", "Bundle", 1)
    assert done.resources == 2
    assert list(check_file(Path("out/bundle-0001.json"))) == []


@pytest.mark.parametrize(("folder", "key"), [("in", "k"), ("in/out", "k"), (".", "k"), ("out", "out/k")])
def test_input_output_and_key_stay_apart(folder, key):
    before = bytes_of("in")
    with pytest.raises(ConfigError, match="can't lie in the"):
        run(folder, key=key)
    assert bytes_of("in") == before
    assert not Path("k").exists()


@pytest.mark.parametrize("content", ["{}", '{"output": [], "extension": {"https://kapfhir.org/fhir/manifest": {"files": []}}}'])
def test_files_of_others_are_not_touched(content):
    Path("out").mkdir()
    Path("out/manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="did not de-identify"):
        run()
    assert set(bytes_of("out")) == {"manifest.json"}
    assert not Path("k").exists(), "no key is made for a run that can't be"


def test_a_run_that_breaks_leaves_nothing(monkeypatch):
    def fail(*_):
        raise ValueError("Quokka")

    monkeypatch.setattr("kapfhir.deidentification.folder._write_report", fail)
    with pytest.raises(ValueError, match="Quokka"):
        run()
    assert not Path("out").exists()


def test_a_folder_that_can_not_be_written():
    Path("file").touch()
    with pytest.raises(ConfigError, match="can't be written"):
        run("file/out")


def test_the_day_of_ages(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert today() == date(2026, 1, 1)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "Quokka")
    with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH"):
        today()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert today() >= AS_OF


def test_no_digit_of_a_name_of_the_input_leaves():
    Path("in/Patient.ndjson").rename("in/Patient.078051120.ndjson")
    Path("in/Observation.ndjson").rename("in/Observation-555014-20251103.ndjson")
    Path("in/bundle-5550.json").write_text(json.dumps({"resourceType": "Bundle", "type": "collection"}), encoding="utf-8")
    done = run()
    assert {f.name for f in done.files} == {"Patient.ndjson", "Observation.ndjson", "bundle-0001.json", "deidentification.csv"}
    assert set(bytes_of("out")) == {f.name for f in done.files} | {"manifest.json"}
    told = Path("out/manifest.json").read_text("utf-8") + Path("out/deidentification.csv").read_text("utf-8")
    assert not any(number in told for number in ("078051120", "555014", "5550"))


def test_what_is_not_read_is_told():
    for name in ("problems.csv", "manifest.json", "rejected.ndjson"):
        Path("in", name).write_text("{}", encoding="utf-8")
    rows = run().rows()
    assert [row for row in rows if row[1] == "not read"] == [
        ("(file .csv)", "not read", 1),
        ("(file manifest.json)", "not read", 1),
        ("(file rejected.ndjson)", "not read", 1),
    ]


def test_a_day_of_ages_before_the_data_is_refused():
    write("Observation.ndjson", SEEN | {"effectiveDateTime": "2025-11-03"})
    for day in (date(1, 1, 1), date(2015, 6, 1), date(2024, 12, 31)):
        with pytest.raises(ConfigError, match="lies in a year before that of the newest date") as caught:
            deidentify("in", "out", "k", as_of=day)
        assert "2025" not in str(caught.value)
        assert not Path("out").exists()
    assert deidentify("in", "out", "k", as_of=date(2025, 1, 1)).resources == 2, "ages count by years"


def test_a_birth_date_is_a_date_of_the_data():
    write("Observation.ndjson")
    with pytest.raises(ConfigError, match="lies in a year before"):
        deidentify("in", "out", "k", as_of=date(1984, 12, 31))
    assert deidentify("in", "out", "k", as_of=date(1985, 1, 1)).resources == 1


@pytest.mark.parametrize(
    "planned",
    [
        {
            "resourceType": "Appointment",
            "status": "booked",
            "start": "2026-03-01T10:00:00Z",
            "end": "2026-03-01T11:00:00Z",
            "participant": [{"actor": {"reference": "Patient/Quokka"}, "status": "accepted"}],
        },
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "x"},
            "subject": {"reference": "Patient/Quokka"},
            "target": [{"dueDate": "2026-03-01"}],
        },
        {
            "resourceType": "EpisodeOfCare",
            "status": "active",
            "patient": {"reference": "Patient/Quokka"},
            "period": {"start": "2025-03-01", "end": "2026-03-01"},
        },
        SEEN | {"effectiveDateTime": "9998-03-01"},
    ],
)
def test_what_is_to_come_is_no_newest_date(planned):
    write("Plan.ndjson", planned)
    assert deidentify("in", "out", "k", as_of=date(2025, 12, 31)).resources == 4


def test_a_day_of_ages_from_the_environment_is_no_way_round(monkeypatch):
    write("Observation.ndjson", SEEN | {"effectiveDateTime": "2025-11-03"})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    with pytest.raises(ConfigError, match="lies in a year before"):
        deidentify("in", "out", "k")


def test_an_input_that_is_written_while_it_is_read_is_refused(monkeypatch):
    first = bytes_of(run() and "out")

    def meddle(source):
        write("Patient.ndjson", PATIENT, PATIENT | {"id": "Wombat"})
        return read_nodes(source)

    monkeypatch.setattr("kapfhir.deidentification.folder.read_nodes", meddle)
    with pytest.raises(ConfigError, match=r"in changed while it was read: Patient\.ndjson; start again"):
        run()
    assert bytes_of("out") == first
