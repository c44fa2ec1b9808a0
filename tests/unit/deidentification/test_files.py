import json
from pathlib import Path

import pytest

from kapfhir.deidentification.files import Names, Source, list_sources, read_nodes
from kapfhir.errors import ConfigError


def names(folder):
    return [source.path.name for source in list_sources(folder)]


def test_a_name_is_made_of_what_a_file_holds_and_a_count():
    lines, one = Source(Path("Observation.078051120.ndjson"), 7), Source(Path("Jane Roe.JSON"), 8)
    given = Names()
    kinds = [{"Observation"}, {"Patient"}, {"Observation"}, {"Bundle"}, {"Patient", "Observation"}]
    assert [given.next(kind, lines) for kind in kinds] == [
        "Observation.ndjson",
        "Patient.ndjson",
        "Observation-0002.ndjson",
        "bundle-0001.ndjson",
        "file-0001.ndjson",
    ]
    assert [given.next(kind, one) for kind in kinds[3:]] == ["bundle-0002.json", "file-0002.json"]


def test_reports_of_map_are_no_resources(tmp_path):
    for name in ("Patient.ndjson", "rejected.ndjson", "problems.csv"):
        (tmp_path / name).touch()
    assert len(names(tmp_path)) == 2
    (tmp_path / "manifest.json").touch()
    assert names(tmp_path) == ["Patient.ndjson"]


def test_one_file_will_do(tmp_path):
    (tmp_path / "Jane Roe.json").touch()
    assert names(tmp_path / "Jane Roe.json") == ["Jane Roe.json"]


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        list_sources(tmp_path / "Jane Roe")
    with pytest.raises(ConfigError, match="there is no .ndjson"):
        list_sources(tmp_path)


def test_what_is_no_json_is_told_as_nothing(tmp_path):
    (tmp_path / "Patient.ndjson").write_bytes(b'\xef\xbb\xbf{"id": 1.50}\n\n{"id"\n\xff\xfe\n' + b"[" * 100_000 + b"\n")
    (source,) = list_sources(tmp_path)
    first, *rest = read_nodes(source)
    assert str(first["id"]) == "1.50"
    assert rest == [None, None, None]


def test_a_file_of_many_lines_is_one_value(tmp_path):
    (tmp_path / "bundle-0001.json").write_text(json.dumps({"resourceType": "Bundle"}, indent=2))
    (source,) = list_sources(tmp_path)
    assert list(read_nodes(source)) == [{"resourceType": "Bundle"}]


@pytest.mark.parametrize("name", ["inner/Patient.ndjson", "Patient.ndjson.gz", "Patient.xml", "Patient"])
def test_what_would_not_be_read_is_not_left_out_in_silence(tmp_path, name):
    (tmp_path / "Patient.ndjson").write_text("{}\n")
    (tmp_path / "problems.csv").write_text("code\n")
    assert names(tmp_path) == ["Patient.ndjson"]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    with pytest.raises(ConfigError, match="1 files that would not be read"):
        list_sources(tmp_path)


def test_an_ending_that_may_be_a_name_is_not_told(tmp_path):
    (tmp_path / "Jane.Roe").touch()
    (tmp_path / "x.gz").touch()
    with pytest.raises(ConfigError) as caught:
        list_sources(tmp_path)
    assert "(.gz, of another ending)" in str(caught.value)


def test_a_file_that_can_not_be_read_is_told_by_its_number(tmp_path):
    (tmp_path / "078051120.json").touch()
    (source,) = list_sources(tmp_path)
    source.path.unlink()
    with pytest.raises(ConfigError, match="file 1 of the folder, by name, can't be read") as caught:
        list(read_nodes(source))
    assert "078051120" not in str(caught.value)
