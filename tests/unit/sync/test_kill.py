"""kill -9 at every step of a sync; the next run goes on, and writes nothing twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kapfhir.sync.action import Sign
from kapfhir.sync.bundles import Limits

PROGRAM = """
import importlib.util, os, signal, sys
from pathlib import Path

place, url, ledger, step, moment = sys.argv[1:]
spec = importlib.util.spec_from_file_location("clinic", place)
clinic = importlib.util.module_from_spec(spec)
sys.modules["clinic"] = clinic
spec.loader.exec_module(clinic)
from kapfhir.server.client import Client
from kapfhir.sync.ledger import Ledger

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

real_send, real_keep, sends, keeps = Client.transaction, Ledger.keep, [], []

def send(self, *args, **options):
    sends.append(1)
    if len(sends) == int(step) and moment == "before the send":
        kill()
    answer = real_send(self, *args, **options)
    if len(sends) == int(step) and moment == "after the send":
        kill()
    return answer

def keep(self, entries):
    real_keep(self, entries)
    if len(sends) == int(step) and moment == "after the ledger":
        kill()

Client.transaction, Ledger.keep = send, keep
run = clinic.Run(url, Path(ledger), clinic.Limits(entries=20, threads=1))
run.sync(clinic.Made().course(12, 2))
"""


@pytest.mark.parametrize("moment", ["before the send", "after the send", "after the ledger"])
@pytest.mark.parametrize("step", [1, 3])
def test_a_killed_run_is_taken_up(kapfhir_sandbox, run, made, versions, step, moment):
    place = Path(__file__).with_name("conftest.py")
    ended = subprocess.run([sys.executable, "-c", PROGRAM, place, run.url, run.path, str(step), moment], check=False, timeout=60)
    assert ended.returncode == -9
    there = set(versions())
    assert len(there) < 98
    run.limits = Limits(entries=20, threads=1)
    before = len(kapfhir_sandbox.requests)
    report = run.sync(made.course(12, 2))
    assert report.planned == {Sign.UNCHANGED: len(there), Sign.CREATE: 98 - len(there)} or not there
    sent = [
        e["fullUrl"].split("/fhir/")[1] for r in kapfhir_sandbox.requests[before:] if r.method == "POST" for e in r.body["entry"]
    ]
    assert len(sent) == len(set(sent)) == 98 - len(there)
    assert not {tuple(name.split("/")) for name in sent} & there
    assert set(versions().values()) == {"1"}
    assert run.sync(made.course(12, 2)).planned == {Sign.UNCHANGED: 98}
