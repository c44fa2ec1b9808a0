import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from kapfhir import __version__, job
from kapfhir.cli.main import COMMANDS, cli
from kapfhir.errors import (
    AccessError,
    ConfigError,
    Exit,
    MappingError,
    Problem,
    RefusedError,
    ResourceError,
    RowError,
    TemporaryServerError,
)

SUMMARY = (
    "type command rows records resources create update unchanged retract refused rejected requests "
    "left_out waiting superseded unsent findings seconds exit"
).split()
HEAVY = "requests pydantic fhir openpyxl starlette uvicorn yaml orjson sqlite3 platformdirs".split()


def loaded_after(*arguments):
    """The modules that a call of kapfhir has imported at its end."""
    script = f"""
import sys
from kapfhir.cli.main import cli
try:
    cli({list(arguments)!r})
except SystemExit as end:
    assert end.code == 0, end.code
print("MODULES", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("MODULES")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(arguments):
    assert loaded_after(*arguments) & set(HEAVY) == set()


def test_importing_kapfhir_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, kapfhir; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & set(HEAVY) == set()


def test_help_names_every_command(run):
    result = run("--help")
    assert result.exit_code == 0
    for name, about in COMMANDS.items():
        assert f"{name} " in result.stdout
        assert about in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_an_example(run, name):
    last = run(name, "--help").stdout.strip().splitlines()[-1].strip()
    assert last.startswith(f"Example: kapfhir {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name):
    command = cli.get_command(None, name)
    assert command.get_short_help_str(200) == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name):
    for option in cli.get_command(None, name).params:
        if option.param_type_name == "option":
            assert option.help, option.name


def test_version(run):
    assert run("--version").stdout == f"kapfhir {__version__}\n"


def test_a_command_that_nobody_knows(run):
    result = run("chek")
    assert (result.exit_code, result.stderr) == (2, "there is no command 'chek'; did you mean 'check'?\n")


@pytest.mark.parametrize(
    "arguments", [["map"], ["--nope"], ["map", "--nope"], ["-q", "-v", "check"], ["sync", "x", "--max-errors", "0"]]
)
def test_a_command_line_that_can_not_be_understood(run, run_json, arguments):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    code, lines = run_json(*arguments)
    assert code == 2
    assert list(lines[-1]) == SUMMARY
    assert lines[-2]["type"] == "error"


@pytest.mark.parametrize("option", ["-v", "--json", "--no-progress"])
def test_a_global_option_behind_the_command(run, option):
    result = run("check", option)
    assert result.exit_code == 2
    assert result.stderr == f"no such option '{option}'; it stands before the command: kapfhir {option} check\n"


ENDS = [
    (ConfigError("the fact", "the act"), 3, "the fact; the act"),
    (RowError("the fact"), 5, "the fact"),
    (ResourceError("the fact"), 6, "the fact"),
    (TemporaryServerError("the fact", "the act", 503), 7, "the fact; the act"),
    (RefusedError("the fact"), 8, "the fact"),
    (AccessError("the fact"), 9, "the fact"),
    (KeyboardInterrupt(), 130, "interrupted; run the same command again: it goes on where it was"),
]


@pytest.fixture
def failing(monkeypatch):
    """Has `check` and `map` raise this."""

    def fail(error):
        def raising(*_, **__):
            raise error

        monkeypatch.setattr(job, "open_job", raising)

    return fail


@pytest.mark.parametrize(("error", "code", "text"), ENDS)
def test_an_error_becomes_a_message_and_its_exit_code(run, run_json, failing, error, code, text):
    failing(error)
    result = run("map", "x", "-o", "out")
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"{text}\n")
    code_of_json, lines = run_json("map", "x", "-o", "out")
    assert code_of_json == code
    assert list(lines[-1]) == SUMMARY
    assert lines[-2]["exit"] == code


def test_faults_of_maps_are_told_line_by_line(run, run_json, failing):
    faults = [Problem("fhir/b.yaml", 2, "1", "unknown-key", "two"), Problem("fhir/a.yaml", 1, "1", "unknown-key", "one")]
    failing(MappingError(faults))
    result = run("map", "x", "-o", "out")
    assert result.exit_code == 4
    assert result.stderr.splitlines() == [
        "fhir/a.yaml:1:1: one [unknown-key]",
        "fhir/b.yaml:2:1: two [unknown-key]",
        "the maps have 2 faults; nothing was read",
    ]
    _, lines = run_json("map", "x", "-o", "out")
    assert [line["type"] for line in lines] == ["problem", "problem", "error", "summary"]


def test_what_nobody_foresaw_is_told_without_its_text(run, run_json, failing):
    failing(ValueError("canary-1959-04-02"))
    result = run("map", "x", "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.startswith("unexpected ValueError in kapfhir/cli/map.py:")
    assert result.stderr.count("\n") == 1
    loud = run("-v", "map", "x", "-o", "out")
    assert "the way there, without values" in loud.stderr
    _, lines = run_json("map", "x", "-o", "out")
    assert lines[-2]["error"] == "ValueError"
    assert "canary" not in result.output + loud.output + json.dumps(lines)


def test_a_reader_that_goes_away_is_no_accident(run, failing):
    failing(BrokenPipeError())
    result = run("map", "x", "-o", "out")
    assert (result.exit_code, result.stderr) == (1, "")


def test_an_interruption_ends_it_though_a_lock_was_left_closed():
    code = """
