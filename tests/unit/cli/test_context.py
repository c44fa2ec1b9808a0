"""What every command does with the global options."""

from pathlib import Path

import pytest

from kapfhir.cli.main import COMMANDS
from kapfhir.errors import Exit

CALLS = {  # of each command one that would do its work
    "init": ("t", "-o", "o"),
    "check": ("maps", "--source", "small"),
    "codes": ("check", "maps"),
    "explain": ("t", "sites:1"),
    "people": ("t",),
    "map": ("t", "-o", "o"),
    "findings": ("t",),
    "validate": ("t.json",),
    "plan": ("t",),
    "sync": ("t",),
    "archive": ("t", "-o", "o"),
    "deidentify": ("t.json", "-o", "o", "--key", "key"),
    "doctor": (),
    "sandbox": ("--port", "0"),
    "cohort": ("-o", "o", "--patients", "1"),
    "schema": (),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_profile_is_told_by_every_command(run, small, monkeypatch, name):
    monkeypatch.setattr("kapfhir.sandbox.server.serve", lambda *_: None)
    Path("t.json").write_text('{"resourceType": "Patient", "id": "a"}')
    with Path("kapfhir.toml").open("a") as file:
        file.write('[profile.test]\nurl = "https://fhir.example/r4"\n')
    result = run("--profile", "tset", name, *CALLS[name])
    assert result.exit_code == Exit.CONFIG
    assert "kapfhir.toml has no profile 'tset'; did you mean 'test'?; there are: test" in result.stderr
    assert not Path("o").exists()
    Path("kapfhir.toml").unlink()
    assert "there is no configuration file, and so no profile 'tset'" in run("--profile", "tset", name, *CALLS[name]).stderr


def test_a_profile_that_is_there_stops_no_command(run):
    Path("kapfhir.toml").write_text('[clinic]\nzone = "TODO"\n[profile.test]\nurl = "https://fhir.example/r4"\n')
    assert run("--profile", "test", "cohort", "-o", "o", "--patients", "1").exit_code == 0
    assert run("--profile", "test", "init", "o", "-o", "drafted").exit_code == 0
