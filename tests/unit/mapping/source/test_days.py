"""Tables with days and no times: what goes, what is counted, and what is not told."""

from datetime import date
from decimal import Decimal

import pytest

from kapfhir.model.values import Amount
from source_desk import Remembered, log

DOSE = log("D-1,P-1,2026-01-05,,80,im,,,", "D-2,P-1,2026-01-08 10:00,,80,im,,,")
TALKS = """concept: IntegrationSession
table: talks
fields:
  key: Id
  patient: = P-1
  therapist: = MD-1
  follows: Session
  status: = completed
  session.start: Start
  delivery: = in-person
"""


@pytest.fixture
def talks(sessions):
    rows = "I-1,D-1,2026-01-05 16:00\nI-2,D-1,2026-01-06\nI-3,D-2,2026-01-08\nI-4,D-2,2026-01-09 10:00\nI-5,D-2,2026-01-07\n"
    return sessions.map("talks", TALKS).table("log", DOSE).table("talks", f"Id,Session,Start\n{rows}")


def days(count):
    return Amount(Decimal(count), "d")


def test_hours_where_both_have_a_time_else_days(talks):
    found = talks.read().records("IntegrationSession")
    assert {key: talk.since_dose for key, talk in found.items()} == {
        "I-1": days(0),
        "I-2": days(1),
        "I-3": days(0),
        "I-4": Amount(Decimal("24.0000"), "h"),
        "I-5": None,
    }
    assert {key: talk.windows for key, talk in found.items()} == {
        "I-1": ("same-day", "same-day-from-end"),
        "I-2": (),
        "I-3": ("same-day", "same-day-from-end"),
        "I-4": tuple(w + end for w in ("muscat-24-48", "krystal-48", "couple-of-days") for end in ("", "-from-end")),
        "I-5": (),
    }


def test_why_no_hours_are_told(talks):
    told = {(p.line, p.code, p.severity) for p in talks.read().problems("talks")}
    assert told == {(line, "hours-not-known", "information") for line in (2, 3, 4)} | {(6, "not-after-dose", "warning")}


def test_the_day_of_a_dose_of_an_earlier_run_is_known_as_a_day(talks):
    known = Remembered(talks.read())
    assert known.anchor("D-1").start == date(2026, 1, 5)
    talks.table("log", log("D-2,P-1,2026-01-08 10:00,,80,im,,,"))
    found = talks.read(known).records("IntegrationSession")
    assert found["I-2"].since_dose == days(1)


def test_a_session_after_the_dose_of_another_patient_is_not_sent(talks):
    talks.table("talks", "Id,Session,Start\nI-1,D-1,2026-01-05 16:00\n")
    talks.map("talks", TALKS.replace("= P-1", "= P-2"))
    units = talks.read()
    assert units.rejected() == [("IntegrationSession", "I-1")]
    assert units.told("talks") == {(2, "another-patient", "Session", "record rejected")}
