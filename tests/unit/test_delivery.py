import errno
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kapfhir.delivery import Delivery, deliver, time_of_delivery
from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.source.unused import UnusedColumn
from kapfhir.mapping.units import Mapped, Place, Rejected

NOON = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)


def unit(key, *resources):
    return Mapped("Patient", key, resources, (Place("clients", 2),), "")


def patient(identity):
    return {"resourceType": "Patient", "id": identity}


def observation(identity, of):
    value = {"value": Decimal("35.50"), "unit": "mg"}
    return {"resourceType": "Observation", "id": identity, "subject": {"reference": f"Patient/{of}"}, "valueQuantity": value}


CLINIC = {"resourceType": "Organization", "id": "o", "name": "Clinic"}
UNITS = [
    unit("c", CLINIC),
    unit("a", patient("a")),
    Problem("clients", 3, "Sex", "unmapped-code", "the code table does not have this text", place="sources/x/clients.yaml:7"),
    Rejected("Patient", "x"),
    unit("b", patient("b")),
    unit("s", observation("1", "a"), observation("2", "b")),
]


def to(folder, form="ndjson"):
    return Delivery(Path(folder), form, NOON, "kapfhir map clinic", "https://clinic.example/kap")


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_one_file_per_type_in_the_order_of_the_export(tmp_path):
    files = deliver(UNITS, to(tmp_path / "out"))
    assert [(f.name, f.type, f.count) for f in files] == [
        ("Observation.ndjson", "Observation", 2),
        ("Organization.ndjson", "Organization", 1),
        ("Patient.ndjson", "Patient", 2),
        ("rejected.ndjson", "", 1),
        ("problems.csv", "", 1),
        ("unused.csv", "", 0),
    ]
    lines = (tmp_path / "out/Observation.ndjson").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["1", "2"]
    assert '"value":35.50' in lines[0]


def test_the_manifest_has_the_shape_of_bulk_data(tmp_path):
    deliver(UNITS, to(tmp_path / "out"))
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["transactionTime"] == "2026-01-05T12:00:30Z"
    assert manifest["request"] == "kapfhir map clinic"
    assert manifest["requiresAccessToken"] is False
    assert {"type": "Patient", "url": "Patient.ndjson", "count": 2} in manifest["output"]
    assert manifest["error"] == []


def test_problems_are_told_with_their_place_and_counted(tmp_path):
    again = [Problem("clients", row, "Sex", "unmapped-code", "the code table does not have this text") for row in range(4, 11)]
    deliver([*UNITS, *again], to(tmp_path / "out"))
    lines = [json.loads(line) for line in (tmp_path / "out/rejected.ndjson").read_text().splitlines()]
    assert len(lines) == 8
    assert list(lines[0]) == ["code", "severity", "table", "row", "column", "map_line", "text", "hint", "effect"]
    assert (lines[0]["table"], lines[0]["row"], lines[0]["map_line"]) == ("clients", 3, "sources/x/clients.yaml:7")
    head, row = (tmp_path / "out/problems.csv").read_text().splitlines()
    assert head == "code,severity,table,column,count,first_rows,advice"
    assert row.startswith("unmapped-code,error,clients,Sex,8,3 4 5 6 7,")


def test_columns_that_no_map_uses_are_told_by_name_and_count(tmp_path):
    deliver(UNITS, to(tmp_path / "out"), iter([UnusedColumn("clients", "Shoe, size", 12), UnusedColumn("clients", "Hat", 0)]))
    assert (tmp_path / "out/unused.csv").read_text() == 'table,column,count\nclients,"Shoe, size",12\nclients,Hat,0\n'
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert {"url": "unused.csv", "count": 2} in next(iter(manifest["extension"].values()))["files"]


def test_transactions_shared_resources_first_then_a_patient_each(tmp_path):
    files = deliver(UNITS, to(tmp_path / "out", "bundle"))
    assert [f.name for f in files if f.type] == ["bundle-0001.json", "bundle-0002.json", "bundle-0003.json"]
    names = []
    for file in files[:3]:
        bundle = json.loads((tmp_path / "out" / file.name).read_text())
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
        names.append([entry["request"]["url"] for entry in bundle["entry"]])
        for entry in bundle["entry"]:
            assert entry["fullUrl"] == f"https://clinic.example/kap/{entry['request']['url']}"
            assert entry["request"]["method"] == "PUT"
    assert names == [["Organization/o"], ["Patient/a", "Observation/1"], ["Patient/b", "Observation/2"]]
    assert '"value":35.50' in (tmp_path / "out/bundle-0002.json").read_text()


