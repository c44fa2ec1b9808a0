"""Moments as columns write them."""

from datetime import date, datetime

from kapfhir.cohorts.clock import gap_and_fold, iso, moment, tenths, us, utc, with_offset, world_day


def test_a_moment_in_every_dialect():
    at = moment(datetime(2022, 7, 4, 13, 5))
    assert iso(at) == "2022-07-04 13:05"
    assert us(at) == "07/04/2022 1:05 PM"
    assert with_offset(at) == "2022-07-04T13:05-07:00"
    assert utc(at) == "2022-07-04T20:05:00Z"
    assert utc(moment(datetime(2022, 12, 31, 18, 0))) == "2023-01-01T02:00:00Z"
    assert world_day(at // 1440) == "04/07/2022"
    assert us(moment(datetime(2022, 7, 4, 0, 30))).endswith("12:30 AM")


def test_the_nights_on_which_clocks_change():
    assert gap_and_fold(2023) == (date(2023, 3, 12).toordinal(), date(2023, 11, 5).toordinal())


def test_tenths():
    assert [tenths(n) for n in (355, 5, 1000)] == ["35.5", "0.5", "100.0"]
