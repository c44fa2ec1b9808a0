"""`make bench`: the figures of docs/explanation/performance.md, each with its peer in the same run.

python bench/run.py [--quick] [--no-server] [--write]

`--quick`: a tenth of the rows, one run each (to see that it works; the figures mean little). `--no-server`: without HAPI, which
needs Java and Maven. `--write`: put the table into docs/explanation/performance.md. Ends with 1 if a bound is missed.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import NAMESPACE_URL, uuid5

from full_record import bench_full_record
from make_export import make
from measure import KAPFHIR, Cost, middle, run
from upload import upload

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
ROWS, TIMES, SAMPLE = 100_000, 5, 4_000
UPLOADED, THREADS = 10_000, 4  # rows that are synced to HAPI
WARM_UP = 4  # a part of them, so that Java has compiled what it runs


@dataclass
class Table:
    """Figures as they come in; `missed` are those beyond their bound."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, what: str, figure: str, bound: str, *, holds: bool) -> None:
        self.rows.append((what, figure, bound))
        print(f"{'ok    ' if holds else 'MISSED'} {what}: {figure} ({bound})", flush=True)
        if not holds:
            self.missed.append(what)

    def __str__(self) -> str:
        lines = ["| what | measured | bound |", "|---|---|---|"]
        return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in self.rows)])


def convert(config: Path, out: Path) -> Cost:
    """One run of the whole way to files, without findings: what these cost on top is measured with the full record."""
    return run(sys.executable, HERE / "convert.py", config, config.parent / "input", out)


def summary(cost: Cost) -> dict[str, int]:
    return json.loads(cost.out.splitlines()[-1])


