"""What the how-to pages show is what happens."""

import re
from collections import Counter

import pytest
from console import ROOT, Desk

from kapfhir.errors import Exit
from kapfhir.sync.report import Report

HOW_TO = ROOT / "docs" / "how-to"


@pytest.mark.parametrize(
    ("page", "commands"),
    [("export-to-files", 2), ("from-a-dose-log", 8), ("test-with-the-sandbox", 1), ("share-a-de-identified-export", 8)],
)
def test_the_page_is_true(tmp_path, page, commands):
    with Desk(tmp_path) as desk:
        assert desk.follow(HOW_TO / f"{page}.md") == commands


def test_the_night_page_knows_every_exit_code():
    rows = re.findall(r"^\| (\d+) \| ", (HOW_TO / "run-at-night.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(map(int, Exit))


def test_the_night_page_shows_every_line_of_the_end_table():
    shown = re.findall(r"^([A-Z][a-z]+(?: [a-z]+)?) +\[", (HOW_TO / "run-at-night.md").read_text("utf-8"), re.MULTILINE)
    assert shown == [line.split("[")[0].strip() for line in str(Report(Counter())).splitlines()]
