"""The table (type of a field, type of an element) -> a pair of functions, one each way.

To add a kind of value: write one function that returns a Pair, and give it a row in PAIRS.
`back` is None where the way back would be a guess (two codes of ours share one standard code).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from kapfhir.errors import ResourceError
from kapfhir.fhir.facts import Element
from kapfhir.mapping.codes import URI, Codes, Row
from kapfhir.model.values import Absent, Amount, Code, Period, Rate

from .forms import ORIGINAL_TEXT, amount_words, looks_up, moment, moment_words, plain_words, quantity, same, text, typed
from .writing import Form, Value, Writer

DATA_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


class ReadError(ResourceError):
    """A resource says something that no record can hold."""


def always(node: Any) -> bool:  # noqa: ARG001 a test has this shape
    return True


@dataclass(frozen=True, slots=True)
class Pair:
    """One way there, one back, and the words for the narrative. There and words are written into source, see writing.py."""

    there: Form
    back: Callable[[Any], Any] | None
    words: Form
    fits: Callable[[Any], bool] = always  # tells the members of a union apart when they are read
    known: frozenset[tuple[str, str]] = frozenset()  # of coded values: every (system, code) that `back` takes


def pair(kinds: tuple[type, ...], element: Element, fhir_type: str, codes: Codes) -> Pair | None:
    """The pair for a field of this type, or of one of these, and an element of this type; None if the table has none."""
    known_by = (kinds, fhir_type, element.binding, bool(element.codes))
    if known_by not in codes.pairs:  # one for all lines: what they make of one value is computed once
        found = [_single(kind, element, fhir_type, codes) for kind in kinds]
        pairs = [p for p in found if p is not None]
        whole = None if len(pairs) < len(kinds) else pairs[0] if len(pairs) == 1 else _union(kinds, pairs)
        codes.pairs[known_by] = whole
    one: Pair | None = codes.pairs[known_by]
    return one


def becoming(kind: type) -> str:
    """The FHIR types that a value of this type can become, as the end of a message."""
    known = sorted({fhir for k, fhir in PAIRS if k in kind.__mro__})
    return f" (it can become {', '.join(known)})" if known else ""


def _single(kind: type, element: Element, fhir_type: str, codes: Codes) -> Pair | None:
    family = next((c for c in kind.__mro__ if (c, fhir_type) in PAIRS), None)
    if family is str and fhir_type == "code" and element.binding:
        return None  # a text of any kind is no code of a required binding
    return PAIRS[family, fhir_type](kind, element, codes) if family else None


def _union(kinds: tuple[type, ...], pairs: list[Pair]) -> Pair:
    def back(node: Any) -> Any:
        for one in pairs:
            if one.fits(node):
                assert one.back is not None
                return one.back(node)
        raise ReadError("an element has a value of no type that its field takes")

    reads = back if all(p.back for p in pairs) else None
    return Pair(typed(kinds, [p.there for p in pairs]), reads, typed(kinds, [p.words for p in pairs]))


# ------------------------------------------------------------------------------------------------ plain values


def _same(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001 makers share one shape
    if kind is bool:
        return Pair(looks_up({False: False, True: True}), _identity, looks_up({False: "False", True: "True"}))
    return Pair(same, _identity if kind in (str, bool, int) else kind, same if issubclass(kind, str) else text)


def _identity(value: Any) -> Any:
    return value


def _decimal(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    return Pair(same, _number, text)


def _number(value: Any) -> Decimal:
    if type(value) is float:
        raise ReadError("a decimal was read as a float", "load JSON with kapfhir.fhir.exact.loads")
    return value if type(value) is Decimal else Decimal(value)


def _moment(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    return Pair(moment, _read_moment, moment_words, lambda text: len(text) > len("2026-01-05"))


def _read_moment(text: str) -> datetime:
    if len(text) < len("2026-01-05T10:00Z"):
        raise ReadError("a date without time stands where a moment is needed")
    return datetime.fromisoformat(text)


def _read_end(text: str) -> datetime | date:
    return date.fromisoformat(text) if len(text) == len("2026-01-05") else _read_moment(text)


def _day(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    return Pair(moment, date.fromisoformat, moment, lambda text: len(text) == len("2026-01-05"))


def _period(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    def ends(w: Writer, v: Value) -> tuple[Value, Value]:
        return w.derive(v, f"{v}.start"), w.derive(v, f"{v}.end", optional=True)

    def there(w: Writer, v: Value) -> str:
        start, end = ends(w, v)
        first = f'{{"start": {moment(w, start)}'
        return f'({first}, "end": {moment(w, end)}}} if {end.test} else {first}}})'

    def back(node: Mapping[str, Any]) -> Period:
        end = node.get("end")
        return Period(_read_end(node["start"]), end and _read_end(end))

    def words(w: Writer, v: Value) -> str:
        start, end = ends(w, v)
        return f'{moment_words(w, start)} + (" to " + {moment_words(w, end)} if {end.test} else "")'

    return Pair(there, back, words)


# ------------------------------------------------------------------------------------------------ quantities


def _read_quantity(node: Mapping[str, Any]) -> Amount:
    written = None
    if "extension" in node:
        texts = [e.get("valueString") for e in node["extension"] if e.get("url") == ORIGINAL_TEXT]
        written = texts[0] if texts else None
    return Amount(_number(node["value"]), node["code"], written)


def _amount(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    return Pair(quantity, _read_quantity, amount_words, lambda node: "value" in node)


def _absent_quantity(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    """An amount that is missing for a reason: an element without a value, that says why."""
    nodes = {code: {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": code}]} for code in codes.own(Absent)}

    def back(node: Mapping[str, Any]) -> Absent:
        reasons = [e.get("valueCode") for e in node.get("extension", ()) if e.get("url") == DATA_ABSENT_REASON]
        if not reasons or reasons[0] not in nodes:
            raise ReadError("a quantity has neither a value nor a known reason for its absence")
        return Absent(reasons[0])

    return Pair(looks_up(nodes), back, lambda _, v: f'"absent (" + {v} + ")"', lambda node: "value" not in node)


def _amount_text(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    """Where R4 has room for words only: `24 h`, or `24 h = 1 d` for what was reckoned."""

    def there(w: Writer, v: Value) -> str:
        return f'({plain_words(w, v)} + ("" if {v}.written is None else " = " + {v}.written))'

    def back(words: str) -> Amount:
        words, reckoned, written = words.partition(" = ")
        value, _, unit = words.partition(" ")
        try:
            return Amount(Decimal(value), unit, written if reckoned else None)
        except InvalidOperation:
            raise ReadError("a text stands where a number with its unit is needed") from None

    return Pair(there, back, amount_words)


def _base64(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    """A text as the content of an attachment; the narrative says only that it is there."""
    return Pair(
        lambda w, v: f"{w.bind(_encode)}({v})",
        lambda data: b64decode(data, validate=True).decode(),
        lambda _, v: f'str(len({v})) + " characters"',
    )


def _encode(words: str) -> str:
    return b64encode(words.encode()).decode()


def _rate(kind: type, element: Element, codes: Codes) -> Pair:  # noqa: ARG001
    def parts(w: Writer, v: Value, form: Form) -> list[str]:
        return [form(w, w.derive(v, f"{v}.{name}")) for name in ("amount", "over")]

    return Pair(
        lambda w, v: '{{"numerator": {}, "denominator": {}}}'.format(*parts(w, v, quantity)),
        lambda node: Rate(_read_quantity(node["numerator"]), _read_quantity(node["denominator"])),
        lambda w, v: ' + " in " + '.join(parts(w, v, amount_words)),
    )


# ------------------------------------------------------------------------------------------------ codes


def rows_for(kind: type, element: Element, codes: Codes, *, uri: bool = False) -> list[Row]:
    """The rows that this element may take: those of the systems of its required binding, if it has one."""
    rows = [r for r in codes.table(kind) if (r.system == URI) == uri]
    if not element.codes or uri:
        return rows
    return [r for r in rows if r.standard in element.codes.get(r.system, ())]


def _words(rows: list[Row]) -> Form:
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row.code, row.display or row.standard)
    return looks_up(names)


def _one_to_one(kind: type, rows: list[Row], key: Callable[[Row], Any]) -> dict[Any, Any] | None:
    out: dict[Any, Any] = {}
    for row in rows:
        if out.setdefault(key(row), row.code) != row.code:
            return None
    return {k: kind(v) for k, v in out.items()}


def _code(kind: type, element: Element, codes: Codes) -> Pair:
    return _text_code(kind, rows_for(kind, element, codes))


def _uri_code(kind: type, element: Element, codes: Codes) -> Pair:
    return _text_code(kind, rows_for(kind, element, codes, uri=True))


def _text_code(kind: type, rows: list[Row]) -> Pair:
    ours = _one_to_one(kind, rows, lambda r: r.standard)
    there: dict[str, str] = {}
    for row in rows:
        there.setdefault(row.code, row.standard)
    unique = ours is not None and len(ours) >= len(there)
    return Pair(looks_up(there), ours.__getitem__ if ours and unique else None, _words(rows))


def _node(row: Row) -> dict[str, Any]:
    out = {"system": row.system, "code": row.standard}
    if row.display:
        out["display"] = row.display
    return out


def _systems(rows: list[Row]) -> frozenset[tuple[str, str]]:
    return frozenset((r.system, r.standard) for r in rows)


def _coding(kind: type, element: Element, codes: Codes) -> Pair:
    rows = rows_for(kind, element, codes)
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row.code, _node(row))
    ours = _one_to_one(kind, rows, lambda r: (r.system, r.standard))
    return Pair(
        looks_up(first), None if ours is None else lambda n: ours[n["system"], n["code"]], _words(rows), known=_systems(rows)
    )


def _concept(kind: type, element: Element, codes: Codes) -> Pair:
    rows = rows_for(kind, element, codes)
    nodes: dict[str, dict[str, Any]] = {}
    for row in rows:
        nodes.setdefault(row.code, {"coding": []})["coding"].append(_node(row))
    ours = _one_to_one(kind, rows, lambda r: (r.system, r.standard))

    def back(node: Mapping[str, Any]) -> Any:
        assert ours is not None
        for coding in node["coding"]:
            found = ours.get((coding.get("system"), coding.get("code")))
            if found is not None:
                return found
        raise ReadError(f"a concept has no code of {kind.__name__}")

    return Pair(looks_up(nodes), None if ours is None else back, _words(rows), known=_systems(rows))


def codings(kind: type, element: Element, codes: Codes) -> Pair:
    """For a code at a list of Codings: all its codings, so that a text of one's own can stand beside them."""
    rows = rows_for(kind, element, codes)
    nodes: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        nodes.setdefault(row.code, []).append(_node(row))
    whole = _concept(kind, element, codes)
    back = whole.back
    return Pair(looks_up(nodes), back and (lambda found: back({"coding": found})), whole.words, known=whole.known)


