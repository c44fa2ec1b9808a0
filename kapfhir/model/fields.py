"""What a concept holds, as a map sees it: its fields and properties with the types that they mean."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

from .values import Amount, ImpossibleError, Limits, Period, Rate, Ref, Units

STAYS = "stays"  # metadata of a field that is kept in the record and has no place in FHIR: why. Such a field is not compared


@dataclass(frozen=True, slots=True)
class Field:
    """A field or property of a concept, as a map sees it."""

    name: str
    types: tuple[type, ...]  # several: the value is one of them
    many: bool = False
    optional: bool = False  # may be None, or an empty list
    derived: bool = False  # a property: written, never read back
    refers: type | None = None
    units: tuple[str, ...] = ()  # the UCUM units of an amount; empty: any
    present_with: tuple[str, ...] = ()  # a property that is there whenever one of these fields is
    defaulted: bool = False  # has a value of its own where none is given
    limits: tuple[Limits, ...] = ()  # of a number, or of an amount by its unit
    stays: str = ""  # why it is kept in the record and not sent


@cache
def fields_of(concept: type) -> dict[str, Field]:
    """Every field and property by name, fields first, in the order of the class."""
    hints = typing.get_type_hints(concept, include_extras=True)
    out = {
        f.name: replace(
            _field(f.name, hints[f.name], defaulted=f.default not in (MISSING, None)), stays=f.metadata.get(STAYS, "")
        )
        for f in fields(concept)
    }
    for name, member in ((n, m) for base in reversed(concept.__mro__) for n, m in vars(base).items()):
        if isinstance(member, property):
            given = typing.get_type_hints(member.fget, include_extras=True)["return"]
            out[name] = _field(name, given, derived=True, present_with=getattr(member.fget, "present_with", ()))
    return out


def require_limits(item: Any) -> None:
    """Refuse a part or record with a number outside of the limits that the type of its field names."""
    kind: type = type(item)
    _limits_of(kind)(item)


def require_content(part: Any) -> None:
    """Refuse a part that says nothing."""
    if all(getattr(part, name) in (None, ()) for name in type(part).__dataclass_fields__):
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(part).__name__).lower()
        raise ImpossibleError("empty-part", f"a {words} says something")


@cache
def _limits_of(kind: type) -> Callable[[Any], None]:
    """The function that looks at the limited fields of an object of this class, one after the other: straight code."""
    lines, scope = ["def look(item):", " pass"], {"Amount": Amount, "refuse": _refuse}
    for f in fields_of(kind).values():
        if f.limits and not f.derived:
            scope[f"by_unit_{f.name}"] = {one.unit: (one.lowest, one.highest) for one in f.limits}
            lines += [
                f" value = item.{f.name}",
                " if value is not None:",
                "  number, unit = (value.value, value.unit) if type(value) is Amount else (value, '')",
                f"  limits = by_unit_{f.name}.get(unit)",
                f"  if limits is not None and not limits[0] <= number <= limits[1]: refuse({f.name!r}, limits, unit)",
            ]
    exec(compile("\n".join(lines), f"<limits of {kind.__name__}>", "exec"), scope)  # noqa: S102 - names of our own classes
    look: Callable[[Any], None] = scope["look"]  # type: ignore[assignment]
    return look


def _refuse(name: str, limits: tuple[Decimal, Decimal], unit: str) -> None:
    bounds = f"{limits[0]} to {limits[1]} {unit}".strip()
    raise ImpossibleError("out-of-range", f"{name.replace('_', ' ')} is {bounds}", name)


def present_with(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Says of a property that it is there whenever one of these fields is."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.present_with = names  # type: ignore[attr-defined]
        return function

    return mark


def _field(name: str, hint: Any, *, derived: bool = False, present_with: tuple[str, ...] = (), defaulted: bool = False) -> Field:
    many = typing.get_origin(hint) is tuple
    inner = typing.get_args(hint)[0] if many else hint
    options = _options(inner)
    units: tuple[str, ...] = ()
    limits: tuple[Limits, ...] = ()
    kinds = []
    for option in options:
        plain = option
        if typing.get_origin(option) is typing.Annotated:
            plain, *extras = typing.get_args(option)
            units = next((e.allowed for e in extras if isinstance(e, Units)), units)
            limits = tuple(e for e in extras if isinstance(e, Limits)) or limits
        if plain is not type(None):
            kinds.append(plain)
    refers = next((typing.get_args(t)[0] for t in kinds if typing.get_origin(t) is Ref), None)
    plain_kinds = tuple(typing.get_origin(t) or t for t in kinds)
    optional = many or len(kinds) < len(options) or defaulted
    return Field(name, plain_kinds, many, optional, derived, refers, units, present_with, defaulted, limits)


def _options(hint: Any) -> tuple[Any, ...]:
    """The members of a union; an annotated union is opened too."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return tuple(o for member in typing.get_args(hint) for o in _options(member))
    return (hint,)


def is_item(kind: type) -> bool:
    """True for a part of a record that has fields of its own to map (not for Amount and the like)."""
    return is_dataclass(kind) and kind not in (Amount, Rate, Period)


def is_there_with(when: str | None, f: Field, kind: type) -> bool:
    """True if the field or property `when` of this class has a value whenever the field `f` has one."""
    return not when or when == f.name or f.name in fields_of(kind)[when].present_with
