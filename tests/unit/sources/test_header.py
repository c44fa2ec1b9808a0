"""Rows that say the names of the columns again."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from kapfhir.errors import Problem
from kapfhir.sources.csvfile import CsvTable
from kapfhir.sources.export import open_export
from kapfhir.sources.header import first_cells, read_names, says_again
from kapfhir.sources.table import Dialect

AGAIN = "repeated-header"


def read(text: str) -> list[str | tuple[str, ...]]:
    table = CsvTable("visits", "visits.csv", lambda: io.BytesIO(text.encode()))
    return [item.code if isinstance(item, Problem) else item[1] for item in table.rows(Dialect())]


@pytest.mark.parametrize(
    "row",
    [
        "Client ID,Last Name,DOB",
        "Client ID, Last Name ,DOB ",
        '"Client ID","Last Name","DOB"',
        "Client ID,Last Name,DOB,,",
        "\ufeffClient ID,Last Name,DOB",
        '\ufeff"Client ID","Last Name","DOB"',
        'Client ID,"Last Name",DOB',
    ],
)
def test_a_header_in_the_middle(row: str) -> None:
    assert read(f"Client ID,Last Name,DOB\nC-1,Lee,1980\n{row}\nC-2,Moe,1981\n") == [
        ("C-1", "Lee", "1980"),
        AGAIN,
        ("C-2", "Moe", "1981"),
    ]


@pytest.mark.parametrize(
    "row", ["Client ID,Lee,1980", "Client ID,Last Name", "Client ID,DOB,Last Name", "client id,last name,dob"]
)
def test_a_row_that_says_anything_else_is_a_row(row: str) -> None:
    assert read(f"Client ID,Last Name,DOB\n{row}\n") == [tuple(row.split(","))]


def test_a_header_of_several_lines_and_with_a_blank_name() -> None:
    assert read('"","Last\nName"\n1,Lee\n,"Last\n Name"\n,Moe\n') == [("1", "Lee"), AGAIN, ("", "Moe")]


def test_it_is_told_with_its_line_and_no_cell() -> None:
    table = CsvTable("visits", "visits.csv", lambda: io.BytesIO(b"Id,Last\n1,Lee\nId,Last\n"))
    (problem,) = [item for item in table.rows(Dialect()) if isinstance(item, Problem)]
    assert (problem.file, problem.line, problem.severity, problem.effect) == ("visits.csv", 3, "warning", "row left out")
    assert "Last" not in str(problem)


def test_in_a_sheet(tmp_path) -> None:
    book = Workbook()
    for row in (["Id", "Last"], ["1", "Lee"], ["Id", "Last"], ["Id", "Moe"], [None, "Last"], ["2", "Moe"]):
        book.active.append(row)
    book.save(tmp_path / "visits.xlsx")
    with open_export(tmp_path / "visits.xlsx") as export:
        found = list(export.tables["Sheet"].rows(Dialect()))
    assert [item.code if isinstance(item, Problem) else item for item in found] == [
        (2, ("1", "Lee")),
        AGAIN,
        (4, ("Id", "Moe")),
        (5, ("", "Last")),
        (6, ("2", "Moe")),
    ]


def test_a_table_without_names() -> None:
    assert first_cells(()) == ()
    assert read_names(["", " "]) == ()
    assert not says_again(("Id",), ["\ufeff"])
