"""The runner of examples itself: it must see what a page gets wrong."""

import pytest
from console import Desk, matches, split_changes, split_session


def test_a_session_is_commands_with_their_lines():
    assert list(split_session("$ one\na\nb\n$ two \\\n    three\n")) == [("one", ["a", "b"]), ("two three", [])]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a", "..."], ["a", "b", "c"], True),
        (["...", "c"], ["a", "b", "c"], True),
        (["...", "x"], ["a", "b", "c"], False),
        (["took 12ms, 3.31 MiB"], ["took 1.02s, 17 B"], True),
        (["12 rows"], ["13 rows"], False),
    ],
)
def test_lines_are_compared_but_for_what_changes(shown, printed, same):
    assert matches(shown, printed) is same


def test_changes_are_lines_for_lines():
    assert list(split_changes("-a\n+b\n+c\n \n-d\n+e\n")) == [("a\n", "b\nc\n"), ("d\n", "e\n")]


def test_a_page_that_shows_another_output_fails(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one\ntwo\n```\n")
    with Desk(tmp_path) as desk, pytest.raises(AssertionError, match="the page shows"):
        desk.follow(page)


def test_a_page_that_changes_a_line_which_is_not_there_fails(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```text note\nfirst\n```\n\n```diff note\n-second\n+third\n```\n")
    with Desk(tmp_path) as desk, pytest.raises(AssertionError, match="0 times"):
        desk.follow(page)


def test_a_shell_knows_how_the_last_command_ended(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ false\n$ echo $?\n1\n```\n")
    with Desk(tmp_path) as desk:
        assert desk.follow(page) == 2
