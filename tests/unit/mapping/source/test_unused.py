"""What stays in the tables is told by name and count."""

from kapfhir.mapping.source.unused import UnusedColumn, count_unused
from kapfhir.sources.export import open_export


def unused(desk):
    with open_export(desk.export) as export:
        return [(c.table, c.column, c.count) for c in count_unused(desk.load(export), export)]


def test_columns_of_tables_with_and_without_a_map(patients):
    patients.table("patients", "Id,Shoes,Last,,Hat\nP-1,40,One,x,\nP-2, ,Two,,\nP-3,41,Three\n")
    patients.table("extra", "A,B\n1,\n2,3\n")
    assert unused(patients) == [
        ("extra", "A", 2),
        ("extra", "B", 1),
        ("patients", "Shoes", 2),
        ("patients", "column 4", 1),
        ("patients", "Hat", 0),
    ]


def test_a_column_of_where_is_used_and_one_of_a_map_with_todos_is_not(patients):
    patients.map("patients", "concept: Patient\ntable: patients\nwhere: {Kind: real}\nfields:\n  key: Id\n  family: Last\n")
    patients.table("patients", "Id,Last,Kind\nP-1,One,real\n")
    patients.map("sites", "concept: Clinic\ntable: sites\nfields:\n  key: Site\n  name: TODO\n")
    assert unused(patients) == [("sites", "Site", 1), ("sites", "Name", 1)]


def test_a_table_that_cant_be_read_and_a_cell_without_a_value(patients, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "more"
    for row in (["A", "B"], ["#REF!", "x"]):
        book.active.append(row)
    book.active["A2"].data_type = "e"
    book.save(patients.export / "more.xlsx")
    (patients.export / "broken.csv").write_bytes(b"\xff\xfe\x00A\x00")
    assert unused(patients) == [("more", "A", 1), ("more", "B", 1)]
    assert UnusedColumn("t", "c", 1).column == "c"
