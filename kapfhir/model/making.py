"""Makes records and their parts sooner than their classes do.

A frozen class sets each field through a call, since its own `__setattr__` refuses. Here an object starts as one of a twin class,
which has the same slots and refuses nothing, is filled, and becomes one of the frozen class before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Any, TypeVar, cast

Made = TypeVar("Made")


def maker_of(kind: type[Made]) -> Callable[..., Made]:
    """The function with the arguments of the class that gives what the class gives; the class itself where that is no sooner."""
    make: Callable[..., Made] = _maker_of(cast("Any", kind))
    return make


def changer_of(kind: type[Made], *names: str) -> Callable[..., Made]:
    """The function (object, new values of these fields) that gives what `dataclasses.replace` gives."""
    change: Callable[..., Made] = _changer_of(cast("Any", kind), names)
    return change


@cache
def _maker_of(kind: Any) -> Callable[..., Any]:
    known = fields(kind)
    if (twin := _twin_of(kind)) is None:
        return cast("Callable[..., Any]", kind)
    defaults = {f"_{n}": f.default for n, f in enumerate(known) if f.default is not MISSING}
    arguments = {f.name: f"{f.name}=_{n}" if f"_{n}" in defaults else f.name for n, f in enumerate(known)}
    plain, named = ([arguments[f.name] for f in known if bool(f.kw_only) is by_name] for by_name in (False, True))
    taken = ", ".join([*plain, *(["*", *named] if named else [])])
    return _written(kind, twin, taken, {f.name: f.name for f in known}, defaults)


@cache
def _changer_of(kind: Any, names: tuple[str, ...]) -> Callable[..., Any]:
    twin = _twin_of(kind)
    if twin is None:
        return lambda old, *values: replace(old, **dict(zip(names, values, strict=True)))
    values = {f.name: f.name if f.name in names else f"_old.{f.name}" for f in fields(kind)}
    return _written(kind, twin, ", ".join(["_old", *names]), values, {})


def _twin_of(kind: Any) -> type | None:
    """A class of the same slots that refuses nothing; None where there can be none."""
    if (
        any(not f.init or f.default_factory is not MISSING for f in fields(kind))
        or (slots := vars(kind).get("__slots__")) is None
    ):
        return None
    return type(kind.__name__, kind.__bases__, {"__slots__": slots, "__setattr__": object.__setattr__})


def _written(kind: type, twin: type, taken: str, values: dict[str, str], scope: dict[str, Any]) -> Callable[..., Any]:
    """The function that takes these arguments and gives an object with these values."""
    lines = [f"def make({taken}):", " _made = _new(_twin)", *(f" _made.{name} = {value}" for name, value in values.items())]
    lines += [" _made.__class__ = _kind", *([" _check(_made)"] if hasattr(kind, "__post_init__") else []), " return _made"]
    scope |= {"_new": object.__new__, "_twin": twin, "_kind": kind, "_check": getattr(kind, "__post_init__", None)}
    exec(compile("\n".join(lines), f"<maker of {kind.__name__}>", "exec"), scope)  # noqa: S102 - names of our own classes
    make: Callable[..., Any] = scope["make"]
    return make
