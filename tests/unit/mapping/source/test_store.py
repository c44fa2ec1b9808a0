"""What goes to disk: keys that stand twice, rows that wait, and that memory does not grow with them."""

import sqlite3
import tracemalloc

import pytest
from kapfhir.errors import ConfigError
from kapfhir.mapping.source.store import CONFLICT, CONFLICT_AGAIN, DOUBLE, ONCE, Store, pack, unpack


@pytest.fixture
def store():
    store = Store()
    yield store
    store.close()


def test_verdicts_of_keys_that_stand_twice(store):
    rows = [(2, "a", b"1"), (3, "b", b"1"), (4, "a", b"1"), (5, "b", b"2"), (6, "c", b"1"), (7, "b", b"1")]
    store.find_repeats(rows)
    assert list(store.repeats()) == [(2, ONCE), (3, CONFLICT), (4, DOUBLE), (5, CONFLICT_AGAIN), (7, CONFLICT_AGAIN)]
    store.find_repeats(rows[:1])
    assert list(store.repeats()) == []


def test_many_keys_that_stand_twice(store):
    store.find_repeats((line, f"k{line // 2}", b"same") for line in range(20_000))
    assert list(store.repeats()) == [(line, DOUBLE if line % 2 else ONCE) for line in range(20_000)]


def test_memory_stays_flat_in_an_export_of_duplicates(monkeypatch, store):
    monkeypatch.setattr("kapfhir.mapping.source.store.PIECE", 96)
    tracemalloc.start()
    store.find_repeats((line, f"k{line // 2}", b"same") for line in range(30_000))
    assert sum(1 for _ in store.repeats()) == 30_000
    for start in range(0, 30_000, 1000):
        store.spill((f"k{line % 997}", 0, line, b"cells") for line in range(start, start + 1000))
    assert sum(len(rows) for _, rows in store.groups()) == 30_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 600_000, "the keys alone would take two megabytes"


def test_rows_come_back_by_key_in_their_order(store):
    store.spill([("b", 0, 2, b"1"), ("a", 1, 2, b"2"), ("a", 0, 3, b"3"), ("a", 0, 2, b"4")])
    assert list(store.groups()) == [("a", [(0, 2, b"4"), (0, 3, b"3"), (1, 2, b"2")]), ("b", [(0, 2, b"1")])]
    assert list(store.groups()) == []


def test_fates(store):
    store.settle("Patient", "P-1", good=True)
    store.settle("Patient", "P-2", good=False)
    store.flush()
    assert [store.fate("Patient", k) for k in ("P-1", "P-2", "P-3")] == [(True, ""), (False, ""), None]
    assert store.fate("Course", "P-1") is None


def test_keys_of_rows_that_cant_be_taken(store):
    store.settle("Patient", "P-1", good=True)
    for line, key in enumerate(("P-3", "P-1", "P-2", "P-2"), 2):
        store.keep_lost(key, 1, line)
    assert list(store.lost_keys("Patient")) == [("P-2", 1, 4), ("P-3", 1, 2)]
    assert (store.fate("Patient", "P-1"), store.fate("Patient", "P-2")) == ((True, ""), (False, ""))
    assert list(store.lost_keys("Patient")) == []


def test_equal_cells_are_equal_bytes():
    cells = ("".join(["a", "b"]), "ab", "é", "")
    assert pack(cells) == pack(tuple(str(c.encode(), "utf-8") for c in cells))
    assert unpack(pack(cells)) == cells
    assert pack(("ab", "")) != pack(("a", "b"))


def test_a_full_disk_is_told_as_such(store):
    store.db.execute("PRAGMA max_page_count=12")
    with pytest.raises(ConfigError, match="disk is full"):
        store.spill((f"k{n}", 0, n, b"x" * 500) for n in range(5000))


def test_other_faults_of_the_database_are_not_hidden(store):
    with pytest.raises(sqlite3.OperationalError):
        store._many("INSERT INTO nowhere VALUES(?)", [(1,)])
