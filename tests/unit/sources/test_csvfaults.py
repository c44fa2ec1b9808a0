"""Rows of a CSV that can't be read: each costs itself, and is told by its line."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from kapfhir.errors import Problem
from kapfhir.sources.csvfile import CsvTable
from kapfhir.sources.table import LONGEST_CELL, Dialect

NONE = Dialect(None, None)
SECRET = "Zebulon"  # stands in cells, and must not stand in any message


def table(data: bytes | str, default: str = ",") -> CsvTable:
    raw = data.encode() if isinstance(data, str) else data
    return CsvTable("visits", "visits.csv", lambda: io.BytesIO(raw), default)


def rows(data: bytes | str, dialect: Dialect = NONE) -> list[tuple[int, tuple[str, ...]]]:
    return [row for row in table(data).rows(dialect) if not isinstance(row, Problem)]


def told(data: bytes | str, dialect: Dialect = NONE) -> list[tuple[int, str, str]]:
    problems = [row for row in table(data).rows(dialect) if isinstance(row, Problem)]
    assert not any(SECRET in str(p) for p in problems)
    assert all(p.file == "visits.csv" and p.hint and p.severity == "error" for p in problems)
    return [(p.line, p.column, p.code) for p in problems]


def test_a_byte_that_cannot_be_decoded_costs_its_row() -> None:
    data = f"a,name\n1,ok\n2,{SECRET}\xe9\n3,ok\n".encode("latin-1")
    assert told(data) == [(3, "name", "undecodable-byte")]
    assert [line for line, _ in rows(data)] == [2, 4]


def test_an_undecodable_byte_in_a_quoted_cell_is_told_of_the_first_line_of_its_row() -> None:
    data = b'a,b\n1,"x\ny\xe9"\n2,z\n'
    assert told(data) == [(2, "b", "undecodable-byte")]
    assert rows(data) == [(4, ("2", "z"))]


def test_the_hint_of_an_undecodable_byte_names_the_other_encoding() -> None:
    problem = next(p for p in table(b"a,b\n1,\xe9\n").rows(NONE) if isinstance(p, Problem))
    assert "encoding: cp1252" in problem.hint
    problem = next(p for p in table(b"a,b\n1,\x81\n").rows(Dialect("cp1252", None)) if isinstance(p, Problem))
    assert "encoding: utf-8" in problem.hint


def test_a_nul_byte_costs_its_row() -> None:
    data = f"a,b\n1,{SECRET}\0\n\0\0\0,x\n3,4\n"
    assert told(data) == [(2, "b", "nul-byte"), (3, "a", "nul-byte")]
    assert rows(data) == [(4, ("3", "4"))]


def test_a_nul_byte_in_a_quoted_cell_costs_its_row() -> None:
    assert told('a,b\n"1","x\0"\n2,"y\n\0"\n') == [(2, "b", "nul-byte"), (3, "b", "nul-byte")]


@pytest.mark.parametrize("size", [LONGEST_CELL + 1, 2_000_000])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_giant_cell_costs_its_row(size: int, quote: str) -> None:
    data = f"a,b,c\n1,x,y\n2,{quote}{'z' * size}{quote},w\n3,x,y\n"
    assert told(data) == [(3, "b", "giant-cell")]
    assert rows(data) == [(2, ("1", "x", "y")), (4, ("3", "x", "y"))]


def test_a_giant_cell_of_many_lines_costs_its_row() -> None:
    data = 'a,b,c\n1,x,y\n2,"' + "one, two, three\n" * 100_000 + '",w\n3,x,y\n'
    assert told(data) == [(3, "b", "giant-cell")]
    assert rows(data) == [(2, ("1", "x", "y")), (100_004, ("3", "x", "y"))]


def test_a_cell_of_just_the_longest_size_is_read() -> None:
    assert rows(f"a,b\n1,{'z' * LONGEST_CELL}\n") == [(2, ("1", "z" * LONGEST_CELL))]


def test_a_line_beyond_all_bounds_is_told_and_left_without_being_held() -> None:
    class Endless(io.RawIOBase):
        left = 64_000_000

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            if self.left <= 0:
                out, self.tail = self.tail, b""
                return out
            self.left -= size
            return b"z" * size

    class WithStart(Endless):
        tail = b"\n9,x,y\n"
        start = b"a,b,c\n1,"

        def read(self, size: int = -1) -> bytes:
            out, self.start = self.start, b""
            return out or super().read(size)

    tracemalloc.start()
    result = list(CsvTable("t", "t.csv", WithStart).rows(NONE))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [r.code if isinstance(r, Problem) else r for r in result] == ["giant-cell", (3, ("9", "x", "y"))]
    assert peak < 40_000_000


def test_an_unclosed_quote_costs_its_own_row() -> None:
    data = f'a,b,c\n1,"{SECRET},2\n2,x,3\n3,"y",4\n4,z,5\n'
    assert told(data) == [(2, "", "unclosed-quote")]
    assert rows(data) == [(3, ("2", "x", "3")), (4, ("3", "y", "4")), (5, ("4", "z", "5"))]


def test_an_unclosed_quote_without_another_quote_in_the_file_costs_its_own_row() -> None:
    data = 'a,b,c\n1,"x,2\n' + "2,y,3\n" * 1000
    assert told(data) == [(2, "", "unclosed-quote")]
    assert [line for line, _ in rows(data)] == list(range(3, 1003))


def test_an_unclosed_quote_in_a_large_file_swallows_nothing() -> None:
    data = 'a,b,c\n1,"x,2\n' + "2,yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy,3\n" * 200_000
    assert told(data) == [(2, "", "unclosed-quote")]
    assert len(rows(data)) == 200_000


def test_an_unclosed_quote_in_the_last_row_costs_that_row() -> None:
    data = 'a,b\n1,x\n2,"y\n'
    assert told(data) == [(3, "", "unclosed-quote")]
    assert rows(data) == [(2, ("1", "x"))]


def test_lines_that_are_lost_with_an_unclosed_quote_are_counted() -> None:
    data = 'a,b,c\n1,"two\nmore lines\nof a note,2\n2,x,3\n'
    problem = next(p for p in table(data).rows(NONE) if isinstance(p, Problem))
    assert (problem.line, problem.text) == (2, "a quote opens a cell and is never closed: 3 lines are lost with it")
    assert rows(data) == [(5, ("2", "x", "3"))]


def test_many_unclosed_quotes_cost_a_row_each() -> None:
    data = "a,b,c\n" + "".join(f'{n},"x,2\n{n},y,3\n' for n in range(2000))
    assert [line for line, _ in rows(data)] == list(range(3, 4002, 2))
    assert [line for line, _, _ in told(data)] == list(range(2, 4001, 2))


def test_a_stray_quote_costs_its_row() -> None:
    data = f'a,b,c\n1,"{SECRET} "Jack" Smith",2\n2,"a note\nof two lines",3\n3,x,4\n'
    assert told(data) == [(2, "", "stray-quote")]
    assert rows(data) == [(3, ("2", "a note\nof two lines", "3")), (5, ("3", "x", "4"))]
