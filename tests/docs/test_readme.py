"""The first page: its session is what happens, its table is the commands, and it stays short."""

from pathlib import Path

from console import ROOT, Desk

from kapfhir.cli.main import COMMANDS

README = ROOT / "README.md"


def test_the_session_is_what_happens(tmp_path: Path):
    with Desk(tmp_path) as desk:
        assert desk.follow(README) >= 4


def test_the_table_holds_every_command_in_the_order_of_help():
    rows = [line.split("`")[1].split()[1] for line in README.read_text("utf-8").splitlines() if line.startswith("| `kapfhir ")]
    assert rows == list(COMMANDS)


def test_it_is_short():
    assert len(README.read_text("utf-8").splitlines()) <= 120
