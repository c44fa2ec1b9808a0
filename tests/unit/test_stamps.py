"""An export, or a folder of resources, that is written while it is read: nothing of it is used."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

import kapfhir
from kapfhir import pipeline
from kapfhir.archive import archive
from kapfhir.config import Server, load_settings
from kapfhir.confirmation import ask
from kapfhir.delivery import Delivery, deliver
from kapfhir.errors import ConfigError, Exit
from kapfhir.job import open_job
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.source.explain import explain
from kapfhir.mapping.source.unmapped import find_unmapped
from kapfhir.mapping.source.unused import count_unused
from kapfhir.review import findings
from kapfhir.sources.export import open_export
from kapfhir.stamps import require_same, take_stamps


@pytest.fixture
def clinic(tmp_path):
    """A small example's export in a folder of its own, with its settings."""
    folder, export = kapfhir.example("minimal"), tmp_path / "export"
    export.mkdir()
    for file in (folder / "input").iterdir():
        (export / file.name).write_bytes(file.read_bytes())
    return export, load_settings(folder / "kapfhir.toml")


def put_on_top(table: Path) -> None:
    """The table as a clinic's program writes it anew: another file under its name, with one row more."""
    head, rest = table.read_text("utf-8").split("\n", 1)
    partly = table.with_name(".partly")
    partly.write_text(f"{head}\n{rest.splitlines()[0]}\n{rest}", "utf-8")
    partly.replace(table)


@dataclass
class Meddled:
    """A table that is written anew as soon as it is read."""

    table: Any
    path: Path
    times: int = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def rows(self, dialect: Any) -> Any:
        for item in self.table.rows(dialect):
            if self.times:
                self.times -= 1
                put_on_top(self.path)
            yield item


def open_meddled(clinic: tuple[Path, Any]) -> Any:
    """The clinic's job; its chart changes once it is read."""
    folder, settings = clinic
    job = open_job(folder, settings)
    job.export.tables["chart"] = Meddled(job.export.tables["chart"], folder / "chart.csv")
    return job


def to(folder: Path, job: Any) -> Delivery:
    return Delivery(folder, "ndjson", job.export.newest, "kapfhir map export")


def test_nothing_is_delivered(clinic, tmp_path):
    out = tmp_path / "out"
    with open_job(*clinic) as job:
        deliver(kapfhir.map(job), to(out, job), count_unused(job.maps, job.export))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with (
        open_meddled(clinic) as job,
        pytest.raises(ConfigError, match="changed while it was read: chart.csv; start again") as told,
    ):
        deliver(kapfhir.map(job), to(out, job), count_unused(job.maps, job.export))
    assert told.value.exit is Exit.CONFIG
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_nor_if_it_changes_when_its_records_were_made(clinic, tmp_path):
    def late(job):
        yield from kapfhir.map(job)
        put_on_top(clinic[0] / "chart.csv")

    with open_job(*clinic) as job, pytest.raises(ConfigError, match="changed while it was read"):
        deliver(late(job), to(tmp_path / "out", job), count_unused(job.maps, job.export))
    assert not (tmp_path / "out").exists()


def test_nothing_is_sent_and_nothing_kept(clinic, kapfhir_sandbox, tmp_path):
    server, ledger = Server(kapfhir_sandbox.url, kapfhir_sandbox.url), tmp_path / "l.sqlite"
    with open_meddled(clinic) as job, pytest.raises(ConfigError, match="changed while it was read"):
        kapfhir.plan(job, server, ledger=ledger, findings=job.engine())
    with open_job(*clinic) as job, kapfhir.plan(job, server, ledger=ledger, findings=job.engine()) as plan:
        assert not plan.counts["="], "nothing was there"
        assert not plan.ledger.note("standing")


def test_nor_if_it_changes_when_its_records_were_read(clinic, kapfhir_sandbox, tmp_path, monkeypatch):
    def find(*_):
        put_on_top(clinic[0] / "chart.csv")
        yield from ()

    monkeypatch.setattr(pipeline, "find_superseded", find)
    with open_job(*clinic) as job, pytest.raises(ConfigError, match="changed while it was read"):
        kapfhir.plan(job, Server(kapfhir_sandbox.url, kapfhir_sandbox.url), ledger=tmp_path / "l.sqlite")


@pytest.mark.parametrize(
    "use",
    [
        lambda job, out: list(findings(job)),
        lambda job, out: explain(job.maps, job.export, "chart", 2),
        lambda job, out: archive(pipeline.read(job), out),
        lambda job, out: ask(job, pipeline.read(job), out.with_name("people.csv")),
        lambda job, out: find_unmapped(job.maps, job.export, MapFolder.over(None), Codes(MapFolder.over(None))),
    ],
    ids=["findings", "explain", "archive", "people", "unmapped"],
)
def test_no_command_answers_of_it(clinic, tmp_path, use):
    with open_meddled(clinic) as job, pytest.raises(ConfigError, match="changed while it was read"):
        use(job, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"export"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda at: put_on_top(at / "a.csv"), "a.csv"),
        (lambda at: os.utime(at / "a.csv", ns=(1, 1)), "a.csv"),
        (lambda at: (at / "a.csv").unlink(), "a.csv"),
        (lambda at: (at / "new.csv").write_text("x\n"), "new.csv"),
        (lambda at: (at / "a.csv").rename(at / "b.tsv"), "a.csv, b.tsv"),
    ],
    ids=["written", "touched", "gone", "come", "renamed"],
)
def test_a_table_that_was_written_came_or_went(tmp_path, change, name):
    (tmp_path / "a.csv").write_text("x\n1\n")
    with open_export(tmp_path) as export:
        export.require_unchanged()
        change(tmp_path)
        with pytest.raises(ConfigError, match=f"changed while it was read: {name}; start again once all of it is written"):
            export.require_unchanged()


def test_what_is_no_table_may_change(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    with open_export(tmp_path) as export:
        (tmp_path / "ledger.sqlite").write_text("x")
        (tmp_path / "~$a.xlsx").write_text("x")
        (tmp_path / "out").mkdir()
        export.require_unchanged()


def test_a_zip_is_what_it_was_as_a_whole(tmp_path):
    path = tmp_path / "e.zip"
    with ZipFile(path, "w") as made:
        made.writestr("a.csv", "x\n1\n")
    with open_export(path) as export:
        export.require_unchanged()
        with ZipFile(path, "a") as made:
            made.writestr("b.csv", "x\n1\n")
        with pytest.raises(ConfigError, match=r"changed while it was read: e\.zip"):
            export.require_unchanged()


def test_of_many_files_three_are_named(tmp_path):
    for name in "abcde":
        (tmp_path / name).write_text("x")
    stamps = take_stamps(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="it changed while it was read: a, b, c and 2 more; start"):
        require_same("it", stamps, {})
