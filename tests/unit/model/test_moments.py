"""Moments beside days alone: a day is never taken for its midnight."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kapfhir.model.moments import day_of, earliest, is_day, latest, order_of, parse_moment, precedes

AT = datetime(2026, 1, 5, 10, tzinfo=UTC)
DAY = AT.date()


def test_a_moment_is_no_day():
    assert is_day(DAY)
    assert not is_day(AT)
    assert day_of(AT) == day_of(DAY) == DAY


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [
        (AT, AT + timedelta(seconds=1), True),
        (AT, AT, False),
        (DAY, AT, False),
        (AT, DAY, False),
        (DAY - timedelta(days=1), AT, True),
        (AT, DAY + timedelta(days=1), True),
        (DAY, DAY, False),
    ],
)
def test_what_is_surely_earlier(one, other, is_so):
    assert precedes(one, other) is is_so


def test_the_first_and_the_last_of_several():
    later = AT + timedelta(hours=3)
    assert (earliest([later, AT]), latest([later, AT])) == (AT, later)
    assert (earliest([later, DAY]), latest([later, DAY])) == (DAY, DAY), "who knows which was first"
    assert earliest([AT, DAY + timedelta(days=1)]) == AT
    assert latest([AT, DAY - timedelta(days=1)]) == AT
    assert (earliest([]), latest([])) == (None, None)


@pytest.mark.parametrize("when", [AT, DAY])
def test_text_and_back(when):
    assert parse_moment(when.isoformat()) == when
    assert is_day(parse_moment(when.isoformat())) == is_day(when)


def test_order():
    assert sorted([AT, DAY, DAY + timedelta(days=1)], key=order_of) == [DAY, AT, DAY + timedelta(days=1)]
