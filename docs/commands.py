"""The pages on the command line: commands and their options, the lines of --json, exit codes, configuration."""

from __future__ import annotations

from types import UnionType
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel

from kapfhir.cli.lines import LINES
from kapfhir.cli.main import COMMANDS, cli
from kapfhir.config import ENVIRONMENT
from kapfhir.configfile import ClinicSettings, ConfigFile, Profile
from kapfhir.errors import SEVEREST_FIRST, Exit
from kapfhir.rules.settings import RuleSettings
from kapfhir.spans import WindowSettings

MADE = "This page is made by `python docs/generate.py`."
MEANINGS = {
    Exit.DONE: ("done", "Warnings alone change nothing."),
    Exit.UNEXPECTED: (
        "unexpected",
        "A fault of kapfhir. The message names a place in its code, and holds no data; please report it.",
    ),
    Exit.USAGE: ("usage", "The command line can't be understood."),
    Exit.CONFIG: (
        "configuration",
        "Nothing was written: the configuration, export or ledger, or a server that is none, not R4, public, or not writable.",
    ),
    Exit.MAPPING: ("maps", "The maps have faults; all are listed."),
    Exit.ROWS: ("rows", "Done, but something of some rows was left out, or what should not be on the server any more is."),
    Exit.RESOURCES: ("resources", "Done, but some resources are not R4 and were withheld; of `validate`: some are not R4."),
    Exit.TEMPORARY: (
        "temporary",
        "The server could not be reached, or kept failing. Run it again later; it goes on where it was.",
    ),
    Exit.REFUSED: ("refused", "Done, but the server refused some resources, or they wait for what it refused."),
    Exit.ACCESS: ("access", "The server does not let us in (401, 403)."),
    Exit.DIFFERS: ("differs", "`plan`, or a dry run: there is something to do."),
    Exit.INTERRUPTED: ("interrupted", "Ctrl-C. Run it again; it goes on where it was."),
}
WORDS = {str: "text", int: "number", float: "number", bool: "true or false", dict: "object"}


def cli_page() -> str:
    """Every command with its arguments and options, and the lines of --json."""
    parts = [
        "# Command line",
        "",
        f"Stdout is data, stderr is talk. {MADE}",
        "",
        *_block("kapfhir [OPTIONS] COMMAND"),
        *_options(cli),
        "",
        "| command | does |",
        "|---|---|",
        *(f"| [`{name}`](#{name}) | {about} |" for name, about in COMMANDS.items()),
    ]
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, "every command of the list is there"
        parts += _command(command, name, "##")
        for inner, subcommand in command.commands.items() if isinstance(command, click.Group) else ():
            parts += _command(subcommand, f"{name} {inner}", "###")
    return "\n".join([*parts, "", *_lines()]) + "\n"


def _command(command: click.Command, name: str, level: str) -> list[str]:
    """What it does, how it is called, its options, an example."""
    usage = command.get_usage(click.Context(command, info_name=f"kapfhir {name}")).removeprefix("Usage: ")
    parts = ["", f"{level} {name}", "", *_text(command), "", *_block(" ".join(usage.split())), *_options(command)]
    return [*parts, "", *_block((command.epilog or "").removeprefix("Example: "))[:-1]]


def _block(text: str) -> list[str]:
    return ["```sh", text, "```", ""]


def _text(command: click.Command) -> list[str]:
    """The help text; a part that keeps its lines as a block."""
    out: list[str] = []
    for part in (command.help or "").split("\n\n"):
        kept = part.startswith("\b\n")
        out += ["", *(["```", *part.removeprefix("\b\n").splitlines(), "```"] if kept else [" ".join(part.split())])]
    return out[1:]


def _options(command: click.Command) -> list[str]:
    if not any(isinstance(option, click.Option) for option in command.params):
        return []
    out = ["| option | does |", "|---|---|"]
    for option in command.params:
        if not isinstance(option, click.Option):
            continue
        names = ", ".join(option.opts) + (f" {option.make_metavar(click.Context(command))}" if not option.is_flag else "")
        names += f" / {option.secondary_opts[0]}" if option.secondary_opts else ""
        shown = f" The default is `{option.default}`." if option.show_default else ""
        out.append(f"| `{names.replace('|', chr(92) + '|')}` | {option.help}{shown} |")
    return out


