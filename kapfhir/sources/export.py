"""An export of a clinic as tables by their names: a folder, a CSV, a workbook, or a zip of these."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Self
from zipfile import ZipFile

from kapfhir.errors import ConfigError, Problem
from kapfhir.stamps import Stamp, require_same, take_stamps

from .archive import HIDDEN, copy_entry, open_entry, parts_of, read_entries, time_of
from .csvfile import CsvTable, unreadable
from .lines import READ_ERRORS
from .sniffing import HEAD, require_text
from .table import BrokenTable, Table, TableError
from .xlsxfile import Workbook

DELIMITERS = {".csv": ",", ".tsv": "\t"}
KINDS = (*DELIMITERS, ".xlsx", ".xlsm")
KIN = {
    ".xls": "save it as .xlsx",
    ".ods": "save it as .xlsx",
    ".numbers": "save it as .xlsx",
    ".txt": "if it is a table, save it as .csv or .tsv",
}


@dataclass(slots=True)
class Export:
    """The tables of an export. Close it, or use it as a context manager: workbooks and zips stay open as long as it does."""

    path: Path
    tables: dict[str, Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)  # of files that are no tables, are empty or can't be read
    newest: datetime = datetime(1980, 1, 1, tzinfo=UTC)  # when its newest table was written
    closing: list[Callable[[], None]] = field(default_factory=list)
    stamps: dict[Path, Stamp] = field(default_factory=dict)  # of its files, from before the first was read

    def require_unchanged(self) -> None:
        """To be asked once the last table was read. ConfigError if a table was written meanwhile, came or went."""
        require_same(f"the export {self.path}", self.stamps, take_stamps(_table_files(self.path)))

    def close(self) -> None:
        while self.closing:
            self.closing.pop()()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the export, wherever it lies."""

    name: str  # its path inside the export
    opener: Callable[[], BinaryIO]
    seekable: Callable[[], BinaryIO]
    written: datetime

    @property
    def kind(self) -> str:
        return PurePosixPath(self.name).suffix.lower()


def open_export(path: Path) -> Export:
    """The tables of a folder, a CSV, an XLSX or a zip. ConfigError if there is none, or if it can't be trusted."""
    export = Export(path, stamps=take_stamps(_table_files(path)))
    try:
        _fill(export, path)
    except BaseException:
        export.close()
        raise
    return export


def _fill(export: Export, path: Path) -> None:
    try:
        files = list(_files(export, path))
    except OSError as error:
        raise ConfigError(f"the export {path} can't be read: {error.strerror}", "check its path and permissions") from None
    for file in files:
        if file.kind in KINDS:
            for table in _tables(export, file):
                _add(export, table, file)
        else:
            export.problems.append(
                _told(file.name, "not-a-table", "the file is no table: it is not read", KIN.get(file.kind, ""))
            )
    broken = [table for table in export.tables.values() if isinstance(table, BrokenTable)]
    if not export.tables:
        raise ConfigError(f"the export {path} holds no tables", "a table is a .csv, .tsv or .xlsx file")
    if len(broken) == len(export.tables):
        more = f" (and {len(broken) - 1} more like it)" if len(broken) > 1 else ""
        raise ConfigError(broken[0].error.text + more, broken[0].error.hint)


def _files(export: Export, path: Path) -> Iterator[_File]:
    kind = path.suffix.lower()
    if not path.exists():
        raise ConfigError(f"the export {path} does not exist", "check its path")
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            if inner.is_file() and not inner.name.startswith(HIDDEN):
                yield _on_disk(inner)
            elif inner.is_dir() and not inner.name.startswith(HIDDEN):
                export.problems.append(
                    _told(inner.name, "not-a-table", "a folder in the export is not read", "move its tables up")
                )
    elif kind in KINDS:
        yield _on_disk(path)
    elif kind == ".zip":
        yield from _zipped(export, path)
    else:
        raise ConfigError(f"the export {path} is no folder, .csv, .tsv, .xlsx or .zip", KIN.get(kind, "check its path"))


def _table_files(path: Path) -> list[Path]:
    """The files that tables are read from; other files may be written beside them."""
    try:
        return [p for p in path.iterdir() if p.suffix.lower() in KINDS and not p.name.startswith(HIDDEN)]
    except OSError:  # a file, or nothing
        return [path]


def _on_disk(path: Path) -> _File:
    def opener() -> BinaryIO:
        return path.open("rb")

    return _File(path.name, opener, opener, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _zipped(export: Export, path: Path) -> Iterator[_File]:
    file = path.open("rb")
    export.closing.append(file.close)
    try:
        zipped = ZipFile(file)
    except READ_ERRORS:
        raise ConfigError(f"the export {path} is no zip, or a damaged one", "zip the files again") from None
    for entry in sorted(read_entries(zipped), key=lambda e: e.filename):
        name = "/".join(parts_of(entry))
        yield _File(name, partial(open_entry, zipped, entry), partial(copy_entry, zipped, entry), time_of(entry))


def _tables(export: Export, file: _File) -> Iterator[Table]:
    stem = PurePosixPath(file.name).stem
    try:
        if file.kind in DELIMITERS:
            yield _csv(export, file, stem)
        else:
            book = Workbook(file.name, file.seekable)
            export.closing.append(book.close)
            sheets, problems = book.sheets()
            export.problems += problems
            yield from sheets
    except TableError as error:
        export.problems.append(Problem(file.name, 0, "", error.code, error.text, error.hint, effect="table"))
        yield BrokenTable(stem, file.name, error)


def _csv(export: Export, file: _File, stem: str) -> CsvTable:
    try:
        with file.opener() as opened:
            head = opened.read(HEAD)
    except READ_ERRORS as error:
        raise unreadable(file.name, error) from None
    require_text(head, file.name)
    if len(head) < HEAD and not head.removeprefix(codecs.BOM_UTF8).strip():
        export.problems.append(Problem(file.name, 0, "", "empty-file", "the file is empty", severity="warning", effect="table"))
    return CsvTable(stem, file.name, file.opener, DELIMITERS[file.kind])


def _add(export: Export, table: Table, file: _File) -> None:
    other = export.tables.get(table.name)
    if other is None or isinstance(other, BrokenTable):
        export.tables[table.name] = table
    elif not isinstance(table, BrokenTable):
        hint = "rename one of them, or leave it out"
        raise ConfigError(f"two tables of the export have the name '{table.name}': {other.file} and {table.file}", hint)
    export.newest = max(export.newest, file.written)


def _told(file: str, code: str, text: str, hint: str) -> Problem:
    return Problem(file, 0, "", code, text, hint, severity="information")
