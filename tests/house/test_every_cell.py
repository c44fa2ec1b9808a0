"""Where each cell of an export goes, byte by byte: a word of its own in every column, followed through every command.

A word may stand in the element that its column is mapped to, in the narrative of the same resource, and in the archive. Keys are identifiers:
they stand in `identifier.value` and in the ledger. No other byte that is written or sent holds one of them.
"""

import base64
import csv
import json
import logging
import re
import shutil
import sqlite3
from collections import defaultdict
from pathlib import Path

import openpyxl
import pytest
import requests
from click.testing import CliRunner

from kapfhir.cli.main import COMMANDS, cli
from kapfhir.data import example_folder

WORD = re.compile(r"Zq\d{3}q", re.IGNORECASE)
BORN, BORN_AS = "07/19/1931", re.compile(r"1931-07-19|07/19/1931|19\.?07\.?1931|19310719")
STEP = 5  # rows from one column's word to the next's
TEXTS = {  # table -> column of texts -> the elements that it is mapped to
    "adverse_events": {"meddra": "event.coding.code", "words": "event.text"},
    "allergies": {"as written": "code.text", "note": "note.text"},
    "chaperone": {"said": "valueString"},
    "clients": {"City": "address.city", "Email": "telecom.value", "Ethnicity": "valueString", "First Name": "name.given", "Last Name": "name.family", "Phone": "telecom.value", "Preferred": "name.text", "Pronouns": "valueString", "Race": "valueString", "State": "address.state", "Street": "address.line"},
    "consents": {"file": "content.attachment.title", "signer": "name.text", "version": "category.text"},
    "contacts": {"name": "name.text", "phone": "telecom.value"},
    "course_goals": {"goal": "description.text"},
    "courses": {"Protocol": "title"},
    "cssrs": {"action": "component.valueString"},
    "devices": {"model": "modelNumber", "name": "deviceName.name", "serial": "serialNumber"},
    "discharges": {"escort_name": "component.valueString"},
    "documents": {"file": "content.attachment.title", "text": "content.attachment.data", "title": "description"},
    "flags": {"done": "mitigation.action.text", "message": "code.text detail", "source": "evidence.code.text"},
    "licences": {"Issuer": "qualification.issuer.display"},
    "medications": {"as written": "medicationCodeableConcept.text", "how often": "dosage.timing.code.text", "ketamine problems": "component.valueString", "reason words": "statusReason.text"},
    "plan_habits": {"what": "activity.detail.description"},
    "plan_supports": {"contact": "activity.detail.description"},
    "plans": {"crisis": "activity.detail.description", "maintenance": "description"},
    "problem_list": {"Staging": "component.valueString", "Words": "code.text"},
    "protocol_sources": {"text": "relatedArtifact.citation", "title": "relatedArtifact.display"},
    "protocol_windows": {"title": "action.title"},
    "protocols": {"maintenance": "action.description", "published": "relatedArtifact.url", "title": "name title", "version": "version"},
    "rems": {"lot": "item.answer.valueString", "serious_words": "item.answer.valueString"},
    "screenings": {"override": "valueString"},
    "session_day": {"chaperone": "component.valueString", "genre": "component.valueString", "held": "component.valueString", "intention": "valueString", "platform": "component.valueString", "playlist": "component.valueString", "substances": "component.valueString", "taken": "component.valueString"},
    "sites": {"City": "address.city", "Name": "name", "Phone": "telecom.value", "State": "address.state", "Street": "address.line", "ZIP": "address.postalCode", "Zone": "extraDetails"},
    "staff": {"Credentials": "name.suffix", "Email": "telecom.value", "First": "name.given", "Last": "name.family", "Phone": "telecom.value"},
    "therapy": {"homework": "followUp.text"},
    "timeline": {"what": "valueString"},
    "trainings": {"Organization": "qualification.issuer.display", "Programme": "qualification.code.text"},
    "vials": {"diluent": "component.valueString", "waste_method": "extension.extension.valueString"},
}  # fmt: skip
TO = ("--server", "SERVER", "--ledger", "ledger.sqlite")
CALLS = {  # how each command that reads an export, or what was made of one, is called
    "init": [("init", "input", "-o", "drafts")],
    "check": [("check",)],
    "codes": [("codes", "check")],
    "explain": [("explain", "input", place) for place in ("clients:3", "clients:9", "IV:8", "notes:4", "staff:2", "moniteur:7")],
    "map": [("map", "input", "-o", "out"), ("map", "input", "-o", "bundles", "--format", "bundle")],
    "people": [("people", "input", "-o", "asked")],
    "findings": [("findings", "input"), ("findings", "input", "-o", "findings.csv")],
    "validate": [("validate", "out"), ("validate", "bundles")],
    "plan": [("plan", "input", *TO)],
    "sync": [("sync", "input", *TO), ("sync", "input", *TO)],
    "archive": [("archive", "input", "-o", "kept")],
    "deidentify": [
        ("deidentify", "out", "-o", "shared", "--key", "k"),
        ("deidentify", "bundles", "-o", "shared-bundles", "--key", "k"),
    ],
}
NO_EXPORT = {"doctor", "sandbox", "schema", "cohort"}
REPORTS = ("rejected.ndjson", "problems.csv", "manifest.json", "unused.csv", "completeness.csv")


