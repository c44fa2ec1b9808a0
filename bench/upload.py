"""The peer of sync: posts ready-made transactions, so many at once, and does nothing else.

`python bench/upload.py URL THREADS SHARED FILE...`: SHARED goes first, by itself. Prints the seconds that it took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

import requests

HEADERS = {"Content-Type": "application/fhir+json", "X-Retry-On-Version-Conflict": "retry; max-retries=10"}


def upload(url: str, threads: int, shared: Iterable[Path], files: Iterable[Path]) -> float:
    """Seconds to post them all; SystemExit if the server refuses one."""
    mine = local()

    def post(file: Path) -> None:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
        answer = mine.session.post(url, data=file.read_bytes(), headers=HEADERS, timeout=300)
        if answer.status_code != 200:
            raise SystemExit(f"{file.name}: HTTP {answer.status_code}")

    start = time.perf_counter()
    for file in shared:
        post(file)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(post, files))
    return time.perf_counter() - start


if __name__ == "__main__":
    first, *rest = map(Path, sys.argv[3:])
    print(upload(sys.argv[1], int(sys.argv[2]), [first], rest))
