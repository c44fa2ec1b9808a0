"""Where a command writes. Stdout is data: the answer, or with --json one object a line. Stderr is talk."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from itertools import islice
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from kapfhir.errors import ConfigError, Exit, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

COUNTS = (
    *("rows", "records", "resources", "create", "update", "unchanged", "retract", "refused", "rejected", "requests"),
    *("left_out", "waiting", "superseded", "unsent"),
)
SEVERITIES = ("safety", "error", "warning", "info")  # of findings
TERMINAL_EVERY_S = 0.2
FILE_EVERY_S = 10.0
WRITTEN_AT_ONCE = 500  # JSON lines


class Output:
    """One per call. `counts` are what the summary tells."""

    def __init__(
        self, command: str = "", *, as_json: bool = False, quiet: bool = False, verbose: bool = False, progress: bool = True
    ) -> None:
        self.command = command
        self.as_json = as_json
        self.quiet = quiet
        self.verbose = verbose
        self.shows_progress = progress and not quiet
        self.counts = dict.fromkeys(COUNTS, 0)
        self.findings = dict.fromkeys(SEVERITIES, 0)
        self._start = time.monotonic()
        self._closed = False
        self._lost = False  # stdout takes nothing more
        self._next_tick = 0.0
        self._width = 0  # of the progress line that stands on the terminal

    def answer(self, text: str = "") -> None:
        """What was asked for, for people; with --json there are lines instead."""
        if not self.as_json:
            self._clear()
            self._write((text + "\n").encode(sys.stdout.encoding or "utf-8", "backslashreplace"))

    def line(self, kind: str, **fields: Any) -> None:
        """One JSON line, if they were asked for. Its shape is in `lines`."""
        self.lines(kind, (fields,))

    def lines(self, kind: str, many: Iterable[Mapping[str, Any]]) -> None:
        """The same for each of these: as there may be one for each resource, they are written some hundreds at a time."""
        if not self.as_json:
            return
        import json

        from .lines import LINES

        shape, left = LINES[kind], iter(many)
        while some := list(islice(left, WRITTEN_AT_ONCE)):
            shown = [shape.model_validate({"type": kind, **fields}).model_dump(mode="json") for fields in some]
            self._clear()
            self._write("".join([json.dumps(line, ensure_ascii=False) + "\n" for line in shown]).encode())

    def say(self, text: str) -> None:
        """Talk; silent with -q."""
        if not self.quiet:
            self.complain(text)

    def detail(self, text: str) -> None:
        """Talk that only -v wants."""
        if self.verbose:
            self.complain(text)

    def complain(self, text: str) -> None:
        """What must be heard."""
        self._clear()
        click.echo(text, err=True)

    def problem(self, problem: Problem) -> None:
        """A problem as a JSON line, or with -v as a line of talk."""
        self.line("problem", **problem.to_dict())
        if not self.as_json:
            self.detail(f"{problem.severity}: {problem}")

    def problems(self, problems: Iterable[Problem]) -> None:
        """Problems that are the answer."""
        for problem in problems:
            self.line("problem", **problem.to_dict())
            self.answer(str(problem) if problem.severity == "error" else f"{problem} ({problem.severity})")

    def tick(self, text: Callable[[], str]) -> None:
        """Progress, if it is wanted now: on a terminal one line that changes, elsewhere a line every ten seconds."""
        now = time.monotonic()
        if not self.shows_progress or now < self._next_tick:
            return
        if sys.stderr.isatty():
            self._next_tick = now + TERMINAL_EVERY_S
            shown = text()[: get_terminal_size().columns - 1]  # a line that wraps can't be overwritten
            click.echo("\r" + shown.ljust(self._width), err=True, nl=False)
            self._width = len(shown)
        else:
            if self._next_tick:
                click.echo(text(), err=True)
            self._next_tick = now + FILE_EVERY_S

    def start_logging(self) -> None:
        """The library's log on stderr, key=value; other libraries' is dropped, as nobody knows what it quotes."""
        logging.lastResort = None
        logger = logging.getLogger("kapfhir")
        for old in [h for h in logger.handlers if isinstance(h, _StderrHandler)]:
            logger.removeHandler(old)
        logger.addHandler(_StderrHandler(self))
        logger.setLevel(logging.ERROR if self.quiet else logging.INFO if self.verbose else logging.WARNING)

    def close(self, code: Exit) -> None:
        """The end: the summary, with --json."""
        self._clear()
        if not self._closed:
            self._closed = True
            seconds = round(time.monotonic() - self._start, 3)
            self.line("summary", command=self.command, **self.counts, findings=self.findings, seconds=seconds, exit=int(code))

    def _write(self, content: bytes) -> None:
        """To stdout; ConfigError, once, where it goes to a disk that is full."""
        if self._lost:
            return
        try:
            click.echo(content, nl=False)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._lost = True
            drop_stdout()
            raise lost_output(error) from None

    def _clear(self) -> None:
        if self._width:
            click.echo("\r" + " " * self._width + "\r", err=True, nl=False)
            self._width = 0


def lost_output(error: OSError) -> ConfigError:
    return ConfigError(f"the output can't be written: {error.strerror}", "make room, or send it to another file")


def drop_stdout() -> None:
    """Whoever read has gone, or the disk is full: the interpreter must not complain when it flushes at its end."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _StderrHandler(logging.Handler):
    """Writes through the output, so that no progress line is torn. Arguments are ids and numbers by the rule of the house."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        self._output.complain(f"level={record.levelname.lower()} logger={record.name} {record.getMessage()}")
