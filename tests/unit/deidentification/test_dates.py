from datetime import date, datetime, timedelta

import pytest

from kapfhir.deidentification.dates import Dates

SHIFT = Dates("shift", date(2026, 7, 1))
YEAR = Dates("year", date(2026, 7, 1))


@pytest.mark.parametrize(
    ("value", "days", "told"),
    [
        ("2025-01-01", -1, "2024-12-31"),
        ("2024-02-28", 1, "2024-02-29"),
        ("2025-11-03T10:00:00-08:00", 100, "2026-02-11T10:00:00-08:00"),
        ("2025-11-03T10:00:00.1234Z", -365, "2024-11-03T10:00:00.1234Z"),
    ],
)
def test_a_day_is_shifted_and_its_clock_stays(value, days, told):
    assert SHIFT.write(value, days) == (told, "shifted")


@pytest.mark.parametrize("days", [-365, -123, 1, 200, 365])
def test_hours_between_moments_stay_true_over_the_change_of_the_clock(days):
    before, after = "2025-11-02T00:30:00-07:00", "2025-11-03T09:15:00-08:00"  # 33.75 hours, with one hour twice
    moved = [datetime.fromisoformat(SHIFT.write(value, days)[0]) for value in (before, after)]
    assert moved[1] - moved[0] == timedelta(hours=33, minutes=45)


@pytest.mark.parametrize("value", ["2025", "2025-11", "2025-11-03", "2025-11-03T10:00:00Z"])
def test_without_a_patient_or_in_years_the_year_stays(value):
    assert SHIFT.write(value, None) == ("2025", "year")
    assert YEAR.write(value, 17) == ("2025", "year")


@pytest.mark.parametrize("value", ["2025", "2025-11"])
def test_what_has_no_day_can_not_be_shifted(value):
    assert SHIFT.write(value, 17) == ("2025", "year")


def test_an_instant_has_no_year_alone():
    assert YEAR.write("2025-11-03T10:00:00Z", 17, whole=True) == (None, "masked")
    assert SHIFT.write("2025-11-03T10:00:00Z", 17, whole=True)[1] == "shifted"


@pytest.mark.parametrize("value", ["yesterday", "2025-13-01", "2025-02-30", "03.11.2025", "2025-11-03T10:00", "", "9999-12-31"])
def test_what_is_no_date_is_dropped(value):
    assert SHIFT.write(value, 17) == (None, "dropped")


@pytest.mark.parametrize(("value", "told"), [("1936-12-31", None), ("1937-01-01", "1937"), ("1936", None), ("1937", "1937")])
def test_a_birth_year_of_ninety_or_more_is_not_told(value, told):
    for dates in (SHIFT, YEAR):
        assert dates.birth(value)[0] == told


@pytest.mark.parametrize(("value", "days"), [("1936-12-31", 10), ("1937-01-01", -10)])
def test_a_day_of_ninety_years_ago_is_not_told_neither_true_nor_shifted(value, days):
    assert SHIFT.write(value, days) == (None, "aged")
