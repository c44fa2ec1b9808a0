"""Workbooks as they come, and as they break."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kapfhir.errors import Problem
from kapfhir.sources import archive, xlsxfile
from kapfhir.sources.table import BrokenCell, Dialect, TableError, TypedMoment

NONE = Dialect(None, None)
Opener = Callable[[bytes], xlsxfile.Workbook]


@pytest.fixture
def opened() -> Iterator[Opener]:
    books = []

    def open_book(data: bytes) -> xlsxfile.Workbook:
        books.append(xlsxfile.Workbook("doses.xlsx", lambda: io.BytesIO(data)))
        return books[-1]

    yield open_book
    for book in books:
        book.close()


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet(*rows: tuple[Any, ...]) -> Workbook:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def patched(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed, as another program would write it."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry, change(old.read(entry)) if entry.filename == part else old.read(entry))
    return out.getvalue()


def rows(book: xlsxfile.Workbook) -> list[Any]:
    return [(r.line, r.column, r.code) if isinstance(r, Problem) else r for r in book.sheets()[0][0].rows(NONE)]


def test_each_visible_sheet_that_holds_something_is_a_table(opened: Opener) -> None:
    book = sheet(("a", "b"), (1, 2))
    book.active.title = "Dose log"
    book.create_sheet("Old").append(("x",))
    book["Old"].sheet_state = "hidden"
    book.create_sheet("Sheet3")
    tables, problems = opened(saved(book)).sheets()
    assert [(t.name, t.file) for t in tables] == [("Dose log", "doses.xlsx/Dose log")]
    assert [(p.file, p.code, p.severity) for p in problems] == [
        ("doses.xlsx/Old", "hidden-sheet", "information"),
        ("doses.xlsx/Sheet3", "empty-sheet", "information"),
    ]


def test_typed_cells_keep_what_they_are(opened: Opener) -> None:
    data = saved(
        sheet(
            ("when", "on", "at", "dose", "count", "ok", "id"),
            (datetime(2026, 1, 5, 10, 0, 7), date(2026, 1, 5), time(10, 30), 35.5, 35, True, "007"),
        )
    )
    [(line, row)] = rows(opened(data))
    assert (line, row) == (2, ("2026-01-05T10:00:07", "2026-01-05", "10:30:00", "35.5", "35", "TRUE", "007"))
    assert [isinstance(cell, TypedMoment) for cell in row] == [True, True, True, False, False, False, False]


@pytest.mark.parametrize("minute", range(0, 1440, 7))
def test_moments_are_exact_to_the_second(opened: Opener, minute: int) -> None:
    moment = datetime(2026, 3, 29, minute // 60, minute % 60, 59)
    assert rows(opened(saved(sheet(("when",), (moment,))))) == [(2, (moment.isoformat(),))]


def test_a_workbook_of_the_1904_epoch_gives_the_same_dates(opened: Opener) -> None:
    book = sheet(("on",), (date(2026, 1, 5),))
    book.epoch = CALENDAR_MAC_1904
    assert rows(opened(saved(book))) == [(2, ("2026-01-05",))]


def test_rows_are_as_wide_as_the_header_and_know_their_number_in_the_sheet(opened: Opener) -> None:
    book = sheet((" a ", "b\nc", None, "d", None), (), (1, None, None, None, "beside the table"), (None, " "), ("x",))
    made = opened(saved(book))
    assert made.sheets()[0][0].header(NONE) == ("a", "b c", "", "d")
    assert rows(made) == [(3, ("1", "", "", "")), (5, ("x", "", "", ""))]


def test_leading_blank_rows_are_no_header(opened: Opener) -> None:
    book = Workbook()
    book.active["B3"], book.active["B5"] = "a", "x"
    made = opened(saved(book))
    assert made.sheets()[0][0].header(NONE) == ("", "a")
    assert rows(made) == [(5, ("", "x"))]


def test_what_a_sheet_says_of_its_size_is_not_trusted(opened: Opener) -> None:
    data = saved(sheet(("a", "b"), (1, 2), (3, 4)))
    for size in (b"A1", b"A1:XFD1048576"):
        wrong = patched(
            data,
            "xl/worksheets/sheet1.xml",
            lambda xml, size=size: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="' + size + b'"', xml),
        )
        assert rows(opened(wrong)) == [(2, ("1", "2")), (3, ("3", "4"))]


def test_a_cell_merged_over_rows_holds_for_each_of_them(opened: Opener) -> None:
    book = sheet(("client", "dose", "note"), ("P-1", 10, "x"), (None, 20, None), (None, None, None), ("P-2", 30, None))
    book.active.merge_cells("A2:A4")
    book.active.merge_cells("B5:C5")
    assert rows(opened(saved(book))) == [(2, ("P-1", "10", "x")), (3, ("P-1", "20", "")), (5, ("P-2", "30", ""))]


def with_values(book: Workbook, **values: str) -> bytes:
    """The workbook as Excel saves it: formulas with their values."""

    def fill(xml: bytes) -> bytes:
        for place, value in values.items():
            xml = re.sub(
                rb'(<c r="' + place.encode() + rb'"[^>]*?)(?: t="\w+")?>(<f>.*?</f>)<v ?/>',
                rb"\1" + value.encode().replace(b">", rb">\2<v>", 1) + b"</v>",
                xml,
            )
        return xml

    return patched(saved(book), "xl/worksheets/sheet1.xml", fill)


def test_the_saved_value_of_a_formula_counts(opened: Opener) -> None:
    book = sheet(("w", "dose", "note"), (70, "=A2*0.5", '=IF(A2>80,"heavy","")'))
    assert rows(opened(with_values(book, B2=">35", C2=' t="str">'))) == [(2, ("70", "35", ""))]


def codes(book: xlsxfile.Workbook) -> list[tuple[str, ...]]:
    """The codes of the broken cells of each row; empty for a cell that has a value."""
    found = book.sheets()[0][0].rows(NONE)
    return [
        tuple(cell.code if isinstance(cell, BrokenCell) else "" for cell in row[1]) for row in found if isinstance(row, tuple)
    ]


def test_a_formula_without_a_saved_value_costs_its_cell(opened: Opener) -> None:
    data = saved(sheet(("w", "dose"), (70, 35), (80, "=A3*0.5"), (90, 45)))
    assert rows(opened(data)) == [(2, ("70", "35")), (3, ("80", "")), (4, ("90", "45"))]
    assert codes(opened(data)) == [("", ""), ("", "formula-without-value"), ("", "")]


def test_a_formula_beside_the_table_is_no_matter(opened: Opener) -> None:
    assert rows(opened(saved(sheet(("w", None), (70, "=A2*0.5"))))) == [(2, ("70",))]


def test_an_error_in_a_cell_costs_that_cell(opened: Opener) -> None:
    book = sheet(("a", "b"), (1, "#N/A"), (2, "x"))
    book.active["B2"].data_type = "e"
    assert rows(opened(saved(book))) == [(2, ("1", "")), (3, ("2", "x"))]
    assert codes(opened(saved(book))) == [("", "error-cell"), ("", "")]


def test_a_row_of_nothing_but_an_error_is_not_blank(opened: Opener) -> None:
    book = sheet(("a", "b"), (1, "x"), ("#N/A", None))
    book.active["A3"].data_type = "e"
    assert codes(opened(saved(book))) == [("", ""), ("error-cell", "")]


def test_an_error_merged_over_rows_is_one_in_each_of_them(opened: Opener) -> None:
    book = sheet(("a", "b"), ("#N/A", 1), (None, 2))
    book.active["A2"].data_type = "e"
    book.active.merge_cells("A2:A3")
    assert codes(opened(saved(book))) == [("error-cell", ""), ("error-cell", "")]


def test_a_date_out_of_range_costs_its_cell(opened: Opener) -> None:
    book = sheet(("a", "on"), (1, date(2026, 1, 5)))
    data = patched(saved(book), "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb"<v>46027</v>", b"<v>99999999</v>", xml))
    assert codes(opened(data)) == [("", "error-cell")]


def test_a_giant_cell_costs_that_cell(opened: Opener) -> None:
    data = saved(sheet(("a", "b"), ("MARK", 1), ("x", 2)))
    giant = b"z" * 2_000_000
    data = patched(data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"MARK", giant))
    assert rows(opened(data)) == [(2, ("", "1")), (3, ("x", "2"))]
    assert codes(opened(data)) == [("giant-cell", ""), ("", "")]


def refused(book: xlsxfile.Workbook) -> TableError:
    with pytest.raises(TableError) as caught:
        for table in book.sheets()[0]:
            list(table.rows(NONE))
    assert "Zebulon" not in str(caught.value)
    assert "doses.xlsx" in caught.value.text
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("data", [b"", b"Zebulon", b"PK\x03\x04Zebulon"])
def test_a_broken_workbook_is_told(opened: Opener, data: bytes) -> None:
    assert refused(opened(data)).code == "unreadable-table"


def test_a_zip_that_is_no_workbook_is_told(opened: Opener) -> None:
    out = io.BytesIO()
    with ZipFile(out, "w") as zipped:
        zipped.writestr("Zebulon.txt", "x")
    assert refused(opened(out.getvalue())).code == "unreadable-table"


def test_a_workbook_that_breaks_off_in_a_sheet_is_told(opened: Opener) -> None:
    data = patched(
        saved(sheet(("a",), ("Zebulon",), ("x",))), "xl/worksheets/sheet1.xml", lambda xml: xml[: xml.index(b"</sheetData>") - 3]
    )
    assert refused(opened(data)).code == "unreadable-table"


def test_damaged_bytes_in_a_workbook_are_told(opened: Opener) -> None:
    data = bytearray(saved(sheet(*[(f"Zebulon {n}", n) for n in range(5000)])))
    for place in range(len(data) // 3, len(data) // 2):
        data[place] ^= 0x55
    assert refused(opened(bytes(data))).code == "unreadable-table"


def test_an_encrypted_workbook_is_told(opened: Opener) -> None:
    error = refused(opened(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600))
    assert "encrypted" in error.text
    assert "without a password" in error.hint


def test_entities_in_a_workbook_are_refused(opened: Opener) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "Zebulon"><!ENTITY b "&a;&a;&a;&a;">]>'
    data = patched(saved(sheet(("a",), ("MARK",))), "xl/worksheets/sheet1.xml", lambda xml: bomb + xml.replace(b"MARK", b"&b;"))
    assert refused(opened(data)).code == "unreadable-table"


def test_a_workbook_without_sheets_is_told(opened: Opener) -> None:
    data = patched(saved(sheet(("a",), (1,))), "xl/workbook.xml", lambda xml: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", xml))
    assert refused(opened(data)).code == "unreadable-table"


def test_a_workbook_that_unpacks_to_too_much_is_told(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    assert "unpacks to too much" in refused(opened(saved(sheet(("a",), (1,))))).text


def test_warnings_of_openpyxl_stay_its_own(opened: Opener) -> None:
    extension = b'<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"/></extLst></worksheet>'
    data = patched(saved(sheet(("a",), (1,))), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</worksheet>", extension))
    assert rows(opened(data)) == [(2, ("1",))]  # pytest makes a warning an error


def test_a_workbook_is_closed_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "doses.xlsx"
    path.write_bytes(saved(sheet(("a",), (1,))))
    files = []

    def opener() -> Any:
        files.append(path.open("rb"))
        return files[-1]

    book = xlsxfile.Workbook("doses.xlsx", opener)
    book.sheets()
    book.close()
    book.close()
    assert [f.closed for f in files] == [True]


def test_a_file_without_permission_is_told() -> None:
    def forbidden() -> Any:
        raise PermissionError(13, "Permission denied")

    assert "Permission denied" in refused(xlsxfile.Workbook("doses.xlsx", forbidden)).text
