"""Makes records and their parts sooner than their classes do.

A frozen class sets each field through a call, since its own `__setattr__` refuses. Here an object starts as one of a twin class,
which has the same slots and refuses nothing, is filled, and becomes one of the frozen class before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache
from typing import Any


@cache
def maker_of(kind: type) -> Callable[..., Any]:
    """The function with the arguments of the class that gives what the class gives; the class itself where that is no sooner."""
    known = fields(kind)
    if any(not f.init or f.default_factory is not MISSING for f in known) or (slots := vars(kind).get("__slots__")) is None:
        return kind
    defaults = {f"_{n}": f.default for n, f in enumerate(known) if f.default is not MISSING}
    arguments = {f.name: f"{f.name}=_{n}" if f"_{n}" in defaults else f.name for n, f in enumerate(known)}
    plain, named = ([arguments[f.name] for f in known if bool(f.kw_only) is by_name] for by_name in (False, True))
    twin = type(kind.__name__, kind.__bases__, {"__slots__": slots, "__setattr__": object.__setattr__})
    lines = [f"def make({', '.join([*plain, *(['*', *named] if named else [])])}):", " _made = _new(_twin)"]
    lines += [f" _made.{f.name} = {f.name}" for f in known]
    lines += [" _made.__class__ = _kind", *([" _check(_made)"] if hasattr(kind, "__post_init__") else []), " return _made"]
    scope = {**defaults, "_new": object.__new__, "_twin": twin, "_kind": kind, "_check": getattr(kind, "__post_init__", None)}
    exec(compile("\n".join(lines), f"<maker of {kind.__name__}>", "exec"), scope)  # noqa: S102 - names of our own classes
    make: Callable[..., Any] = scope["make"]
    return make
