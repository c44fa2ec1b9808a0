"""A HAPI FHIR R4 server of our own: built from Maven Central, on a free port, stopped by its process id.

python tests/servers/hapi.py     builds and starts it, prints its base URL, and runs until Ctrl-C
"""

import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from jvm import HERE, is_built, mark_built, require_tools, run_tool

PROJECT = HERE / "hapi"
JAR = PROJECT / "target" / "hapi-r4.jar"
QUICK_START = ("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:disable")
THROUGHPUT = ("-Xmx4g",)
READY_WITHIN_S = 180


def build() -> Path:
    """Builds the launcher, unless it stands already for these sources. Returns the jar; its libraries are beside it in `lib/`."""
    require_tools("java", "mvn")
    sources = (PROJECT / "pom.xml", *sorted((PROJECT / "src").rglob("*.*")))
    stamp = PROJECT / "target" / "built"
    if not (JAR.exists() and is_built(stamp, *sources)):
        run_tool("mvn", "-q", "-B", "-f", PROJECT / "pom.xml", "clean", "package")
        mark_built(stamp, *sources)
    return JAR


class Hapi:
    """One server with an empty database in memory; it dies with this process (--exit-with-stdin).

    `--reuse-ms 0` makes a repeated search see what was written since: HAPI would else answer from its cache for a minute.
    """

    def __init__(self, *arguments: str, flags: tuple[str, ...] = QUICK_START) -> None:
        command = ["java", *flags, "-jar", str(build()), "--port", "0", "--exit-with-stdin", "--reuse-ms", "0", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.url = self._read_url()

    def _read_url(self) -> str:
        assert self.process.stdout is not None
        guard = threading.Timer(READY_WITHIN_S, self.process.kill)  # a start that hangs must not hang the tests
        guard.start()
        try:
            for line in self.process.stdout:
                if line.startswith("READY "):
                    return line.split()[1]
        finally:
            guard.cancel()
        raise RuntimeError(f"HAPI did not start within {READY_WITHIN_S} s: exit {self.process.wait(30)}; its log is above")

    def stop(self) -> int:
        """Closes its standard input, on which it stops in about a second; kills it when it does not. Returns its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(30)
        finally:
            self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


if __name__ == "__main__":
    with Hapi() as server:
        print(server.url, flush=True)
        try:
            server.process.wait()
        except KeyboardInterrupt:
            pass
