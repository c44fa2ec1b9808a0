import sys

import pytest

from kapfhir.cli import output
from kapfhir.cli.output import Output
from kapfhir.cli.tally import Tally, align, clock, exit_of
from kapfhir.errors import Exit, Problem


@pytest.fixture
def clock_at(monkeypatch):
    """clock_at(seconds) sets the time."""
    now = [100.0]
    monkeypatch.setattr(output.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, 100.0 + seconds)


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _: True, raising=False)
    monkeypatch.setenv("COLUMNS", "20")


def test_on_a_terminal_progress_is_one_line_that_changes(capsys, terminal, clock_at):
    shown = Output()
    shown.tick(lambda: "10 of 20")
    shown.tick(lambda: "too soon")
    clock_at(1)
    shown.tick(lambda: "12 of 20")
    shown.answer("done")
    caught = capsys.readouterr()
    assert caught.err == "\r10 of 20\r12 of 20\r        \r"
    assert caught.out == "done\n"


def test_a_long_progress_line_is_cut_to_the_terminal(capsys, terminal, clock_at):
    Output().tick(lambda: "x" * 50)
    assert capsys.readouterr().err == "\r" + "x" * 19


def test_elsewhere_progress_is_a_line_now_and_then(capsys, clock_at):
    shown = Output()
    for seconds in (0, 5, 11, 12, 22):
        clock_at(seconds)
        shown.tick(lambda at=seconds: f"after {at} s")
    assert capsys.readouterr().err == "after 11 s\nafter 22 s\n"


@pytest.mark.parametrize("options", [{"progress": False}, {"quiet": True}])
def test_progress_that_nobody_wants(capsys, terminal, clock_at, options):
    Output(**options).tick(lambda: "10 of 20")
    assert capsys.readouterr().err == ""


def test_many_lines_are_written_some_at_a_time_and_all_of_them(capsys, monkeypatch):
    monkeypatch.setattr(output, "WRITTEN_AT_ONCE", 3)
    written = []
    shown = Output("check", as_json=True)
    monkeypatch.setattr(shown, "_write", written.append)
    shown.lines("status", ({"text": str(at)} for at in range(8)))
    assert [part.count(b"\n") for part in written] == [3, 3, 2]
    assert b"".join(written) == b"".join(b'{"type": "status", "text": "%d"}\n' % at for at in range(8))


def test_json_leaves_the_answer_for_people_out(capsys):
    shown = Output("check", as_json=True)
    shown.answer("a table")
    shown.line("status", text="Zürich")
    shown.close(Exit.DONE)
    shown.close(Exit.ROWS)
    first, last = capsys.readouterr().out.splitlines()
    assert first == '{"type": "status", "text": "Zürich"}'
    assert '"exit": 0}' in last


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Problem("t", 2, "a", "unmapped-code", "x"), Exit.ROWS),
        (Problem("t", 2, "a", "unmapped-code", "x", severity="warning"), Exit.DONE),
        (Problem("t", 2, "a", "wrong-code", "x"), Exit.RESOURCES),
        (Problem("t", 2, "", "depends-on-rejected", "x", effect="resource withheld"), Exit.RESOURCES),
        (Problem("t", 2, "", "depends-on-rejected", "x", effect="record rejected"), Exit.ROWS),
        (Problem("t", 2, "", "type-not-taken", "x", effect="not on the server"), Exit.REFUSED),
        (Problem("t", 2, "", "a-code-of-tomorrow", "x"), Exit.ROWS),
    ],
)
def test_what_a_problem_means_for_the_end(problem, code):
    assert exit_of(problem) is code


def test_problems_are_told_in_groups_errors_first(capsys):
    tally = Tally(Output())
    for row in range(2, 10):
        tally.add(Problem("t", row, "a", "unmapped-code", "x"))
    tally.add(Problem("t", 2, "", "duplicate-row", "x", severity="warning"))
    tally.tell("more")
    assert capsys.readouterr().err.splitlines() == [
        "",
        "problems: 8 errors, 1 warning",
        "  error    t: a  unmapped-code  8  rows 2, 3, 4, 5, 6 ...",
        "  warning  t     duplicate-row  1  row 2",
        "more",
    ]
    assert tally.exit is Exit.ROWS


def test_small_things():
    assert align([("a", "b"), ("ccc", "")]) == ["a    b", "ccc"]
    assert (clock(7.9), clock(3723)) == ("0:07", "1:02:03")
