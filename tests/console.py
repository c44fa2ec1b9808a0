"""Runs the examples of a page as a reader would: in an empty folder, one after the other, with the real commands.

    ```console          `$ command`, then what it prints: all of it, or with `...` for what is left out.
                        `command &` stays in the background until the page has ended. Its words are part of no later command
    ```csv NAME         a file of this name (any language; a name is enough)
    ```diff NAME        changes it: each `-` line stands there once, and becomes the `+` lines that follow
    ```python           run by Python; with a name it is a file

Times, sizes and ids that are made anew each time are not compared; the port 8095 stands for a free one.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```([a-z]+)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "8095"
READY_S = 60
COMMAND_S = 240
CHANGING = (
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b\d+m\d+\.\d s|\b\d+(?:\.\d+)?(?:ms|s)\b"), "TIME"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:[KMG]iB|B)\b"), "SIZE"),
    (re.compile(r'"seconds": [\d.]+'), '"seconds": TIME'),
    (re.compile(r"(Resources +\[per second\] +)\d+"), r"\1PACE"),
    (re.compile(r"[ \t]+"), " "),
)
PROGRESS = re.compile(r"(?:sync|reading [^:]+): [\d,]+ (?:of|rows)")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    name: str
    text: str


def read_blocks(page: Path) -> list[Block]:
    return [Block(*map(str, (m[1], m[2] or "", m[3]))) for m in FENCE.finditer(page.read_text(encoding="utf-8"))]


@dataclass
class Desk:
    """An empty folder with a shell; a context manager, which ends what was started in the background."""

    folder: Path
    code: int = 0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: str = ""

    def __enter__(self) -> Self:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            process.terminate()
            process.wait(20)

    def follow(self, page: Path) -> int:
        """Do all that a page says; how many commands that were."""
        count = 0
        for block in read_blocks(page):
            if block.language == "console":
                for command, shown in split_session(block.text):
                    self.compare(command, shown)
                    count += 1
            elif block.language == "diff":
                self.change(block)
            elif block.name:
                path = self.folder / block.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "python":
                subprocess.run([sys.executable, "-c", block.text], cwd=self.folder, check=True, timeout=COMMAND_S)
        return count

    def change(self, block: Block) -> None:
        path = self.folder / block.name
        text = path.read_text(encoding="utf-8")
        for old, new in split_changes(block.text):
            assert text.count(old) == 1, f"{block.name} has {text.count(old)} times:\n{old}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def compare(self, command: str, shown: list[str]) -> None:
        printed = self.run(command.replace(PORT, self.port)).replace(self.port, PORT)
        lines = [line for line in printed.splitlines() if not PROGRESS.match(line)]
        assert matches(shown, lines), "\n".join([f"$ {command}", "--- the page shows", *shown, "--- it printed", *lines])

    def run(self, command: str) -> str:
        env = {
            **os.environ,
            "HOME": str(self.folder / ".home"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        env = {name: value for name, value in env.items() if not name.startswith(("KAPFHIR_", "XDG_"))}
        if command.endswith("&"):
            return self._start(command.removesuffix("&").strip(), env)
        # a shell that knows how the last command ended, for `echo $?`
        done = subprocess.run(
            ["bash", "-c", f"(exit {self.code})\n{command}"],
            cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_S, text=True, check=False,
        )  # fmt: skip
        self.code = done.returncode
        return done.stdout

    def _start(self, command: str, env: dict[str, str]) -> str:
        output = self.folder / f".output-{len(self.started)}"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self.folder, env=env, stdout=stream, stderr=subprocess.STDOUT
            )
        self.started.append(process)
        deadline = time.monotonic() + READY_S
        while output.read_text().count("\n") < 2:
            assert process.poll() is None and time.monotonic() < deadline, output.read_text()
            time.sleep(0.05)
        return output.read_text()


def split_session(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block, with the lines that it prints."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not parts[0].strip(), "a console block begins with a command"
    for part in parts[1:]:
        command, _, printed = re.sub(r"\\\n\s*", "", part).partition("\n")
        yield command, printed.rstrip().splitlines()


def split_changes(text: str) -> Iterator[tuple[str, str]]:
    """The lines that go, and those that come in their place."""
    for hunk in re.finditer(r"((?:^-.*\n)+)((?:^\+.*\n)*)", text, re.MULTILINE):
        yield tuple("".join(line[1:] + "\n" for line in side.splitlines()) for side in (hunk[1], hunk[2]))  # type: ignore[misc]


def matches(shown: list[str], printed: list[str]) -> bool:
    """Line by line; `...` stands for any number of lines."""
    told, found = [[plain(line) for line in lines] for lines in (shown, printed)]
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in told)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in found)) is not None


def plain(line: str) -> str:
    for pattern, word in CHANGING:
        line = pattern.sub(word, line)
    return line.rstrip()
