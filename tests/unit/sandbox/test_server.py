"""Starting, stopping, and everything that is done to a sandbox from outside."""

import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
import requests

from kapfhir.errors import ConfigError, ResourceError
from kapfhir.sandbox.server import Sandbox


def test_it_answers_on_a_free_port_until_it_is_stopped():
    with Sandbox() as sandbox:
        url = sandbox.url
        assert url.startswith("http://127.0.0.1:")
        assert requests.get(f"{url}/Patient", timeout=10).json()["total"] == 0
        sandbox.stop()
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{url}/Patient", timeout=10)


def test_two_are_apart():
    with Sandbox() as one, Sandbox() as two:
        one.load([{"resourceType": "Patient", "id": "p1"}])
        assert requests.get(f"{one.url}/Patient/p1", timeout=10).status_code == 200
        assert requests.get(f"{two.url}/Patient/p1", timeout=10).status_code == 404


def test_a_file_is_there_after_a_restart(tmp_path):
    for _ in range(2):
        with Sandbox(tmp_path / "sandbox.db") as sandbox:
            sandbox.load([{"resourceType": "Patient", "id": "p1"}])
            assert requests.get(f"{sandbox.url}/Patient/p1", timeout=10).json()["meta"]["versionId"] == "1"


def test_an_occupied_port_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="can't listen on 127.0.0.1"):
            Sandbox(port=taken.getsockname()[1]).start()


def test_a_bad_file_frees_the_port(tmp_path):
    (tmp_path / "x.db").write_text("no database" * 100)
    sandbox = Sandbox(tmp_path / "x.db")
    with pytest.raises(ConfigError, match="can't be used"):
        sandbox.start()
    sandbox.stop()


def test_an_unknown_quirk_is_told_before_the_start():
    with pytest.raises(ConfigError, match="no quirk"):
        Sandbox(quirks=["x"])


def test_loaded_resources_may_refer_to_each_other(kapfhir_sandbox, make):
    assert kapfhir_sandbox.load([make.observation(), make.patient()]) == 2
    assert [r["id"] for r in kapfhir_sandbox.resources()] == ["o1", "p1"]
    assert [r["id"] for r in kapfhir_sandbox.resources("Patient")] == ["p1"]


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"resourceType": "Patient"}, "no id|1 to 64"),
        ({"id": "1"}, "no resourceType"),
        ({"resourceType": "Patient", "id": "1", "gender": "Canary"}, "Patient.gender"),
        ({"resourceType": "Group", "id": "1", "type": "person", "actual": True, "managingEntity": {"reference": "Organization/x"}},
         "Organization/x is not known"),
    ],
)  # fmt: skip
def test_what_can_not_be_loaded_is_told_and_nothing_is(kapfhir_sandbox, make, resource, words):
    with pytest.raises(ResourceError, match=words) as caught:
        kapfhir_sandbox.load([make.patient(), resource])
    assert "Canary" not in str(caught.value)
    assert kapfhir_sandbox.resources() == []


def test_quirks_can_be_changed_until_the_reset(kapfhir_sandbox):
    kapfhir_sandbox.behave("read-only")
    assert requests.delete(f"{kapfhir_sandbox.url}/Patient/1", timeout=10).status_code == 403
    kapfhir_sandbox.reset()
    assert requests.delete(f"{kapfhir_sandbox.url}/Patient/1", timeout=10).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_runs_until_a_signal_and_ends_well(number):
    code = "from kapfhir.sandbox.server import serve; serve('127.0.0.1', 0, None, [], lambda s: print(s.url, flush=True))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        assert requests.get(f"{url}/Patient", timeout=10).status_code == 200
        os.kill(process.pid, number)
        _, talk = process.communicate(timeout=30)
    assert (process.returncode, talk) == (0, "")


def test_a_signal_at_the_worst_moment_does_not_hang_it():
    """The moment at which an Event that is waited for can't be set: one signal there, and one later."""
    code = """
import os, signal, sys, threading
from kapfhir.sandbox.server import serve

armed = []

def strike(frame, event, _):
    if armed and event == "call" and frame.f_code is threading.Condition.wait.__code__:
        signal.raise_signal(signal.SIGINT)

def ready(_):
    later = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    later.daemon = True
    later.start()
    armed.append(1)

sys.setprofile(strike)
serve("127.0.0.1", 0, None, [], ready)
sys.setprofile(None)
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()


def test_many_clients_at_once_lose_nothing(kapfhir_sandbox, make):
    def work(name):
        session = requests.Session()
        for number in range(10):
            resource = make.patient(f"{name}{number}")
            session.put(f"{kapfhir_sandbox.url}/Patient/{resource['id']}", json=resource, timeout=10)
        session.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kapfhir_sandbox.resources("Patient")) == 40
    assert {r.status for r in kapfhir_sandbox.requests} == {201}
