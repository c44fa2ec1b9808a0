"""No value of a cell leaves by another door than the resources: an export whose cells hold canaries goes through every command.

Keys are identifiers: the ledger keeps them, to know a record again. No message, report or log repeats even these.
"""

import csv
import json
import logging
import re
import shutil
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

import kapfhir
from kapfhir.cli.main import cli
from kapfhir.data import example_folder
from kapfhir.mapping.resource.library import Library
from kapfhir.sync.action import Sign

CANARIES = {"text": "Quokka~", "number": "98765432", "date": "02/31/1931"}  # a word and a tilde: no code, no path
CANARY = re.compile(r"quokka|98765432|(?<![0-9a-f-])1931(?![0-9a-f])", re.IGNORECASE)  # digests are of hexadecimal digits
DIALECTS = {"moniteur": ("cp1252", ";")}
KEYS = ("key", "dose_patient")  # a ledger can't do without them
STEP = 5  # rows from one canary to the next


def spoil(path, canary, shift):
    """A canary in every column of a CSV, each in another row if there are enough."""
    encoding, delimiter = DIALECTS.get(path.stem, ("utf-8-sig", ","))
    with path.open(encoding=encoding, newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    for column in range(len(header)):
        row = rows[(column * STEP + shift) % len(rows)]
        if column < len(row):
            row[column] = canary
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


def spoil_book(path, canary, shift):
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for column in range(1, sheet.max_column + 1):
            sheet.cell(2 + (column * STEP + shift) % (sheet.max_row - 1), column).value = canary
    book.save(path)


@pytest.fixture(params=CANARIES)
def clinic(request, tmp_path, monkeypatch):
    """The example with canaries of one kind, in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    shutil.copytree(example_folder("clinic") / "input", "input")
    shutil.copy(example_folder("clinic") / "kapfhir.toml", ".")
    shift = list(CANARIES).index(request.param)
    for path in Path("input").glob("*.csv"):
        if path.stat().st_size:
            spoil(path, CANARIES[request.param], shift)
    spoil_book(Path("input/dose_log.xlsx"), CANARIES[request.param], shift)
    return "input"


def call(*arguments):
    """What a command says; it must not hold a canary."""
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exit_code != 1 or "unexpected" in result.stderr
    for place, said in (("stdout", result.stdout), ("stderr", result.stderr)):
        found = CANARY.search(said)
        assert found is None, f"{place} of {arguments}: ...{said[max(0, found.start() - 200) : found.end() + 50]}..."
    return result


def test_the_canaries_are_in_the_cells_and_this_test_would_see_them(clinic):
    tables = [p for p in Path("input").glob("*.csv") if p.stat().st_size]
    assert all(CANARY.search(p.read_bytes().decode("cp1252", "replace")) for p in tables)
    shown = [CliRunner().invoke(cli, ["explain", clinic, f"clients:{row}", "--show-values"]).stdout for row in (2, 3, 4)]
    assert any(CANARY.search(text) for text in shown)


def test_map_and_its_reports(clinic):
    result = call("-v", "map", clinic, "-o", "out")
    assert result.exit_code in (5, 6)
    lines = [json.loads(line) for line in Path("out/rejected.ndjson").read_text("utf-8").splitlines()]
    assert len({(line["table"], line["column"]) for line in lines}) > 30, "canaries must meet problems"
    for name in ("rejected.ndjson", "problems.csv", "manifest.json"):
        assert CANARY.search(Path("out", name).read_text("utf-8")) is None, name
    call("map", clinic, "-o", "out")
    call("--json", "map", clinic, "-o", "out", "--format", "bundle")


def test_plan_and_sync(clinic, kapfhir_sandbox, caplog):
    to = (clinic, "--server", kapfhir_sandbox.url, "--ledger", "ledger.sqlite")
    call("-v", "plan", *to)
    call("--json", "plan", *to)
    for _ in range(3):
        kapfhir_sandbox.fail_next(422)
    call("-v", "sync", *to)
    kapfhir_sandbox.behave("html-errors", "flaky")
    call("--json", "sync", *to)
    held = sqlite3.connect("ledger.sqlite")
    for table in ("scope", "records", "resources"):
        names = [row[1] for row in held.execute(f"PRAGMA table_info({table})") if row[1] not in KEYS]
        for row in held.execute(f"SELECT {', '.join(names)} FROM {table}"):
            assert CANARY.search(" ".join(map(str, row))) is None, table
    held.close()


def test_the_log_of_the_library(clinic, kapfhir_sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("kapfhir").setLevel(logging.NOTSET)
    with kapfhir.plan(clinic, kapfhir_sandbox.url, ledger=Path("ledger.sqlite")) as plan:
        told = [str(problem) for problem in plan.problems()] + [str(action) for action in plan.actions(Sign)]
        report = kapfhir.apply(plan)
    assert len(caplog.records) > 20
    assert CANARY.search(" ".join([caplog.text, *told, str(report), *map(str, report.problems)])) is None


def test_explain(clinic):
    for place in ("clients:3", "moniteur:7", "IV:8"):
        call("-v", "explain", clinic, place)
    call("--json", "explain", clinic, "phq9:7")


def test_findings(clinic):
    told = call("-v", "findings", clinic, "-o", "f.csv")
    assert len(told.stdout.splitlines()) > 100
    call("--json", "findings", clinic)
    assert CANARY.search(Path("f.csv").read_text("utf-8")) is None
    call("findings", clinic, "-o", "f.ndjson", "--as", "fhir")
    texts = [json.loads(line) for line in Path("f.ndjson").read_text("utf-8").splitlines()]
    assert CANARY.search(" ".join(r.get("detail", "") for r in texts)) is None


def test_init_and_check(clinic):
    call("-v", "init", clinic, "-o", "mine")
    call("--json", "init", clinic, "-o", "again")
    call("--config", "mine/kapfhir.toml", "check", "mine/mappings")


def test_what_breaks_off_unforeseen(clinic, kapfhir_sandbox, monkeypatch):
    def build(_, record):
        raise ValueError(f"{CANARIES} {record}")

    monkeypatch.setattr(Library, "build", build)
    for flags in ([], ["-v"], ["--json"]):
        assert call(*flags, "map", clinic, "-o", "out").exit_code == 1
        assert call(*flags, "sync", clinic, "--server", kapfhir_sandbox.url).exit_code == 1


def test_validate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Path(example_folder("clinic"), "expected/resources/Observation.ndjson").open("rb") as lines:
        resources = [json.loads(next(lines)) for _ in range(5)]
    for canary in CANARIES.values():
        with Path("bad.ndjson").open("w") as file:
            for resource in resources:
                file.writelines(json.dumps(bad) + "\n" for bad in spoiled(resource, canary))
            file.write(f'{{"resourceType": "{canary}", {canary}\n')
        for flags in ([], ["-v"], ["--json"]):
            assert call(*flags, "validate", "bad.ndjson").exit_code == 6


def spoiled(node, canary):
    """Every copy of a resource in which one value is a canary, or one more key."""
    if isinstance(node, dict):
        yield {**node, canary: canary}
        for key, value in node.items():
            for bad in spoiled(value, canary):
                yield {**node, key: bad}
    elif isinstance(node, list):
        for at, value in enumerate(node):
            for bad in spoiled(value, canary):
                yield [*node[:at], bad, *node[at + 1 :]]
    else:
        yield canary
