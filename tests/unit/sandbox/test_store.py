"""The store keeps versions, undoes what fails, and uses only files of its own."""

import sqlite3
import threading

import pytest

from kapfhir.errors import ConfigError
from kapfhir.sandbox.store import TABLES, Store


def write(store, resource):
    with store.transaction():
        return store.write(resource, "PUT", [])


def test_a_file_keeps_everything(tmp_path, make):
    db = tmp_path / "sandbox.db"
    store = Store(db)
    write(store, make.patient(gender="male"))
    store.close()
    again = Store(db)
    assert again.read("Patient", "p1").resource["gender"] == "male"
    version, new = write(again, make.patient())
    assert (version.version, new) == (2, True)
    again.close()


def test_time_never_goes_back(tmp_path, make, monkeypatch):
    db = tmp_path / "sandbox.db"
    store = Store(db)
    first, _ = write(store, make.patient("a"))
    store.close()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    store = Store(db)
    second, _ = write(store, make.patient("b"))
    assert second.updated == first.updated
    store.close()


def test_what_fails_is_undone(make):
    store = Store()
    with pytest.raises(RuntimeError), store.transaction():
        store.write(make.patient(), "PUT", [])
        with store.transaction():
            store.write(make.patient("p2"), "PUT", [])
        raise RuntimeError
    assert store.read("Patient", "p1") is None
    assert store.read("Patient", "p2") is None
    write(store, make.patient())
    assert store.holds("Patient", "p1")


def test_clearing_leaves_nothing(make):
    store = Store()
    write(store, make.patient(identifier=[{"value": "1"}], name=[{"family": "x"}]))
    store.clear()
    assert {table: store.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES} == dict.fromkeys(TABLES, 0)


def test_a_deletion_leaves_no_index_rows(make):
    store = Store()
    write(store, make.patient(identifier=[{"value": "1"}], name=[{"family": "x"}]))
    with store.transaction():
        assert store.delete("Patient", "p1").deleted
        assert store.delete("Patient", "p1") is None
    assert store.rows("SELECT * FROM token") == store.rows("SELECT * FROM string") == []
    assert not store.holds("Patient", "p1")


def test_a_file_of_another_program_is_refused(tmp_path):
    db = tmp_path / "other.db"
    with sqlite3.connect(db) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(ConfigError, match="of another program"):
        Store(db)


def test_a_file_of_another_version_is_refused(tmp_path):
    db = tmp_path / "sandbox.db"
    store = Store(db)
    store.connection.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(ConfigError, match="another version of the sandbox"):
        Store(db)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    db = tmp_path / "text.db"
    db.write_text("this is no database at all, but long enough to be looked at" * 20)
    with pytest.raises(ConfigError, match="can't be used"):
        Store(db)


def test_a_locked_file_is_refused(tmp_path):
    db = tmp_path / "sandbox.db"
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ConfigError, match="locked"):
        Store(db)
    other.close()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="can't be used"):
        Store(tmp_path / "absent" / "sandbox.db")


def test_threads_take_turns(make):
    store = Store()

    def work(name):
        for number in range(20):
            write(store, make.patient(f"{name}{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.rows("SELECT count(*) FROM current")[0][0] == 80
