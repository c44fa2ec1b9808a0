"""What of the least record is there, counted."""

from datetime import UTC, date, datetime
from decimal import Decimal

from kapfhir.model.doses import DoseEvent
from kapfhir.model.dosing import DosingSession
from kapfhir.model.minimum import Completeness
from kapfhir.model.people import Patient
from kapfhir.model.values import Absent, Amount, DoseStatus, Drug, Key, Period, Ref, Route, SessionStatus


def session(start, *doses, status="completed"):
    return DosingSession(Key("D"), Ref("P"), SessionStatus(status), Period(start), Period(start), doses=doses)


def dose(key, **rest):
    return DoseEvent(Key(key), Drug("ketamine"), DoseStatus("completed"), date(2026, 1, 5), **rest)


def test_a_field_counts_where_every_dose_has_it():
    mg = Amount(Decimal(80), "mg")
    found = Completeness()
    found.add(
        session(date(2026, 1, 5), dose("1", dose=mg, route=Route("im")), dose("2", dose=Absent("error"), route=Route("im")))
    )
    found.add(session(datetime(2026, 1, 6, 10, tzinfo=UTC), dose("1", dose=mg, lot="K-1")))
    found.add(session(date(2026, 1, 7), status="not-done"))
    found.add(Patient(Key("P"), "One"))
    counts = {(concept, name): (of, have) for concept, name, of, have in found.rows()}
    assert counts["Patient", "birth_date"] == (1, 0)
    assert counts["Course", "key"] == (0, 0)
    assert counts["DosingSession", "session.start"] == (2, 2)
    assert counts["DosingSession", "session.start with its time"] == (2, 1)
    assert counts["DosingSession", "doses.drug"] == (2, 2)
    assert counts["DosingSession", "doses.route"] == (2, 1)
    assert counts["DosingSession", "doses.dose"] == (2, 1)
    assert counts["DosingSession", "doses.lot"] == (2, 1)


def test_what_is_not_of_the_least_record_is_not_counted():
    found = Completeness()
    found.add(object())
    assert {of for *_, of, _ in found.rows()} == {0}
