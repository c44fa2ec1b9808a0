"""Lines that point at slots: of this record, or of another one known by its key only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from kapfhir.fhir.facts import Element
from kapfhir.fhir.identity import Address, SlotName, reference_of
from kapfhir.mapping.located import Problems, Text, near
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import Field
from kapfhir.model.values import Ref

from .convert import Pair
from .forms import text
from .grammar import Copy
from .parts import Make, Part, given
from .tree import Branch
from .writing import Scope, Value, Writer

CANONICAL = ("canonical", "uri", "url")  # where a definition is named by its own address, not by a reference


@dataclass(frozen=True, slots=True)
class Target:
    """A slot that references may point to."""

    name: SlotName
    system: str
    identify: Callable[[str, str], str]  # (record key, /item/keys) -> id
    address: Callable[[str, tuple[str, ...]], Address]  # for references from elsewhere: remembers the last ones
    each: tuple[str, ...]
    levels: tuple[type, ...]  # the item's class, its owner's, ..., the record's
    keyed: tuple[bool, ...]  # of the same: does it have a key of its own
    when: str | None = None  # the field without which there is no resource


@dataclass(frozen=True, slots=True)
class Way:
    """How a Ref becomes a Reference and is read again."""

    pair: Pair
    systems: frozenset[str]
    make: Make | None = None  # where the record's own key is needed too


@dataclass(frozen=True, slots=True)
class References:
    """Resolves the references of one slot."""

    targets: dict[str, dict[str, Target]]
    here: Target
    problems: Problems
    whole: bool  # is every map there?

    def other(self, rule: Copy, f: Field, branch: Branch, element: Element) -> Way | None:
        """A field that holds the key of another record, or of an item of this one."""
        assert f.refers is not None
        inside = f.refers.__name__ not in CONCEPTS
        slots = self.targets.get(self.here.name.concept if inside else f.refers.__name__, {})
        if inside:
            slots = {n: t for n, t in slots.items() if t.levels[0] is f.refers and sum(t.keyed) == 2}
        if not slots:
            if self.whole:
                self.problems.say(
                    rule.at,
                    "unknown-slot",
                    f"{f.refers.__name__} has no slot that {self.here.name.concept}.{f.name} could point to",
                )
            return None
        target = self._target(rule.at, rule.slot, slots, branch, element)
        if target is None:
            return None
        address, systems = target.address, frozenset({target.system})
        if inside and branch.type in CANONICAL:
            fault = f"an item of the same record has no canonical address: {branch.path} can't take it"
            self.problems.say(rule.at, "wrong-target", fault)
            return None
        if not inside and (target.when or target.each):
            self.problems.say(
                rule.at,
                "wrong-target",
                f"'{target.name.slot}' is not there for every {f.refers.__name__}: nothing could be pointed to",
            )
            return None
        if branch.type in CANONICAL:
            return Way(canonical_pair(target), frozenset())
        if not inside:
            there = lambda w, v: w.derive(v, f"{w.bind(address)}({v}, ()).reference", shared=True).source
            return Way(Pair(there, lambda node: Ref(node["identifier"]["value"]), text), systems)

        def make(w: Writer, scope: Scope) -> Value:  # that the item is there, the record's class sees to
            key, record = given(w, scope[rule.up], f), w.derive(scope[-1], f"{scope[-1]}.key")
            return w.derive(key, f"{w.bind(address)}({record}, ({key},)).reference", shared=True)

        return Way(Pair(text, lambda node: Ref(node["identifier"]["value"].rsplit("/", 1)[1]), text), systems, make)

    def own(self, rule: Copy, branch: Branch, element: Element) -> Part | None:
        """Another slot of the same record: written from the keys, nothing to read."""
        target = self._target(rule.at, rule.slot, self.targets[self.here.name.concept], branch, element)
        if target is None:
            return None
        conditional = target.when and target is not self.here
        if conditional and branch.element.required:
            self.problems.say(
                rule.at, "missing-element", f"{branch.path} is required, but '{rule.slot}' is there only with {target.when}"
            )
            return None
        if branch.type in CANONICAL:
            if target.each:
                self.problems.say(rule.at, "wrong-target", f"'{target.name.slot}' has no canonical address: it is there per item")
                return None
            return Part(branch.element.name, branch.element.many, make=canonical_of(target), certain=not target.when)
        if target.each and target.each[:-1] == self.here.each and target.keyed[0] and branch.element.many and not target.when:
            return Part(
                branch.element.name,
                many=True,
                make=references_to(target),
                spread=True,
                systems=frozenset({target.system}),
            )
        if target.each != self.here.each[: len(target.each)]:
            text = f"'{rule.slot}' has one resource per item of {'.'.join(target.each)}: which one can't be told here"
            self.problems.say(rule.at, "wrong-target", text)
            return None
        return Part(
            branch.element.name,
            branch.element.many,
            make=reference_to(self.here, target),
            systems=frozenset({target.system}),
        )

    def _target(self, at: Text, slot: Text | None, slots: dict[str, Target], branch: Branch, element: Element) -> Target | None:
        """The slot named, or else the first whose resource the element takes."""
        if branch.type in CANONICAL:
            if slot and slot not in slots:
                self.problems.say(slot, "unknown-slot", f"there is no slot '{slot}'", near(slot, slots))
                return None
            return slots[slot] if slot else next(iter(slots.values()))
        if branch.type != "Reference":
            self.problems.say(
                at, "wrong-type", f"a reference can't become {branch.path}, which is {branch.type or 'an open choice'}"
            )
            return None
        takes = {n: t for n, t in slots.items() if t.name.resource in element.targets or "Resource" in element.targets}
        if slot and slot not in slots:
            self.problems.say(slot, "unknown-slot", f"there is no slot '{slot}'", near(slot, slots))
        elif (slot and slot not in takes) or not takes:
            named = (
                slots[slot].name.resource if slot else " or ".join(sorted({t.name.resource for t in slots.values()})) or "nothing"
            )
            self.problems.say(at, "wrong-target", f"{branch.path} takes {' or '.join(element.targets)}, not {named}")
        else:
            return takes[slot] if slot else next(iter(takes.values()))
        return None


def canonical_pair(target: Target) -> Pair:
    """The key of a record as the canonical address of its definition, and back."""
    before = f"{target.system}/"
    return Pair(
        lambda w, v: f"{w.bind(before)} + {w.bind(_quoted)}({v})",
        lambda address: Ref(unquote(address.partition("|")[0].removeprefix(before))),
        text,
    )


def canonical_of(target: Target) -> Make:
    """The canonical address of a slot of the same record."""
    before = f"{target.system}/"

    def make(w: Writer, scope: Scope) -> Value:
        key = w.derive(scope[-1], f"{scope[-1]}.key")
        there = w.derive(scope[-1], f"{scope[-1]}.{target.when}", optional=True) if target.when else key
        return w.derive(there, f"{w.bind(before)} + {w.bind(_quoted)}({key})")

    return make


def references_to(target: Target) -> Make:
    """References to a slot for every item of a list of the item at hand."""

    def make(w: Writer, scope: Scope) -> Value:
        record, items = scope[-1], w.derive(scope[0], f"{scope[0]}.{target.each[-1]}")
        keyed = [level for level, has in zip(reversed(scope[:-1]), reversed(target.keyed[1:-1]), strict=True) if has]
        path = "".join(f"{level}.key, " for level in keyed)
        each = f"{w.bind(target.address)}({record}.key, ({path}one.key,)).reference"
        return w.derive(items, f"[{each} for one in {items}] if {items} else None", optional=True)

    return make


def _quoted(key: str) -> str:
    return quote(key, safe="")


def identity(w: Writer, scope: Scope, here: Target, target: Target) -> tuple[Value, Value]:
    """The id and the identifier of a slot of the same record, seen from the scope of this one; there where the resource is."""
    down = len(here.levels) - len(target.levels)
    level, record = scope[down], scope[-1]
    keyed = [scope[down + i] for i in reversed(range(len(target.levels) - 1)) if target.keyed[i]]
    key = w.derive(record, f"{record}.key")
    path = " + ".join(f'"/" + {w.derive(item, f"{item}.key")}' for item in keyed)
    path = w.derive(level, path).source if path else '""'
    there = w.derive(level, f"{level}.{target.when}", optional=True) if target.when else level
    value = key if path == '""' else f"{key} + {path}"
    identifier = f'{{"system": {w.bind(target.system)}, "value": {value}}}'
    return w.derive(there, f"{w.bind(target.identify)}({key}, {path})"), w.derive(there, identifier)


def reference_to(here: Target, target: Target) -> Make:
    def make(w: Writer, scope: Scope) -> Value:
        known_as, identifier = identity(w, scope, here, target)
        made = f"{w.bind(reference_of)}({w.bind(target.name.resource)}, {known_as}, {identifier})"
        return w.derive(known_as, made, shared=True)

    return make
