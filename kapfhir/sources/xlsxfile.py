"""XLSX: each visible sheet is a table. Formulas are not evaluated; what the sheet saved as their value counts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO
from zipfile import ZipFile

from kapfhir.errors import Problem

from .archive import bomb
from .header import read_names, says_again, tell_repeated
from .lines import READ_ERRORS
from .sheetcells import show
from .sheetmarks import Lacking, Marks, Spans, load_marks, read_lacking
from .table import LONGEST_CELL, BrokenCell, Dialect, Row, TableError

OLE = b"\xd0\xcf\x11\xe0"  # an encrypted workbook, or one of Excel before 2007
BATCH = 256
SAVE_ANEW = "open it in Excel or LibreOffice and save it as .xlsx, without a password"


@dataclass(slots=True)
class Workbook:
    """A workbook that stays open while its export is: its shared texts and styles are read once."""

    file: str
    opener: Callable[[], BinaryIO]  # gives a file that can seek
    _open: tuple[BinaryIO, ZipFile, Any] | None = field(default=None, init=False)

    def sheets(self) -> tuple[list[SheetTable], list[Problem]]:
        """The visible sheets that hold something, and what is to tell of the others. TableError if it is broken or encrypted."""
        tables, problems = [], []
        if not self.book.worksheets:
            raise self.broken()
        for sheet in self.book.worksheets:
            table = SheetTable(sheet.title, f"{self.file}/{sheet.title}", self, sheet)
            if sheet.sheet_state != "visible":
                told = ("hidden-sheet", "the sheet is hidden: it is not read", "show the sheet if it holds records")
            elif not table.header(Dialect()):
                told = ("empty-sheet", "the sheet is empty", "")
            else:
                tables.append(table)
                continue
            problems.append(Problem(table.file, 0, "", *told, severity="information"))
        return tables, problems

    @property
    def book(self) -> Any:
        """The workbook as openpyxl has it."""
        return self._opened()[2]

    @property
    def archive(self) -> ZipFile:
        return self._opened()[1]

    def close(self) -> None:
        if self._open is not None:
            file, archive, book = self._open
            self._open = None
            book.close()
            archive.close()
            file.close()

    def broken(self) -> TableError:
        return TableError("unreadable-table", f"{self.file} can't be read as a workbook: it is damaged, or is none", SAVE_ANEW)

    def _opened(self) -> tuple[BinaryIO, ZipFile, Any]:
        if self._open is None:
            try:
                file = self.opener()
            except OSError as error:
                raise TableError(
                    "unreadable-table", f"{self.file} can't be read: {error.strerror}", "check its permissions"
                ) from None
            try:
                self._open = (file, *self._load(file))
            except TableError:
                file.close()
                raise
        return self._open

    def _load(self, file: BinaryIO) -> tuple[ZipFile, Any]:
        if file.read(len(OLE)) == OLE:
            raise TableError("unreadable-table", f"{self.file} is encrypted, or a workbook of Excel before 2007", SAVE_ANEW)
        try:
            archive = ZipFile(file)
        except READ_ERRORS:
            raise self.broken() from None
        if bomb(archive.infolist()):
            raise TableError("unreadable-table", f"{self.file} unpacks to too much for a workbook", "save it anew, or as CSV")
        return archive, self.quiet(lambda: _load_book(file))

    def quiet(self, read: Callable[[], Any]) -> Any:
        """The result, without openpyxl's warnings; whatever it raises on a broken part is one error here."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return read()
            except Exception:  # noqa: BLE001
                raise self.broken() from None  # its own words may hold cells

    def batches(self, items: Iterator[Any]) -> Iterator[Any]:
        """The items of an iterator of openpyxl's, safely."""
        while batch := self.quiet(lambda: list(islice(items, BATCH))):
            yield from batch


def _load_book(file: BinaryIO) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415 - heavy, and only workbooks need it

    return load_workbook(file, read_only=True, data_only=True, keep_links=False)


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A sheet; its first row that is not blank is the header."""

    name: str
    file: str
    book: Workbook
    sheet: Any

    def header(self, dialect: Dialect) -> tuple[str, ...]:  # noqa: ARG002 - a sheet has no dialect
        """The names of the columns; trailing blank ones are cut."""
        for _, cells in self._filled():
            return read_names(map(_text, cells))
        return ()

    def rows(self, dialect: Dialect) -> Iterator[tuple[int, Row] | Problem]:
        """The rows by their number in the sheet, as wide as the header; a cell merged over rows holds for each of them.

        A cell without a value that can be had is a BrokenCell: it costs what its column is needed for, never the row.
        """
        header = self.header(dialect)
        width = len(header)
        part = self.sheet._worksheet_path  # noqa: SLF001 - told nowhere else
        marks: Marks = self.book.quiet(lambda: load_marks(self.book.archive, part))
        lacking = Lacking(self.book.batches(read_lacking(self.book.archive, part)) if marks.formulas else iter(()))
        spans = Spans(marks.merged)
        for number, cells in islice(self._filled(), 1, None):
            texts = [_text(cell) for cell in cells[:width]]
            texts += [""] * (width - len(texts))
            for place in lacking.of(number):
                if place < width:
                    texts[place] = BrokenCell("formula-without-value")
            spans.fill(number, texts)
            if width and texts[0] == header[0] and says_again(header, texts):
                yield tell_repeated(self.file, number)
                continue
            yield number, tuple(texts)

    def sniff(self) -> Dialect:
        return Dialect()

    def _filled(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """The rows in which something stands."""
        self.sheet.reset_dimensions()  # what a writer says of its size is often wrong
        rows = self.book.batches(self.sheet.iter_rows())
        for number, cells in enumerate(rows, 1):
            if any(cell.value is not None and (cell.data_type == "e" or _text(cell).strip()) for cell in cells):
                yield number, cells


def _text(cell: Any) -> str:
    if cell.data_type == "e":
        return BrokenCell("error-cell")
    text = show(cell.value, cell.number_format) if cell.value is not None else ""
    return text if len(text) <= LONGEST_CELL else BrokenCell("giant-cell")
