"""The dose log of the example: made anew, it is what is committed; names are in no key, and every record comes back from FHIR."""

import csv
import json
import sys
from pathlib import Path

import pytest

from kapfhir import pipeline
from kapfhir.job import open_job
from kapfhir.errors import Problem
from kapfhir.fhir import exact
from kapfhir.fhir.validate import check
from kapfhir.mapping.units import Found, Mapped

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MINIMAL = FIXTURES / "minimal"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The fixture made anew, with the problems that were told and those that are intended."""
    sys.path.insert(0, str(FIXTURES))
    try:
        import regenerate
    finally:
        sys.path.remove(str(FIXTURES))
    folder = tmp_path_factory.mktemp("minimal")
    return regenerate, folder, *regenerate.regenerate(folder, "minimal")


def rows(name):
    with (MINIMAL / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(kind, name):
    return [exact.loads(line) for line in (MINIMAL / "expected" / kind / f"{name}.ndjson").read_bytes().splitlines()]


def test_made_anew_it_is_what_is_committed(made):
    regenerate, folder, _, _ = made
    assert regenerate.differences(folder, MINIMAL) == []


def test_reading_tells_what_is_wrong_or_waits_and_nothing_else(made):
    _, _, told, intended = made
    assert told == intended
    assert {code for code, *_ in told} >= {"unconfirmed-person", "possible-duplicate", "tables-disagree"}


def test_the_list_for_people_is_the_list_for_machines():
    text = (MINIMAL / "README.txt").read_text(encoding="utf-8")
    for row in rows("expected/problems.csv"):
        column = f", {row['column']}" if row["column"] else ""
        assert f"  {row['table']}:{row['row']}{column}: {row['code']}: " in text


def test_a_name_is_in_no_key_id_or_identifier():
    words = {word.casefold() for row in rows("people.csv") for word in row["name"].replace(",", " ").split() if len(word) > 3}
    assert len(words) >= 10
    for path in (MINIMAL / "expected/records").glob("*.ndjson"):
        for line in path.read_text(encoding="utf-8").splitlines():
            key = json.loads(line)["key"].casefold()
            assert not [word for word in words if word in key]
    for path in (MINIMAL / "expected/resources").glob("*.ndjson"):
        for line in path.read_text(encoding="utf-8").splitlines():
            resource = json.loads(line)
            told = json.dumps([resource["id"], resource.get("identifier")]).casefold()
            assert not [word for word in words if word in told]


def test_a_day_stays_a_day_and_a_moment_of_the_chart_wins():
    starts = {s["key"]: s["session"]["start"] for s in lines("records", "DosingSession")}
    assert starts["C-001"] == "2026-01-05T10:05:00-08:00", "chart and log are one session"
    assert starts["H-02/01-06-2026"] == "2026-01-06"
    assert {e["period"]["start"] for e in lines("resources", "Encounter")} == set(starts.values())


def test_a_confirmed_pair_is_one_session_and_a_denied_one_two():
    sessions = {s["key"]: s for s in lines("records", "DosingSession")}
    answers = {(row["key"], row["other_key"]): row["confirmed"] for row in rows("pairs.csv")}
    assert sorted(answers.values()) == ["", "no", "yes", "yes", "yes", "yes"]
    for (key, other), answer in answers.items():
        assert key in sessions
        assert (other in sessions) == (answer == "no")
    assert sessions["C-001"]["doses"][0]["lot"], "only the log knows it"


def test_every_record_comes_back_from_r4():
    with open_job("example:minimal") as job:
        count = 0
        for unit in pipeline.read(job):
            if isinstance(unit, Found):
                built = job.library.build(unit.record)
                assert [p for r in built for p in check(r)] == []
                (again,) = job.library.read(exact.loads(exact.dumps(resource)) for resource in built)
                assert again == unit.record
                count += 1
        assert count > 20


def test_without_any_answer_only_the_chart_goes(tmp_path):
    with open_job(MINIMAL / "input", pipeline.load_settings(write_config(tmp_path))) as job:
        units = list(pipeline.map(job))
    assert {u.key for u in units if isinstance(u, Mapped) and u.concept == "DosingSession"} == {f"C-00{n}" for n in range(1, 7)}
    waiting = [u for u in units if isinstance(u, Problem) and u.code == "unconfirmed-person"]
    assert len([p for p in waiting if p.column == "Client"]) == 18, "every row of the log is told"
    assert len([p for p in waiting if p.column == "Provider"]) == 6


def write_config(folder):
    (folder / "kapfhir.toml").write_text((MINIMAL / "kapfhir.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder / "kapfhir.toml"
