"""What a second run makes anew: what changed, in the rows or in what they point to, and what had problems."""

import pytest
from source_desk import Remembered, log

ROW = "D-1,P-1,2026-01-05 10:00,2026-01-05 11:00,35,iv,120,80,70"


@pytest.fixture
def notes(sessions):
    fields = "key: Id\n  patient: Patient\n  therapist: = MD-1\n  follows: Session\n  status: = completed\n  session.start: At\n"
    sessions.map("notes", f"concept: IntegrationSession\ntable: notes\nfields:\n  {fields}  delivery: = home\n")
    return sessions.table("notes", "Id,Patient,Session,At\nN-1,P-1,D-1,2026-01-06 10:00\n").table("log", log(ROW))


def again(desk, first, **changed):
    for name, text in changed.items():
        desk.table(name, text)
    return desk.read(Remembered(first))


def keys(units):
    return {key for _, key in units.same()}


def test_nothing_changed(notes):
    first = notes.read()
    second = again(notes, first)
    assert keys(second) == {"C-1", "MD-1", "P-1", "P-2", "P-3", "D-1", "N-1"}
    assert second.records() == {}


def test_a_cell_changed(notes):
    second = again(notes, notes.read(), log=log(ROW.replace(",35,", ",36,")))
    assert set(second.records()) == {"D-1"}


def test_a_column_that_no_map_uses_changed(notes):
    head, row, _ = log(ROW).split("\n")
    second = again(notes, notes.read(), log=f"{head},Note\n{row},new\n")
    assert second.records() == {}


def test_the_dose_moved_so_the_hours_since_it_did(notes):
    second = again(notes, notes.read(), log=log(ROW.replace("10:00", "10:30")))
    assert set(second.records()) == {"D-1", "N-1"}
    assert str(second.records()["N-1"].since_dose.value) == "23.5000"


def test_hours_since_a_dose_of_an_earlier_run(notes):
    first = notes.read()
    text = (notes.source / "log.yaml").read_text().replace("table: log\n", "table: log\nscope: delta\n")
    notes.map("log", text)
    second = again(notes, first, log=log(), notes="Id,Patient,Session,At\nN-2,P-1,D-1,2026-01-06 11:00\n")
    assert str(second.records()["N-2"].since_dose.value) == "25.0000"


def test_what_it_points_to_is_rejected_now(notes):
    second = again(notes, notes.read(), patients="Id,Last\nP-1,\nP-2,Two\nP-3,Three\n")
    assert second.records() == {}
    assert second.rejected() == [("Patient", "P-1"), ("DosingSession", "D-1"), ("IntegrationSession", "N-1")]
    assert {p.code for p in second.problems("log") + second.problems("notes")} == {"depends-on-rejected"}


def test_what_it_points_to_left_the_export(notes):
    second = again(notes, notes.read(), patients="Id,Last\nP-2,Two\nP-3,Three\n")
    assert {"D-1", "N-1"} <= keys(second), "it is known from before"


def test_a_record_with_a_problem_is_made_and_told_each_time(notes):
    first = again(notes, [], log=log(ROW.replace(",70", ",fast")))
    assert first.found("D-1").digest == ""
    second = again(notes, first)
    assert set(second.records()) == {"D-1"}
    assert second.problems() == first.problems() != []


def test_a_doubt_is_told_each_time(notes):
    first = again(notes, [], log=log(ROW.replace(",35,", ",,")))
    assert [p.code for p in again(notes, first).problems()] == ["missing-dose"]


def test_a_session_whose_anchor_is_not_known_is_made_again(notes):
    first = notes.read()
    known = Remembered(first)
    known.anchors.clear()
    assert set(notes.read(known).records()) == {"D-1"}


def test_another_zone_reads_other_moments(notes):
    first = notes.read(zone="America/Los_Angeles")
    second = notes.read(Remembered(first), zone="America/New_York")
    assert set(second.records()) >= {"D-1", "N-1"}


def test_joined_rows_count_in_any_order(sessions):
    text = "concept: DosingSession\ntable: monitor\nfields:\n  key: Session\n  vitals[*].key: At\n"
    text += "  vitals[*].taken: At\n  vitals[*].heart_rate: HR\n"
    rows = [f"D-1,2026-01-05 10:{minute},70" for minute in (10, 20, 30)]
    sessions.map("monitor", text).table("log", log(ROW)).table("monitor", "\n".join(["Session,At,HR", *rows]) + "\n")
    first = sessions.read()
    second = again(sessions, first, monitor="\n".join(["Session,At,HR", *reversed(rows)]) + "\n")
    assert "D-1" in keys(second)
    third = again(sessions, first, monitor="\n".join(["Session,At,HR", *rows[:2]]) + "\n")
    assert set(third.records()) == {"D-1"}


def test_hours_since_a_dose_go_where_none_was_given_after_all(notes):
    first = notes.read()
    assert str(first.records()["N-1"].since_dose.value) == "24.0000"
    text = (notes.source / "log.yaml").read_text()
    head, lines = text.split("  doses[1].drug", 1)
    vitals = lines[lines.index("  vitals") :]
    notes.map("log", head.replace("= completed", "= not-done") + vitals)
    second = again(notes, first)
    assert second.records()["N-1"].since_dose is None
    assert second.records()["N-1"].windows == ()
    assert [p.code for p in second.problems("notes")] == ["not-after-dose"]


def test_the_end_of_the_dose_moved(notes):
    text = (notes.source / "log.yaml").read_text()
    notes.map("log", text.replace("doses[1].given: Start", "doses[1].given.start: Start\n  doses[1].given.end: End"))
    second = again(notes, notes.read(), log=log(ROW.replace("11:00", "11:30")))
    assert str(second.records()["N-1"].since_dose_end.value) == "22.5000"


def test_the_dosing_session_became_another_patients(notes):
    """The row of the note is as it was: that it points to somebody else's dose must be seen all the same."""
    first = notes.read()
    second = again(notes, first, log=log(ROW.replace("P-1", "P-2")))
    assert second.told("notes") == {(2, "another-patient", "Session", "record rejected")}
    assert second.rejected() == [("IntegrationSession", "N-1")]
    assert keys(again(notes, first, log=log(ROW))) >= {"D-1", "N-1"}, "and back again it is as it was"


def test_a_dose_of_an_earlier_run_is_still_somebodys(notes):
    first = notes.read()
    notes.map("log", (notes.source / "log.yaml").read_text().replace("table: log\n", "table: log\nscope: delta\n"))
    second = again(notes, first, log=log(), notes="Id,Patient,Session,At\nN-2,P-2,D-1,2026-01-06 11:00\n")
    assert second.told("notes") == {(2, "another-patient", "", "record rejected")}