INTEGERS = ("integer", "positiveInt", "unsignedInt")
QUANTITIES = ("Quantity", "Duration", "Age", "Count", "Distance")
# where an open choice could take a value in several ways
PREFERRED = ("CodeableConcept", "Coding", "dateTime", "Quantity", "string")
Maker = Callable[[type, Element, Codes], Pair]
PAIRS: dict[tuple[type, str], Maker] = {
    **{(str, t): _same for t in ("string", "markdown", "uri", "url", "canonical", "id")},
    (str, "code"): _same,
    (str, "base64Binary"): _base64,
    (bool, "boolean"): _same,
    **{(int, t): _same for t in INTEGERS},
    (Decimal, "decimal"): _decimal,
    (datetime, "dateTime"): _moment,
    (datetime, "instant"): _moment,
    (date, "date"): _day,
    (date, "dateTime"): _day,
    (Period, "Period"): _period,
    **{(Amount, t): _amount for t in QUANTITIES},
    (Amount, "string"): _amount_text,
    **{(Absent, t): _absent_quantity for t in QUANTITIES},
    (Rate, "Ratio"): _rate,
    (Code, "code"): _code,
    (Code, "string"): _code,
    (Code, "Coding"): _coding,
    (Code, "CodeableConcept"): _concept,
    **{(Code, t): _uri_code for t in ("uri", "url", "canonical")},
}
