"""CSV as clinics hand it over, with everything that goes wrong in it."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from kapfhir.errors import ConfigError, Problem
from kapfhir.sources.csvfile import CsvTable
from kapfhir.sources.table import Dialect, TableError

NONE = Dialect(None, None)
SECRET = "Zebulon"  # stands in cells, and must not stand in any message


def table(data: bytes | str, default: str = ",") -> CsvTable:
    raw = data.encode() if isinstance(data, str) else data
    return CsvTable("visits", "visits.csv", lambda: io.BytesIO(raw), default)


def rows(data: bytes | str, dialect: Dialect = NONE) -> list[tuple[int, tuple[str, ...]]]:
    return [row for row in table(data).rows(dialect) if not isinstance(row, Problem)]


def refused(data: bytes | str, dialect: Dialect = NONE) -> TableError:
    with pytest.raises(TableError) as caught:
        table(data).header(dialect)
    with pytest.raises(TableError):
        next(iter(table(data).rows(dialect)))
    assert SECRET not in str(caught.value)
    assert caught.value.hint
    return caught.value


def test_a_plain_file_gives_its_cells_as_they_are_written() -> None:
    data = "key, dose ,note\nA,35.50, two\nB,,\n"
    assert table(data).header(NONE) == ("key", "dose", "note")
    assert rows(data) == [(2, ("A", "35.50", " two")), (3, ("B", "", ""))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(end: str) -> None:
    assert rows(end.join(["a,b", "1,2", '"x",4', ""])) == [(2, ("1", "2")), (3, ("x", "4"))]


def test_the_last_line_needs_no_end() -> None:
    assert rows("a,b\n1,2") == [(2, ("1", "2"))]


def test_a_row_stands_on_the_line_on_which_it_starts() -> None:
    data = 'a,b\n1,"two\nlines"\n\n2,"x\r\n\r\ny"\n3,z\n'
    assert rows(data) == [(2, ("1", "two\nlines")), (5, ("2", "x\r\n\r\ny")), (8, ("3", "z"))]


def test_a_header_may_span_lines_and_counts_as_line_1() -> None:
    data = 'a,"b\nmore"\n1,2\n'
    assert table(data).header(NONE) == ("a", "b more")
    assert rows(data) == [(3, ("1", "2"))]


def test_doubled_quotes_and_quotes_within_an_unquoted_cell_are_text() -> None:
    assert rows('a,b\n"say ""hi""",5\' 7"\n') == [(2, ('say "hi"', "5' 7\""))]


def test_rows_of_another_length_come_as_they_are() -> None:
    assert rows("a,b,c\n1,2\n1,2,3,4\n") == [(2, ("1", "2")), (3, ("1", "2", "3", "4"))]


def test_trailing_blank_columns_and_blank_rows_are_cut() -> None:
    data = 'a,b,,\n1,2,,\n,,,\n\n   \n"","",,\n3,4,x,\n'
    assert table(data).header(NONE) == ("a", "b")
    assert rows(data) == [(2, ("1", "2")), (7, ("3", "4", "x", ""))]


def test_duplicate_headers_are_kept() -> None:
    assert table("a,b,a\n").header(NONE) == ("a", "b", "a")


def test_an_empty_file_has_no_header_and_no_rows() -> None:
    for data in ("", "\n\n", b"\xef\xbb\xbf"):
        assert table(data).header(NONE) == ()
        assert rows(data) == []


def test_a_header_alone_is_a_table_without_rows() -> None:
    assert table("a,b\n").header(NONE) == ("a", "b")
    assert rows("a,b\n") == []


def test_a_bom_is_no_part_of_the_first_name() -> None:
    assert table(b"\xef\xbb\xbfkey,b\n1,2\n").header(NONE) == ("key", "b")


def test_a_bom_overrules_no_map_silently() -> None:
    assert refused(b"\xef\xbb\xbfkey,b\n", Dialect("cp1252", None)).code == "wrong-encoding"


def test_the_map_names_encoding_and_delimiter() -> None:
    data = "Nr;Größe\n1;1,75\n".encode("cp1252")
    assert table(data).header(Dialect("cp1252", ";")) == ("Nr", "Größe")
    assert rows(data, Dialect("cp1252", ";")) == [(2, ("1", "1,75"))]


def test_a_tsv_is_divided_by_tabs() -> None:
    data = "a\tb\n1,5\t2\n"
    assert list(table(data, "\t").rows(NONE)) == [(2, ("1,5", "2"))]


def test_the_line_by_which_excel_names_the_delimiter_is_no_header() -> None:
    data = "sep=;\na;b\n1;2\n"
    assert table(data).header(NONE) == ("a", "b")
    assert rows(data) == [(3, ("1", "2"))]


