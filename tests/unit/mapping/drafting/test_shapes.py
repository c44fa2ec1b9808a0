"""How a column is written, told from its cells."""

import pytest

from kapfhir.mapping.drafting.shapes import Shapes, shape_of
from kapfhir.sources.table import TypedMoment


def shapes(*cells):
    found = Shapes()
    for cell in cells:
        found.add(shape_of(cell))
    return found


@pytest.mark.parametrize(
    ("cells", "kind", "formats"),
    [
        (["01/13/2026", "2/3/2026"], "date", ("MM/DD/YYYY",)),
        (["13/01/2026", "2/3/2026"], "date", ("DD/MM/YYYY",)),
        (["01/02/2026", "2/3/2026"], "date", ("{}/YYYY",)),
        (["05.01.2026", "31.12.2025"], "date", ("DD.MM.YYYY",)),
        (["2026-01-05", "2026-12-31"], "date", ("iso",)),
        (["2026-01-05T10:00:00-08:00"], "moment", ("iso",)),
        (["2026/01/05"], "date", ("YYYY/MM/DD",)),
        (["5-Jan-2026"], "date", ("DD-Mon-YYYY",)),
        (["Jan 5, 2026 10:30 AM"], "moment", ("Mon DD, YYYY hh:mm AM",)),
        (["5 Jan 2026"], "date", ("DD Mon YYYY",)),
        (["1/5/26"], "date", ("short year",)),
        (["01/13/2026 9:30:00 pm"], "moment", ("MM/DD/YYYY hh:mm:ss AM",)),
        (["9:30AM", "12:00PM"], "time", ("hh:mmAM",)),
        (["09:30", "12:00:05"], "time", ("hh:mm", "hh:mm:ss")),
        ([TypedMoment("2026-01-05"), TypedMoment("2026-01-06")], "date", ("typed",)),
        ([TypedMoment("10:30:00")], "time", ("typed",)),
    ],
)
def test_dates_and_times_have_the_formats_of_the_map(cells, kind, formats):
    assert (shapes(*cells).kind, shapes(*cells).formats()) == (kind, formats)


def test_both_orders_in_one_column_tell_nothing():
    assert shapes("13/01/2026", "01/13/2026", "02/03/2026").formats() == ("{}/YYYY",)


def test_one_wrong_date_among_many_does_not_hide_the_order():
    assert shapes(*["01/13/2026"] * 30, "13/01/2026", "13/40/1990").formats() == ("MM/DD/YYYY",)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["35", "35.50", "0"], "number"),
        (["35,5"], "number"),
        (["128/82", "130 / 84"], "pressure"),
        (["35 mg", "(0.5 mg/kg)", "40 mg --> 35 mg"], "dose"),
        (["35", "40 mg"], "dose"),
        (["35", "forty"], "text"),
        ([], "empty"),
        (["99/99/2026"], "text"),
        (["2026-01-05", "2026-01-05 10:00"], "moment"),
    ],
)
def test_other_kinds(cells, kind):
    assert shapes(*cells).kind == kind


def test_the_decimal_mark_is_that_of_most_numbers():
    assert (shapes("35", "36").decimal, shapes("35,5", "35,0", "35.5").decimal, shapes("1.5").decimal) == ("", ",", ".")
