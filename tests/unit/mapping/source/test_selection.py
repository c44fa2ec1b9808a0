"""Which sources fit an export."""

from kapfhir.data import mappings_folder
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.source.selection import candidates
from kapfhir.sources.export import open_export
from source_desk import SAMPLE


def fitting(folder, export):
    with open_export(export) as tables:
        return candidates(folder, tables)


def test_the_source_whose_columns_are_there():
    folder = MapFolder((mappings_folder(), SAMPLE))
    assert fitting(folder, SAMPLE / "export") == ["sample"]
    assert fitting(folder, SAMPLE / "praxis_export") == ["praxis"]


def test_a_missing_column_or_table_fits_nothing(patients):
    assert fitting(patients.maps(), patients.export) == ["desk"]
    patients.table("patients", "Id,Name\n")
    assert fitting(patients.maps(), patients.export) == []
    (patients.export / "patients.csv").unlink()
    assert fitting(patients.maps(), patients.export) == []


def test_columns_of_where_and_checkboxes_count(patients):
    patients.map("patients", "concept: Patient\ntable: patients\nwhere: {Kind: A}\nfields:\n  key: Id\n  family: Last\n")
    assert fitting(patients.maps(), patients.export) == []


def test_two_sources_may_fit(patients):
    other = patients.folder / "maps" / "sources" / "other"
    other.mkdir()
    (other / "patients.yaml").write_text("concept: Patient\ntable: patients\nfields:\n  key: Id\n  family: TODO\n")
    assert fitting(patients.maps(), patients.export) == ["desk", "other"]


def test_maps_that_are_none_fit_nothing(patients):
    patients.map("patients", "- a\n- list\n")
    assert fitting(patients.maps(), patients.export) == []


def test_a_table_that_cant_be_read_fits_nothing(patients):
    (patients.export / "patients.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    assert fitting(patients.maps(), patients.export) == []
