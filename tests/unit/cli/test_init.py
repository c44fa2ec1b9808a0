import tomllib
from pathlib import Path

from kapfhir.data import example_folder


def test_drafts_for_the_example(run, run_json):
    result = run("init", "example:clinic", "-o", "mine")
    assert result.exit_code == 0
    files = [Path(line) for line in result.stdout.splitlines()]
    assert files[0] == Path("mine/kapfhir.toml")
    assert Path("mine/mappings/sources/input/clients.yaml") in files
    assert all(file.is_file() for file in files)
    assert "67 tables, 66 draft maps" in result.stderr
    assert "kapfhir --config mine/kapfhir.toml check" in result.stderr
    _, lines = run_json("init", "example:clinic", "-o", "again")
    assert [Path(line["path"]).name for line in lines if line["type"] == "file"] == [file.name for file in files]


def test_each_clinic_gets_a_namespace_of_its_own(run):
    for folder in ("a", "b"):
        run("init", "example:clinic", "-o", folder)
    names = [tomllib.loads(Path(f, "kapfhir.toml").read_text())["clinic"]["namespace"] for f in ("a", "b")]
    assert names[0] != names[1]


def test_what_is_left_to_do_is_listed_and_then_gone(run):
    run("init", example_folder("clinic") / "input/sites.csv")
    left = run("check")
    assert left.exit_code == 3
    assert "clinic.zone: this is still to do" in left.stderr
    config = Path("kapfhir.toml").read_text()
    config = config.replace('system = "TODO"', 'system = "urn:x:y"').replace('zone = "TODO"', 'zone = "UTC"')
    Path("kapfhir.toml").write_text(config)
    assert run("check").exit_code == 0
    assert run("map", example_folder("clinic") / "input/sites.csv", "-o", "out").exit_code == 0
    assert Path("out/Organization.ndjson").is_file()


def test_nothing_is_overwritten(run):
    Path("kapfhir.toml").write_text("# mine")
    result = run("init", "example:clinic")
    assert result.exit_code == 3
    assert (
        result.stderr.splitlines()[-1] == "kapfhir.toml is there already: drafts overwrite nothing; name another folder with -o"
    )
    assert [p.name for p in Path().iterdir()] == ["kapfhir.toml"]


def test_an_export_that_is_not_there(run):
    assert run("init", "nothing").exit_code == 3


def test_a_folder_that_can_not_be_written(run):
    Path("file").write_text("")
    result = run("init", "example:clinic", "-o", "file/inside")
    assert result.exit_code == 3
    assert "can't be written" in result.stderr
