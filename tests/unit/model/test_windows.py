"""Windows count absolute hours from the start of the dose; their boundaries are where the sources put them."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from kapfhir.model.dosing import Anchor
from kapfhir.model.frame import TherapyKind
from kapfhir.model.sessions import IntegrationSession, PsychotherapySession
from kapfhir.model.values import Amount, Delivery, Key, Period, Ref, SessionStatus, Window
from kapfhir.model.windows import Span, hours_since, use_spans, windows_met

DOSE = datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=-8)))


def session(start, status="completed"):
    return IntegrationSession(
        Key("I-1"), Ref("P-1"), Ref("T-1"), Ref("D-1"), SessionStatus(status), Period(start), Delivery("in-person")
    )


@pytest.fixture(autouse=True)
def shipped_spans():
    """No test leaves spans of its own behind."""
    yield
    use_spans(())


DAY, TWO, THREE = ("krystal-48", "couple-of-days"), ("muscat-24-48", "krystal-48", "couple-of-days"), ("couple-of-days",)


@pytest.mark.parametrize(
    ("after", "hours", "windows"),
    [
        (timedelta(minutes=1), "0.0167", ("krystal-48", "same-day", "couple-of-days")),
        (timedelta(hours=13, minutes=59), "13.9833", ("krystal-48", "same-day", "couple-of-days")),
        (timedelta(hours=14), "14.0000", DAY),
        (timedelta(hours=23, minutes=59), "23.9833", DAY),
        (timedelta(hours=24), "24.0000", TWO),
        (timedelta(hours=47, minutes=59), "47.9833", TWO),
        (timedelta(hours=48), "48.0000", TWO),
        (timedelta(hours=48, minutes=1), "48.0167", THREE),
        (timedelta(hours=72), "72.0000", THREE),
        (timedelta(hours=72, minutes=1), "72.0167", ()),
        (timedelta(days=9), "216.0000", ()),
    ],
)
def test_boundaries(after, hours, windows):
    made = session(DOSE + after).joined(Anchor(DOSE, None))
    assert (str(made.since_dose.value), made.since_dose.unit) == (hours, "h")
    assert made.windows == windows
    assert made.since_dose_end is None
    assert list(made.doubts()) == []


def test_start_and_end_of_a_dose_are_two_anchors():
    made = session(DOSE + timedelta(hours=24, minutes=30)).joined(Anchor(DOSE, DOSE + timedelta(hours=1)))
    assert (made.since_dose.value, made.since_dose_end.value) == (Decimal("24.5"), Decimal("23.5"))
    assert "muscat-24-48" in made.windows
    assert "muscat-24-48-from-end" not in made.windows
    assert "krystal-48-from-end" in made.windows
    late = session(DOSE + timedelta(hours=48, minutes=30)).joined(Anchor(DOSE, DOSE + timedelta(hours=1)))
    assert [w for w in late.windows if "48" in w] == ["muscat-24-48-from-end", "krystal-48-from-end"]


def test_with_one_anchor_muscat_lies_in_krystal():
    for minutes in range(0, 60 * 73, 7):
        met = windows_met(Amount(Decimal(minutes) / 60, "h"))
        assert "krystal-48" in met or "muscat-24-48" not in met


def test_during_the_dose_only_the_start_counts():
    made = session(DOSE + timedelta(minutes=30)).joined(Anchor(DOSE, DOSE + timedelta(hours=1)))
    assert made.since_dose_end is None
    assert not [w for w in made.windows if w.endswith("from-end")]


def test_the_same_day_is_that_of_the_calendar_on_the_wall():
    zone = timezone(timedelta(hours=-8))
    night = datetime(2026, 1, 5, 23, 59, 30, tzinfo=zone)
    assert "same-day" in session(night + timedelta(seconds=29)).joined(Anchor(night, None)).windows
    assert "same-day" not in session(night + timedelta(seconds=30)).joined(Anchor(night, None)).windows
    utc = (night + timedelta(seconds=30)).astimezone(timezone.utc)  # there, both are on 6 January
    assert "same-day" in session(utc).joined(Anchor(night, None)).windows


def test_a_clinic_has_windows_of_its_own():
    use_spans([Span(Window("own-12"), upper=Decimal(12)), Span(Window("couple-of-days"), upper=Decimal(96))])
    made = session(DOSE + timedelta(hours=12)).joined(Anchor(DOSE, None))
    assert "own-12" in made.windows
    late = session(DOSE + timedelta(hours=90)).joined(Anchor(DOSE, None))
    assert late.windows == ("couple-of-days",)
    use_spans(())
    assert session(DOSE + timedelta(hours=90)).joined(Anchor(DOSE, None)).windows == ()


@pytest.mark.parametrize("kind", ["psychotherapy-only", "immediate-debrief"])
def test_other_psychotherapy_is_counted_as_integration_is(kind):
    made = PsychotherapySession(
        Key("T-1"), Ref("P-1"), Ref("T-1"), TherapyKind(kind), SessionStatus("completed"), Period(DOSE + timedelta(hours=30)),
        Delivery("in-person"), Ref("D-1"),
    ).joined(Anchor(DOSE, None))  # fmt: skip
    assert made.windows == TWO


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


FROM_END = [
    (timedelta(seconds=1), ("krystal-48", "same-day", "couple-of-days")),
    (timedelta(hours=12, minutes=59), ("krystal-48", "same-day", "couple-of-days")),
    (timedelta(hours=13), DAY),
    (timedelta(hours=23, minutes=59, seconds=59), DAY),
    (timedelta(hours=24), TWO),
    (timedelta(hours=48), TWO),
    (timedelta(hours=48, seconds=1), THREE),
    (timedelta(hours=72), THREE),
    (timedelta(hours=72, seconds=1), ()),
]


@pytest.mark.parametrize(("after", "windows"), FROM_END)
def test_boundaries_from_the_end_of_the_dose(after, windows):
    end = DOSE + timedelta(hours=1)
    made = session(end + after).joined(Anchor(DOSE, end))
    assert tuple(w.removesuffix("-from-end") for w in made.windows if w.endswith("-from-end")) == windows


@pytest.mark.parametrize(
    ("dose", "talk", "days", "windows"),
    [
        (DOSE.date(), DOSE.date(), 0, ("same-day",)),
        (DOSE.date(), DOSE + timedelta(hours=13), 0, ("same-day",)),
        (DOSE, DOSE.date(), 0, ("same-day",)),
        (DOSE.date(), DOSE.date() + timedelta(days=1), 1, ()),
        (DOSE, DOSE.date() + timedelta(days=2), 2, ()),
        (DOSE.date(), DOSE + timedelta(days=9), 9, ()),
    ],
)
def test_where_a_day_stands_alone_days_are_counted_and_no_window_in_hours_is_told(dose, talk, days, windows):
    made = session(talk).joined(Anchor(dose, None))
    assert made.since_dose == Amount(Decimal(days), "d")
    assert made.windows == windows
    assert [(d.code, d.severity) for d in made.doubts()] == [("hours-not-known", "information")]


def test_a_day_alone_before_that_of_the_dose_does_not_follow():
    made = session(DOSE.date() - timedelta(days=1)).joined(Anchor(DOSE, None))
    assert made.since_dose is None
    assert [d.code for d in made.doubts()] == ["not-after-dose"]


def test_an_end_without_a_time_is_an_anchor_of_days():
    made = session(DOSE + timedelta(hours=30)).joined(Anchor(DOSE, DOSE.date()))
    assert (made.since_dose, made.since_dose_end) == (Amount(Decimal("30.0000"), "h"), Amount(Decimal(1), "d"))
    assert made.windows == TWO
