"""One version, wherever it is said."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import kapfhir

ROOT = Path(__file__).resolve().parents[2]


def test_package_project_and_changelog_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changes = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert {kapfhir.__version__, version("kapfhir"), changes[0]} == {project}


def test_the_changelog_begins_with_what_is_not_released():
    heads = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0] == "Unreleased"
    assert len(heads) == len(set(heads))
