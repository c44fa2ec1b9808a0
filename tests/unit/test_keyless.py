"""A table with a row whose key can't be read: nothing of it counts as gone, and that is told."""

import pytest
from own_clinic import CONFIG

import kapfhir
from kapfhir.config import Server, load_settings
from kapfhir.sync.action import Sign

WHO = "concept: Patient\ntable: who\nscope: {}\nfields:\n  family: Last\n  key: Id\n"
TEXT = "no Patient of this table counts as gone: {} no key that can be read"
BROKEN = "x\0,"  # a row that can't be read at all


@pytest.fixture
def clinic(tmp_path):
    maps = tmp_path / "mappings/sources/own"
    maps.mkdir(parents=True)
    (tmp_path / "export").mkdir()
    (tmp_path / "kapfhir.toml").write_text(CONFIG, encoding="utf-8")

    def write(*rows, scope="full"):
        (maps / "who.yaml").write_text(WHO.format(scope), encoding="utf-8")
        (tmp_path / "export/who.csv").write_text("\n".join(["Last,Id", *rows, ""]), encoding="utf-8")
        return tmp_path

    return write


def planned(folder, url, *, send=False):
    """How many are gone, and what is told of it."""
    settings = load_settings(folder / "kapfhir.toml", env={})
    with kapfhir.plan(folder / "export", Server(url, url), settings, ledger=folder / "l.sqlite") as plan:
        told = [(p.file, p.severity, p.text, p.place) for p in plan.problems() if p.code == "gone-unknown"]
        if send:
            kapfhir.apply(plan)
        return plan.counts[Sign.GONE], told


def test_it_is_told_once_for_a_table_with_its_rows(clinic, kapfhir_sandbox):
    folder = clinic("One,P-1", "Two,P-2")
    assert planned(folder, kapfhir_sandbox.url, send=True) == (0, [])
    place = "sources/own/who.yaml"
    clinic("One,P-1", "Total: 1 row")
    assert planned(folder, kapfhir_sandbox.url) == (0, [("who", "warning", TEXT.format("1 row of it has"), place)])
    clinic("One,P-1", "Total: 1 row", BROKEN)
    assert planned(folder, kapfhir_sandbox.url) == (0, [("who", "warning", TEXT.format("2 rows of it have"), place)])
    clinic("One,P-1", ",P-9,too,long")
    assert planned(folder, kapfhir_sandbox.url) == (1, []), "the key of this row can be read"


def test_it_is_told_each_time_also_where_the_export_is_as_it_was(clinic, kapfhir_sandbox):
    folder = clinic("One,P-1", "Total: 1 row")
    assert planned(folder, kapfhir_sandbox.url, send=True) == (0, []), "nothing went out that could be gone"
    assert len(planned(folder, kapfhir_sandbox.url, send=True)[1]) == 1
    assert len(planned(folder, kapfhir_sandbox.url)[1]) == 1


def test_an_export_of_new_rows_tells_nothing_of_it(clinic, kapfhir_sandbox):
    folder = clinic("One,P-1", "Two,P-2", scope="delta")
    planned(folder, kapfhir_sandbox.url, send=True)
    clinic("One,P-1", "Total: 1 row", scope="delta")
    assert planned(folder, kapfhir_sandbox.url) == (0, [])
