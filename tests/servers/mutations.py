"""Resources with one planted fault each, the same ones in every run: every type that we send times every class of
`faults.py` and `faults_together.py`.

The bases are golden resources and resources of records by chance. Of each type and class a few changes are drawn with one seed, from
as many different elements and ways of going wrong as there are.
"""

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faults
import faults_together
from faults import Change
from hypothesis import HealthCheck, Phase, given, seed, settings

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
from strategies import CODES, items  # noqa: E402

from kapfhir.fhir.exact import dumps, loads  # noqa: E402
from kapfhir.fhir.facts import load_facts  # noqa: E402
from kapfhir.fhir.identity import Origin  # noqa: E402
from kapfhir.mapping.folder import MapFolder  # noqa: E402
from kapfhir.mapping.resource.library import load_library  # noqa: E402
from kapfhir.model.concepts import CONCEPTS  # noqa: E402

GOLDEN = ROOT / "fixtures" / "clinic" / "expected" / "resources"
ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap", synthetic=True)
SEED = 5
RECORDS = 40  # by chance, of each concept
BASES, CHANGES = 8, 8  # of a type; of a type and a class
OFTEN = {"Observation": 3}  # times as many: it has most of the slots


CLASSES = faults.SHAPES | faults_together.MEANINGS


@dataclass(frozen=True, slots=True)
class Mutant:
    """A resource with one fault, as a JSON text; `kind` is the class of the fault, empty for the resource as it was."""

    type: str
    base: int  # number of the resource that was changed
    kind: str
    path: str
    way: str
    text: bytes


def choose_bases() -> list[dict[str, Any]]:
    """Resources of every type that we send; of each type those that together show the most elements."""
    every: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in sorted(GOLDEN.glob("*.ndjson")):
        every[file.stem] += map(loads, file.read_bytes().splitlines())
    library = load_library(MapFolder.over(), CODES, load_facts(), ORIGIN)
    for concept in CONCEPTS:
        for record in _records(concept):
            for resource in library.build(record):
                every[resource["resourceType"]].append(loads(dumps(resource)))
    return [base for kind in sorted(every) for base in _most_telling(every[kind], BASES * OFTEN.get(kind, 1))]


def _records(concept: str) -> list[Any]:
    found: list[Any] = []

    @seed(SEED)
    @settings(
        max_examples=RECORDS, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(items(CONCEPTS[concept]))
    def collect(record: Any) -> None:
        found.append(record)

    collect()
    return found


def _most_telling(resources: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    shown = [frozenset(faults.paths_of(resource)) for resource in resources]
    left, known, chosen = list(range(len(resources))), frozenset[str](), []
    while left and len(chosen) < limit:
        best = max(left, key=lambda n: (len(shown[n] - known), -n))
        left.remove(best)
        known |= shown[best]
        chosen.append(resources[best])
    return chosen


def make_mutants() -> list[Mutant]:
    """The bases as they are, then their mutants."""
    bases = choose_bases()
    mutants = [Mutant(base["resourceType"], n, "", "", "", dumps(base)) for n, base in enumerate(bases)]
    drawn: defaultdict[tuple[str, str], list[tuple[int, Change]]] = defaultdict(list)
    for number, base in enumerate(bases):
        for kind, find in CLASSES.items():
            drawn[base["resourceType"], kind] += [(number, change) for change in find(base)]
    for (name, kind), changes in drawn.items():
        for number, change in _draw(changes, CHANGES * OFTEN.get(name, 1), f"{SEED} {name} {kind}"):
            mutants.append(Mutant(name, number, kind, change.path, change.way, change.apply(bases[number])))
    return mutants


def _draw(changes: list[tuple[int, Change]], limit: int, seed: str) -> Iterator[tuple[int, Change]]:
    """By turns from every pair of an element and a way, so that the elements that stand everywhere do not crowd out the others."""
    chance = random.Random(seed)
    groups: defaultdict[tuple[str, str], list[tuple[int, Change]]] = defaultdict(list)
    for number, change in changes:
        groups[change.place, change.way].append((number, change))
    names = sorted(groups)
    chance.shuffle(names)
    ways: defaultdict[str, list[list[tuple[int, Change]]]] = defaultdict(list)
    for name in names:
        ways[name[1]].append(groups[name])
    turns = [ways[way] for way in chance.sample(sorted(ways), len(ways))]
    taken = 0
    while turns and taken < limit:
        for turn in list(turns):
            if taken < limit:
                yield chance.choice(turn.pop())
                taken += 1
            if not turn:
                turns.remove(turn)
