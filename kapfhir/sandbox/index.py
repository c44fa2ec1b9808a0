"""What a search finds: the values of a resource's search parameters, as rows of one table per kind.

A parameter is named with its type (`Observation.code`), so that one index serves it. `write` fills the rows of one resource; a
value that is not what R4 says (the checks let none through) gives no row.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from kapfhir.fhir.search import SearchParameter, search_parameters

from .ranges import EVER, parse_moment
from .references import split_local

SCHEMA = """
CREATE TABLE token (rid INTEGER NOT NULL, param TEXT NOT NULL, system TEXT NOT NULL, value TEXT NOT NULL);
CREATE INDEX token_value ON token (param, value, system, rid);
CREATE INDEX token_rid ON token (rid);
CREATE TABLE reference (rid INTEGER NOT NULL, param TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL);
CREATE INDEX reference_target ON reference (param, id, type, rid);
CREATE INDEX reference_url ON reference (param, url);
CREATE INDEX reference_rid ON reference (rid);
CREATE TABLE date (rid INTEGER NOT NULL, param TEXT NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL);
CREATE INDEX date_low ON date (param, low, rid);
CREATE INDEX date_rid ON date (rid);
CREATE TABLE string (rid INTEGER NOT NULL, param TEXT NOT NULL, plain TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX string_plain ON string (param, plain, rid);
CREATE INDEX string_rid ON string (rid);
CREATE TABLE number (rid INTEGER NOT NULL, param TEXT NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
                     system TEXT NOT NULL, code TEXT NOT NULL, unit TEXT NOT NULL);
CREATE INDEX number_low ON number (param, low, rid);
CREATE INDEX number_rid ON number (rid);
CREATE TABLE uri (rid INTEGER NOT NULL, param TEXT NOT NULL, value TEXT NOT NULL);
CREATE INDEX uri_value ON uri (param, value, rid);
CREATE INDEX uri_rid ON uri (rid);
"""
TABLES = ("token", "reference", "date", "string", "number", "uri")
TABLE_OF_KIND = {"token": "token", "reference": "reference", "date": "date", "string": "string", "quantity": "number",
                 "number": "number", "uri": "uri"}  # fmt: skip
INSERT = {
    table: f"INSERT INTO {table} VALUES (?, ?{', ?' * width})"  # noqa: S608
    for table, width in {"token": 2, "reference": 3, "date": 2, "string": 2, "number": 5, "uri": 1}.items()
}
LEAST, MOST = -1e308, 1e308

Row = tuple[Any, ...]
Reader = Callable[[Any], Iterator[Row]]


def write(connection: sqlite3.Connection, rid: int, resource: dict[str, Any]) -> None:
    """Fills the index rows of a resource."""
    rows: defaultdict[str, set[Row]] = defaultdict(set)
    for param, parameter in _parameters(resource["resourceType"]):
        table = TABLE_OF_KIND[parameter.kind]
        if parameter.paths[0].type == "?exists":
            rows[table].add((rid, param, "", "true" if _exists(parameter, resource) else "false"))
            continue
        for place in parameter.paths:
            if place.key in resource:
                reader = READERS[parameter.kind, place.type]
                for value in place.find(resource):
                    try:
                        rows[table].update((rid, param, *row) for row in reader(value))
                        if parameter.kind == "reference" and place.type == "Reference" and "identifier" in value:
                            rows["token"].update((rid, f"{param}:identifier", *row) for row in _identifier(value["identifier"]))
                    except (AttributeError, TypeError, ValueError):
                        continue
    for table, content in rows.items():
        connection.executemany(INSERT[table], content)


def plain(text: str) -> str:
    """Text as string searches compare it: without case, accents and extra spaces."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


@cache
def _parameters(type_name: str) -> list[tuple[str, SearchParameter]]:
    return [(f"{type_name}.{name}", parameter) for name, parameter in search_parameters(type_name).items()]


def _exists(parameter: SearchParameter, resource: dict[str, Any]) -> bool:
    return any(value is not False for place in parameter.paths for value in place.find(resource))


def _identifier(value: dict[str, Any]) -> Iterator[Row]:
    if isinstance(value.get("value"), str):
        yield value.get("system", ""), value["value"]


def _coding(value: dict[str, Any]) -> Iterator[Row]:
    if isinstance(value.get("code"), str):
        yield value.get("system", ""), value["code"]


def _concept(value: dict[str, Any]) -> Iterator[Row]:
    for coding in value.get("coding", ()):
        yield from _coding(coding)


def _contact(value: dict[str, Any]) -> Iterator[Row]:
    if isinstance(value.get("value"), str):
        yield "", value["value"]


def _code(value: Any) -> Iterator[Row]:
    yield "", str(value).lower() if isinstance(value, bool) else str(value)


def _reference(value: dict[str, Any]) -> Iterator[Row]:
    text = value.get("reference")
    if isinstance(text, str) and not text.startswith("#"):
        local = split_local(text)
        yield (*local, "") if local else ("", "", text)


def _canonical(value: str) -> Iterator[Row]:
    """Found with its version and without."""
    url = value.partition("|")[0]
    for text in {value, url}:
        yield *(split_local(url) or ("", "")), text


def _moment(value: str) -> Iterator[Row]:
    if span := parse_moment(value):
        yield span.low, span.high


def _period(value: dict[str, Any]) -> Iterator[Row]:
    start = parse_moment(value["start"]) if "start" in value else None
    end = parse_moment(value["end"]) if "end" in value else None
    if start or end:
        yield start.low if start else -EVER, end.high if end else EVER


def _timing(value: dict[str, Any]) -> Iterator[Row]:
    """From the first event to the last, or the bounds."""
    spans = [span for event in value.get("event", ()) if (span := parse_moment(event))]
    if spans:
        yield min(span.low for span in spans), max(span.high for span in spans)
    bounds = value.get("repeat", {}).get("boundsPeriod")
    if bounds:
        yield from _period(bounds)


def _string(value: str) -> Iterator[Row]:
    yield plain(value), value


def _parts(*names: str) -> Reader:
    """Each part of a name or an address can be found by its beginning."""

    def read(value: dict[str, Any]) -> Iterator[Row]:
        for name in names:
            part = value.get(name, ())
            for text in [part] if isinstance(part, str) else part:
                yield plain(text), text

    return read


def _quantity(value: dict[str, Any]) -> Iterator[Row]:
    if "value" not in value:
        return
    number, comparator = float(value["value"]), value.get("comparator", "")
    low = LEAST if comparator.startswith("<") else number
    high = MOST if comparator.startswith(">") else number
    yield low, high, value.get("system", ""), value.get("code", ""), value.get("unit", "")


def _money(value: dict[str, Any]) -> Iterator[Row]:
    yield float(value["value"]), float(value["value"]), "urn:iso:std:iso:4217", value.get("currency", ""), ""


def _range(value: dict[str, Any]) -> Iterator[Row]:
    low, high = value.get("low", {}), value.get("high", {})
    unit = low or high
    yield (
        float(low.get("value", LEAST)),
        float(high.get("value", MOST)),
        unit.get("system", ""),
        unit.get("code", ""),
        unit.get("unit", ""),
    )


def _number(value: Any) -> Iterator[Row]:
    yield float(value), float(value), "", "", ""


def _uri(value: str) -> Iterator[Row]:
    yield (str(value),)


READERS: dict[tuple[str, str], Reader] = {
    ("token", "Identifier"): _identifier,
    ("token", "CodeableConcept"): _concept,
    ("token", "Coding"): _coding,
    ("token", "ContactPoint"): _contact,
    **{("token", name): _code for name in ("code", "string", "boolean", "uri", "id")},
    ("reference", "Reference"): _reference,
    **{("reference", name): _canonical for name in ("canonical", "uri")},
    **{("date", name): _moment for name in ("date", "dateTime", "instant")},
    ("date", "Period"): _period,
    ("date", "Timing"): _timing,
    **{("string", name): _string for name in ("string", "markdown")},
    ("string", "HumanName"): _parts("text", "family", "given", "prefix", "suffix"),
    ("string", "Address"): _parts("text", "line", "city", "district", "state", "country", "postalCode"),
    **{("quantity", name): _quantity for name in ("Quantity", "Age", "Duration", "SimpleQuantity")},
    ("quantity", "Money"): _money,
    ("quantity", "Range"): _range,
    ("number", "Range"): _range,
    **{("number", name): _number for name in ("decimal", "integer", "positiveInt", "unsignedInt")},
    **{("uri", name): _uri for name in ("uri", "url", "canonical", "oid", "uuid")},
}
