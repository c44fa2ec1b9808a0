"""Marks are found wherever they stand, also across the blocks in which a sheet is looked at."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from kapfhir.sources import sheetmarks
from kapfhir.sources.sheetmarks import Lacking, Spans, load_marks, read_lacking

HEAD = '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'


def zipped(xml: str) -> ZipFile:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("sheet", xml)
    return ZipFile(out)


def test_merges_downwards_are_found_over_the_edges_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheetmarks, "BLOCK", 7)
    marks = load_marks(
        zipped('<mergeCells><mergeCell ref="A2:B9"/><mergeCell id="1" ref="AB2:AB3"/><mergeCell ref="C4:F4"/></mergeCells>'),
        "sheet",
    )
    assert marks.merged == {2: {0: 9, 27: 3}}
    assert not marks.formulas


@pytest.mark.parametrize(("xml", "found"), [("<f>A1</f>", True), ("<x:f t='shared'>", True), ("<f/>", True), ("<font/>", False)])
def test_formulas_are_found(xml: str, found: bool) -> None:
    assert load_marks(zipped(xml), "sheet").formulas is found


def test_a_span_ends_with_its_last_row() -> None:
    spans = Spans({2: {0: 3, 7: 9}})
    seen = []
    for row in range(2, 5):
        texts = ["x" if row == 2 else "", str(row)]
        spans.fill(row, texts)
        seen.append(texts)
    assert seen == [["x", "2"], ["x", "3"], ["", "4"]]


def test_formulas_without_a_value_are_told_row_by_row() -> None:
    row2 = '<x:row r="2"><x:c r="A2"><x:f>1</x:f></x:c><x:c r="B2"><x:f>1</x:f><x:v>3</x:v></x:c><x:c><x:f>1</x:f><x:v/></x:c></x:row>'
    row5 = '<x:row r="5"><x:c r="D5" t="str"><x:f>1</x:f><x:v></x:v></x:c><x:c r="E5"><x:f>1</x:f></x:c></x:row>'
    lacking = Lacking(read_lacking(zipped(HEAD + row2 + row5 + "</x:sheetData></x:worksheet>"), "sheet"))
    assert [lacking.of(row) for row in (1, 2, 4, 5, 6)] == [[], [0, 2], [], [4], []]