def test_transactions_are_valid_bundles(tmp_path):
    from kapfhir.fhir.validate import check_file

    deliver([unit("c", CLINIC), unit("a", patient("a"))], to(tmp_path / "out", "bundle"))
    assert [p for n in (1, 2) for p in check_file(tmp_path / f"out/bundle-000{n}.json") if p.severity == "error"] == []


@pytest.mark.parametrize("form", ["ndjson", "bundle"])
def test_same_input_same_bytes(tmp_path, form):
    deliver(UNITS, to(tmp_path / "a", form))
    deliver(UNITS, to(tmp_path / "b", form))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_our_own_folder_is_written_again_and_left_clean(tmp_path):
    out = tmp_path / "out"
    deliver(UNITS, to(out, "bundle"))
    (out / "note.txt").write_text("mine")
    deliver(UNITS[:1], to(out))
    ours = ["Organization.ndjson", "manifest.json", "note.txt", "problems.csv", "rejected.ndjson", "unused.csv"]
    assert sorted(contents(out)) == ours


def test_an_empty_folder_is_fine(tmp_path):
    deliver(UNITS, to(tmp_path))
    assert (tmp_path / "manifest.json").is_file()


@pytest.mark.parametrize("manifest", [None, "{}", "[]", "no json", '{"output":[],"extension":{}}'])
def test_a_folder_of_others_is_refused_and_left_alone(tmp_path, manifest):
    (tmp_path / "Patient.ndjson").write_text("theirs")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    before = contents(tmp_path)
    with pytest.raises(ConfigError, match="holds files that kapfhir did not write"):
        deliver(UNITS, to(tmp_path))
    assert contents(tmp_path) == before


def test_a_manifest_that_names_files_elsewhere_deletes_nothing_there(tmp_path):
    out = tmp_path / "out"
    deliver(UNITS, to(out))
    (tmp_path / "precious").write_text("mine")
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["output"].append({"type": "Patient", "url": "../precious", "count": 1})
    (out / "manifest.json").write_text(json.dumps(manifest))
    deliver(UNITS, to(out))
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(ConfigError, match="is no folder"):
        deliver(UNITS, to(tmp_path / "out"))


@pytest.mark.parametrize("form", ["ndjson", "bundle"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), ValueError()])
def test_what_breaks_off_leaves_nothing_new(tmp_path, form, error):
    def breaking():
        yield from UNITS
        raise error

    with pytest.raises(ConfigError if isinstance(error, OSError) else type(error)):
        deliver(breaking(), to(tmp_path / "new", form))
    assert not (tmp_path / "new").exists()
    deliver(UNITS[:2], to(tmp_path / "old", form))
    before = contents(tmp_path / "old")
    with pytest.raises((ConfigError, type(error))):
        deliver(breaking(), to(tmp_path / "old", form))
    assert contents(tmp_path / "old") == before


def test_what_a_killed_run_left_behind_is_no_hindrance(tmp_path):
    (tmp_path / ".kapfhir-partial").mkdir()
    (tmp_path / ".kapfhir-partial/Patient.ndjson").write_text("half")
    deliver(UNITS, to(tmp_path))
    assert not (tmp_path / ".kapfhir-partial").exists()


def test_a_full_disk_is_told_by_its_name(tmp_path):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    with pytest.raises(ConfigError, match="can't be written: No space left on device; make room"):
        deliver(full(), to(tmp_path / "out"))


def test_the_time_is_of_the_source_or_of_the_newest_input():
    assert time_of_delivery(NOON, {}) == NOON
    assert time_of_delivery(NOON, {"SOURCE_DATE_EPOCH": "0"}) == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH"):
        time_of_delivery(NOON, {"SOURCE_DATE_EPOCH": "today"})