import atexit, sys, threading
from kapfhir import job
from kapfhir.cli.main import main

lock = threading.Lock()
lock.acquire()
atexit.register(lock.acquire)  # as the finalizer of a connection pool

def interrupted(*_):
    raise KeyboardInterrupt

job.open_job = interrupted
sys.argv = ["kapfhir", "map", "x", "-o", "out"]
main()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    try:
        _, talk = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, talk) == (130, "interrupted; run the same command again: it goes on where it was\n")


@pytest.mark.parametrize("call", ["schema", "--json check", "--help"])
def test_output_to_a_full_disk_is_told_once(call):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "kapfhir", *call.split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    *talk, last = done.stderr.splitlines()
    assert last == "the output can't be written: No space left on device; make room, or send it to another file"
    assert not any(line.startswith(("Traceback", "the output")) for line in talk)


def test_verbose_names_the_configuration_file(run, tmp_path):
    config = tmp_path / "k.toml"
    config.write_text("")
    assert f"configuration: {config}" in run("--config", config, "-v", "check").stderr
    assert "configuration: no file" in run("-v", "check").stderr


def test_the_library_logs_to_stderr_as_key_and_value():
    import click

    @cli.command("speak")
    @click.pass_context
    def speak(_):
        logging.getLogger("kapfhir.sync").warning("ledger=distrusted probed=%d", 3)
        logging.getLogger("kapfhir.sync").info("quiet=%s", "yes")
        logging.getLogger("urllib3").warning("Retrying /Patient?identifier=canary")

    from kapfhir.cli import main

    main.COMMANDS["speak"] = ""
    get = main.Root.get_command
    try:
        main.Root.get_command = lambda self, ctx, name: speak if name == "speak" else get(self, ctx, name)
        usual, loud, quiet = (CliRunner().invoke(cli, [*flag, "speak"]).stderr for flag in ([], ["-v"], ["-q"]))
    finally:
        main.Root.get_command = get
        del main.COMMANDS["speak"]
        cli.commands.pop("speak")
    assert usual == "level=warning logger=kapfhir.sync ledger=distrusted probed=3\n"
    assert loud.splitlines()[-1] == "level=info logger=kapfhir.sync quiet=yes"
    assert quiet == ""
    assert "canary" not in usual + loud + quiet


def test_python_m_kapfhir_is_kapfhir():
    done = subprocess.run([sys.executable, "-m", "kapfhir", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"kapfhir {__version__}\n"


def test_every_exit_code_that_is_no_click_is_ours():
    assert {code for _, code, _ in ENDS} <= set(Exit)


def test_the_console_script(monkeypatch, capsys):
    from kapfhir.cli.main import main

    monkeypatch.setattr(sys, "argv", ["kapfhir", "--version"])
    for owner, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # the script sets them for its process, which is ours
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert capsys.readouterr().out == f"kapfhir {__version__}\n"


@pytest.mark.parametrize(
    "fault",
    [
        "main.cli = lambda: explode()",
        "main.Root.main = explode",
        "main.Output.start_logging = lambda self: threading.Thread(target=explode).start()",
        "main.Output.start_logging = lambda self: Thrown()",
        "main.fail = explode; main.Output.start_logging = explode",
    ],
)
def test_what_ends_outside_of_a_command_is_told_without_its_text(fault):
    script = f"""
import sys, threading
from kapfhir.cli import main

def explode(*_, **__):
    raise ValueError("Quokka")

class Thrown:
    def __del__(self):
        explode()

{fault}
sys.argv = ["kapfhir", "schema", "-o", "schemas"]
main.main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "unexpected ValueError in " in done.stderr
    assert not any(word in done.stdout + done.stderr for word in ("Quokka", "Traceback", "ignored"))


UNFILLED = '[clinic]\nsystem = "TODO"\nzone = "TODO"\nrealm = "us-core-6.1.0"\n'
NEED_NO_CLINIC = {
    "codes": (0, ["codes"]),
    "codes check": (0, ["codes", "check"]),
    "codes unmapped": (0, ["codes", "unmapped", "example:minimal"]),
    "explain": (0, ["explain", "example:minimal", "chart:2"]),
    "findings": (5, ["findings", "example:minimal"]),
    "people": (0, ["people", "example:minimal", "-o", "asked"]),
    "archive": (5, ["archive", "example:minimal", "-o", "kept"]),
    "map": (5, ["map", "example:minimal", "-o", "out"]),
    "a cohort": (0, ["findings", "cohort"]),
}


@pytest.mark.parametrize("command", NEED_NO_CLINIC)
def test_a_clinic_that_is_not_filled_in_stops_nothing_that_does_not_need_it(run, command):
    if command == "a cohort":
        assert run("cohort", "-o", "cohort", "--patients", "1").exit_code == 0
    Path("kapfhir.toml").write_text(UNFILLED, encoding="utf-8")
    code, arguments = NEED_NO_CLINIC[command]
    done = run(*arguments)
    assert "still to do" not in done.stderr
    assert done.exit_code == code


def test_the_realm_of_a_configuration_holds_for_an_example(run):
    Path("kapfhir.toml").write_text(UNFILLED, encoding="utf-8")
    run("map", "example:minimal", "-o", "out")
    assert any("/us-core-" in path.read_text(encoding="utf-8") for path in Path("out").glob("[A-Z]*.ndjson"))
