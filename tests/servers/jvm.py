"""Java programs of the tests: what they need, how they are built from Maven Central, and where the jars stand."""

import hashlib
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


class MissingToolError(RuntimeError):
    """A program that the real servers and validators need is not installed; a run without them would prove nothing."""


def require_tools(*names: str) -> None:
    """Raises MissingToolError with every program of `names` that is not on the PATH."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise MissingToolError(
            f"not found on the PATH: {', '.join(missing)}; install a JDK 17+, Maven 3.8+ and Node 20+ (for npm)"
        )


def run_tool(*command: str | Path, timeout_s: int = 900, cwd: Path = HERE) -> str:
    """Runs one program to its end; what it wrote is shown when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=timeout_s)
    if done.returncode != 0:
        raise RuntimeError(
            f"{command[0]} ended with {done.returncode}: {' '.join(map(str, command))}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
    return done.stdout


def is_built(stamp: Path, *sources: Path) -> bool:
    """True when `stamp` was written for exactly these sources; times of files say nothing after a checkout."""
    return stamp.exists() and stamp.read_text() == _digest(sources)


def mark_built(stamp: Path, *sources: Path) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(_digest(sources))


def _digest(sources: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()
