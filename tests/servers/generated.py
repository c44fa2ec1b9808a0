"""Resources of records by chance, the same ones in every run: of every slot of every concept, until each has its share.

python tests/servers/generated.py FOLDER      writes FOLDER/<Concept>.ndjson
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
from strategies import CODES, items  # noqa: E402

from kapfhir.fhir.exact import dumps  # noqa: E402
from kapfhir.fhir.facts import load_facts  # noqa: E402
from kapfhir.fhir.identity import Origin  # noqa: E402
from kapfhir.mapping.folder import MapFolder  # noqa: E402
from kapfhir.mapping.resource.library import Library, load_library  # noqa: E402
from kapfhir.model.concepts import CONCEPTS  # noqa: E402

ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=True)
SHARE = 15  # resources of each slot
SEEDS = 40
EACH = 4  # records of each seed


def records_of(concept: str) -> list[Any]:
    """Records of a concept by chance, the same in every run. Each seed gives few: later ones of a seed resemble its first."""
    found: list[Any] = []
    for number in range(SEEDS):

        @seed(number)
        @settings(max_examples=EACH, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(items(CONCEPTS[concept]))
        def collect(record: Any) -> None:
            found.append(record)

        collect()
    return found


def shows_more(thing: Any, known: set[Any], path: str) -> bool:
    """Whether an element or a code stands here that was not seen at this path before; what is seen is remembered."""
    if isinstance(thing, dict):
        code = (path, *(thing[key] for key in ("system", "code", "url") if isinstance(thing.get(key), str)))
        more = code not in known
        known.add(code)
        return any([more, *(shows_more(inner, known, f"{path}.{key}") for key, inner in thing.items())])
    if isinstance(thing, list):
        return any([shows_more(inner, known, path) for inner in thing])
    more = path not in known
    known.add(path)
    return more


def choose(library: Library, concept: str) -> list[dict[str, Any]]:
    """Of each slot its share, and whatever shows an element or a code that no earlier one had."""
    chosen: list[dict[str, Any]] = []
    count: Counter[str] = Counter()
    known: set[Any] = set()
    ids: set[str] = set()
    for record in records_of(concept):
        for resource in library.build(record):
            slot = library.slot_of(resource)
            assert slot is not None
            name = slot.target.name.slot
            new = shows_more({k: v for k, v in resource.items() if k != "text"}, known, name)
            if (new or count[name] < SHARE) and resource["id"] not in ids:
                count[name] += 1
                ids.add(resource["id"])
                chosen.append(resource)
    return chosen


def write(folder: Path) -> list[Path]:
    """One NDJSON file for each concept."""
    library = load_library(MapFolder.over(), CODES, load_facts(), ORIGIN)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for concept in CONCEPTS:
        file = folder / f"{concept}.ndjson"
        file.write_bytes(b"".join(dumps(resource) + b"\n" for resource in choose(library, concept)))
        files.append(file)
    return files


if __name__ == "__main__":
    write(Path(sys.argv[1]))
