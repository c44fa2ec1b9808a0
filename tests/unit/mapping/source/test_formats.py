"""Dates and times as columns write them; typed cells of sheets; clocks that jump."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kapfhir.mapping.source.formats import TYPED, Bad, compile_format, compile_typed, fault, settle

ZONE = ZoneInfo("America/Los_Angeles")
AT = datetime(2026, 1, 5, 22, 30)


@pytest.mark.parametrize(
    ("form", "cell", "value"),
    [
        ("MM/DD/YYYY hh:mm:ss", "1/5/2026 22:30:00.25", AT.replace(microsecond=250_000)),
        ("DD.MM.YYYY hh:mm", "05.01.2026 22:30", AT),
        ("YYYY-MM-DDThh:mmZ", "2026-01-05T22:30-0800", AT.replace(tzinfo=timezone(timedelta(hours=-8)))),
        ("YYYY-MM-DDThh:mmZ", "2026-01-05T22:30Z", AT.replace(tzinfo=UTC)),
        ("MM/DD/YYYY hh:mm AM", "1/5/2026 12:30 AM", AT.replace(hour=0)),
        ("MM/DD/YYYY hh:mm AM", "1/5/2026 12:30 P.M.", AT.replace(hour=12)),
        ("MM/DD/YYYY hh:mm", "1/5/26 22:30", None),
        ("MM/DD/YYYY hh:mm", "1/5/2026 22:30 PM", None),
        ("YYYYMMDD hh:mm", "01052026 22:30:00", None),
        ("MM/DD/YYYY hh:mm AM", "1/5/2026 at 22:30 PM", None),
        ("MM.DD.YYYY", "01/05/2026", None),
        ("iso", "20260105", None),
        ("excel", "46027.9375", AT),
        ("excel", "05", None),
    ],
)
def test_formats(form, cell, value):
    found = compile_format(form)(cell)
    assert (found and found[0]) == value


@pytest.mark.parametrize(
    ("form", "cell"),
    [("MM/DD/YYYY hh:mm", "1/5/2026 25:00"), ("YYYY-MM-DDThh:mmZ", "2026-01-05T22:30+99:99"), ("iso", "2026-02-29")],
)
def test_impossible_dates(form, cell):
    with pytest.raises(Bad, match="impossible-date"):
        compile_format(form)(cell)


@pytest.mark.parametrize(
    ("form", "timed", "good"),
    [
        ("MM/DD/YYYY", False, True),
        ("MM/DD/YYYY", True, False),
        ("MM/DD/YYYY", None, True),
        ("MM/DD/YYYY hh", None, False),
        ("hh:mm", True, False),
        ("MM Mon DD YYYY", False, False),
        ("DD DD MM YYYY", False, False),
        ("%m/%d/%Y", False, False),
        ("DD of Mon YYYY", False, False),
        ("", False, False),
        ("iso", True, True),
        ("excel", False, True),
    ],
)
def test_what_is_a_format(form, timed, good):
    assert (fault(form, timed=timed) is None) == good


T = TYPED


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (f"{T}2026-01-05T22:30:00", AT),
        (f"{T}2026-01-05", AT.replace(hour=0, minute=0)),
        (f"{T}2026-01-05 {T}22:30:00", AT),
        (f"{T}2026-01-05T00:00:00 {T}22:30:00", AT),
        (f"{T}2026-01-05 10:30 PM", AT),
        (f"{T}2026-01-05 22:30", AT),
        (f"01/05/2026 {T}22:30:00", AT),
        (f"{T}2026-01-05 late", None),
        (f"{T}22:30:00", None),
        (f"soon {T}22:30:00", None),
    ],
)
def test_typed_cells(cell, value):
    found = compile_typed(("MM/DD/YYYY hh:mm AM", "iso"))(cell)
    assert (found and found[0]) == value


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2037, 12, 31)))
def test_a_local_time_is_one_moment_or_none(local):
    local = local.replace(second=0, microsecond=0)
    try:
        moment = settle(local, ZONE)
    except Bad as bad:
        assert bad.code in ("no-such-local-time", "ambiguous-local-time")
    else:
        assert moment.astimezone(ZONE).replace(tzinfo=None) == local


@pytest.mark.parametrize(
    ("local", "code"),
    [("2026-03-08 02:30", "no-such-local-time"), ("2026-11-01 01:30", "ambiguous-local-time"), ("2026-03-08 03:00", None)],
)
def test_the_nights_in_which_clocks_jump(local, code):
    moment = datetime.fromisoformat(local)
    if code is None:
        assert settle(moment, ZONE).utcoffset() == timedelta(hours=-7)
    else:
        with pytest.raises(Bad, match=code):
            settle(moment, ZONE)


def test_a_moment_with_an_offset_needs_no_zone():
    assert settle(AT.replace(tzinfo=UTC), None) == AT.replace(tzinfo=UTC)
    with pytest.raises(Bad, match="no-zone"):
        settle(AT, None)
