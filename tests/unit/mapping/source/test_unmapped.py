"""What stands in coded columns and in no table: counted, shown only where it looks like a term, never guessed."""

import pytest

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.source.check import load_source
from kapfhir.mapping.source.unmapped import find_unmapped, is_term
from kapfhir.sources.export import open_export

MAP = """
concept: AdverseEvent
table: events
empty: [NA]
where: {Kind: AE}
fields:
  key: Id
  patient: {from: Who, codes: who}
  event: {from: What, codes: event}
  onset: When
  severity: {from: How, codes: severity, where: {Rated: yes}}
"""
TABLES = {
    "who": "Ann,P1\n",
    "event": "Sick,nausea\n# a remark\nDizzy,TODO\n",
    "severity": "bad,severe\n",
}
HEAD = "Id,Kind,Who,What,When,How,Rated\n"


@pytest.fixture
def find(tmp_path):
    """find(rows) -> the columns with texts that no table has."""

    def look(rows, parsed=MAP):
        maps, export = tmp_path / "maps/sources/mine", tmp_path / "export"
        (maps / "codes").mkdir(parents=True, exist_ok=True)
        export.mkdir(exist_ok=True)
        (maps / "events.yaml").write_text(parsed, "utf-8")
        for name, text in TABLES.items():
            (maps / f"codes/{name}.csv").write_text(f"local,code\n{text}", "utf-8")
        (export / "events.csv").write_text(HEAD + rows, "utf-8")
        folder = MapFolder.over(tmp_path / "maps")
        codes = Codes(folder)
        with open_export(export) as tables:
            return find_unmapped(load_source(folder, "mine", tables, codes, "UTC"), tables, folder, codes)

    return look


def without_todo(monkeypatch):
    monkeypatch.setitem(TABLES, "event", "Sick,nausea\n# a remark\n")


def test_counts_most_frequent_first(find, monkeypatch):
    without_todo(monkeypatch)
    rows = ["vomiting", "Headache", " HEADACHE ", "sick", "NA", "", "headache"]
    found = find("".join(f"{n},AE,Ann,{what},2026-01-05T10:00:00Z,,\n" for n, what in enumerate(rows)))
    (column,) = found
    assert (column.file, column.table, column.column) == ("sources/mine/codes/event.csv", "events", "What")
    assert (column.rows, column.first, column.hidden) == (4, 2, 0)
    assert [(t.text, t.rows, t.first, t.meant) for t in column.texts] == [
        ("Headache", 3, 3, "headache"),
        ("vomiting", 1, 2, "vomiting"),
    ]


def test_only_exact_names_are_proposed(find, monkeypatch):
    without_todo(monkeypatch)
    rows = ["headaches", "422587007", "excessive salivation", "hypersalivation", "salivation"]
    (column,) = find("".join(f"{n},AE,Ann,{what},2026-01-05T10:00:00Z,,\n" for n, what in enumerate(rows)))
    meant = {t.text: t.meant for t in column.texts}
    assert meant == {
        "headaches": "",
        "excessive salivation": "hypersalivation",
        "hypersalivation": "hypersalivation",
        "salivation": "",
    }
    assert column.hidden == 1, "a long number could be anything"


def test_rows_and_lines_that_where_does_not_want(find, monkeypatch):
    without_todo(monkeypatch)
    found = find("1,other,Ann,x,2026-01-05T10:00:00Z,y,yes\n2,AE,Ann,Sick,2026-01-05T10:00:00Z,awful,no\n")
    assert found == []
    (column,) = find("2,AE,Ann,Sick,2026-01-05T10:00:00Z,awful,yes\n")
    assert [t.text for t in column.texts] == ["awful"]


def test_names_are_counted_and_never_shown(find, monkeypatch):
    without_todo(monkeypatch)
    (column,) = find("1,AE,Bob,Sick,2026-01-05T10:00:00Z,,\n2,AE,Bea,Sick,2026-01-05T10:00:00Z,,\n")
    assert (column.column, column.rows, column.hidden, column.texts) == ("Who", 2, 2, ())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("IV drip", True),
        ("none; see chart", True),
        ("nausea/vomiting", True),
        ("the patient told me about it", False),
        ("x" * 41, False),
        ("MRN 12345", False),
        ("ann@example.org", False),
        ("01/05/2026", False),
        ("555-123-4567", False),
        ("two\nlines", False),
    ],
)
def test_what_looks_like_a_term(text, shown):
    assert is_term(text) is shown


def test_what_is_free_text_is_counted(find, monkeypatch):
    without_todo(monkeypatch)
    (column,) = find("1,AE,Ann,she said that her mother came by,2026-01-05T10:00:00Z,,\n")
    assert (column.rows, column.hidden, column.texts) == (1, 1, ())


def test_several_in_one_cell(find, monkeypatch):
    without_todo(monkeypatch)
    parsed = """
concept: IntegrationSession
table: events
fields:
  key: Id
  patient: Who
  therapist: = S1
  follows: Kind
  status: = completed
  session.start: When
  delivery: = in-person
  modalities: {from: What, codes: modality, split: ";"}
"""
    monkeypatch.setitem(TABLES, "modality", "EMDR,emdr\n")
    (column,) = find("1,,,EMDR; tapping,,,\n2,,,tapping ;  CBT;,,,\n", parsed)
    assert [(t.text, t.rows, t.meant) for t in column.texts] == [("tapping", 2, ""), ("CBT", 1, "cbt")]
