"""Zips from outside: each trap is told by the name of its entry."""

from __future__ import annotations

import io
import stat
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from kapfhir.errors import ConfigError
from kapfhir.sources import archive
from kapfhir.sources.archive import bomb, copy_entry, parts_of, read_entries, time_of
from kapfhir.sources.table import TableError


def zipped(*entries: tuple[str | ZipInfo, bytes]) -> ZipFile:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as made:
        for name, data in entries:
            made.writestr(name, data)
    return ZipFile(out)


def names(zip_file: ZipFile) -> list[str]:
    return [entry.filename for entry in read_entries(zip_file)]


def refused(zip_file: ZipFile) -> str:
    with pytest.raises(ConfigError) as caught:
        names(zip_file)
    assert "Zebulon" not in str(caught.value)
    return str(caught.value)


def test_folders_are_fine_and_what_macos_adds_is_left_out() -> None:
    made = zipped(
        ("a/b/visits.csv", b"x"), ("__MACOSX/a/._visits.csv", b"x"), (".DS_Store", b"x"), ("~$doses.xlsx", b"x"), ("a/", b"")
    )
    assert names(made) == ["a/b/visits.csv"]


@pytest.mark.parametrize(
    "name", ["../visits.csv", "a/../../visits.csv", "/etc/visits.csv", "..\\visits.csv", "\\\\host\\visits.csv", "C:\\visits.csv"]
)
def test_an_entry_that_points_outside_is_refused(name: str) -> None:
    text = refused(zipped(("ok.csv", b"Zebulon"), (name, b"Zebulon")))
    assert name in text
    assert "points outside" in text


def test_a_link_is_refused() -> None:
    link = ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "'link.csv' is a link" in refused(zipped((link, b"/etc/passwd")))


def test_an_encrypted_entry_is_refused() -> None:
    made = zipped(("secret.csv", b"Zebulon"))
    made.infolist()[0].flag_bits |= 1
    assert "'secret.csv' is encrypted" in refused(made)


def test_a_zip_in_a_zip_is_refused() -> None:
    assert "'inner.ZIP' is a zip itself" in refused(zipped(("inner.ZIP", b"Zebulon")))


def test_names_that_a_terminal_would_obey_are_shown_harmlessly() -> None:
    assert "'../?[31m.csv'" in refused(zipped(("../\x1b[31m.csv", b"")))


def test_a_bomb_is_refused_by_its_ratio_its_size_or_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    made = zipped(("a.csv", b"x" * 1000), ("b.csv", bytes(range(200)) * 2), ("c.csv", b"x" * 3000))
    assert bomb(made.infolist()) is None
    monkeypatch.setattr(archive, "BOMB_BYTES", 2000)
    monkeypatch.setattr(archive, "BOMB_RATIO", 10)
    assert bomb(made.infolist()) == "c.csv"
    assert "its entry 'c.csv'" in refused(made)
    monkeypatch.setattr(archive, "MOST_BYTES", 1200)
    assert bomb(made.infolist()) == "b.csv"
    monkeypatch.setattr(archive, "MOST_ENTRIES", 0)
    assert bomb(made.infolist()) == "a.csv"


def test_a_table_of_much_repetition_is_no_bomb() -> None:
    large = ZipInfo("large.csv")
    large.file_size, large.compress_size = 1 << 30, 10 << 20
    assert bomb([large]) is None
    large.compress_size = 1 << 20
    assert bomb([large]) == "large.csv"


def test_a_copy_can_seek_and_leaves_nothing_behind() -> None:
    made = zipped(("a.xlsx", b"0123456789"))
    with copy_entry(made, made.infolist()[0]) as copy:
        copy.seek(5)
        assert copy.read() == b"56789"
    assert copy.closed


def test_a_damaged_entry_is_told() -> None:
    made = zipped(("a.xlsx", b"0123456789"))
    made.infolist()[0].CRC ^= 1
    with pytest.raises(TableError, match=r"'a.xlsx' is damaged"):
        copy_entry(made, made.infolist()[0])


def test_an_entry_has_its_time_and_its_path() -> None:
    entry = ZipInfo("a\\b/./c.csv", (2026, 1, 5, 10, 30, 6))
    assert parts_of(entry) == ("a", "b", "c.csv")
    assert time_of(entry).isoformat() == "2026-01-05T10:30:06+00:00"
    assert time_of(ZipInfo("x", (1980, 0, 0, 0, 0, 0))).year == 1980