def bench_map(work: Path, table: Table, rows: int, times: int) -> None:
    """CSV -> checked NDJSON, against fhir.resources; then ten times as much."""
    small, large = make(work / "small", rows), make(work / "large", 10 * rows)
    costs = [convert(small, work / "out") for _ in range(times)]
    peers = [float(run(sys.executable, HERE / "peer.py", work / "out", SAMPLE).out) for _ in range(times)]
    count = int(costs[0].out)
    cpu, peer = sorted(c.cpu_s for c in costs)[times // 2], sorted(peers)[times // 2]
    speed = count / cpu
    table.add(
        f"CSV to checked NDJSON, {rows:,} rows to {count:,} resources",
        f"{speed:,.0f} resources/s; fhir.resources {peer:,.0f}/s; ratio {speed / peer:.1f}",
        "ratio at least 20",
        holds=speed / peer >= 20,
    )
    big = convert(large, work / "out")
    many = int(big.out)
    peak = max(c.peak_mb for c in costs)
    table.add(
        "peak memory at 10 x input",
        f"{peak:.0f} MB -> {big.peak_mb:.0f} MB; ratio {big.peak_mb / peak:.2f}",
        "at most 1.2",
        holds=big.peak_mb <= 1.2 * peak,
    )
    growth = (big.cpu_s / many) / (cpu / count)
    table.add(
        "CPU for each resource at 10 x input",
        f"{1e6 * cpu / count:.1f} us -> {1e6 * big.cpu_s / many:.1f} us; ratio {growth:.2f}",
        "at most 1.10",
        holds=growth <= 1.10,
    )


def _sync(config: Path, url: str, ledger: Path) -> tuple[str | Path, ...]:
    """The command that syncs this export."""
    options = ("--server", url, "--ledger", ledger)
    return (*KAPFHIR, "--config", config, "--json", "--no-progress", "sync", config.parent / "input", *options)


def bench_again(work: Path, table: Table, rows: int, times: int) -> None:
    """A second sync of an unchanged export, to the embedded server."""
    config = make(work / "again", rows)
    with _Sandbox() as url:
        sync = _sync(config, url, work / "again.sqlite")
        run(*sync)
        with_requests = [run(*sync) for _ in range(times)]
    found = summary(with_requests[0])
    writes = sum(found[name] for name in ("create", "update", "refused"))
    cpu = sorted(c.cpu_s for c in with_requests)[times // 2]
    table.add(
        f"unchanged export synced again, {found['rows']:,} rows",
        f"{found['rows'] / cpu:,.0f} rows/s; {writes} writes, {found['requests']} requests",
        "at least 20,000 rows/s, no write",
        holds=found["rows"] / cpu >= 20_000 and writes == 0,
    )


def bench_hapi(work: Path, table: Table, rows: int, times: int) -> None:
    """Sync to HAPI against a plain uploader of the same transactions; each on a namespace of its own, wall time.

    Each pair has a server of its own: a server that fills grows slower by more than what is measured here. Who goes first takes
    turns, for the same reason.
    """
    sys.path.insert(0, str(HERE.parent / "tests" / "servers"))
    import hapi  # noqa: PLC0415  only where Java is wanted

    pairs: list[tuple[float, float]] = []
    resources = 0
    for turn in range(times):
        with hapi.Hapi(flags=hapi.THROUGHPUT) as server:
            _sync_new(work, f"warm-up-{turn}", server.url, rows // WARM_UP)
            theirs = 0.0 if turn % 2 else _upload_new(work, f"upload-{turn}", server.url, rows)
            ours, resources = _sync_new(work, f"sync-{turn}", server.url, rows)
            theirs = theirs or _upload_new(work, f"upload-{turn}", server.url, rows)
        pairs.append((ours, theirs))
        print(f"       pair {turn + 1}: {theirs:.1f} s uploaded, {ours:.1f} s synced, ratio {theirs / ours:.2f}", flush=True)
    ratio = median(theirs / ours for ours, theirs in pairs)
    mine, plain = (median(side) for side in zip(*pairs, strict=True))
    table.add(
        f"sync of {resources:,} resources to HAPI FHIR, mapping included",
        f"{resources / mine:,.0f} resources/s; plain uploader {resources / plain:,.0f}/s; ratio {ratio:.2f}",
        "ratio at least 0.9",
        holds=ratio >= 0.9,
    )


def _renamed(work: Path, name: str, rows: int) -> Path:
    """The same export as another clinic: all ids are new."""
    config = make(work / name, rows)
    text = config.read_text(encoding="utf-8").replace(
        "7b0f54d0-46c5-4ad0-9a9c-3f7d6f8f7a11", str(uuid5(NAMESPACE_URL, f"{work.name}/{name}"))
    )
    config.write_text(text.replace("https://bench.example/kap", f"https://bench.example/{name}"), encoding="utf-8")
    return config


def _sync_new(work: Path, name: str, url: str, rows: int) -> tuple[float, int]:
    config = _renamed(work, name, rows)
    cost = run(*_sync(config, url, work / f"{name}.sqlite"))
    return cost.wall_s, summary(cost)["create"]


def _upload_new(work: Path, name: str, url: str, rows: int) -> float:
    config = _renamed(work, name, rows)
    out = work / f"{name}-bundles"
    run(*KAPFHIR, "--config", config, "-q", "--no-progress", "map", config.parent / "input", "-o", out, "--format", "bundle")
    shared, *files = sorted(out.glob("bundle-*.json"))
    return upload(url, THREADS, [shared], files)


def bench_help(table: Table, times: int) -> None:
    """How soon the help is there: wall time, since a person waits for it."""
    wall = middle(times, lambda: run(*KAPFHIR, "--help").wall_s)
    table.add("`kapfhir --help`", f"{wall:.2f} s", "at most 0.2 s", holds=wall <= 0.2)


class _Sandbox:
    """The embedded server as a process of its own."""

    def __enter__(self) -> str:
        self.process = subprocess.Popen(
            [*KAPFHIR, "sandbox", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        return next(self._urls())

    def _urls(self) -> Iterator[str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield from (word for word in line.split() if word.startswith("http"))

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def main(arguments: list[str]) -> int:
    if unknown := set(arguments) - {"--quick", "--no-server", "--write"}:
        print(f"{', '.join(sorted(unknown))}: there are --quick, --no-server and --write", file=sys.stderr)
        return 2
    rows, times = (ROWS // 10, 1) if "--quick" in arguments else (ROWS, TIMES)
    table = Table()
    with tempfile.TemporaryDirectory(prefix="kapfhir-bench-") as folder:
        work = Path(folder)
        bench_help(table, times)
        bench_map(work, table, rows, times)
        bench_full_record(work, table, rows, times)
        bench_again(work, table, rows // 2, times)
        if "--no-server" not in arguments:
            bench_hapi(work, table, UPLOADED // (10 if times == 1 else 1), min(times, 3))
    where = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}"
    print(f"\n{where}\n\n{table}")
    if "--write" in arguments:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{where}\n\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
