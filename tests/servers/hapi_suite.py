"""What a real HAPI server holds after the demo ran against it. Run by tests/servers/run.py, by name: it needs Java."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import requests
from hapi import Hapi

from kapfhir.fhir import exact

CLINIC = Path(__file__).resolve().parents[2] / "fixtures" / "clinic"
GOLDEN = CLINIC / "expected" / "resources"
TYPES = sorted(path.stem for path in GOLDEN.glob("*.ndjson"))
ROWS_REJECTED = 5


@pytest.fixture(scope="module")
def server():
    """A HAPI server on which the demo has passed: it holds the clinic."""
    with Hapi() as hapi:
        demo = [sys.executable, str(CLINIC.parent / "demo.py"), "--server", hapi.url]
        assert subprocess.run(demo, check=False).returncode == 0, "the demo failed on HAPI; its output is above"
        yield hapi.url


def sync(url, folder):
    """One sync with a ledger of its own. Returns its summary line."""
    command = [sys.executable, "-m", "kapfhir", "--config", str(CLINIC / "kapfhir.toml"), "--json", "--no-progress", "sync"]
    done = subprocess.run(
        [*command, str(CLINIC / "input"), "--server", url, "--ledger", str(folder / "ledger.sqlite")],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"XDG_STATE_HOME": str(folder)},
    )
    assert done.returncode == ROWS_REJECTED
    return json.loads(done.stdout.splitlines()[-1])


def read_all(url, kind):
    """Every resource of a type, page by page."""
    link = f"{url}/{kind}?_count=500"
    while link:
        answer = requests.get(link, headers={"Cache-Control": "no-cache"}, timeout=120)
        answer.raise_for_status()
        bundle = exact.loads(answer.content)
        yield from (entry["resource"] for entry in bundle.get("entry", ()))
        link = next((part["url"] for part in bundle["link"] if part["relation"] == "next"), None)


def count(url):
    answers = {
        kind: requests.get(f"{url}/{kind}?_summary=count", headers={"Cache-Control": "no-cache"}, timeout=120) for kind in TYPES
    }
    return Counter({kind: answer.json()["total"] for kind, answer in answers.items()})


def test_sandbox_and_hapi_hold_the_same_counts(server, kapfhir_sandbox, tmp_path):
    sync(kapfhir_sandbox.url, tmp_path)
    assert count(server) == count(kapfhir_sandbox.url)
    assert count(server).total() == sum(len(path.read_bytes().splitlines()) for path in GOLDEN.glob("*.ndjson"))


def plain(node):
    """A resource without what the server adds, and without the order of its keys and of its labels, of which HAPI keeps a set;
    numbers by their text, since 35.50 is not 35.5.
    """
    if isinstance(node, dict):
        if "security" in node:
            node = node | {"security": sorted(node["security"], key=lambda label: label["code"])}
        kept = {key: plain(value) for key, value in node.items() if key not in ("versionId", "lastUpdated", "source")}
        return dict(sorted(kept.items()))
    if isinstance(node, list):
        return [plain(item) for item in node]
    return repr(node)


@pytest.mark.parametrize("kind", TYPES)
def test_hapi_holds_every_golden_resource_as_it_was_sent(server, kind):
    golden = [exact.loads(line) for line in (GOLDEN / f"{kind}.ndjson").read_bytes().splitlines()]
    held = {resource["id"]: resource for resource in read_all(server, kind)}
    assert {resource["id"] for resource in golden} == held.keys()
    for resource in golden:
        assert plain(held[resource["id"]]) == plain(resource)


def test_a_run_with_a_fresh_ledger_writes_nothing(server, tmp_path):
    summary = sync(server, tmp_path)
    assert (summary["create"], summary["update"]) == (0, 0)
    assert summary["unchanged"] > 0


def test_no_resource_has_a_second_version_after_all_syncs(server):
    versions = {resource["meta"]["versionId"] for kind in TYPES for resource in read_all(server, kind)}
    assert versions == {"1"}
