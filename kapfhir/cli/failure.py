"""How a command ends when something is raised: a message of object, fact and act on stderr, and the exit code of its class.

What nobody foresaw is told by class and place alone: its text could hold what stood in a cell.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from pathlib import Path

import click

import kapfhir
from kapfhir.errors import Exit, KapfhirError, MappingError

from .output import Output, drop_stdout

HERE = Path(kapfhir.__file__).parent


def usage(error: click.ClickException, output: Output) -> Exit:
    """A command line that can't be understood."""
    if isinstance(error, click.UsageError):
        text = error.format_message().rstrip(".").replace("\n", " ")
        hint = "" if text.endswith("?") else f"see {error.ctx.command_path if error.ctx else 'kapfhir'} --help"
        if isinstance(error, click.NoSuchOption) and error.ctx and error.option_name in _global_options(error.ctx):
            hint = f"it stands before the command: kapfhir {error.option_name} {error.ctx.info_name}"
        _tell(text[:1].lower() + text[1:], hint, Exit.USAGE, "UsageError", output)
        return Exit.USAGE
    _tell(error.format_message(), "", Exit.UNEXPECTED, type(error).__name__, output)
    return Exit.UNEXPECTED


def _global_options(ctx: click.Context) -> set[str]:
    return {name for option in ctx.find_root().command.params for name in (*option.opts, *option.secondary_opts)}


def fail(error: BaseException, output: Output, *, verbose: bool) -> Exit:
    """The message and the exit code of what was raised."""
    if isinstance(error, MappingError):
        for problem in error.problems:
            output.line("problem", **problem.to_dict())
            output.complain(str(problem))
        count = len(error.problems)
        _tell(f"the maps have {count} fault{'s' * (count > 1)}", "nothing was read", error.exit, "MappingError", output)
        return error.exit
    if isinstance(error, KapfhirError):
        tell_error(error, output)
        output.counts["requests"] += error.requests
        output.close(error.exit)
        return error.exit
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _tell("interrupted", "run the same command again: it goes on where it was", Exit.INTERRUPTED, "Interrupted", output)
        return Exit.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        drop_stdout()
        return Exit.UNEXPECTED
    if isinstance(error, SystemExit):
        raise error
    _unexpected(error, output, verbose=verbose)
    return Exit.UNEXPECTED


def tell_error(error: KapfhirError, output: Output) -> None:
    """The message of an error, while the command goes on to its end."""
    output.complain(str(error))
    output.line("error", error=type(error).__name__, text=error.text, hint=error.hint, exit=int(error.exit))


def _tell(text: str, hint: str, code: Exit, name: str, output: Output) -> None:
    output.complain(f"{text}; {hint}" if hint else text)
    output.line("error", error=name, text=text, hint=hint, exit=int(code))
    output.close(code)


def hush_hooks() -> None:
    """What ends outside of a command, in a thread or in what is thrown away, the interpreter would tell with its text: a
    traceback can quote a cell. From here on it is told by class and place alone, as all else.
    """
    sys.excepthook = lambda _kind, error, _trace: _tell_place(error)
    threading.excepthook = lambda args: _tell_place(args.exc_value)
    sys.unraisablehook = lambda args: _tell_place(args.exc_value)


def _tell_place(error: BaseException | None) -> None:
    if error is not None and sys.stderr is not None:  # it is None where the interpreter has come to its end
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"unexpected {type(error).__name__} in {_place(error)}\n")


def _place(error: BaseException) -> str:
    """The last place in our own code on the way to an error, else the last of all."""
    files = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [place for place in files if _is_ours(place[0])] or files
    return f"{_short(own[-1][0])}:{own[-1][1]}" if own else "an unknown place"


def _unexpected(error: BaseException, output: Output, *, verbose: bool) -> None:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    places = [f"{_short(f.f_code.co_filename)}:{line}" for f, line in traceback.walk_tb(error.__traceback__)]
    if verbose:
        output.complain("the way there, without values:")
        for place, frame in zip(places, frames, strict=True):
            output.complain(f"  {place} {frame.f_code.co_name}")
    hint = "please report this line; it holds no data of yours" if verbose else "-v shows the way there, without values"
    _tell(f"unexpected {type(error).__name__} in {_place(error)}", hint, Exit.UNEXPECTED, type(error).__name__, output)


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(HERE)


def _short(file: str) -> str:
    """Enough to find the file: no path of this machine."""
    path = Path(file)
    return f"kapfhir/{path.relative_to(HERE).as_posix()}" if _is_ours(file) else "/".join(path.parts[-2:])
