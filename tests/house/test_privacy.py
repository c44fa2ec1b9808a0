"""Psychotherapy notes never leave: a word that stands only in them is in no byte that any command writes or sends, save `archive`.

The export has every kind of text; the word of each text says whether it may leave.
"""

import csv
import json
import logging
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

import kapfhir
from kapfhir.cli.main import cli

SECRET, OPEN = "Axolotl", "Heron"  # in what stays, in what leaves
NOTES = [  # key, type as the source calls it, what its text is
    ("N1", "Visit", OPEN),
    ("N2", "Psychotherapy", SECRET),
    ("N3", "Diary", OPEN),
    ("N4", "Memo", OPEN),
    ("N5", "KAP mystery", SECRET),
    ("N6", "", SECRET),
    ("N7", "psychotherapy", SECRET),
]
TABLES = {
    "sites": "id,name\nC1,Clinic\n",
    "staff": "id,last,role\nT1,Doe,therapist\n",
    "clients": "id,last\nP1,Roe\n",
    "doses": "id,client,by,start\nD1,P1,T1,2026-01-05T10:00:00Z\n",
    "talks": (
        "id,client,by,dose,start,insights,labels\n"
        f"I1,P1,T1,D1,2026-01-06T12:00:00Z,{SECRET} said,psychiatric\n"
        f"I2,P1,T1,D1,2026-01-06T18:00:00Z,{SECRET} said,psychiatric;psychotherapy-note\n"
        f"I3,P1,T1,D1,2026-01-06T20:00:00Z,{SECRET} said,{SECRET}\n"
    ),
}
MAPS = {
    "sites": "concept: Clinic\nfields: {key: id, name: name}",
    "staff": "concept: Practitioner\nfields: {key: id, family: last, profession: role, clinic: = C1}",
    "clients": "concept: Patient\nfields: {key: id, family: last}",
    "doses": (
        "concept: DosingSession\nfields: {key: id, patient: client, clinician: by, status: = not-done,"
        " visit.start: start, session.start: start}"
    ),
    "talks": (
        "concept: IntegrationSession\nfields: {key: id, patient: client, therapist: by, follows: dose, status: = completed,"
        " session.start: start, delivery: = in-person, insights: insights, sensitivity: {from: labels, split: ;}}"
    ),
    "notes": (
        "concept: Document\nfields: {key: id, patient: client, note: {from: type, codes: note-types}, label: type,"
        " text: text, title: title, integration: talk}"
    ),
}
CONFIG = """source = "own"
mappings = "maps"
[clinic]
system = "https://clinic.example/kap"
namespace = "3f0e6c1e-0000-4000-8000-000000000000"
zone = "UTC"
synthetic = true
"""
CLASSES = "local,code\nVisit,progress-note\nPsychotherapy,psychotherapy-note\nDiary,patient-narrative\nMemo,administrative\n"


