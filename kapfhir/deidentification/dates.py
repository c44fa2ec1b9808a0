"""Dates: shifted by the constant of their patient, or cut to the year. Years that tell an age of 90 or more are not told.

A shift goes over whole days and leaves the clock and its offset as they are written. So two moments of one patient lie exactly
as many hours apart as before, also over a change to daylight saving time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

OLDEST = 90  # from this age on there is one category
Manner = Literal["shift", "year"]
YEAR = re.compile(r"\d{4}")
MONTH = re.compile(r"\d{4}-\d\d")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))?")


def is_date(value: str) -> bool:
    """Is this a date of R4 by its form, in whole or in part?"""
    return bool(YEAR.fullmatch(value) or MONTH.fullmatch(value) or MOMENT.fullmatch(value))


@dataclass(frozen=True, slots=True)
class Dates:
    """How dates leave. `as_of`: the day on which ages count; `today`: the last day that can have been, as it is written."""

    manner: Manner
    as_of: date
    today: str = "9999-12-31T24"

    def write(self, value: str, days: int | None, *, whole: bool = False) -> tuple[str | None, str]:
        """The date that may leave, if one may, and what was done: shifted, year, aged or masked.

        `days` is None where no one patient is known. `whole`: the element takes no part of a date (an instant).
        """
        if days is not None and self.manner == "shift" and (match := MOMENT.fullmatch(value)):
            return self._shifted(match[1], match[2] or "", days)
        if is_date(value):
            if self.is_old(int(value[:4])):
                return None, "aged"
            return (None, "masked") if whole else (value[:4], "year")
        return None, "dropped"

    def birth(self, value: str) -> tuple[str | None, str]:
        """The year of a birth date."""
        return self.write(value, None)

    def is_old(self, year: int) -> bool:
        """Would who was born in this year be 90 or older in the year of `as_of`?"""
        return year <= self.as_of.year - OLDEST

    def is_birth_year(self, value: Any) -> bool:
        """Is a number the year in which somebody younger than 90 was born?"""
        return value.__class__ is int and self.as_of.year - OLDEST < value <= self.as_of.year

    def _shifted(self, day: str, clock: str, days: int) -> tuple[str | None, str]:
        try:
            true = date.fromisoformat(day)
            moved = true + timedelta(days)
        except (ValueError, OverflowError):
            return None, "dropped"
        if self.is_old(min(true.year, moved.year)):
            return None, "aged"
        return f"{moved.isoformat()}{clock}", "shifted"
