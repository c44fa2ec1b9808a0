"""The full record, in the realm of US Core, checked: a synthetic cohort to files, against fhir.resources; findings on top."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import KAPFHIR, Cost, run

if TYPE_CHECKING:
    from run import Table

HERE = Path(__file__).parent
REALM = "us-core-6.1.0"
ROWS_PER_PATIENT = 262
SAMPLE = 4_000
MANY = 4  # times the rows, to see that memory is flat


def bench_full_record(work: Path, table: Table, rows: int, times: int) -> None:
    """The cohort, the map with and without findings, the peer, and the memory of more rows."""
    patients = max(4, rows // ROWS_PER_PATIENT)
    small, large, out = work / "cohort", work / "cohort-large", work / "cohort-out"
    made = _middle([_make(small, patients) for _ in range(times)])
    written = sum(line["count"] for line in map(json.loads, made.out.splitlines()) if line["type"] == "file")
    started = _middle([run(*KAPFHIR, "--help") for _ in range(times)]).cpu_s
    speed = written / (made.cpu_s - started)
    table.add("synthetic cohort", f"{written:,} rows, {speed:,.0f} rows/s", "at least 50,000 rows/s", holds=speed >= 50_000)
    plain = [_convert(small, out) for _ in range(times)]
    peers = sorted(float(run(sys.executable, HERE / "peer.py", out, SAMPLE).out) for _ in range(times))
    cost, peer = _middle(plain), peers[times // 2]
    count = int(cost.out)
    ours = count / cost.cpu_s
    table.add(
        f"full record, US Core realm, checked: {written:,} rows to {count:,} resources",
        f"{ours:,.0f} resources/s; fhir.resources {peer:,.0f}/s; ratio {ours / peer:.1f}",
        "ratio at least 20",
        holds=ours / peer >= 20,
    )
    told = _middle([_map(small, out) for _ in range(times)])
    more = told.cpu_s / cost.cpu_s - 1
    table.add("findings on top", f"{100 * more:.0f} % more CPU", "at most 25 %", holds=more <= 0.25)
    _make(large, MANY * patients)
    big = _convert(large, out)
    growth = big.peak_mb / cost.peak_mb
    table.add(
        f"peak memory at {MANY} x the full record",
        f"{cost.peak_mb:.0f} MB -> {big.peak_mb:.0f} MB; ratio {growth:.2f}",
        "at most 1.2",
        holds=growth <= 1.2,
    )


def _make(folder: Path, patients: int) -> Cost:
    shutil.rmtree(folder, ignore_errors=True)
    return run(*KAPFHIR, "--json", "cohort", "-o", folder, "--patients", patients, "--seed", "bench")


def _map(folder: Path, out: Path) -> Cost:
    shutil.rmtree(out, ignore_errors=True)
    return run(*KAPFHIR, "--json", "--no-progress", "map", folder, "-o", out, "--realm", REALM)


def _convert(folder: Path, out: Path) -> Cost:
    return run(sys.executable, HERE / "convert.py", folder / "kapfhir.toml", folder, out, REALM)


def _middle(costs: list[Cost]) -> Cost:
    return sorted(costs, key=lambda cost: cost.cpu_s)[len(costs) // 2]