def _lines() -> list[str]:
    out = [
        "## The lines of --json",
        "",
        "One object a line, told apart by `type`. The last is always the summary, also when the command failed.",
        "`kapfhir schema` gives their JSON Schema.",
    ]
    for name, model in LINES.items():
        out += ["", f"### {name}", "", model.__doc__ or "", "", "| key | is | |", "|---|---|---|"]
        out += [f"| `{key}` | {_kind(f.annotation)} | {f.description or ''} |" for key, f in model.model_fields.items()]
    return out


def _kind(annotation: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in inner)
    if origin is UnionType:
        return " or ".join(_kind(a) for a in inner if a is not type(None))
    if origin is list:
        return f"list of {_kind(inner[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return WORDS.get(origin or annotation, "text")


def exit_codes_page() -> str:
    """Every exit code, and which of several wins."""
    rows = [f"| {code:d} | {MEANINGS[code][0]} | {MEANINGS[code][1]} |" for code in Exit]
    worst = ", ".join(str(int(code)) for code in SEVEREST_FIRST)
    head = [
        "# Exit codes",
        "",
        f"A code that is not in this table is a failure. {MADE}",
        "",
        "| code | name | means |",
        "|---|---|---|",
    ]
    tail = ["", f"Where several are due, the severest wins: {worst}."]
    return "\n".join([*head, *rows, *tail]) + "\n"


def configuration_page() -> str:
    """The file, the environment, and what wins over what."""
    head = """# Configuration

There is one file, in TOML, and it is never merged with another: `--config FILE`, else `./kapfhir.toml`, else `kapfhir.toml` in
the user's configuration folder (on Linux `~/.config/kapfhir/`). `-v` names the file in use. A flag wins over the environment,
that over the file, that over the default. Unknown keys are errors, and all faults are told at once. `kapfhir init` writes a file
to start from.

```toml
source = "clinic"

[clinic]
system = "https://clinic.example/kap"
namespace = "00000000-0000-4000-8000-000000000000"
zone = "America/New_York"

[profile.test]
url = "http://127.0.0.1:8095/fhir"

[profile.hospital]
url = "https://fhir.hospital.example/r4"
auth = "bearer"
token_env = "HOSPITAL_TOKEN"

[window.two-days]
title = "Integration on the second day"
from_h = 24
to_h = 60

[findings.M03]
severity = "warning"
numbers.systolic = 170
```

`system`, `namespace` and `zone` are kept in the ledger, and a sync with others is refused: ids and times follow from them.
Secrets come from the environment or from files of their own; a `token` or `password` in the file is an error.
"""
    tables = [
        ("At the top", ConfigFile),
        ("[clinic]", ClinicSettings),
        ("[profile.NAME]", Profile),
        ("[window.NAME]", WindowSettings),
        ("[findings.RULE]", RuleSettings),
    ]
    parts = [head.rstrip(), *(line for title, model in tables for line in _model(title, model))]
    parts += ["", "## Environment", "", "| variable | is | flag that wins over it |", "|---|---|---|"]
    parts += [f"| `{name}` | {about} | {f'`{flag}`' if flag else ''} |" for name, (about, flag) in ENVIRONMENT.items()]
    parts += [
        "",
        "`KAPFHIR_TOKEN`, `KAPFHIR_USER` and `KAPFHIR_PASSWORD` go to a server that is given by its address, and to a profile",
        "whose `auth` asks for them; never to a public test server. `SOURCE_DATE_EPOCH` sets the time in the manifest of `map`.",
        "",
        "The profile of `--profile` must be in it, whatever the command; that of `KAPFHIR_PROFILE` where a server is asked.",
        "",
        MADE,
    ]
    return "\n".join(parts) + "\n"


def _model(title: str, model: type[BaseModel]) -> list[str]:
    out = ["", f"## {title}", "", "| key | is | default | |", "|---|---|---|---|"]
    for name, f in model.model_fields.items():
        default = (
            "required" if f.is_required() else "" if f.default in (None, ...) or f.default_factory else f"`{_toml(f.default)}`"
        )
        out.append(f"| `{name}` | {_kind(f.annotation)} | {default} | {f.description} |")
    return out


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else f"{value:g}"
