"""The peer: the same resources, built and dumped through fhir.resources.

`python bench/peer.py FOLDER COUNT` prints resources a second of CPU time.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path

from fhir.resources.R4B import get_fhir_model_class

from kapfhir.fhir.exact import loads


def main(folder: Path, count: int) -> float:
    """Resources a second: plain data -> validated model -> JSON. An even sample of every type, in its own proportion."""
    files = sorted(folder.glob("[A-Z]*.ndjson"))
    size = {f: sum(1 for _ in f.open("rb")) for f in files}
    whole = sum(size.values())
    sample = []
    for file in files:
        with file.open("rb") as lines:
            sample += [loads(line) for line in islice(lines, max(1, count * size[file] // whole))]
    models = {kind: get_fhir_model_class(kind) for kind in {resource["resourceType"] for resource in sample}}
    for resource in sample[::20]:  # models are completed when they are first used
        models[resource["resourceType"]].model_validate(resource)
    start = time.process_time()
    for resource in sample:
        models[resource["resourceType"]].model_validate(resource).model_dump_json()
    return len(sample) / (time.process_time() - start)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2])))
