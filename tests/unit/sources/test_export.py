"""An export as a whole: which tables it has, and what is said of the rest."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from openpyxl import Workbook

from kapfhir.errors import ConfigError, Exit
from kapfhir.sources.export import Export, open_export
from kapfhir.sources.table import Dialect, TableError

NONE = Dialect(None, None)


def workbook(*sheets: str) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name in sheets:
        book.create_sheet(name).append(("a", "b"))
        book[name].append((1, 2))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def folder(path: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (path / name.replace("__", ".")).write_bytes(data)
    return path


def zipped(path: Path, *entries: tuple[str | ZipInfo, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as made:
        for name, data in entries:
            made.writestr(name, data)
    return path


def told(export: Export) -> list[tuple[str, str, str]]:
    return [(p.file, p.code, p.severity) for p in export.problems]


def refused(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        open_export(path)
    assert caught.value.exit == Exit.CONFIG
    assert caught.value.hint
    assert "Zebulon" not in str(caught.value)
    return caught.value


def test_a_folder_is_its_tables_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder(tmp_path, visits__csv=b"a,b\n1,2\n", log__tsv=b"a\tb\n3\t4\n", doses__XLSX=workbook("Dose log", "Vitals"))
    with open_export(tmp_path) as export:
        assert list(export.tables) == ["Dose log", "Vitals", "log", "visits"]
        assert [t.file for t in export.tables.values()] == ["doses.XLSX/Dose log", "doses.XLSX/Vitals", "log.tsv", "visits.csv"]
        assert [list(t.rows(NONE)) for t in export.tables.values()] == [
            [(2, row)] for row in [("1", "2"), ("1", "2"), ("3", "4"), ("1", "2")]
        ]
        assert export.problems == []


def test_what_is_no_table_is_listed(tmp_path: Path) -> None:
    folder(tmp_path, visits__csv=b"a\n1\n", README__txt=b"x", old__xls=b"x", _DS_Store=b"x")
    (tmp_path / ".hidden").write_bytes(b"x")
    (tmp_path / "~$doses.xlsx").write_bytes(b"x")
    (tmp_path / "more").mkdir()
    with open_export(tmp_path) as export:
        assert told(export) == [
            ("more", "not-a-table", "information"),
            ("README.txt", "not-a-table", "information"),
            ("_DS_Store", "not-a-table", "information"),
            ("old.xls", "not-a-table", "information"),
        ]
        assert next(p for p in export.problems if p.file == "old.xls").hint == "save it as .xlsx"


def test_an_empty_file_is_a_table_without_columns_and_told(tmp_path: Path) -> None:
    folder(tmp_path, visits__csv=b"a\n1\n", empty__csv=b"", blank__csv=b"\xef\xbb\xbf \r\n")
    with open_export(tmp_path) as export:
        assert told(export) == [("blank.csv", "empty-file", "warning"), ("empty.csv", "empty-file", "warning")]
        assert export.tables["empty"].header(NONE) == ()
        assert list(export.tables["blank"].rows(NONE)) == []


def test_single_files_are_exports(tmp_path: Path) -> None:
    folder(tmp_path, visits__csv=b"a\n1\n", doses__xlsx=workbook("Log"))
    with open_export(tmp_path / "visits.csv") as export:
        assert list(export.tables) == ["visits"]
    with open_export(tmp_path / "doses.xlsx") as export:
        assert list(export.tables) == ["Log"]


def test_a_zip_holds_tables_at_any_depth(tmp_path: Path) -> None:
    made = zipped(
        tmp_path / "e.zip", ("export/visits.csv", b"a,b\n1,2\n"), ("export/x/doses.xlsx", workbook("Log")), ("README.html", b"x")
    )
    before = set(tmp_path.iterdir())
    with open_export(made) as export:
        assert {n: t.file for n, t in export.tables.items()} == {"visits": "export/visits.csv", "Log": "export/x/doses.xlsx/Log"}
        assert [list(t.rows(NONE)) for t in export.tables.values()] == [[(2, ("1", "2"))]] * 2
        assert list(export.tables["visits"].rows(NONE)) == [(2, ("1", "2"))]
        assert told(export) == [("README.html", "not-a-table", "information")]
    assert set(tmp_path.iterdir()) == before


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "nowhere").text
    assert "does not exist" in refused(tmp_path / "nowhere.csv").text


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    assert "holds no tables" in refused(tmp_path).text
    folder(tmp_path, README__md=b"x")
    assert "holds no tables" in refused(tmp_path).text


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, notes__pdf=b"x", old__xls=b"x")
    assert "is no folder, .csv, .tsv, .xlsx or .zip" in refused(tmp_path / "notes.pdf").text
    assert refused(tmp_path / "old.xls").hint == "save it as .xlsx"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("bad.csv", b"PK\x03\x04Zebulon", "binary-file"),
        ("bad.csv", "Zebulon,b\n".encode("utf-16"), "utf-16"),
        ("bad.xlsx", b"Zebulon", "unreadable-table"),
        ("bad.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1Zebulon", "unreadable-table"),
    ],
)
def test_a_broken_file_among_good_ones_is_told_and_an_error_when_it_is_used(
    tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.csv").write_bytes(b"a\n1\n")
    with open_export(tmp_path) as export:
        assert told(export) == [(name, code, "error")]
        assert list(export.tables["good"].rows(NONE)) == [(2, ("1",))]
        for use in (lambda t: t.header(NONE), lambda t: t.rows(NONE), lambda t: t.sniff()):
            with pytest.raises(TableError) as caught:
                use(export.tables["bad"])
            assert caught.value.code == code
    (tmp_path / "good.csv").unlink()
    assert name in refused(tmp_path).text
    assert name in refused(tmp_path / name).text


def test_a_file_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, good__csv=b"a\n1\n", bad__csv=b"a\n1\n")
    really = Path.open

    def guarded(path: Path, *args: str) -> object:
        if path.name == "bad.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, *args)

    monkeypatch.setattr(Path, "open", guarded)
    with open_export(tmp_path) as export:
        assert told(export) == [("bad.csv", "unreadable-table", "error")]
    assert "Permission denied" in refused(tmp_path / "bad.csv").text


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    assert "Permission denied" in refused(tmp_path).text


def test_two_tables_of_one_name_are_refused_with_both_files(tmp_path: Path) -> None:
    folder(tmp_path, Log__csv=b"a\n1\n", doses__xlsx=workbook("Log"))
    text = refused(tmp_path).text
    assert "'Log'" in text
    assert "Log.csv" in text
    assert "doses.xlsx/Log" in text
    made = zipped(tmp_path / "e.zip", ("a/visits.csv", b"a\n"), ("b/visits.csv", b"a\n"))
    assert "a/visits.csv and b/visits.csv" in refused(made).text


def test_a_broken_file_gives_way_to_a_good_one_of_its_name(tmp_path: Path) -> None:
    folder(tmp_path, log__csv=b"a\n1\n", log__xlsx=b"x")
    with open_export(tmp_path) as export:
        assert export.tables["log"].file == "log.csv"
        assert told(export) == [("log.xlsx", "unreadable-table", "error")]


@pytest.mark.parametrize("data", [b"", b"x", b"PK\x03\x04xxxx"])
def test_a_broken_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "e.zip").write_bytes(data)
    assert "no zip, or a damaged one" in refused(tmp_path / "e.zip").text


def test_a_trap_in_a_zip_is_refused(tmp_path: Path) -> None:
    made = zipped(tmp_path / "e.zip", ("good.csv", b"a\n"), ("../bad.csv", b"Zebulon\n"))
    assert "'../bad.csv' points outside" in refused(made).text


def test_a_damaged_entry_of_a_zip_is_told(tmp_path: Path) -> None:
    made = zipped(tmp_path / "e.zip", ("good.csv", b"a\n1\n"), ("bad.csv", b"a\n" + bytes(range(48, 122)) * 4000 + b"\n"))
    data = bytearray(made.read_bytes())
    start = data.index(b"bad.csv") + 7
    data[start + 40 : start + 60] = b"\xff" * 20
    made.write_bytes(bytes(data))
    with open_export(made) as export:
        assert [(p.file, p.code) for p in export.problems] == [("bad.csv", "unreadable-table")]
        assert list(export.tables["good"].rows(NONE)) == [(2, ("1",))]


def test_the_newest_table_gives_the_time_of_the_export(tmp_path: Path) -> None:
    folder(tmp_path, a__csv=b"a\n", b__csv=b"a\n", c__txt=b"x")
    for name, moment in (("a.csv", 1_700_000_000), ("b.csv", 1_600_000_000), ("c.txt", 1_800_000_000)):
        os.utime(tmp_path / name, (moment, moment))
    with open_export(tmp_path) as export:
        assert export.newest == datetime.fromtimestamp(1_700_000_000, UTC)
    made = zipped(
        tmp_path / "e.zip", (ZipInfo("a.csv", (2026, 1, 5, 10, 0, 0)), b"a\n"), (ZipInfo("b.csv", (2025, 1, 5, 10, 0, 0)), b"a\n")
    )
    with open_export(made) as export:
        assert export.newest == datetime(2026, 1, 5, 10, tzinfo=UTC)
