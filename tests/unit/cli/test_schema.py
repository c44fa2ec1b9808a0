import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from kapfhir.cli.schemas import build_schemas
from kapfhir.data import example_folder, mappings_folder

SCHEMAS = build_schemas()


def faults(name, value):
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMAS[name]).iter_errors(value)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("path", sorted(mappings_folder().glob("sources/*/*.yaml")), ids=lambda p: p.stem)
def test_the_shipped_source_maps_have_its_shape(path):
    assert faults("source-map.json", yaml.safe_load(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", sorted(mappings_folder().glob("fhir/*.yaml")), ids=lambda p: p.stem)
def test_the_shipped_resource_maps_have_its_shape(path):
    assert faults("resource-map.json", yaml.safe_load(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "change",
    [{"concept": "Patent"}, {"fieds": {}}, {"fields": {"key": {"frm": "ID"}}}, {"fields": {"a b": "X"}}, {"scope": "some"}],
)
def test_a_source_map_of_another_shape(change):
    assert faults("source-map.json", {"concept": "Patient", "table": "t", "fields": {"key": "ID"}} | change) != []


def test_the_configuration_of_the_example():
    import tomllib

    assert faults("config.json", tomllib.loads((example_folder("clinic") / "kapfhir.toml").read_text("utf-8"))) == []
    assert faults("config.json", {"clinik": {}}) != []


def test_what_map_writes_has_the_shape_of_its_schemas(run):
    result = run("--json", "map", "example:clinic", "-o", "out")
    for line in result.stdout.splitlines():
        assert faults("json-line.json", json.loads(line)) == []
    for line in Path("out/rejected.ndjson").read_text("utf-8").splitlines():
        assert faults("rejected.json", json.loads(line)) == []
    assert faults("manifest.json", json.loads(Path("out/manifest.json").read_text("utf-8"))) == []


def test_they_are_written_to_a_folder(run):
    result = run("schema", "-o", "schemas")
    assert result.stdout.splitlines() == [f"schemas/{name}" for name in SCHEMAS]
    assert {p.name: json.loads(p.read_text()) for p in Path("schemas").iterdir()} == SCHEMAS


def test_or_to_stdout(run, run_json):
    assert json.loads(run("schema").stdout) == SCHEMAS
    _, lines = run_json("schema")
    assert {line["name"]: line["content"] for line in lines[:-1]} == SCHEMAS


def test_a_folder_that_can_not_be_written(run):
    Path("file").write_text("")
    result = run("schema", "-o", "file/inside")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "can't be written" in result.stderr
