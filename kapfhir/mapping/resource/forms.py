"""Forms that several pairs share: what a value becomes, as source. See writing.py."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from .writing import Form, Value, Writer


def same(w: Writer, v: Value) -> str:  # noqa: ARG001 forms share one shape
    return v.source


def text(w: Writer, v: Value) -> str:  # noqa: ARG001
    return f"str({v})"


def moment(w: Writer, v: Value) -> str:
    """A moment or a day, as the element has it."""
    return w.derive(v, f"{v}.isoformat()").source


def moment_words(w: Writer, v: Value) -> str:
    return f"{w.bind(_to_the_minute)}({moment(w, v)})"


def _to_the_minute(text: str) -> str:
    """As isoformat(" ", "minutes"), from the text that the element has anyhow; a day alone as it is."""
    if len(text) == len("2026-01-05"):
        return text
    zone = text[26:] if text[19:20] == "." else text[19:]
    return f"{text[:10]} {text[11:16]}{zone}"


def looks_up(table: Mapping[Any, Any]) -> Form:
    return lambda w, v: f"{w.bind(table)}[{v}]"


def narrowed(w: Writer, v: Value, kinds: tuple[type, ...]) -> list[Value]:
    """The value as each of its types: there where it is of that type."""
    place = w.derive(v, f"{w.bind(_places(kinds))}[type({v})]")
    return [w.derive(v, f"{v} if {place} == {i} else None", optional=True) for i in range(len(kinds))]


@cache
def _places(kinds: tuple[type, ...]) -> dict[type, int]:
    return {kind: i for i, kind in enumerate(kinds)}


def typed(kinds: tuple[type, ...], forms: list[Form]) -> Form:
    """The form for a value of several types."""

    def form(w: Writer, v: Value) -> str:
        ways = [f"{form(w, one)} if {one.test} else " for form, one in zip(forms, narrowed(w, v, kinds), strict=True)]
        return f"({''.join(ways)}None)"

    return form