@pytest.mark.parametrize(("delimiter", "word"), [(";", '";"'), ("\t", '"\\t"'), ("|", '"|"')])
def test_a_header_that_another_delimiter_divides_is_told(delimiter: str, word: str) -> None:
    error = refused(delimiter.join(["a", "b", "c"]) + "\n")
    assert error.code == "wrong-delimiter"
    assert word in error.hint


def test_a_table_of_one_column_is_a_table() -> None:
    assert rows("name\nx\ny\n") == [(2, ("x",)), (3, ("y",))]


def test_a_header_in_another_encoding_refuses_the_table() -> None:
    error = refused("Name,Größe\n".encode("cp1252"))
    assert error.code == "wrong-encoding"
    assert "cp1252" in error.hint


@pytest.mark.parametrize("name", ["nonsense", "rot13", "utf-16", "base64"])
def test_an_encoding_that_cannot_be_used_is_refused(name: str) -> None:
    assert refused("a,b\n", Dialect(name, None)).code == "unknown-encoding"


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_a_delimiter_is_one_character(delimiter: str) -> None:
    assert refused("a,b\n", Dialect(None, delimiter)).code == "bad-delimiter"


def test_an_unclosed_quote_in_the_header_refuses_the_table() -> None:
    assert refused('a,"b\n1,2\n').code == "unclosed-quote"


@pytest.mark.parametrize(
    "data", ["a,b\n1,2\n".encode("utf-16"), "a,b\n1,2\n".encode("utf-16-le"), "a,b\n1,2\n".encode("utf-16-be")]
)
def test_utf_16_is_told_with_what_to_do(data: bytes) -> None:
    error = refused(data)
    assert (error.code, error.hint) == ("utf-16", "save it as CSV UTF-8")
    with pytest.raises(TableError):
        table(data).sniff()


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04rest", b"%PDF-1.7\n", b"\xd0\xcf\x11\xe0\xa1\xb1", bytes(range(256)) * 20, b"name\n" + bytes(range(20)) * 9],
)
def test_a_binary_file_is_told(data: bytes) -> None:
    assert refused(data).code == "binary-file"


def test_a_table_error_stops_a_command_as_a_bad_export_does() -> None:
    assert refused(b"%PDF-1.7\n").exit == ConfigError.exit


def test_a_file_that_vanishes_is_told() -> None:
    def gone() -> io.BytesIO:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(TableError, match=r"t.csv can't be read: No such file"):
        CsvTable("t", "t.csv", gone).header(NONE)
    with pytest.raises(TableError, match=r"t.csv can't be read"):
        CsvTable("t", "t.csv", gone).sniff()


def test_a_read_that_fails_in_mid_file_is_told_after_the_rows_before_it() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            if not data:
                raise OSError(5, "Input/output error")
            return data

    found = iter(CsvTable("t", "t.csv", lambda: Breaking(b"a,b\n" + b"1,2\n" * 200_000)).rows(NONE))
    assert next(found) == (2, ("1", "2"))
    with pytest.raises(TableError, match="Input/output error"):
        list(found)


def test_rows_are_streamed() -> None:
    line = b"1,two,3.5,2026-01-05,some more text\n"

    def peak(count: int) -> int:
        data = b"a,b,c,d,e\n" + line * count
        tracemalloc.start()
        for _ in table(data).rows(NONE):
            pass
        out = tracemalloc.get_traced_memory()[1] - tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return out

    assert peak(200_000) < 1.2 * peak(20_000)


def test_a_table_is_read_as_often_as_one_likes() -> None:
    one = table("a,b\n1,2\n")
    assert list(one.rows(NONE)) == list(one.rows(NONE)) == [(2, ("1", "2"))]


@pytest.mark.parametrize(
    ("data", "dialect"),
    [
        ("a,b\n1,2\n".encode(), Dialect(None, None)),
        ("a;b;c\n1,5;2;x\n2,5;3;y\n".encode(), Dialect(None, ";")),
        ("a\tb\n1\t2\n".encode(), Dialect(None, "\t")),
        ("a|b|c\n1|2|3\n".encode(), Dialect(None, "|")),
        ("naïve,b\n1,2\n".encode(), Dialect(None, None)),
        ("Größe;b\n1;2\n".encode("cp1252"), Dialect("cp1252", ";")),
        (b"a,b\n" + b"1,2\n" * 50_000 + b"1,\xe9\n", Dialect("cp1252", None)),
        ("name\nx\n".encode(), Dialect(None, None)),
    ],
)
def test_the_dialect_of_a_file_is_sniffed(data: bytes, dialect: Dialect) -> None:
    assert table(data).sniff() == dialect
