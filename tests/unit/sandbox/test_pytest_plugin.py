"""The plugin as a project uses it: light until asked, empty per test, one server per process."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import json, urllib.request

def ask(url, body=None):
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, {"Content-Type": "application/fhir+json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)

def test_one(kapfhir_sandbox):
    assert ask(kapfhir_sandbox.url + "/Patient")["total"] == 0
    kapfhir_sandbox.load([{"resourceType": "Patient", "id": "p1"}])
    assert ask(kapfhir_sandbox.url + "/Patient")["total"] == 1
    assert len(kapfhir_sandbox.requests) == 2

def test_two(kapfhir_sandbox):
    assert kapfhir_sandbox.requests == []
    ask(kapfhir_sandbox.url + "/Patient", {"resourceType": "Patient"})
    assert len(kapfhir_sandbox.resources()) == 1
    kapfhir_sandbox.reset()
    assert kapfhir_sandbox.resources() == []

def test_three(kapfhir_sandbox):
    assert ask(kapfhir_sandbox.url + "/Patient")["total"] == 0
"""


@pytest.mark.parametrize("options", [[], ["-n", "2"]])
def test_each_test_finds_it_empty(pytester, options):
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-W", "error", *options)
    result.assert_outcomes(passed=3)


def test_nothing_heavy_is_imported_until_it_is_used():
    code = (
        "import sys, kapfhir.sandbox.pytest_plugin\n"
        "heavy = {'starlette', 'uvicorn', 'sqlite3', 'orjson', 'requests', 'kapfhir.sandbox.server'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_fixture_is_documented(pytester):
    result = pytester.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["kapfhir_sandbox*", "*empty FHIR R4 server*"])


def test_a_quirk_ends_with_its_test(pytester):
    pytester.makepyfile(
        """
        import requests

        def test_one(kapfhir_sandbox):
            kapfhir_sandbox.behave("read-only")

        def test_two(kapfhir_sandbox_server):
            answer = requests.put(f"{kapfhir_sandbox_server.url}/Patient/p1", json={"resourceType": "Patient", "id": "p1"})
            assert answer.status_code == 201
        """
    )
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)
