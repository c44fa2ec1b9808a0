"""A folder of resource maps as one object: `build(record)` gives its resources, `read(resources)` the records they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from kapfhir.errors import MappingError, Problem
from kapfhir.fhir.facts import Facts
from kapfhir.fhir.identity import Origin, SlotName, addresses, ids
from kapfhir.mapping.code_check import check_beside
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.located import Problems, load_yaml, near
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import fields_of, is_item
from kapfhir.model.values import ImpossibleError, Key

from .build import Resource, builder_of
from .check import Checker
from .convert import ReadError
from .grammar import Map, parse_map
from .marks import covers
from .parts import Into
from .references import Target
from .slots import SlotPlan


@dataclass(slots=True)
class Library:
    """The compiled maps."""

    writers: dict[type, Callable[[], Callable[[Any], list[Resource]]]]
    slots: dict[str, SlotPlan]  # by identifier system
    builders: dict[type, Callable[[Any], list[Resource]]] = field(default_factory=dict)  # written when first needed
    unclaimed: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (profile, element, slot's place): resources

    def note(self, profile: str, element: str, place: str) -> None:
        """One more resource that may not claim a profile, for want of this element."""
        self.unclaimed[profile, element, place] += 1

    def not_claimed(self) -> list[Problem]:
        """What resources lacked to claim profiles of their slots since this was asked last: a problem per profile and element."""
        told = [
            Problem(
                place.rpartition(":")[0],
                int(place.rpartition(":")[2]),
                element,
                "not-us-core",
                f"{count:,} {'resource' if count == 1 else 'resources'} can't claim {profile}: it asks for {element}",
                "supply it in the export, if the clinic knows it",
                "information",
                effect="profile not claimed",
            )
            for (profile, element, place), count in sorted(self.unclaimed.items())
        ]
        self.unclaimed.clear()
        return told

    def build(self, record: Any) -> list[Resource]:
        """The resources of a record. They share parts: change a deep copy, not them."""
        kind = type(record)
        if kind not in self.builders:
            self.builders[kind] = self.writers[kind]()
        return self.builders[kind](record)

    def read(self, resources: Iterable[Resource]) -> list[Any]:
        """The records that these resources were built from, in the order of their first resource; ReadError if they were not."""
        records: dict[tuple[str, str], _Reading] = {}
        for resource in resources:
            for plan, value in self._own(resource):
                if not covers(plan.whole.wants, resource):
                    raise ReadError(f"{_name(resource)} differs from the constants of its map", f"see {plan.place}")
                key, *items = value.rsplit("/", sum(plan.target.keyed) - 1)
                name = plan.target.name.concept
                if (name, key) not in records:
                    records[name, key] = _Reading(CONCEPTS[name], key)
                records[name, key].add(plan, tuple(items), resource)
        return [reading.record() for reading in records.values()]

    def slot_of(self, resource: Resource) -> SlotPlan | None:
        """The slot that built a resource; None for one that is not ours."""
        return next((plan for plan, _ in self._own(resource)), None)

    def place_of(self, resource: Mapping[str, Any]) -> str:
        """The map line of the slot that built a resource; empty for one that is not ours."""
        slot = self.slot_of(dict(resource))
        return slot.place if slot else ""

    def _own(self, resource: Resource) -> Iterable[tuple[SlotPlan, str]]:
        identifiers = resource.get("identifier", ())
        for identifier in [identifiers] if isinstance(identifiers, dict) else identifiers:
            plan = self.slots.get(identifier.get("system", ""))
            if plan is not None and plan.target.name.resource == resource["resourceType"]:
                yield plan, identifier["value"]


class _Reading:
    """One record while its resources come in. A place is (lists walked, keys of the items)."""

    def __init__(self, kind: type, key: str) -> None:
        self.fields: dict[Any, dict[str, Any]] = {((), ()): {"key": Key(key)}}
        self.items: dict[Any, list[Any]] = {}  # place -> the places of its items, with the list's name and class
        self.kind = kind

    def add(self, plan: SlotPlan, keys: tuple[str, ...], resource: Resource) -> None:
        target = plan.target
        place: Any = ((), ())
        into: Into = (self.fields[place],)
        used = 0
        for depth, name in enumerate(target.each, 1):
            level = len(target.levels) - 1 - depth
            used += target.keyed[level]
            owner, place = place, (target.each[:depth], keys[:used])
            if place not in self.fields:
                self.fields[place] = {"key": Key(keys[used - 1])} if target.keyed[level] else {}
                self.items.setdefault(owner, []).append((place, name, target.levels[level], target.keyed[level]))
            into = (self.fields[place], *into)
        resource = plan.claims.without_fills(resource)
        try:
            for take in plan.whole.takes:
                take(resource, into)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ReadError(
                f"{_name(resource)} can't be read as {target.name.concept}: {type(error).__name__}", f"see {plan.place}"
            ) from None

    def record(self) -> Any:
        return self._make(((), ()), self.kind)

    def _make(self, place: Any, kind: type) -> Any:
        fields = {**_empty_lists(kind), **self.fields[place]}
        for inner, name, item, keyed in sorted(self.items.get(place, ()), key=lambda i: (i[1], i[0])):
            value = self._make(inner, item)
            fields[name] = (*fields.get(name, ()), value) if keyed else value
        try:
            return kind(**fields)
        except ImpossibleError as error:
            raise ReadError(f"{kind.__name__}: {error.text}") from None
        except TypeError:
            missing = [f.name for f in fields_of(kind).values() if not f.optional and not f.derived and f.name not in fields]
            raise ReadError(
                f"{kind.__name__} has no {' and no '.join(missing)}", "were all resources of the record given?"
            ) from None


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource.get('id', '')}"


@cache
def _empty_lists(kind: type) -> dict[str, Any]:
    """FHIR has no empty list: what is not there was empty."""
    return {f.name: () for f in fields_of(kind).values() if f.many and not f.derived}


# ------------------------------------------------------------------------------------------------ load, check, compile


def load_library(folder: MapFolder, codes: Codes, facts: Facts, origin: Origin) -> Library:
    """Every resource map of a folder, checked and compiled. MappingError with the faults of all."""
    maps, files = _parse(folder)
    rest = [*codes.problems, *folder.strays()]
    whole = not rest and not any(file.found for file in files)  # else references to slots can't be judged
    targets = {str(m.concept): _targets(m, facts, origin) for m in maps}
    library = Library({}, {})
    for source in maps:
        plans = Checker(facts, codes, targets, source.problems, whole, origin.realm).check(source)
        library.slots |= {p.target.system: p for p in plans}
        library.writers[CONCEPTS[source.concept]] = partial(builder_of, plans, origin, facts, library.note)
    found = [*rest, *check_beside(folder, codes), *(problem for file in files for problem in file.found)]
    if found:
        raise MappingError(found)
    return library


def _parse(folder: MapFolder) -> tuple[list[Map], list[Problems]]:
    """One map per concept, with the slots of all its files; and what is wrong with each file."""
    maps: dict[str, Map] = {}
    files: list[Problems] = []
    for name, path in folder.files("fhir", ".yaml").items():
        files.append(problems := Problems(name))
        tree = load_yaml(path, problems)
        source = parse_map(tree, problems) if tree is not None else None
        if source is not None and source.concept not in CONCEPTS:
            problems.say(
                source.concept, "unknown-concept", f"there is no concept '{source.concept}'", near(source.concept, CONCEPTS)
            )
        elif source is not None:
            known = maps.setdefault(source.concept, source).slots
            for slot in source.slots.values():
                if known.setdefault(slot.name, slot) is not slot:
                    text = f"{source.concept} has a slot '{slot.name}' already, in {known[slot.name].file}"
                    problems.say(slot.name, "duplicate-slot", text)
    return list(maps.values()), files


def _targets(source: Map, facts: Facts, origin: Origin) -> dict[str, Target]:
    out = {}
    for slot in source.slots.values():
        problems = slot.problems
        if slot.resource not in facts.resources:
            problems.say(
                slot.resource, "unknown-resource", f"R4 has no resource '{slot.resource}'", near(slot.resource, facts.resources)
            )
            continue
        if "identifier" not in facts.elements(slot.resource):
            problems.say(
                slot.resource, "no-identifier", f"{slot.resource} has no identifier: what is kept there could not be told apart"
            )
            continue
        levels: list[type] = [CONCEPTS[source.concept]]
        keyed = [True]
        for name in slot.each:
            f = fields_of(levels[0]).get(name)
            if f is None:
                known = fields_of(levels[0])
                problems.say(name, "unknown-field", f"{levels[0].__name__} has no field '{name}'", near(name, known))
                break
            if not is_item(f.types[0]) or (f.many and "key" not in fields_of(f.types[0])):
                problems.say(
                    name,
                    "wrong-type",
                    f"{levels[0].__name__}.{name} holds no items with a key: they can't be resources of their own",
                )
                break
            levels.insert(0, f.types[0])
            keyed.insert(0, f.many)
        else:
            known_by = SlotName(str(source.concept), str(slot.name), str(slot.resource))
            each = tuple(map(str, slot.each))
            when = str(slot.when) if slot.when else None
            identify = ids(known_by, origin)
            address = addresses(known_by, origin)
            system = known_by.system(origin)
            out[known_by.slot] = Target(known_by, system, identify, address, each, tuple(levels), tuple(keyed), when)
    return out
