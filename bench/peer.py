"""The peer: the same resources, built and dumped through fhir.resources.

`python bench/peer.py FOLDER COUNT` prints resources a second of CPU time.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path

from kapfhir.fhir.exact import loads
from kapfhir.fhir.typed import typed


def main(folder: Path, count: int) -> float:
    """Resources a second: plain data -> validated model -> JSON. An even sample of every type, in its own proportion."""
    files = sorted(folder.glob("[A-Z]*.ndjson"))
    size = {f: sum(1 for _ in f.open("rb")) for f in files}
    whole = sum(size.values())
    sample = []
    for file in files:
        with file.open("rb") as lines:
            sample += [loads(line) for line in islice(lines, max(1, count * size[file] // whole))]
    for resource in sample[:200]:  # models are made when they are first asked for
        typed(resource)
    start = time.process_time()
    for resource in sample:
        typed(resource).model_dump_json()
    return len(sample) / (time.process_time() - start)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2])))
