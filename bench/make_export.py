"""A clinic export of any size for the benchmarks: synthetic, seeded, the same bytes for the same numbers.

`python bench/make_export.py DIR ROWS`: about ROWS rows over seven tables, in the proportions of a clinic that monitors
every infusion.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20260105
FIRST = datetime(2023, 1, 9, 9, tzinfo=UTC)
FREQUENCIES = ("not-at-all", "several-days", "more-than-half", "nearly-every-day")
PER_CLIENT = 6  # dosing sessions of a course
READINGS = 4  # rows of the monitor for each session
ROWS_PER_CLIENT = 1 + PER_CLIENT * (1 + READINGS + 1 + 1)  # client; each session with its readings, a note and a PHQ-9
CONFIG = """source = "bench"
mappings = "{maps}"
[clinic]
system = "https://bench.example/kap"
namespace = "7b0f54d0-46c5-4ad0-9a9c-3f7d6f8f7a11"
zone = "UTC"
synthetic = true
"""


def make(folder: Path, rows: int) -> Path:
    """Write the export and its configuration; returns the configuration file."""
    into = folder / "input"
    into.mkdir(parents=True, exist_ok=True)
    clients = max(1, rows // ROWS_PER_CLIENT)
    _write(into / "sites.csv", "site name", [("S-1", "Bench Clinic")])
    _write(
        into / "staff.csv",
        "id family given profession site",
        [("MD-1", "Doe", "Ann", "physician", "S-1"), ("T-1", "Roe", "Max", "therapist", "S-1")],
    )
    _write(into / "clients.csv", "client family given gender born chart", (_client(n) for n in range(clients)))
    sessions = [(n, k) for n in range(clients) for k in range(PER_CLIENT)]
    for name, head, one in TABLES:
        _write(into / f"{name}.csv", head, (row for n, k in sessions for row in one(n, k)))
    config = folder / "kapfhir.toml"
    config.write_text(CONFIG.format(maps=(Path(__file__).parent / "mappings").resolve()), encoding="utf-8")
    return config


def _write(path: Path, head: str, rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(head.split())
        out.writerows(rows)


def _chance(*what: object) -> random.Random:
    return random.Random(f"{SEED}|{what}")


def _client(n: int) -> tuple[object, ...]:
    chance = _chance("client", n)
    born = datetime(1950, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(18000))
    return (f"P-{n:06}", f"Test{n}", "Pat", chance.choice(("female", "male", "other")), f"{born:%m/%d/%Y}", f"{n:06}")


def _start(n: int, k: int) -> datetime:
    return FIRST + timedelta(days=(n * 3) % 700 + 7 * k, minutes=15 * (n % 24))


def _dosing(n: int, k: int) -> Iterable[tuple[object, ...]]:
    chance, at = _chance("dose", n, k), _start(n, k)
    weight = 50 + _chance("weight", n).randrange(500) / 10
    clock = [f"{at + timedelta(minutes=m):%H:%M}" for m in (-20, 0, 40, 120)]
    vitals = []
    for rise in (0, 22, 6):  # before, at 40 minutes, at the end
        systolic, diastolic = chance.randrange(105, 140) + rise, chance.randrange(60, 90) + rise // 2
        vitals += [f"{systolic}/{diastolic}", chance.randrange(55, 95) + rise // 2, chance.randrange(94, 100)]
    dose = (f"{weight / 2:.2f}", "0.5", 40, "iv", f"{weight:.1f}")
    yield (f"D-{n:06}-{k}", f"P-{n:06}", "MD-1", k + 1, f"{at:%m/%d/%Y}", *clock, *dose, *vitals)


def _readings(n: int, k: int) -> Iterable[tuple[object, ...]]:
    chance, at = _chance("readings", n, k), _start(n, k)
    for minute in range(READINGS // 2):
        taken = f"{(at + timedelta(minutes=10 * minute + 5)).isoformat()}"
        yield (f"D-{n:06}-{k}", taken, "HR", chance.randrange(60, 110))
        yield (f"D-{n:06}-{k}", taken, "SpO2", chance.randrange(94, 100))


def _notes(n: int, k: int) -> Iterable[tuple[object, ...]]:
    chance = _chance("note", n, k)
    at = _start(n, k) + timedelta(hours=chance.randrange(20, 60))
    yield (
        f"N-{n:06}-{k}",
        f"P-{n:06}",
        "T-1",
        f"D-{n:06}-{k}",
        f"{at:%Y-%m-%d %H:%M}",
        f"{at + timedelta(minutes=75):%Y-%m-%d %H:%M}",
        chance.choice(("in-person", "telehealth")),
        chance.choice(("emdr;ifs", "ifs", "act", "")),
    )


def _phq9(n: int, k: int) -> Iterable[tuple[object, ...]]:
    chance, at = _chance("phq9", n, k), _start(n, k) - timedelta(hours=1)
    scores = [max(0, min(3, chance.randrange(4) - k // 3)) for _ in range(9)]
    yield (f"Q-{n:06}-{k}", f"P-{n:06}", f"{at:%Y-%m-%d %H:%M}", sum(scores), *(FREQUENCIES[s] for s in scores))


VITALS = "bp_pre hr_pre spo2_pre bp_40 hr_40 spo2_40 bp_end hr_end spo2_end"
One = Callable[[int, int], Iterable[tuple[object, ...]]]
TABLES: tuple[tuple[str, str, One], ...] = (
    (
        "dosing",
        "session client clinician number day arrived start stop left dose_mg mg_per_kg minutes route weight_kg " + VITALS,
        _dosing,
    ),
    ("readings", "session taken measure value", _readings),
    ("notes", "note client therapist session starts ends place modalities", _notes),
    ("phq9", "form client filled total q1 q2 q3 q4 q5 q6 q7 q8 q9", _phq9),
)

if __name__ == "__main__":
    print(make(Path(sys.argv[1]), int(sys.argv[2])))
