"""The ledger: its scope, its lock, and what it remembers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kapfhir.errors import ConfigError
from kapfhir.model.dosing import Anchor
from kapfhir.sync.ledger import Entry, RecordEntry, Scope, open_ledger

SCOPE = Scope("https://fhir.example/r4", "https://clinic.test/kap", "b3a7c9b0-6f0d-4a53-9d8c-0f3f5a1d2e11", "America/New_York")
DOSE = ("DosingSession", "D1")


def entry(name="a", **more):
    return Entry("Encounter", name, *DOSE, **{"hash": "h1", "server_id": name, "version": "1"} | more)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with open_ledger(path, SCOPE, "maps") as made:
        yield made


def test_a_new_one_knows_nothing(ledger, path):
    assert path.is_file()
    assert not ledger.has(*DOSE)
    assert ledger.digest(*DOSE) is None
    assert ledger.anchor("D1") is None
    assert ledger.resources_of(*DOSE) == {}
    assert ledger.newest(3) == []


def test_a_first_run_is_asked_of_nothing_until_something_is_kept(ledger):
    asked = []
    ledger._connection.set_trace_callback(asked.append)
    assert ledger.find("Encounter", "a") is None
    assert not asked
    ledger.keep([entry()])
    assert ledger.find("Encounter", "a") == entry()
    assert any("FROM resources" in query for query in asked)


def test_notes_are_read_where_nothing_else_stands(ledger, path):
    ledger.keep_note("people", {"a": 1})
    ledger.close()
    with open_ledger(path, SCOPE, "maps") as again:
        assert again.note("people") == {"a": 1}
        assert again.resources_of(*DOSE) == {}


def test_only_its_owner_reads_it(ledger, path):
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_remembered(ledger, path):
    anchor = Anchor(datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 1, 5, 11, tzinfo=UTC), "P1")
    ledger.keep([entry(), entry("b")])
    ledger.remember([RecordEntry(*DOSE, "digest", frozenset({"doses", "vitals"}), 2, anchor)])
    ledger.close()
    with open_ledger(path, SCOPE, "maps") as again:
        assert again.has(*DOSE)
        assert again.digest(*DOSE) == "digest"
        assert (again.anchor("D1"), again.anchor("D1").patient) == (anchor, "P1")
        assert again.record(*DOSE) == RecordEntry(*DOSE, "digest", frozenset({"doses", "vitals"}), 2, anchor)
        assert again.resources_of(*DOSE)["Encounter", "b"] == entry("b")
        assert again.find("Encounter", "a") == entry()


def test_a_dose_without_an_end(ledger):
    anchor = Anchor(datetime(2026, 1, 5, 10, tzinfo=UTC), None)
    ledger.remember([RecordEntry(*DOSE, "d", frozenset(), 1, anchor)])
    assert ledger.anchor("D1") == anchor


def test_rows_of_other_maps_are_mapped_again(ledger, path):
    ledger.remember([RecordEntry(*DOSE, "digest", frozenset(), 2)])
    ledger.close()
    with open_ledger(path, SCOPE, "other maps") as again:
        assert again.digest(*DOSE) is None
        assert again.has(*DOSE)


def test_a_send_makes_the_record_unknown_until_it_is_done(ledger):
    ledger.keep([entry()])
    ledger.remember([RecordEntry(*DOSE, "digest", frozenset(), 1)])
    ledger.mark_pending([entry(hash="h2")])
    assert ledger.digest(*DOSE) is None
    assert ledger.find("Encounter", "a") == entry(state="pending")  # what was there is not forgotten


def test_a_refusal(ledger):
    ledger.mark_pending([entry(server_id="")])
    ledger.mark_refused(entry(), "HTTP 422")
    found = ledger.find("Encounter", "a")
    assert (found.state, found.outcome, found.hash) == ("refused", "HTTP 422", "")


def test_records_come_in_order_and_in_pieces(ledger):
    ledger.remember(RecordEntry("Patient", f"P{n:04}", "d", frozenset(), 1) for n in range(2500))
    keys = [r.key for r in ledger.records()]
    assert keys == sorted(keys)
    assert len(keys) == 2500


def test_a_distrusted_one_has_everything_mapped_again(ledger):
    ledger.remember([RecordEntry(*DOSE, "digest", frozenset(), 1)])
    ledger.distrust()
    assert ledger.digest(*DOSE) is None
    assert ledger.has(*DOSE)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"server": "https://other.example/r4"}, "server"),
        ({"system": "https://clinic.test/other"}, "clinic system"),
        ({"namespace": "00000000-6f0d-4a53-9d8c-0f3f5a1d2e11"}, "clinic namespace"),
        ({"zone": "Europe/Berlin"}, "time zone"),
    ],
)
def test_the_scope_may_not_change(ledger, path, change, word):
    ledger.remember([RecordEntry(*DOSE, "", frozenset({"IV"}), 1)])
    ledger.close()
    with pytest.raises(ConfigError, match=f"is of another {word}"):
        open_ledger(path, replace(SCOPE, **change))


def test_a_ledger_in_which_nothing_stands_is_of_whoever_comes_next(ledger, path):
    """A plan with a wrong zone writes nothing: it must not claim the ledger for that zone."""
    ledger.close()
    other = replace(SCOPE, zone="Europe/Berlin")
    with open_ledger(path, other) as again:
        again.remember([RecordEntry(*DOSE, "", frozenset({"IV"}), 1)])
    with pytest.raises(ConfigError, match="is of another time zone"):
        open_ledger(path, SCOPE)
    open_ledger(path, other).close()


def test_another_spelling_of_the_same_scope(ledger, path):
    ledger.close()
    other = Scope("HTTPS://FHIR.example:443/r4/", SCOPE.system, SCOPE.namespace.upper(), SCOPE.zone)
    open_ledger(path, other).close()


def test_one_run_at_a_time(ledger, path):
    with pytest.raises(ConfigError, match="in use: another run holds it"):
        open_ledger(path, SCOPE)
    ledger.close()
    open_ledger(path, SCOPE).close()


def test_locked_by_another_program(ledger, path):
    ledger.close()
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(ConfigError, match="another run holds it"):
            open_ledger(path, SCOPE)
    finally:
        other.close()


@pytest.mark.parametrize(
    "content", [b"this is no database, but it is long enough to look like one" * 20, b"SQLite format 3\0" + b"\xff" * 2000]
)
def test_a_broken_one(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="broken, or no ledger"):
        open_ledger(path, SCOPE)
    assert path.read_bytes() == content


def test_a_database_of_somebody_else(path):
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.commit()
    other.close()
    with pytest.raises(ConfigError, match="broken, or no ledger"):
        open_ledger(path, SCOPE)


def test_one_of_a_newer_version(ledger, path):
    ledger.close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(ConfigError, match="newer kapfhir"):
        open_ledger(path, SCOPE)


def test_a_folder_that_can_not_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="can't be made"):
        open_ledger(tmp_path / "file" / "ledger.sqlite", SCOPE)


def test_a_folder_in_its_place(tmp_path):
    with pytest.raises(ConfigError, match="can't be written"):
        open_ledger(tmp_path, SCOPE)


def test_a_full_disk(ledger):
    pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
    ledger._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(ConfigError, match="disk is full"):
        for n in range(1000):
            ledger.keep([entry(f"{n}-{m}") for m in range(50)])
    assert ledger.resources_of(*DOSE) is not None  # it can still be read, and closed


def test_in_memory(tmp_path):
    with open_ledger(None, SCOPE) as made:
        made.keep([entry()])
        assert made.find("Encounter", "a")
    assert list(tmp_path.iterdir()) == []


DAMAGE = {
    "start": "UPDATE records SET dose_start = 'yesterday'",
    "end": "UPDATE records SET dose_end = 'T'",
    "size": "UPDATE records SET size = 'many'",
    "tables": "UPDATE records SET tables = x'00'",
    "note": "INSERT OR REPLACE INTO notes VALUES ('n', '[1')",
    "no note": "INSERT OR REPLACE INTO notes VALUES ('n', '7')",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_value_that_can_not_be_is_told_as_broken(path, damage):
    start = datetime(2026, 1, 5, 10, tzinfo=UTC)
    with open_ledger(path, SCOPE, "maps") as ledger:
        ledger.remember([RecordEntry(*DOSE, "digest", frozenset({"doses"}), 2, Anchor(start, start, "P1"))])
    with sqlite3.connect(path) as connection:
        connection.execute(DAMAGE[damage])
    connection.close()
    with open_ledger(path, SCOPE, "maps") as ledger, pytest.raises(ConfigError, match="broken, or no ledger; move it away"):
        ledger.note("n")
        ledger.anchor("D1")


def test_one_of_before_doses_had_a_patient_goes_on(path):
    start = datetime(2026, 1, 5, 10, tzinfo=UTC)
    with open_ledger(path, SCOPE, "maps") as ledger:
        ledger.remember([RecordEntry(*DOSE, "digest", frozenset({"doses"}), 2, Anchor(start, None, "P1"))])
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE records DROP COLUMN dose_patient")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    for _ in range(2):
        with open_ledger(path, SCOPE, "maps") as ledger:
            assert (ledger.anchor("D1").start, ledger.anchor("D1").patient, ledger.digest(*DOSE)) == (start, "", "digest")
            ledger.remember(ledger.records())
