import json
import signal

import pytest
import requests


def first_line(process):
    return process.stdout.readline().strip()


def test_it_says_where_it_is_answers_and_ends_cleanly(start, golden):
    process = start("sandbox", "--port", "0", "--load", "clinic")
    word, url = first_line(process).split()
    assert word == "READY"
    assert requests.get(f"{url}/Patient?_summary=count", timeout=30).json()["total"] == golden["Patient"]
    process.send_signal(signal.SIGINT)
    out, talk = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert talk.startswith(f"{sum(golden.values()):,} resources loaded; in memory, gone when it stops; Ctrl-C stops it")


def test_its_lines(start):
    process = start("--json", "sandbox", "--port", "0")
    ready = json.loads(first_line(process))
    assert ready["type"] == "ready"
    assert requests.get(f"{ready['url']}/metadata", timeout=30).ok
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["exit"] == process.returncode == 0


def test_what_is_kept_in_a_file_is_there_again(start):
    for expected in (0, 1):
        process = start("sandbox", "--port", "0", "--db", "s.sqlite")
        url = first_line(process).split()[1]
        assert requests.get(f"{url}/Patient?_summary=count", timeout=30).json()["total"] == expected
        if not expected:
            requests.put(f"{url}/Patient/a", json={"resourceType": "Patient", "id": "a"}, timeout=30).raise_for_status()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--load", "nothing"], "there is no example of this name"),
        (["--quirks", "flakky"], "the sandbox has no quirk of this name: 'flakky'; did you mean 'flaky'?"),
    ],
)
def test_wrong_names(run, arguments, text):
    result = run("sandbox", "--port", "0", *arguments)
    assert result.exit_code == 3
    assert result.stderr.startswith(text)


def test_beyond_loopback_there_is_a_warning(run, golden, kapfhir_sandbox, monkeypatch):
    from kapfhir.sandbox import server

    asked = []

    def serve(*arguments):
        asked.append(arguments[:4])
        arguments[4](kapfhir_sandbox)

    monkeypatch.setattr(server, "serve", serve)
    result = run("sandbox", "--host", "0.0.0.0", "--port", "0", "--quirks", "flaky", "--load", "clinic")
    assert asked == [("0.0.0.0", 0, None, ("flaky",))]
    assert result.stdout == f"READY {kapfhir_sandbox.url}\n"
    assert result.stderr.startswith("warning: 0.0.0.0 may be reached from other machines")
    assert len(kapfhir_sandbox.resources()) == sum(golden.values())


def test_a_database_is_of_one_sandbox_at_a_time(run, tmp_path):
    from kapfhir.sandbox.store import Store

    first = Store(tmp_path / "kept.sqlite")
    result = run("sandbox", "--port", "0", "--db", tmp_path / "kept.sqlite")
    assert result.exit_code == 3
    assert (
        "kept.sqlite: can't be used as the sandbox's database: another sandbox uses it; name another file with --db"
        in result.stderr
    )
    first.close()
    Store(tmp_path / "kept.sqlite").close()
