"""A request and an answer, apart from any HTTP library, and the forms of FHIR JSON on the wire.

`Call` and `Answer` are what every interaction takes and gives; a batch makes calls of its entries. Numbers stay as they were
written: 35.50 comes back as 35.50.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

import orjson

from kapfhir.fhir import exact

from .outcome import refuse

FHIR_JSON = "application/fhir+json; charset=utf-8"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ETAG = re.compile(r'\s*(?:W/)?"?(?P<version>[^",\s]+)"?\s*')
LARGEST_EXPONENT = 1000  # 1e999999999 would be a gigabyte of zeros when it is written out


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` is relative to the base, headers have lower-case names."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    resource: dict[str, Any] | None = None  # of a Bundle's entry: already parsed
    base: str = ""

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_parameters(self.query)

    @property
    def prefer(self) -> dict[str, str]:
        parts = (part.strip().partition("=") for part in re.split("[,;]", self.headers.get("prefer", "")))
        return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts if name.strip()}


@dataclass(slots=True)
class Answer:
    """What goes back: the body is FHIR JSON as bytes, or empty."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    outcome: dict[str, Any] | None = None  # what is told of a write, where the body is the resource itself
    location: str = ""  # `Patient/1/_history/2` of what was written
    updated: int = 0  # when the version was written, microseconds since 1970
    content_type: str = FHIR_JSON


def parse_parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=1000)


def parse_json(text: bytes) -> Any:
    """FHIR JSON with exact decimals; refuses what JSON or FHIR has no form for, and says where it stands."""
    if not text.strip():
        raise refuse(400, "required", "the request has no body; send a resource as FHIR JSON")
    try:
        return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise refuse(400, "structure", f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise refuse(
            400, "structure", f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise refuse(400, "structure", "the body is nested too deeply") from None


def parse_resource(text: bytes) -> dict[str, Any]:
    resource = parse_json(text)
    if not isinstance(resource, dict):
        raise refuse(400, "structure", "the body is not a JSON object; send one resource")
    return resource


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise refuse(400, "structure", f"the body has the property '{twice}' twice in one object")
    return out


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        raise refuse(400, "value", "the body has a number with an exponent that no server should write out")
    return number


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) < 19 else Decimal(text)  # the writer's integers end at 64 bits


def _constant(name: str) -> Any:
    raise refuse(400, "structure", f"the body is not JSON: {name} is no number")


def write_json(value: Any) -> bytes:
    return exact.dumps(value)


def pretty(body: bytes) -> bytes:
    """The same JSON for the eye."""
    return orjson.dumps(parse_json(body), default=_number, option=orjson.OPT_INDENT_2)


def fingerprint(resource: dict[str, Any]) -> bytes:
    """Equal for two resources that say the same, whatever the order of their properties and their version."""
    meta = {key: value for key, value in resource.get("meta", {}).items() if key not in ("versionId", "lastUpdated")}
    content = {**resource, "meta": meta}
    return blake2b(orjson.dumps(content, default=_number, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _number(value: Any) -> orjson.Fragment:
    return orjson.Fragment(format(value, "f"))


def parse_etag(text: str, header: str) -> list[str]:
    """The versions that an If-Match or If-None-Match names; `*` stays `*`."""
    versions = [match["version"] for part in text.split(",") if (match := ETAG.fullmatch(part))]
    if not versions:
        raise refuse(400, "value", f'{header} is not an ETag; write it as W/"3"')
    return versions


def etag(version: int) -> str:
    return f'W/"{version}"'


def instant(micros: int) -> str:
    """Microseconds since 1970 as a FHIR instant, to the millisecond."""
    moment = EPOCH + timedelta(microseconds=micros)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def http_date(micros: int) -> str:
    return format_datetime(EPOCH + timedelta(seconds=micros // 1_000_000), usegmt=True)


def parse_http_date(text: str) -> int | None:
    """Microseconds since 1970; None for what is no date (RFC 9110: such a header is ignored)."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return int((moment - EPOCH).total_seconds()) * 1_000_000 if moment.tzinfo else None
