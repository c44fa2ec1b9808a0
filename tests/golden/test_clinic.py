"""The clinic of the example: made anew, it is what is committed, byte for byte; and reading it tells just what is wrong with it."""

import csv
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
CLINIC = FIXTURES / "clinic"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The fixture made anew, with the problems that were told and those that are intended."""
    sys.path.insert(0, str(FIXTURES))
    try:
        import regenerate
    finally:
        sys.path.remove(str(FIXTURES))
    folder = tmp_path_factory.mktemp("clinic")
    return regenerate, folder, *regenerate.regenerate(folder)


def records(concept):
    return [
        json.loads(line) for line in (CLINIC / "expected/records" / f"{concept}.ndjson").read_text(encoding="utf-8").splitlines()
    ]


def by_key(concept):
    return {record["key"]: record for record in records(concept)}


def test_made_anew_it_is_what_is_committed(made):
    regenerate, folder, _, _ = made
    assert regenerate.differences(folder, CLINIC) == []


def test_reading_tells_what_is_wrong_and_nothing_else(made):
    _, _, told, intended = made
    assert told == intended
    assert len(intended) >= 25


def test_the_list_for_people_is_the_list_for_machines():
    text = (CLINIC / "README.txt").read_text(encoding="utf-8")
    with (CLINIC / "expected/problems.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        column = f", {row['column']}" if row["column"] else ""
        assert f"  {row['table'].removesuffix('.csv')}:{row['row']}{column}: {row['code']}: " in text
    assert text.count("\n  ") > len(rows)


def test_it_is_as_large_as_a_clinic():
    sessions = records("DosingSession")
    readings = sum(
        len(v.keys() & {"heart_rate", "oxygen_saturation", "respiratory_rate", "weight"}) + len(v.get("blood_pressure", {}))
        for s in sessions
        for v in s.get("vitals", [])
    )
    assert len(records("Patient")) >= 12
    assert len(sessions) >= 60
    assert len(records("IntegrationSession")) >= 40
    assert len(records("OutcomeAssessment")) >= 150
    assert readings >= 400
    assert {a["instrument"] for a in records("OutcomeAssessment")} == {
        "phq-9",
        "gad-7",
        "pcl-5",
        "madrs",
        "cadss",
        "meq30",
        "cssrs-screener",
    }
    assert {d["route"] for s in sessions for d in s.get("doses", [])} == {"iv", "im", "sublingual", "intranasal"}
    assert {d["status"] for s in sessions for d in s.get("doses", [])} == {"completed", "stopped", "not-done"}


def test_integration_sessions_stand_at_the_edges_of_their_windows():
    hours = {key: record.get("since_dose", {}).get("value") for key, record in by_key("IntegrationSession").items()}
    assert (hours["N-0101"], hours["N-0102"], hours["N-0104"]) == (47.9833, 48.0, 48.0167)
    assert hours["N-0403"] == 47.5, "hours are counted, not read off the clock on the wall, on which they are 48.5"


def test_a_number_keeps_its_written_precision():
    text = (CLINIC / "expected/records/DosingSession.ndjson").read_text(encoding="utf-8").splitlines()
    dose = {json.loads(line)["key"]: line for line in text}
    assert '"dose":{"value":35.5,"unit":"mg"}' in dose["S-0101"]
    assert '"dose":{"value":35.50,"unit":"mg"}' in dose["S-0102"]


def test_no_monitor_weighs():
    """`watch.csv` says by which monitor a set of vital signs was read; the weight beside them is from a scale."""
    kinds = {device["key"]: device["kind"] for device in records("Device")}
    weighed = [v for session in records("DosingSession") for v in session.get("vitals", ()) if "weight" in v]
    assert len(weighed) > 40
    assert not [v for v in weighed if kinds.get(v.get("device", "")) == "monitor" or v.get("source") == "monitor"]
    doses = [(session, dose) for session in records("DosingSession") for dose in session.get("doses", ()) if "weighed" in dose]
    assert len(doses) > 35
    assert all(dose["weighed"] in {v["key"] for v in session["vitals"] if "weight" in v} for session, dose in doses)


def test_doses_that_were_not_given_or_not_readable_are_kept_with_the_reason():
    sessions = by_key("DosingSession")
    assert [d["dose"] for d in sessions["S-0402"]["doses"]] == ["not-performed"]
    assert [d["dose"] for d in sessions["S-0105"]["doses"]] == ["error"]
    assert [d["dose"] for d in sessions["S-0702"]["doses"]] == ["error"]
    assert "doses" not in sessions["S-0506"], "nobody came"
    assert [len(d["segments"]) for d in sessions["S-0405"]["doses"]] == [3]
    assert [d["dose"]["value"] for d in sessions["S-0602"]["doses"]] == [55, 20]


def test_rejected_records_are_nowhere():
    assert "P-015" not in by_key("Patient")
    assert not {"S-0906", "S-0907", "S-9901"} & by_key("DosingSession").keys()
    assert "N-0906" not in by_key("IntegrationSession")


def test_resources_have_each_id_once_and_are_marked_as_synthetic():
    found = [
        json.loads(line)
        for path in (CLINIC / "expected/resources").glob("*.ndjson")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert max(Counter((r["resourceType"], r["id"]) for r in found).values()) == 1
    assert all(any(s["code"] == "HTEST" for s in r["meta"]["security"]) for r in found)
    assert len({r["resourceType"] for r in found}) >= 14
