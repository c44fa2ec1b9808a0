"""What a command costs: CPU seconds and peak memory of a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

USUAL = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as users run it
KAPFHIR = (sys.executable, "-m", "kapfhir")


@dataclass(frozen=True)
class Cost:
    """Of one run, its children included."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    out: str


def run(*command: object, expect: int = 0, cwd: Path | None = None) -> Cost:
    """Run it to its end; SystemExit if it does not end with this exit code."""
    start = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True, cwd=cwd, env=USUAL)
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expect:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}, not {expect}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024, out)


def middle(times: int, once: Callable[[], float]) -> float:
    """The median of so many runs."""
    return median(once() for _ in range(times))
