"""Windows count absolute hours from the start of the dose; their boundaries are where the sources put them."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from kapfhir.model.dosing import Anchor
from kapfhir.model.sessions import IntegrationSession
from kapfhir.model.values import Amount, Delivery, Key, Period, Ref, SessionStatus
from kapfhir.model.windows import hours_since, windows_met

DOSE = datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=-8)))


def session(start, status="completed"):
    return IntegrationSession(
        Key("I-1"), Ref("P-1"), Ref("T-1"), Ref("D-1"), SessionStatus(status), Period(start), Delivery("in-person")
    )


@pytest.mark.parametrize(
    ("after", "hours", "windows"),
    [
        (timedelta(minutes=1), "0.0167", ("krystal-48",)),
        (timedelta(hours=23, minutes=59), "23.9833", ("krystal-48",)),
        (timedelta(hours=24), "24.0000", ("muscat-24-48", "krystal-48")),
        (timedelta(hours=47, minutes=59), "47.9833", ("muscat-24-48", "krystal-48")),
        (timedelta(hours=48), "48.0000", ("muscat-24-48", "krystal-48")),
        (timedelta(hours=48, minutes=1), "48.0167", ()),
        (timedelta(days=9), "216.0000", ()),
    ],
)
def test_boundaries(after, hours, windows):
    made = session(DOSE + after).joined(Anchor(DOSE, None))
    assert (str(made.since_dose.value), made.since_dose.unit) == (hours, "h")
    assert made.windows == windows
    assert list(made.doubts()) == []


def test_absolute_hours_over_a_change_of_clocks():
    zone = ZoneInfo("America/Los_Angeles")
    dose, talk = datetime(2026, 3, 7, 10, tzinfo=zone), datetime(2026, 3, 9, 10, tzinfo=zone)
    utc = [m.astimezone(timezone.utc) for m in (dose, talk)]
    assert hours_since(*utc).value == Decimal(47), "the night of 8 March has an hour less"


@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=-3)])
def test_a_session_that_does_not_follow_is_doubted(after):
    made = session(DOSE + after).joined(Anchor(DOSE, None))
    assert made.since_dose is None
    assert [d.code for d in made.doubts()] == ["not-after-dose"]
    assert made.windows == ()


def test_a_session_that_did_not_take_place_is_in_no_window():
    made = session(DOSE + timedelta(hours=30), "not-done").joined(Anchor(DOSE, None))
    assert made.windows == ()


def test_unknown_hours_are_in_no_window():
    assert windows_met(None) == ()
    assert windows_met(Amount(Decimal(0), "h")) == ()