def write_notes(types=()):
    changed = dict(types)
    with Path("export/notes.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "client", "type", "title", "text", "talk"))
        rows.writerows((key, "P1", changed.get(key, kind), f"{word} title", f"{word} text", "I1") for key, kind, word in NOTES)


@pytest.fixture(autouse=True)
def clinic(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    codes = Path("maps/sources/own/codes")
    codes.mkdir(parents=True)
    Path("export").mkdir()
    for name, text in TABLES.items():
        Path(f"export/{name}.csv").write_text(text, encoding="utf-8")
    for name, text in MAPS.items():
        concept, _, fields = text.partition("\n")
        Path(f"maps/sources/own/{name}.yaml").write_text(f"{concept}\ntable: {name}\n{fields}\n", encoding="utf-8")
    (codes / "note-types.csv").write_text(CLASSES, encoding="utf-8")
    Path("kapfhir.toml").write_text(CONFIG, encoding="utf-8")
    write_notes()


def call(*arguments):
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exit_code != 1, result.stderr
    assert SECRET.lower() not in (result.stdout + result.stderr).lower(), arguments
    return result


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file())


@pytest.mark.parametrize("form", ["ndjson", "bundle"])
def test_no_byte_of_a_psychotherapy_note_is_in_what_map_writes(form):
    for flags in ([], ["-v"], ["--json"]):
        call(*flags, "map", "export", "-o", "out", "--format", form)
    written = bytes_of("out")
    for word in (SECRET, "QXhvbG90bC", "F4b2xvdG", "BeG9sb3Rs"):  # plain, and in each of the three phases of base64
        assert word.encode() not in written
    assert OPEN.encode() in written


def test_what_leaves_is_labelled_and_what_stays_is_told_by_count():
    call("map", "export", "-o", "out")
    notes = [json.loads(line) for line in Path("out/DocumentReference.ndjson").read_text("utf-8").splitlines()]
    assert {n["type"]["text"] for n in notes} == {"Visit", "Diary", "Memo"}
    talks = [json.loads(line) for line in Path("out/Encounter.ndjson").read_text("utf-8").splitlines()]
    labels = [[s["code"] for s in t["meta"]["security"]] for t in talks if t["identifier"][0]["value"].startswith("I")]
    assert labels == [["PSY", "HTEST"]], "I2 is a psychotherapy note as a whole, the labels of I3 can't be read"
    with Path("out/problems.csv").open(encoding="utf-8", newline="") as file:
        told = {(row["code"], row["table"]): row["count"] for row in csv.DictReader(file)}
    assert told["psychotherapy-note-kept", "notes"] == "2"
    assert told["unclassified-text", "notes"] == "2"
    assert told["psychotherapy-note-kept", "talks"] == "1"
    assert told["unmapped-code", "talks"] == "1"


def test_no_byte_reaches_a_server_a_ledger_or_a_log(kapfhir_sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    to = ("export", "--server", kapfhir_sandbox.url, "--ledger", "ledger.sqlite")
    for verb in ("plan", "sync", "sync"):
        call("-v", verb, *to)
    call("--json", "sync", *to)
    held = json.dumps(
        [
            entry
            for kind in ("DocumentReference", "Procedure", "Encounter", "Observation")
            for entry in everything(kapfhir_sandbox, kind)
        ]
    )
    assert SECRET not in held
    assert "QXhvbG90bC" not in held
    assert OPEN in held
    assert SECRET.encode() not in Path("ledger.sqlite").read_bytes()
    assert SECRET not in caplog.text


def everything(sandbox, kind):
    import requests

    return requests.get(f"{sandbox.url}/{kind}", params={"_count": 200}, timeout=10).json().get("entry", [])


def test_a_note_that_turns_out_to_be_one_is_told_as_gone(kapfhir_sandbox):
    settings = kapfhir_settings()
    to = {"server": kapfhir_sandbox.url, "settings": settings, "ledger": Path("ledger.sqlite")}
    with kapfhir.plan("export", **to) as plan:
        kapfhir.apply(plan)
    write_notes({"N1": "Psychotherapy"})
    for _ in range(2):  # it is told each time, until it is taken out there
        with kapfhir.plan("export", **to) as plan:
            assert [(a.sign.value, a.type, a.key) for a in plan.actions()] == [("-", "DocumentReference", "N1")]
            kapfhir.apply(plan)


def kapfhir_settings():
    from kapfhir.config import load_settings

    return load_settings(Path("kapfhir.toml"))


def test_the_archive_holds_it_all_for_its_owner_alone():
    call("map", "export", "-o", "out")
    result = call("archive", "export", "-o", "kept")
    assert "5 records and 1 fields stay with the clinic" in result.stderr + result.stdout
    lines = [json.loads(line) for line in Path("kept/withheld.ndjson").read_text("utf-8").splitlines()]
    assert {line["key"]: line["reason"] for line in lines if "record" in line} == {
        "N2": "psychotherapy-note-kept",
        "N5": "unclassified-text",
        "N6": "unclassified-text",
        "N7": "psychotherapy-note-kept",
        "I2": "psychotherapy-note-kept",
    }
    assert [(line["key"], line["patient"], line["field"], line["value"]) for line in lines if "field" in line] == [
        ("I1", "P1", "insights", f"{SECRET} said")
    ]
    assert all(SECRET in json.dumps(line) for line in lines)
    with Path("kept/counts.csv").open(encoding="utf-8", newline="") as file:
        counts = {(row["reason"], row["type"]): row["count"] for row in csv.DictReader(file)}
    assert counts["unclassified-text", "KAP mystery"] == "1", "by the name that the source has for it"
    assert stat.S_IMODE(Path("kept").stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in Path("kept").iterdir()} == {0o600}
    before = bytes_of("kept")
    call("archive", "export", "-o", "kept")
    assert bytes_of("kept") == before


def test_the_archive_overwrites_nothing_of_others():
    Path("kept").mkdir()
    Path("kept/mine.txt").write_text("mine", encoding="utf-8")
    assert call("archive", "export", "-o", "kept").exit_code == 3
    assert [p.name for p in Path("kept").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("place", "shown"), [("notes:2", True), ("notes:3", False), ("notes:6", False), ("talks:2", False)])
def test_explain_shows_no_value_of_it(place, shown):
    result = call("explain", "export", place, "--show-values")
    assert (f"{OPEN} text" in result.stdout) == shown
    assert ("stays with the clinic" in result.stdout) != shown
