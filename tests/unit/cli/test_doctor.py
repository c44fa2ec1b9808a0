import pytest


def test_a_server_that_can_do_everything(run, kapfhir_sandbox):
    result = run("doctor", "--server", kapfhir_sandbox.url)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0].startswith("[x] server kapfhir sandbox")
    assert any(line.startswith("[x] strategy PUT Type/id, in transactions") for line in lines)
    assert {r.method for r in kapfhir_sandbox.requests} == {"GET"}


def test_the_findings_as_lines(run_json, kapfhir_sandbox):
    code, lines = run_json("doctor", "--server", kapfhir_sandbox.url)
    assert code == 0
    assert {line["type"] for line in lines} == {"finding", "summary"}
    assert lines[-1]["requests"] == len(kapfhir_sandbox.requests) > 0


@pytest.mark.parametrize(
    ("quirk", "code", "text"),
    [
        ("no-update-create", 0, "[x]  strategy  conditional update, in transactions"),
        ("no-transaction", 3, "[ ]  strategy  no usable strategy: the server lists no transaction"),
    ],
)
def test_lesser_servers(run, kapfhir_sandbox, quirk, code, text):
    kapfhir_sandbox.behave(quirk)
    result = run("doctor", "--server", kapfhir_sandbox.url)
    assert result.exit_code == code
    assert text in result.stdout


def test_an_r5_server(run, kapfhir_sandbox):
    kapfhir_sandbox.behave("r5")
    result = run("doctor", "--server", kapfhir_sandbox.url)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the server says FHIR 5.0.0, kapfhir speaks R4 (4.0.1)" in result.stderr


def test_a_server_must_be_named(run):
    assert run("doctor").exit_code == 3


def test_a_public_name_is_known(run, monkeypatch):
    from kapfhir.server.client import Client

    seen = []
    monkeypatch.setattr(
        Client, "__init__", lambda self, base, *_, **__: seen.append(base) or (_ for _ in ()).throw(KeyboardInterrupt)
    )
    run("doctor", "--server", "hapi-public")
    assert seen == ["https://hapi.fhir.org/baseR4"]