def rows_of(path, change):
    encoding, delimiter = ("cp1252", ";") if path.stem == "moniteur" else ("utf-8-sig", ",")
    with path.open(encoding=encoding, newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    change(header, rows)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


@pytest.fixture
def words(request, tmp_path, monkeypatch):
    """word -> (table, column), planted in the example's export; with each parameter in other rows."""
    first = getattr(request, "param", 1)
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    shutil.copytree(example_folder("clinic") / "input", "input")
    shutil.copy(example_folder("clinic") / "kapfhir.toml", ".")
    planted = {}

    def new(table, column):
        word = f"Zq{len(planted):03}q"
        planted[word] = (table, column)
        return word

    def plant(table, header, rows):
        for at, column in enumerate(header):
            row = rows[(at * STEP + first) % len(rows)]
            if at < len(row):
                row[at] = new(table, column)

    for path in sorted(Path("input").glob("*.csv")):
        if path.stat().st_size:
            rows_of(path, lambda header, rows, table=path.stem: plant(table, header, rows))
    book = openpyxl.load_workbook("input/dose_log.xlsx")
    for sheet in book:
        for at in range(1, sheet.max_column + 1):
            cell = sheet.cell(2 + (at * STEP + first) % (sheet.max_row - 1), at)
            cell.value = new(sheet.title, sheet.cell(1, at).value)
    book.save("input/dose_log.xlsx")
    return planted


def call(*arguments, server=""):
    """What a command says holds no word, whatever it is asked to say."""
    result = CliRunner().invoke(cli, [server if a == "SERVER" else a for a in arguments])
    assert result.exit_code not in (1, 2), result.stderr
    assert WORD.findall(result.stdout + result.stderr) == [], arguments
    return result


def resources_in(folder):
    for path in sorted(Path(folder).glob("*.ndjson")):
        if path.name not in REPORTS:
            yield from (json.loads(line) for line in path.read_text("utf-8").splitlines())


def leaves(node, path=""):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for item in node:
            yield from leaves(item, path)
    elif isinstance(node, str):
        yield path, base64.b64decode(node).decode("utf-8", "replace") if path.endswith("attachment.data") else node


def elements_of(resources):
    """word -> the elements in which it stands, with the type of the resource."""
    found = defaultdict(set)
    for resource in resources:
        for path, text in leaves(resource):
            for word in WORD.findall(text):
                found[word].add((resource["resourceType"], path))
    return found


def text_columns(words):
    """word -> the elements that its column is mapped to, for the columns that hold texts."""
    return {word: set(TEXTS[table][column].split()) for word, (table, column) in words.items() if column in TEXTS.get(table, ())}


@pytest.mark.parametrize("words", [1, 2], indirect=True)
def test_each_text_stands_in_its_element_and_each_key_in_identifiers(words):
    call("map", "input", "-o", "out")
    found, texts = elements_of(resources_in("out")), text_columns(words)
    assert len(texts) >= sum(map(len, TEXTS.values())) - 2, "a row may be too short for its word"
    assert len(found.keys() & texts.keys()) > 0.7 * len(texts), "the others stand in rows that another word spoils"
    for word, places in found.items():
        paths = {path for _, path in places} - {"text.div"}
        if word in texts:
            assert paths <= texts[word], words[word]
        else:
            assert all(path.endswith("identifier.value") for path in paths), words[word]
    assert sum(word in texts for word in found) < len(found), "keys were planted, too"
    assert not {"target", "notes", "insights", "summary"} & {words[word][1] for word in found}, (
        "what was said in psychotherapy stays"
    )


def test_every_command_is_followed():
    assert COMMANDS.keys() - CALLS.keys() == NO_EXPORT & COMMANDS.keys()


@pytest.mark.parametrize("flags", [["-v"], ["--json"]])
def test_no_command_says_a_word(words, kapfhir_sandbox, caplog, flags):
    caplog.set_level(logging.DEBUG)
    called = [arguments for name, each in CALLS.items() if name in COMMANDS for arguments in each]
    for arguments in called:
        call(*flags, *arguments, server=kapfhir_sandbox.url)
    assert WORD.findall(caplog.text) == []
    for folder in ("out", "bundles", "shared", "shared-bundles"):
        for name in REPORTS:
            path = Path(folder, name)
            assert not path.exists() or WORD.findall(path.read_text("utf-8")) == [], path
    if Path("findings.csv").exists():
        assert WORD.findall(Path("findings.csv").read_text("utf-8")) == []
    for folder in ("shared", "shared-bundles"):
        for path in Path(folder).iterdir():
            assert WORD.findall(path.read_text("utf-8")) == [], "what is de-identified holds neither a text nor a key"


def test_a_server_gets_what_stands_in_the_files_and_the_ledger_keeps_keys_only(words, kapfhir_sandbox):
    call("map", "input", "-o", "out")
    call("sync", "input", *TO, server=kapfhir_sandbox.url)
    here = elements_of(resources_in("out"))
    there = elements_of(everything(kapfhir_sandbox, {resource["resourceType"] for resource in resources_in("out")}))
    assert there == here
    held = sqlite3.connect("ledger.sqlite")
    texts = text_columns(words)
    tables = [name for (name,) in held.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = {
        word
        for table in tables
        for row in held.execute(f"SELECT * FROM {table}")
        for word in WORD.findall(" ".join(map(str, row)))
    }
    held.close()
    assert kept & texts.keys() == set()
    assert kept
    raw = Path("ledger.sqlite").read_bytes().decode("latin-1")
    assert set(WORD.findall(raw)) & texts.keys() == set(), "not in a page that is free, either"


def everything(sandbox, kinds):
    for kind in sorted(kinds):
        url = f"{sandbox.url}/{kind}?_count=500"
        while url:
            page = requests.get(url, timeout=30).json()
            yield from (entry["resource"] for entry in page.get("entry", ()))
            url = next((link["url"] for link in page.get("link", ()) if link["relation"] == "next"), None)


def test_a_birth_date_stands_in_one_element_of_one_resource(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(example_folder("clinic") / "input", "input")
    shutil.copy(example_folder("clinic") / "kapfhir.toml", ".")
    rows_of(Path("input/clients.csv"), lambda header, rows: rows[3].__setitem__(header.index("DOB"), BORN))
    for flags in ([], ["-v"], ["--json"]):
        for arguments in (
            ("map", "input", "-o", "out"),
            ("explain", "input", "clients:5"),
            ("deidentify", "out", "-o", "shared", "--key", "k"),
        ):
            result = CliRunner().invoke(cli, [*flags, *arguments])
            assert result.exit_code in (0, 5)
            assert BORN_AS.search(result.stdout + result.stderr) is None
    found = [(r["resourceType"], path) for r in resources_in("out") for path, text in leaves(r) if BORN_AS.search(text)]
    assert set(found) == {("Patient", "birthDate"), ("Patient", "text.div")}
    assert len(found) == 2
    for name in REPORTS:
        assert not Path("out", name).exists() or BORN_AS.search(Path("out", name).read_text("utf-8")) is None
    assert [path for path in Path("shared").iterdir() if BORN_AS.search(path.read_text("utf-8"))] == []
