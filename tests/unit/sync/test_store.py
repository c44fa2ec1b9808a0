"""The private file of a plan."""

from __future__ import annotations

import pytest

from kapfhir.errors import ConfigError
from kapfhir.sync.action import Sign
from kapfhir.sync.store import Planned, Store


def planned(seq, **more):
    fields = {
        "sign": Sign.CREATE,
        "type": "T",
        "id": str(seq),
        "concept": "C",
        "key": "k",
        "place": "t",
        "row": 2,
        "hash": str(seq),
    }
    return Planned(seq, **fields | {"waiting": True, "size": 3} | more)


@pytest.fixture
def store():
    made = Store()
    yield made
    made.close()


def test_an_action_comes_back_as_it_was(store):
    action = planned(1, changed="a\nb", owner="p", refs="A/1 B/2", system="s", value="v", adopt=True)
    store.add(action, b"{}")
    (back,) = store.actions()
    assert back == action
    assert back.sign is Sign.CREATE
    assert back.targets == ["A/1", "B/2"]
    assert store.bodies([1]) == {1: b"{}"}
    assert store.find("T", "1") == action
    assert store.find("T", "2") is None


def test_thousands_come_in_order(store):
    for seq in range(1, 3001):
        store.add(planned(seq), b"{}")
    assert [a.seq for a in store.actions()] == list(range(1, 3001))


def test_owners_in_their_order(store):
    for seq, owner in enumerate(["p2", "", "~", "p1", "p2"]):
        store.add(planned(seq, owner=owner), b"{}")
    store.index()
    assert list(store.owners()) == ["", "p1", "p2", "~"]
    assert [a.seq for a in store.group("p2")] == [0, 4]


def test_temporary_space_that_is_full(store):
    store.run("PRAGMA max_page_count = 20")
    with pytest.raises(ConfigError, match="does not fit into the folder for temporary files"):
        for seq in range(10_000):
            store.add(planned(seq), b"x" * 1000)
