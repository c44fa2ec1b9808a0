"""Commands as a user calls them: in an empty folder, with no configuration and no state of this user's."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from kapfhir.cli.main import cli


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
