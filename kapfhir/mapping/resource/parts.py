"""The two directions of one element: how a value is put into a resource, and how it is taken out again.

A scope is (item, its owner, ..., record): what lines of a slot may speak of. `into` holds the fields read so far for each of
these, in the same order. Constants tell the items of a FHIR list apart when it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .convert import Pair
from .grammar import ITSELF
from .marks import clash, covers, marks, shows, system_of

Scope = tuple[Any, ...]
Into = tuple[dict[str, Any], ...]
Put = Callable[[Scope, dict[str, Any]], None]
Take = Callable[[dict[str, Any], Into], None]


@dataclass(frozen=True, slots=True)
class Part:
    """What a map puts at one element. Either a constant, or `make`, or (an open choice) `put` and `take` themselves."""

    key: str
    many: bool
    constant: Any = None
    make: Callable[[Scope], Any] | None = None
    claim: Callable[[Any, Into], None] | None = None  # None: written, not read
    spread: bool = False  # make gives a list, claim takes one
    wants: Any = None  # the constants that a value here must show
    systems: frozenset[str] = frozenset()  # or the identifier systems that a reference here may have
    known: frozenset[tuple[str, str]] = frozenset()  # or the (system, code)s of which a coded value here shows one
    put: Put | None = None
    take: Take | None = None
    direct: Put | None = None  # of a single value: `make` and setting it in one call


@dataclass(frozen=True, slots=True)
class Whole:
    """The parts of one object, put together."""

    constants: dict[str, Any]
    puts: tuple[Put, ...]
    takes: tuple[Take, ...]
    wants: dict[str, Any]  # the constants, as marks


# ------------------------------------------------------------------------------------------------ single parts


def copied(
    key: str,
    many: bool,
    up: int,
    name: str,
    pair: Pair,
    *,
    spread: bool,
    wants: Any = None,
    systems: frozenset[str] = frozenset(),
) -> Part:
    """A field of the item or of an owner; `.` is the item itself."""
    there, back = pair.there, pair.back

    def itself(scope: Scope) -> Any:
        return there(scope[up])

    def make(scope: Scope) -> Any:
        value = getattr(scope[up], name)
        return None if value is None else there(value)

    def direct(scope: Scope, out: dict[str, Any]) -> None:
        value = getattr(scope[up], name)
        if value is not None:
            out[key] = there(value)

    def make_all(scope: Scope) -> Any:
        return [there(v) for v in getattr(scope[up], name)] or None

    def claim(value: Any, into: Into) -> None:
        into[up].setdefault(name, back(value))  # type: ignore[misc]

    def claim_all(values: Any, into: Into) -> None:
        into[up].setdefault(name, tuple(back(v) for v in values))  # type: ignore[misc]

    reads = (claim_all if spread else claim) if back else None
    makes = itself if name == ITSELF else make_all if spread else make
    return Part(
        key,
        many,
        make=makes,
        claim=reads,
        spread=spread,
        wants=wants,
        systems=systems,
        known=frozenset() if wants else pair.known,
        direct=direct if makes is make else None,
    )


def chosen(up: int, name: str, by_type: dict[type, tuple[str, Pair]]) -> Part:
    """A field of several types at an open choice: the value's type picks the element."""
    ways = {kind: (key, pair.there) for kind, (key, pair) in by_type.items()}
    backs = [(key, pair.back) for key, pair in by_type.values()]

    def put(scope: Scope, out: dict[str, Any]) -> None:
        value = getattr(scope[up], name)
        if value is not None:
            key, there = ways[type(value)]
            out[key] = there(value)

    def take(node: dict[str, Any], into: Into) -> None:
        for key, back in backs:
            if key in node and back:
                into[up].setdefault(name, back(node[key]))

    return Part(name, False, put=put, take=take if any(back for _, back in backs) else None)


def repeated(key: str, each: str, kind: type | None, whole: Whole) -> Part:
    """An element per item of a list; without a class, per plain value."""
    make_one, claim_one = maker(whole), claimer(whole)

    def make(scope: Scope) -> Any:
        return [make_one((item, *scope)) for item in getattr(scope[0], each)] or None

    def claim(nodes: Any, into: Into) -> None:
        items = []
        for node in nodes:
            fields: dict[str, Any] = {}
            claim_one(node, (fields, *into))
            items.append(kind(**fields) if kind else fields[ITSELF])
        into[0].setdefault(each, tuple(items))

    return Part(key, True, make=make, claim=claim, spread=True, wants=whole.wants)


