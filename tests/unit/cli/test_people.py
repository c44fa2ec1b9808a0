"""`kapfhir people`: what only the clinic can say."""

import csv
import json
import stat

import pytest

from kapfhir.data import example_folder


@pytest.fixture
def clinic(tmp_path, monkeypatch):
    """A copy of the dose log without any answer, as the working folder."""
    example = example_folder("minimal")
    (tmp_path / "input").mkdir()
    for path in (example / "input").iterdir():
        (tmp_path / "input" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "kapfhir.toml").write_bytes((example / "kapfhir.toml").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)


def test_it_asks_and_holds_names_in_no_word_of_its_own(clinic, run):
    done = run("people", "input")
    assert done.exit_code == 0
    assert done.stdout == "people.csv\npairs.csv\n"
    assert "15 names, 15 wait for an answer" in done.stderr
    assert "Alder" not in done.output
    rows = read(clinic / "people.csv")
    asked = {(r["table"], r["name"]): r["candidates"] for r in rows if r["kind"] == "patient"}
    assert asked["dose_log", "Ruth Alder"] == asked["dose_log", "ruth alder"] == "H-01"
    assert asked["dose_log", "Birch, Tom"] == asked["dose_log", "Tom Birch"] == "H-02"
    assert asked["dose_log", "N. Elm"] == "", "likeness proposes nobody"
    assert {r["key"] for r in rows} == {""}, "nothing is confirmed by itself"


@pytest.mark.parametrize("name", ["people.csv", "pairs.csv"])
def test_the_files_are_for_their_owner_alone(clinic, run, name):
    run("people", "input")
    assert stat.S_IMODE((clinic / name).stat().st_mode) == 0o600


def test_answers_stay_and_are_read_by_the_next_run(clinic, run):
    run("people", "input")
    rows = read(clinic / "people.csv")
    for row in rows:
        row["key"] = row["candidates"]
    write(clinic / "people.csv", rows)
    done = run("--json", "people", "input")
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["file", "file", "summary"]
    assert {r["name"]: r["key"] for r in read(clinic / "people.csv")}["Ruth Alder"] == "H-01"
    pairs = read(clinic / "pairs.csv")
    assert ("C-001", "H-01/01-05-2026") in {(p["key"], p["other_key"]) for p in pairs}
    assert {p["confirmed"] for p in pairs} == {""}
    found = run("map", "input", "-o", "out")
    assert "possible-duplicate" in found.stderr
    write(clinic / "pairs.csv", [pair | {"confirmed": "yes"} for pair in pairs])
    assert "possible-duplicate" not in run("map", "input", "-o", "out").stderr


def test_it_is_written_where_the_configuration_says(clinic, run):
    with (clinic / "kapfhir.toml").open("r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write('people = "answers/who.csv"\n' + text)
    (clinic / "answers").mkdir()
    assert run("people", "input").exit_code == 0
    assert sorted(p.name for p in (clinic / "answers").iterdir()) == ["pairs.csv", "who.csv"]


def test_another_place_keeps_its_own_answers(clinic, run):
    run("people", "example:minimal", "-o", "asked")
    rows = read(clinic / "asked/people.csv")
    (clinic / "asked/people.csv").write_text(
        "kind,table,name,candidates,key\n" + f"patient,dose_log,{rows[1]['name']},,X-9\n", encoding="utf-8"
    )
    run("people", "example:minimal", "-o", "asked")
    assert {r["name"]: r["key"] for r in read(clinic / "asked/people.csv")}[rows[1]["name"]] == "X-9"


def test_an_example_stays_as_it_is(clinic, run):
    done = run("people", "example:minimal")
    assert done.exit_code == 3
    assert "name a folder with -o" in done.stderr


def test_a_file_that_is_none_is_told_without_what_stands_in_it(clinic, run):
    (clinic / "people.csv").write_text("kind,table,name,candidates,key\nfriend,dose_log,Ruth Alder,,H-01\n", encoding="utf-8")
    done = run("people", "input")
    assert done.exit_code == 3
    assert "line 2" in done.stderr
    assert "Alder" not in done.output


COMMANDS = [
    ("map", "input", "-o", "out"),
    ("people", "input"),
    ("findings", "input"),
    ("explain", "input", "dose_log:10"),
    ("init", "input", "-o", "drafts"),
]


@pytest.mark.parametrize("flags", [(), ("-v",), ("--json",)])
def test_a_name_that_waits_stands_in_people_csv_and_nowhere_else(clinic, run, flags):
    log = clinic / "input/dose_log.csv"
    log.write_text(log.read_text(encoding="utf-8").replace("Walk-in Pat", "Zebulon Quackenbush"), encoding="utf-8")
    for command in COMMANDS:
        done = run(*flags, *command)
        assert done.exit_code in (0, 5), command
        assert "Quackenbush" not in done.output, command
    holds = {p.name for p in clinic.rglob("*") if p.is_file() and b"Quackenbush" in p.read_bytes()}
    assert holds == {"dose_log.csv", "people.csv"}


def test_a_dose_that_went_out_before_its_pair_was_confirmed_is_no_success(clinic, run, run_json, kapfhir_sandbox):
    example = example_folder("minimal")
    server = ("--server", kapfhir_sandbox.url)
    (clinic / "people.csv").write_bytes((example / "people.csv").read_bytes())
    pairs = (example / "pairs.csv").read_text(encoding="utf-8").replace("01-17-2026,", "01-17-2026,no")
    (clinic / "pairs.csv").write_text(pairs.replace("01-05-2026,yes", "01-05-2026,no"), encoding="utf-8")
    _, lines = run_json("sync", "input", *server)
    assert lines[-1]["superseded"] == 0
    others = [line["code"] for line in lines if line["type"] == "problem" and line["severity"] == "error"]
    (clinic / "pairs.csv").write_text(pairs, encoding="utf-8")
    for command in ("plan", "sync", "sync"):
        code, lines = run_json(command, "input", *server)
        assert (code, lines[-1]["superseded"], lines[-1]["retract"]) == (5, 4, 4), command
        assert [line["code"] for line in lines if line["type"] == "problem" and line["severity"] == "error"] == [
            *others,
            *["superseded-on-server"] * 4,
        ]
        assert {line["sign"] for line in lines if line["type"] == "action" and line["code"]} == {"-"}
    told = run("sync", "input", *server)
    assert "4 resources of earlier runs should not be on the server any more; delete them there" in told.stderr
