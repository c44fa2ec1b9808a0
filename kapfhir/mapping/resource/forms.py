"""Forms that several pairs share: what a value becomes, as source. See writing.py."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from kapfhir.fhir.shared import share

from .writing import Form, Value, Writer

UCUM = "http://unitsofmeasure.org"
ORIGINAL_TEXT = "http://hl7.org/fhir/StructureDefinition/originalText"


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
    shared = {key: share(value) for key, value in table.items()}
    return lambda w, v: w.look_up(shared, v)


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


def quantity(w: Writer, v: Value) -> str:
    value, unit, written = (w.derive(v, f"{v}.{name}") for name in ("value", "unit", "written"))
    plain = f'"value": {value}, "unit": {unit}, "system": {w.bind(UCUM)}, "code": {unit}'
    original = f'"extension": [{{"url": {w.bind(ORIGINAL_TEXT)}, "valueString": {written}}}]'
    return f"({{{plain}}} if {written} is None else {{{original}, {plain}}})"


def plain_words(w: Writer, v: Value) -> str:
    return f'str({w.derive(v, f"{v}.value")}) + " " + {w.derive(v, f"{v}.unit")}'


def amount_words(w: Writer, v: Value) -> str:
    written = w.derive(v, f"{v}.written")
    return f'({plain_words(w, v)} + ("" if {written} is None else " (written: " + {written} + ")"))'
