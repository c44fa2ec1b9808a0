"""The entries of a Bundle that is sent as a batch or a transaction: read, checked for their form, and answered."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from .checking import require_shape
from .outcome import Refusal, refuse
from .query import require_type
from .wire import Answer, Call, instant

HEADERS = {
    "ifMatch": "if-match",
    "ifNoneMatch": "if-none-match",
    "ifNoneExist": "if-none-exist",
    "ifModifiedSince": "if-modified-since",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


@dataclass(slots=True)
class Entry:
    """One entry: `place` is its FHIRPath, `call` what it asks for."""

    place: str
    full_url: str
    call: Call
    type: str
    id: str
    stored_as: str  # the method that the history tells

    @property
    def resource(self) -> dict[str, Any]:
        assert self.call.resource is not None
        return self.call.resource

    @property
    def writes(self) -> bool:
        return self.call.method in ("POST", "PUT", "DELETE")


def parse_entries(bundle: dict[str, Any], call: Call) -> tuple[list[Entry | Refusal], list[Refusal]]:
    """Every entry, or what is wrong with its form; and all these refusals again, placed."""
    rows = bundle.get("entry", [])
    if not isinstance(rows, list):
        raise refuse(400, "structure", "Bundle.entry is not a list", "Bundle.entry")
    entries: list[Entry | Refusal] = []
    for number, row in enumerate(rows):
        place = f"Bundle.entry[{number}]"
        try:
            entries.append(_entry(row, place, call))
        except Refusal as refusal:
            entries.append(refusal.within(place))
    return entries, [entry for entry in entries if isinstance(entry, Refusal)]


def _entry(row: Any, place: str, call: Call) -> Entry:
    request = row.get("request") if isinstance(row, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise refuse(400, "required", "the entry has no request with method and url", f"{place}.request")
    method, resource, full_url = request.get("method"), row.get("resource"), row.get("fullUrl", "")
    if method not in METHODS:
        known = ", ".join(METHODS)
        raise refuse(400, "not-supported", f"the entry's method is none of {known}", f"{place}.request.method")
    url = request["url"].removeprefix(call.base + "/").removeprefix("/")
    path, _, query = url.partition("?")
    type_name, _, identity = path.partition("/")
    if method == "DELETE":
        require_type(type_name)
    if method in ("POST", "PUT"):
        if not isinstance(resource, dict):
            raise refuse(400, "required", f"the entry has method {method} and no resource", f"{place}.resource")
        if "$" not in path and "_search" not in path:
            require_type(type_name)
            require_shape(resource, type_name)
    headers = {HEADERS[key]: value for key, value in request.items() if key in HEADERS and isinstance(value, str)}
    if method != "GET" and "prefer" in call.headers:
        headers["prefer"] = call.headers["prefer"]
    inner = Call(method, path, query, headers, resource=resource, base=call.base)
    return Entry(place, full_url if isinstance(full_url, str) else "", inner, type_name, identity, method)


def build_entry(answer: Answer, method: str, prefer: str) -> dict[str, Any]:
    """The entry of the response Bundle for one answer."""
    response: dict[str, Any] = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    if answer.location:
        response["location"] = answer.location
    if "ETag" in answer.headers:
        response["etag"] = answer.headers["ETag"]
    if answer.updated:
        response["lastModified"] = instant(answer.updated)
    if answer.outcome is not None and prefer != "minimal":
        response["outcome"] = answer.outcome
    entry: dict[str, Any] = {}
    if answer.body and answer.status < 400 and (method == "GET" or (prefer == "representation" and method != "DELETE")):
        entry["resource"] = orjson.Fragment(answer.body)
    return {**entry, "response": response}
