"""Where a field of a record goes: the elements that the resource maps fill with it, with the lines that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.located import Problems, load_yaml

from .grammar import ITSELF, Copy, Either, Line, Map, Repeat, Slot, parse_map

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """`path`: names of fields from the record on, without items: ('doses', 'dose'). `place`: file:line of the resource map;
    `slot`: that of the slot, whose resource is filled.
    """

    path: Path
    element: str
    place: str
    slot: str = ""

    def takes(self, path: Path) -> bool:
        """Whether the field at this path, or a part of it, goes this way."""
        short, long = sorted((self.path, path), key=len)
        return long[: len(short)] == short


def find_routes(folder: MapFolder, concept: str) -> list[Route]:
    """Every way that a field of this concept goes, in the order of the map. The maps were checked before."""
    return [route for found in _maps(folder) if found.concept == concept for route in _routes(found)]


def _maps(folder: MapFolder) -> Iterator[Map]:
    for name, path in folder.files("fhir", ".yaml").items():
        problems = Problems(name)
        tree = load_yaml(path, problems)
        found = parse_map(tree, problems) if tree is not None else None
        if found is not None:
            yield found


def _routes(found: Map) -> Iterator[Route]:
    for slot in found.slots.values():
        base = tuple(map(str, slot.each))
        kind = str(slot.resource)
        yield Route(("key",), f"{kind}.identifier", place := f"{slot.file}:{slot.name.line}", place)
        yield from _lines(slot.file, slot, slot.lines, base, kind)


def _lines(file: str, slot: Slot, lines: Iterable[Line], base: Path, element: str) -> Iterator[Route]:
    for line in lines:
        steps = (f"{s.name}:{s.slice}" if s.slice else str(s.name) for s in line.steps)
        inner = ".".join((element, *steps))
        rule = line.rule.other if isinstance(line.rule, Either) else line.rule
        if isinstance(rule, Repeat):
            yield from _lines(file, slot, rule.lines, (*base, str(rule.each)), inner)
        elif isinstance(rule, Copy) and rule.field is not None:
            owner = base[: len(base) - rule.up]
            path = owner if rule.field == ITSELF else (*owner, str(rule.field))
            yield Route(path, inner, f"{file}:{line.at.line}", f"{file}:{slot.name.line}")