def nested(key: str, many: bool, whole: Whole) -> Part:
    """An element with elements of its own."""
    if not whole.puts:
        return Part(key, many, constant=whole.constants, wants=whole.wants)
    return Part(key, many, make=maker(whole), claim=claimer(whole) if whole.takes else None, wants=whole.wants)


def maker(whole: Whole) -> Callable[[Scope], dict[str, Any] | None]:
    constants, puts = whole.constants, whole.puts

    def make(scope: Scope) -> dict[str, Any] | None:
        out: dict[str, Any] = {}
        for put in puts:
            put(scope, out)
        return {**constants, **out} if out else None  # constants never stand alone beside missing values

    return make


def claimer(whole: Whole) -> Callable[[Any, Into], None]:
    takes = whole.takes

    def claim(node: Any, into: Into) -> None:
        for take in takes:
            take(node, into)

    return claim


# ------------------------------------------------------------------------------------------------ together


def together(parts: list[Part]) -> Whole:
    """Parts of one object, those of one list joined."""
    constants: dict[str, Any] = {}
    puts: list[Put] = []
    takes: list[Take] = []
    by_key: dict[str, list[Part]] = {}
    for part in parts:
        by_key.setdefault(part.key, []).append(part)
    for key, group in by_key.items():
        first = group[0]
        if first.put:
            puts.append(first.put)
            takes += [first.take] if first.take else []
        elif all(p.constant is not None for p in group):
            constants[key] = [p.constant for p in group] if first.many else first.constant
        elif first.many:
            puts.append(_put_list(key, group))
            takes += [_take_listed(key, p, alone=len(group) == 1) for p in group if p.claim]
        else:
            puts.append(first.direct or _put_one(key, first))
            takes += [_take_one(key, first)] if first.claim else []
    return Whole(constants, tuple(puts), tuple(takes), marks(constants))


def _put_one(key: str, part: Part) -> Put:
    make = part.make
    assert make is not None

    def put(scope: Scope, out: dict[str, Any]) -> None:
        value = make(scope)
        if value is not None:
            out[key] = value

    return put


def _put_single(key: str, part: Part) -> Put:
    """A list of one."""
    make = part.make
    assert make is not None

    def put(scope: Scope, out: dict[str, Any]) -> None:
        value = make(scope)
        if value is not None:
            out[key] = [value]

    return put


def _put_list(key: str, group: list[Part]) -> Put:
    if len(group) == 1:
        return _put_one(key, group[0]) if group[0].spread else _put_single(key, group[0])
    members = [(p.make, p.constant, p.spread) for p in group]

    def put(scope: Scope, out: dict[str, Any]) -> None:
        items: list[Any] = []
        for make, constant, spread in members:
            value = make(scope) if make else constant
            if value is not None:
                items.extend(value) if spread else items.append(value)
        if items:
            out[key] = items

    return put


def _take_one(key: str, part: Part) -> Take:
    claim = part.claim
    assert claim is not None

    def take(node: dict[str, Any], into: Into) -> None:
        if key in node:
            claim(node[key], into)

    return take


def _take_listed(key: str, part: Part, *, alone: bool) -> Take:
    claim, spread, wants, systems, known = part.claim, part.spread, part.wants, part.systems, part.known
    assert claim is not None
    free = alone and not wants

    def take(node: dict[str, Any], into: Into) -> None:
        items = node.get(key)
        if items and not free:
            items = [
                i
                for i in items
                if (not systems or system_of(i) in systems) and (not wants or covers(wants, i)) and (not known or shows(known, i))
            ]
        if items:
            claim(items if spread else items[0], into)

    return take


def told_apart(one: Part, other: Part) -> bool:
    """True if no value can be taken for both."""
    if one.systems and other.systems and not one.systems & other.systems:
        return True
    if one.known and other.known and not one.known & other.known:
        return True
    if (one.known and other.wants and not shows(one.known, other.wants)) or (
        other.known and one.wants and not shows(other.known, one.wants)
    ):
        return True
    return clash(one.wants, other.wants)
