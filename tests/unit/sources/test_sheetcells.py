"""What a typed cell says."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from kapfhir.sources.sheetcells import show
from kapfhir.sources.table import TypedMoment


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (35, "General", "35"),
        (35.0, "General", "35"),
        (35.5, "0.00", "35.5"),
        (-0.25, "General", "-0.25"),
        (0.1 + 0.2, "General", "0.3"),  # a sheet keeps and shows 15 digits
        (71.299999999999997, "General", "71.3"),
        (1e-7, "General", "0.0000001"),
        (1e21, "General", "1000000000000000000000"),
        (12345678901234567, "General", "12345678901234567"),
        (100, "General", "100"),
        (123, "000000", "000123"),
        (0.97, "0%", "97%"),
        (0.975, "0.0%", "97.5%"),
        (5, '0" %"', "5"),
        (float("inf"), "General", "Infinity"),
        (True, "General", "TRUE"),
        (False, "General", "FALSE"),
        (None, "General", ""),
        (" as written ", "@", " as written "),
        (timedelta(minutes=40), "[h]:mm", "0:40:00"),
        (timedelta(hours=-26, minutes=-5), "[h]:mm", "-26:05:00"),
    ],
)
def test_a_value_is_the_text_that_the_sheet_shows(value: object, number_format: str, text: str) -> None:
    shown = show(value, number_format)
    assert shown == text
    assert not isinstance(shown, TypedMoment)


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (datetime(2026, 1, 5), "mm-dd-yy", "2026-01-05"),
        (datetime(2026, 1, 5), "yyyy-mm-dd h:mm", "2026-01-05T00:00:00"),
        (datetime(2026, 1, 5, 10, 30), "dd/mm/yyyy", "2026-01-05T10:30:00"),
        (datetime(2026, 1, 5, 9, 59, 59, 999_000), "h:mm", "2026-01-05T10:00:00"),
        (datetime(2026, 1, 5), '[$-409]d"th of"mmmm', "2026-01-05"),
        (date(2026, 1, 5), "yyyy", "2026-01-05"),
        (time(10, 30), "h:mm AM/PM", "10:30:00"),
    ],
)
def test_a_date_is_iso_text_and_known_as_typed(value: object, number_format: str, text: str) -> None:
    shown = show(value, number_format)
    assert shown == text
    assert isinstance(shown, TypedMoment)
