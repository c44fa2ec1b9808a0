import json

import pytest

from kapfhir.deidentification.files import list_sources, read_nodes
from kapfhir.errors import ConfigError


def names(folder):
    return [source.name for source in list_sources(folder)]


def test_files_of_a_type_keep_their_names_and_others_get_a_number(tmp_path):
    for name in (
        "Patient.ndjson",
        "Observation.000.ndjson",
        "Observation-12.jsonl",
        "bundle-0001.json",
        "Jane Roe.json",
        "Quokka.ndjson",
        "notes.txt",
    ):
        (tmp_path / name).touch()
    assert sorted(names(tmp_path)) == [
        "Observation-12.jsonl",
        "Observation.000.ndjson",
        "Patient.ndjson",
        "bundle-0001.json",
        "file-0001.json",
        "file-0005.ndjson",
    ]


def test_reports_of_map_are_no_resources(tmp_path):
    for name in ("Patient.ndjson", "rejected.ndjson", "problems.csv"):
        (tmp_path / name).touch()
    assert len(names(tmp_path)) == 2
    (tmp_path / "manifest.json").touch()
    assert names(tmp_path) == ["Patient.ndjson"]


def test_one_file_will_do(tmp_path):
    (tmp_path / "Jane Roe.json").touch()
    assert names(tmp_path / "Jane Roe.json") == ["file-0001.json"]


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
    assert [source.name for source in list_sources(tmp_path)] == ["Patient.ndjson"]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    with pytest.raises(ConfigError, match="1 files that would not be read"):
        list_sources(tmp_path)
