"""Targets first, circles together, and the cuts between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kapfhir.sync.action import Sign
from kapfhir.sync.bundles import Limits, cut, halve
from kapfhir.sync.order import order
from kapfhir.sync.store import Planned


def action(seq, *targets, size=1, loose=True):
    refs = " ".join(f"T/{t}" for t in targets)
    return Planned(seq, Sign.CREATE, "T", str(seq), "C", "k", "t", 2, refs=refs, size=size, loose=loose)


def ids(circles):
    return [[int(a.id) for a in circle] for circle in circles]


def test_targets_come_first():
    assert ids(order([action(1, 3), action(2), action(3, 2)])) == [[2], [3], [1]]


def test_circles_stay_together():
    assert ids(order([action(1, 2), action(2, 3), action(3, 1), action(4, 1)])) == [[1, 2, 3], [4]]


def test_one_that_points_to_itself_or_away():
    assert ids(order([action(1, 1), action(2, 99)])) == [[1], [2]]


def test_a_long_chain_needs_no_recursion():
    assert len(order([action(n, n + 1) for n in range(5000)])) == 5000


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_every_target_is_earlier_or_in_the_same_circle(edges):
    actions = [action(n, *(b for a, b in edges if a == n)) for n in range(13)]
    seen: set[str] = set()
    circles = order(actions)
    assert sorted(a.seq for c in circles for a in c) == list(range(13))
    for circle in circles:
        seen |= {a.name for a in circle}
        assert {t for a in circle for t in a.targets} <= seen


def test_cuts_keep_to_the_limits():
    parts = cut([action(n) for n in range(10)], Limits(entries=4))
    assert [len(p) for p in parts] == [4, 4, 2]
    parts = cut([action(n, size=n) for n in (5, 5, 5, 20, 1)], Limits(size=10))
    assert [[a.size for a in p] for p in parts] == [[5, 5], [5], [20], [1]]


def test_nothing_is_cut_inside_a_circle():
    circle = [action(1), action(2, loose=False), action(3, loose=False), action(4)]
    assert [[a.seq for a in p] for p in cut(circle, Limits(entries=1))] == [[1, 2, 3], [4]]
    assert [[a.seq for a in p] for p in halve(circle) or ()] == [[1, 2, 3], [4]]
    assert halve(circle[:3]) is None
    assert halve([action(1)]) is None
