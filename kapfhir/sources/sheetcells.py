"""What a cell of a sheet says, as text: typed dates as ISO text, typed numbers as exact decimals, as the sheet shows them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from .table import TypedMoment

DIGITS = 15  # all that Excel keeps of a number, and shows
HAS_CLOCK = re.compile(r"[hs]", re.IGNORECASE)
NO_TOKENS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')  # literal text and colours in a number format


def show(value: Any, number_format: str) -> str:
    """The text of a cell's value; TypedMoment where it is a date or a time."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, datetime):
        return _moment(value, number_format)
    if isinstance(value, date | time):
        return TypedMoment(value.isoformat())
    if isinstance(value, timedelta):
        return _clock(value)
    return str(value)


def _number(value: float, number_format: str) -> str:
    """The shortest decimal text; with the leading zeros or the percent sign that the sheet shows."""
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.{DIGITS}g}")
    if "%" in NO_TOKENS.sub("", number_format) and exact.is_finite():
        return _plain(exact * 100) + "%"
    text = _plain(exact)
    if re.fullmatch("0{2,}", number_format) and text.isdigit():
        return text.zfill(len(number_format))
    return text


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(value: datetime, number_format: str) -> TypedMoment:
    """A sheet keeps a date as midnight: without a clock in its format, it is a date."""
    value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if value.time() == time(0) and not HAS_CLOCK.search(NO_TOKENS.sub("", number_format)):
        return TypedMoment(value.date().isoformat())
    return TypedMoment(value.isoformat())


def _clock(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    return f"{'-' * (seconds < 0)}{abs(seconds) // 3600}:{abs(seconds) // 60 % 60:02}:{abs(seconds) % 60:02}"
