"""Commands as a user calls them: in an empty folder, with no configuration and no state of this user's."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kapfhir.cli.main import cli
from kapfhir.data import example_folder, example_resources, mappings_folder


@pytest.fixture(autouse=True)
def nothing_around(tmp_path, monkeypatch):
    for name in [n for n in os.environ if n.startswith("KAPFHIR_") or n == "SOURCE_DATE_EPOCH"]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def run():
    """run("map", "example:clinic") -> a result with .exit_code, .stdout, .stderr."""

    def call(*arguments):
        return CliRunner().invoke(cli, [str(a) for a in arguments])

    return call


@pytest.fixture
def run_json(run):
    """run_json("map", ...) -> the exit code and the lines; the last must be the summary."""

    def call(*arguments):
        result = run("--json", *arguments)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert lines[-1]["type"] == "summary"
        assert lines[-1]["exit"] == result.exit_code
        return result.exit_code, lines

    return call


@pytest.fixture(scope="session")
def golden():
    """How many resources of each type the example has, by its golden files."""
    return {path.stem: len(path.read_bytes().splitlines()) for path in example_resources("clinic")}


@pytest.fixture
def small():
    """Options of a small export without faults, with maps and configuration of its own: 2 sites and 7 members of staff."""
    maps = Path("maps/sources/small")
    shutil.copytree(mappings_folder() / "sources/clinic/codes", maps / "codes")
    Path("t").mkdir()
    for table in ("sites", "staff"):
        shutil.copy(example_folder("clinic") / f"input/{table}.csv", "t")
        shutil.copy(mappings_folder() / f"sources/clinic/{table}.yaml", maps)
    shutil.copy(example_folder("clinic") / "kapfhir.toml", ".")
    return ("t", "--source", "small", "--mappings", "maps")


@pytest.fixture
def start():
    """start("sandbox") -> the process of a command; it is stopped at the end."""
    processes = []

    def call(*arguments):
        command = [sys.executable, "-m", "kapfhir", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield call
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
