"""An export that is what it was: nothing is made again, and what is told is the same."""

from pathlib import Path

import kapfhir
import pytest
from kapfhir.config import Server, load_settings
from kapfhir.job import open_job
from kapfhir.sync.action import Sign


@pytest.fixture
def clinic(tmp_path, request):
    """An example's export in a folder of its own, with its settings."""
    folder = kapfhir.example(getattr(request, "param", "minimal"))
    for file in (folder / "input").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path, load_settings(folder / "kapfhir.toml")


def run(clinic, url, ledger):
    """One sync: the signs, the findings, and what the units of outcomes were."""
    folder, settings = clinic
    with open_job(folder, settings) as job:
        engine = job.engine()
        looked = []
        see = engine.see
        engine.see = lambda *found: (looked.append(found), see(*found))
        with kapfhir.plan(job, Server(url, url), ledger=ledger, findings=engine) as plan:
            kapfhir.apply(plan)
            return dict(plan.counts), dict(engine.counts), engine.lacking(), len(looked), plan.rejected


@pytest.mark.parametrize("clinic", ["clinic"], indirect=True)
def test_nothing_is_looked_at_again_and_the_same_is_told(clinic, kapfhir_sandbox, tmp_path_factory):
    ledger = tmp_path_factory.mktemp("ledger") / "l.sqlite"
    _, *first = run(clinic, kapfhir_sandbox.url, ledger)
    signs, *second = run(clinic, kapfhir_sandbox.url, ledger)
    again, *third = run(clinic, kapfhir_sandbox.url, ledger)
    assert first[2] > 500, "records were looked at"
    assert (second[2], third[2]) == (0, 0)
    assert [first[0], first[1], first[3]] == [second[0], second[1], second[3]] == [third[0], third[1], third[3]]
    assert signs == again


@pytest.mark.parametrize("change", ["row", "mark", "server"])
def test_one_byte_and_all_is_looked_at_again(clinic, kapfhir_sandbox, tmp_path_factory, change):
    ledger = tmp_path_factory.mktemp("ledger") / "l.sqlite"
    run(clinic, kapfhir_sandbox.url, ledger)
    if change == "row":
        table = clinic[0] / "chart.csv"
        table.write_bytes(table.read_bytes() + b"\n")
    elif change == "server":
        kapfhir_sandbox.reset()
    else:
        Path(clinic[0] / "other.txt").write_text("x", "utf-8")
    assert run(clinic, kapfhir_sandbox.url, ledger)[3] > 10


def test_a_run_that_did_not_go_in_whole_is_not_stood_on(clinic, kapfhir_sandbox, tmp_path_factory):
    ledger = tmp_path_factory.mktemp("ledger") / "l.sqlite"
    kapfhir_sandbox.fail_next(422)
    for _ in range(30):
        kapfhir_sandbox.fail_next(422)
    run(clinic, kapfhir_sandbox.url, ledger)
    assert run(clinic, kapfhir_sandbox.url, ledger)[3] > 10


@pytest.mark.parametrize("clinic", ["clinic"], indirect=True)
def test_an_outcome_that_is_gone_stays_gone(clinic, kapfhir_sandbox, tmp_path_factory):
    ledger = tmp_path_factory.mktemp("ledger") / "l.sqlite"
    run(clinic, kapfhir_sandbox.url, ledger)
    table = clinic[0] / "madrs.csv"
    table.write_text(table.read_text("utf-8").splitlines(keepends=True)[0], "utf-8")
    first, second, third = (run(clinic, kapfhir_sandbox.url, ledger) for _ in range(3))
    assert first[0][Sign.GONE] > 20
    assert third[3] == 0, "it stands on the second"
    assert first[0] == second[0] == third[0]
