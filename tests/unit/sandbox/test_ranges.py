"""Dates and numbers stand for ranges."""

import pytest

from kapfhir.sandbox.ranges import parse_moment, parse_number, parse_prefix

SECOND, DAY = 1_000_000, 86_400_000_000


@pytest.mark.parametrize(
    ("text", "low", "length"),
    [
        ("1970", 0, 365 * DAY),
        ("1972", 730 * DAY, 366 * DAY),
        ("1970-02", 31 * DAY, 28 * DAY),
        ("1970-12", 334 * DAY, 31 * DAY),
        ("1970-01-02", DAY, DAY),
        ("1970-01-01T00:01Z", 60 * SECOND, 60 * SECOND),
        ("1970-01-01T00:00:01Z", SECOND, SECOND),
        ("1970-01-01T00:00:01", SECOND, SECOND),
        ("1970-01-01T00:00:01.5Z", 1_500_000, 100_000),
        ("1970-01-01T00:00:01.123456789Z", 1_123_456, 1),
        ("1970-01-01T02:00:00+02:00", 0, SECOND),
        ("1969-12-31T22:00:00-02:00", 0, SECOND),
        ("9999-12-31", 2932896 * DAY, DAY),
    ],
)
def test_a_moment_is_as_long_as_it_is_imprecise(text, low, length):
    span = parse_moment(text)
    assert (span.low, span.high - span.low) == (low, length)


@pytest.mark.parametrize("text", ["", "x", "1970-13", "1970-02-30", "1970-01-01T25:00:00Z", "1970-1-1", "0000"])
def test_what_is_no_moment_is_none(text):
    assert parse_moment(text) is None


@pytest.mark.parametrize(("text", "parts"), [("ge2024", ("ge", "2024")), ("2024", ("eq", "2024")), ("apx", ("ap", "x"))])
def test_a_prefix_is_taken_off(text, parts):
    assert parse_prefix(text) == parts


@pytest.mark.parametrize(
    ("text", "value", "low", "high"),
    [("100", 100, 99.5, 100.5), ("100.00", 100, 99.995, 100.005), ("1e2", 100, 50, 150), ("-5", -5, -5.5, -4.5)],
)
def test_a_number_is_as_wide_as_it_is_imprecise(text, value, low, high):
    assert parse_number(text) == (value, low, high)


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1e999999"])
def test_what_is_no_number_is_none(text):
    assert parse_number(text) is None
