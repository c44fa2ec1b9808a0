"""The tutorial, followed to the letter in an empty folder."""

from console import ROOT, Desk


def test_the_tutorial_is_true(tmp_path):
    with Desk(tmp_path) as desk:
        assert desk.follow(ROOT / "docs" / "tutorial.md") == 15
