"""The built wheel in an empty environment and an empty folder: every command, the maps, the example and its golden resources."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("init", "check", "explain", "people", "map", "validate", "plan", "sync", "doctor", "sandbox", "schema")


def run(*command, cwd, expect=0, **more):
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=300, check=False, env=more.pop("env", None)
    )
    assert done.returncode == expect, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """(kapfhir, python, folder) of an environment that holds the wheel and what it asks for, and nothing else."""
    home = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", home / "dist", ROOT, cwd=home)
    (wheel,) = (home / "dist").glob("*.whl")
    venv.create(home / "venv", with_pip=True)
    python = home / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=home)
    folder = home / "empty"
    folder.mkdir()
    return home / "venv" / "bin" / "kapfhir", python, folder


@pytest.fixture
def clean():
    """No PYTHONPATH of this checkout, no configuration of the user."""
    keep = ("PATH", "LANG", "LC_ALL", "TMPDIR")
    return {name: os.environ[name] for name in keep if name in os.environ}


def test_every_command_is_there(empty, clean):
    kapfhir, _, folder = empty
    for command in COMMANDS:
        assert "Example" in run(kapfhir, command, "--help", cwd=folder, env=clean)


def test_maps_and_example_travel(empty, clean):
    kapfhir, _, folder = empty
    run(kapfhir, "check", cwd=folder, env=clean)
    for name in ("minimal", "clinic"):
        run(kapfhir, "map", f"example:{name}", "-o", folder / "out", cwd=folder, expect=5, env=clean)
        golden = ROOT / "fixtures" / name / "expected" / "resources"
        for path in sorted(golden.glob("*.ndjson")):
            assert (folder / "out" / path.name).read_bytes() == path.read_bytes(), path.name
    run(kapfhir, "validate", *sorted((folder / "out").glob("[A-Z]*.ndjson")), cwd=folder, env=clean)


def test_sandbox_loads_and_sync_finds_it_so(empty, clean):
    """The sandbox with the golden resources holds just what a sync of the example would write: nothing is sent."""
    kapfhir, _, folder = empty
    with subprocess.Popen(
        [str(kapfhir), "sandbox", "--port", "0", "--load", "clinic"], cwd=folder, env=clean, stdout=subprocess.PIPE, text=True
    ) as sandbox:
        try:
            url = next(word for line in sandbox.stdout for word in line.split() if word.startswith("http"))
            out = run(
                kapfhir,
                "--json",
                "sync",
                "example:clinic",
                "--server",
                url,
                "--ledger",
                folder / "l.sqlite",
                cwd=folder,
                expect=5,
                env=clean,
            )
        finally:
            sandbox.terminate()
    summary = json.loads(out.splitlines()[-1])
    assert (summary["type"], summary["create"], summary["update"], summary["refused"]) == ("summary", 0, 0, 0)
    assert summary["unchanged"] == summary["resources"] > 1500


def test_library(empty, clean):
    _, python, folder = empty
    script = "import kapfhir; p = kapfhir.example('clinic'); print((p / 'input').is_dir(), sorted(kapfhir.__all__))"
    assert run(python, "-c", script, cwd=folder, env=clean).startswith(
        "True ['apply', 'cohort', 'deidentify', 'example', 'findings', 'map'"
    )
    script = "import kapfhir; print(sum(1 for u in kapfhir.map('example:clinic') if hasattr(u, 'resources')))"
    assert int(run(python, "-c", script, cwd=folder, env=clean)) > 400
