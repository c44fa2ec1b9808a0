"""An export to checked files, without a look for findings: `python bench/convert.py CONFIG EXPORT OUT [REALM]` prints how many
resources there were.
"""

from __future__ import annotations

import gc
import shutil
import sys
from pathlib import Path

from kapfhir.cli.main import SWEEP_AFTER

gc.set_threshold(SWEEP_AFTER)  # as the commands do, before the rest is imported

from kapfhir import pipeline  # noqa: E402
from kapfhir.config import load_settings  # noqa: E402
from kapfhir.delivery import Delivery, deliver, time_of_delivery  # noqa: E402
from kapfhir.job import open_job  # noqa: E402


def main(config: Path, export: Path, out: Path, realm: str = "international") -> int:
    """What `kapfhir map` does, but for the rules."""
    shutil.rmtree(out, ignore_errors=True)
    with open_job(export, load_settings(config, flags={"realm": realm})) as job:
        to = Delivery(out, "ndjson", time_of_delivery(job.export.newest), "bench", job.origin.system)
        files = deliver(pipeline.map(job), to)
    return sum(file.count for file in files if file.type)


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:4]), *sys.argv[4:]))
