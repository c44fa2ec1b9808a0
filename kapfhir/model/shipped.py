"""The scales that a process knows: the shipped ones, compiled into `scales.json`, and those of a clinic over them."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

from .scales import Scale
from .values import OutcomeKind

FILE = Path(__file__).with_name("scales.json")


def pack(value: Any) -> Any:
    """A scale as plain JSON data; what is as by default is left out, and a run of numbers is its two ends."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((f, getattr(value, f.name)) for f in fields(value) if f.init)
        return {f.name: pack(inner) for f, inner in pairs if inner != _default(f)}
    if isinstance(value, range):
        return f"{value.start}..{value.stop - 1}"
    if isinstance(value, Mapping):
        return {str(key): pack(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [pack(inner) for inner in value]
    return str(value) if isinstance(value, Decimal | str) else value


def unpack(kind: Any, data: Any) -> Any:
    """What `pack` made, as it was."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return unpack(next(k for k in inner if k is not type(None)), data)
    if origin is Mapping:
        return {_key(inner[0], key): unpack(inner[1], value) for key, value in data.items()}
    if origin is Sequence and isinstance(data, str):
        low, high = data.split("..")
        return range(int(low), int(high) + 1)
    if origin in (tuple, Sequence):
        return tuple([unpack(inner[0], one) for one in data])
    if isinstance(kind, type) and is_dataclass(kind):
        hints, make = _hints(kind), cast("Callable[..., Any]", kind)
        return make(**{name: unpack(hints[name], value) for name, value in data.items()})
    return data if kind in (bool, int, str) else kind(data)


def _key(kind: Any, key: str) -> Any:
    return kind(key)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _default(field: Any) -> Any:
    return (
        field.default
        if field.default is not MISSING
        else field.default_factory()
        if field.default_factory is not MISSING
        else MISSING
    )


SHIPPED: dict[str, Scale] = {s["instrument"]: unpack(Scale, s) for s in json.loads(FILE.read_text(encoding="utf-8"))}
SCALES: dict[str, Scale] = {}
KINDS: dict[str, OutcomeKind] = {}  # what each definition of an outcome is one of


def use_scales(own: Iterable[Scale]) -> None:
    """From now on, in this process: the shipped scales, with these added or in their place."""
    wanted = SHIPPED | {str(s.instrument): s for s in own}
    if wanted != SCALES:
        SCALES.clear()
        SCALES.update(wanted)
        KINDS.clear()
        KINDS.update({rule.definition: rule.kind for scale in reversed(wanted.values()) for rule in reversed(scale.rules)})


use_scales(())
