"""The two directions of one element: how a value is put into a resource, and how it is taken out again.

A scope is (item, its owner, ..., record): what lines of a slot may speak of. `make` writes the source of a value, see writing.py.
`into` holds the fields read so far for each of the scope, in the same order. Constants tell the items of a FHIR list apart when
it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from kapfhir.fhir.shared import share
from kapfhir.model.fields import Field

from .convert import Pair
from .forms import narrowed
from .grammar import ITSELF
from .marks import clash, covers, marks, shows, system_of
from .writing import Scope, Value, Writer

SHARED = ("security", "tag")  # of meta: servers and others put theirs beside ours
Into = tuple[dict[str, Any], ...]
Make = Callable[[Writer, Scope], Value]
Put = Callable[[Writer, Scope], list[tuple[str, Value]]]  # the elements, with their values
Take = Callable[[dict[str, Any], Into], None]


@dataclass(frozen=True, slots=True)
class Part:
    """What a map puts at one element. Either a constant, or `make`, or (an open choice) `put` and `take` themselves."""

    key: str
    many: bool
    constant: Any = None
    make: Make | None = None
    claim: Callable[[Any, Into], None] | None = None  # None: written, not read
    spread: bool = False  # make gives a list, claim takes one
    wants: Any = None  # the constants that a value here must show
    systems: frozenset[str] = frozenset()  # or the identifier systems that a reference here may have
    known: frozenset[tuple[str, str]] = frozenset()  # or the (system, code)s of which a coded value here shows one
    certain: bool = False  # there in every resource, whatever the record lacks
    put: Put | None = None
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """The parts of one object, put together."""

    constants: dict[str, Any]
    puts: tuple[Put, ...]
    takes: tuple[Take, ...]
    wants: dict[str, Any]  # the constants that are always there, as marks
    certain: bool = False  # one of the values is always there, and the constants with it


# ------------------------------------------------------------------------------------------------ single parts


def copied(
    key: str,
    many: bool,
    up: int,
    f: Field,
    pair: Pair,
    *,
    wants: Any = None,
    systems: frozenset[str] = frozenset(),
) -> Part:
    """A field of the item or of an owner; `.` is the item itself."""
    there, back, name, spread = pair.there, pair.back, f.name, f.many

    def make(w: Writer, scope: Scope) -> Value:
        value = given(w, scope[up], f)
        if not spread:
            return w.derive(value, there(w, value))
        each = there(w, Value("one"))
        return w.derive(value, f"[{each} for one in {value}] if {value} else None", optional=True)

    def claim(value: Any, into: Into) -> None:
        into[up].setdefault(name, back(value))  # type: ignore[misc]

    def claim_all(values: Any, into: Into) -> None:
        into[up].setdefault(name, tuple(back(v) for v in values))  # type: ignore[misc]

    reads = (claim_all if spread else claim) if back else None
    return Part(
        key,
        many,
        make=make,
        claim=reads,
        spread=spread,
        wants=wants,
        systems=systems,
        known=frozenset() if wants else pair.known,
        certain=not f.optional,
    )


def given(w: Writer, owner: Value, f: Field) -> Value:
    """A field of an item; `.` is the item itself."""
    return owner if f.name == ITSELF else w.derive(owner, f"{owner}.{f.name}", optional=f.optional and not f.many)


def chosen(up: int, f: Field, by_type: dict[type, tuple[str, Pair]]) -> Part:
    """A field of several types at an open choice: the value's type picks the element."""
    name, backs = f.name, [(key, pair.back, pair.fits) for key, pair in by_type.values()]

    def put(w: Writer, scope: Scope) -> list[tuple[str, Value]]:
        values = narrowed(w, given(w, scope[up], f), tuple(by_type))
        return [(key, w.derive(v, pair.there(w, v))) for v, (key, pair) in zip(values, by_type.values(), strict=True)]

    def take(node: dict[str, Any], into: Into) -> None:
        for key, back, fits in backs:
            if key in node and back and fits(node[key]):
                into[up].setdefault(name, back(node[key]))

    return Part(name, False, put=put, take=take if any(back for _, back, _ in backs) else None)


def either(key: str, refer: Make, other: Part, when: str) -> Part:
    """A reference where the field `when` is there, else what `other` puts."""
    put_other = other.put
    assert put_other is not None

    def put(w: Writer, scope: Scope) -> list[tuple[str, Value]]:
        there = w.derive(scope[0], f"{scope[0]}.{when}", optional=True)
        entries = [(name, w.derive(v, f"{v} if {there} is None else None", optional=True)) for name, v in put_other(w, scope)]
        return [(key, refer(w, scope)), *entries]

    return Part(other.key, False, put=put, take=other.take)


def repeated(key: str, each: str, kind: type | None, whole: Whole) -> Part:
    """An element per item of a list; without a class, per plain value."""
    make_one, claim_one = maker(whole), claimer(whole)

    def make(w: Writer, scope: Scope) -> Value:
        items = w.derive(scope[0], f"{scope[0]}.{each}")
        out = w.name("[]")
        recurs = getattr(kind, "recurs", False)  # then what is made of it depends on nothing else
        with w.each(items) as item:
            with w.recalled(item) if recurs else nullcontext(("", item)) as (kept, one):
                made = make_one(w, (one, *scope))
                source = f"{made} if {made.test} else None" if made.test else made.source
                if kept:
                    w.line(f"{kept} = {w.bind(share)}({source})")
            w.line(f"{out}.append({kept or source})")
        return Value(out, None, out)

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
    return Part(
        key, many, make=maker(whole), claim=claimer(whole) if whole.takes else None, wants=whole.wants, certain=whole.certain
    )


def maker(whole: Whole) -> Make:
    return lambda w, scope: w.node(whole.constants, [entry for put in whole.puts for entry in put(w, scope)])


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
    fixed = {p.key for p in parts if p.constant is not None and any(o.constant is None for o in by_key[p.key])}
    alone = sum(p.constant is None for p in parts) == 1 and not fixed  # where the object is there, its one value is
    sure = {key: found for key, group in by_key.items() if (found := [p for p in group if p.wants and _sure(p, fixed, alone)])}
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
            puts.append(_put_one(key, first))
            takes += [_take_one(key, first)] if first.claim else []
    wants = {key: [p.wants for p in group] if group[0].many else group[0].wants for key, group in sure.items()}
    certain = bool(fixed) or any(p.certain for p in parts)
    return Whole(constants, tuple(puts), tuple(takes), wants | marks(constants), certain)


def _sure(part: Part, fixed: set[str], alone: bool) -> bool:
    """Whether this part is there wherever its object is. `fixed`: lists with constants beside values are always there."""
    return part.certain or (alone and part.constant is None) or (part.constant is not None and part.key in fixed)


def _put_one(key: str, part: Part) -> Put:
    make = part.make
    assert make is not None
    return lambda w, scope: [(key, make(w, scope))]


def _put_list(key: str, group: list[Part]) -> Put:
    def put(w: Writer, scope: Scope) -> list[tuple[str, Value]]:
        members = [(p.make(w, scope) if p.make else Value(w.bind(share(p.constant))), p.spread) for p in group]
        return [(key, w.array(members))]

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
    free = alone and not wants and key not in SHARED

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
