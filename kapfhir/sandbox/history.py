"""What happened: the versions of a resource, of a type, or of everything, newest first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import orjson

from .criteria import bad_value
from .outcome import refuse
from .paging import parse_count
from .query import LARGEST_PAGE, PAGE
from .ranges import parse_moment
from .store import VERSION_COLUMNS, Store, Version
from .wire import Answer, Call, etag, instant, write_json

KNOWN = ("_since", "_count", "_offset", "_format", "_pretty")


def build_history(store: Store, call: Call, type_name: str = "", identity: str = "") -> Answer:
    """The history Bundle of one page; refuses that of a resource that never was."""
    if identity and store.read(type_name, identity) is None:
        raise refuse(404, "not-found", f"{type_name}/{identity} is not known")
    page, offset, since = _parameters(call)
    scope = (
        [("v.type = ?", type_name)] * bool(type_name) + [("v.id = ?", identity)] * bool(identity) + [("v.updated >= ?", since)]
    )
    where, arguments = " AND ".join(sql for sql, _ in scope), [argument for _, argument in scope]
    total = store.rows(f"SELECT count(*) FROM version v WHERE {where}", arguments)[0][0]  # noqa: S608
    sql = f"SELECT {VERSION_COLUMNS} FROM version v WHERE {where} ORDER BY v.seq DESC LIMIT ? OFFSET ?"  # noqa: S608
    versions = [Version(*row) for row in store.rows(sql, [*arguments, page, offset])]
    links = [_link(call, "self", offset)]
    if offset + page < total and page:
        links.append(_link(call, "next", offset + page))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "history", "total": total, "link": links}
    if versions:
        bundle["entry"] = [_entry(call.base, version) for version in versions]
    return Answer(200, write_json(bundle))


def _parameters(call: Call) -> tuple[int, int, int]:
    page, offset, since = PAGE, 0, 0
    for name, text in call.parameters:
        if name not in KNOWN:
            raise refuse(400, "not-supported", f"a history has no parameter '{name}'; known are: {', '.join(KNOWN)}")
        if name == "_since":
            span = parse_moment(text.replace(" ", "+"))
            if span is None:
                raise bad_value(name, "an instant")
            since = span.low
        elif name in ("_count", "_offset"):
            number = parse_count(name, text)
            if name == "_count":
                page = min(number, LARGEST_PAGE)
            else:
                offset = number
    return page, offset, since


def _link(call: Call, relation: str, offset: int) -> dict[str, str]:
    words = [(name, text) for name, text in call.parameters if name != "_offset"]
    query = urlencode([*words, *([("_offset", str(offset))] if offset else [])], safe=":,", quote_via=quote)
    return {"relation": relation, "url": f"{call.base}/{call.path}" + (f"?{query}" if query else "")}


def _entry(base: str, version: Version) -> dict[str, Any]:
    created = version.version == 1 or version.method == "POST"
    status = "204 No Content" if version.deleted else "201 Created" if created else "200 OK"
    entry: dict[str, Any] = {"fullUrl": f"{base}/{version.reference}"}
    if version.body is not None:
        entry["resource"] = orjson.Fragment(version.body)
    url = version.type if version.method == "POST" else version.reference
    entry["request"] = {"method": version.method, "url": url}
    entry["response"] = {"status": status, "etag": etag(version.version), "lastModified": instant(version.updated)}
    return entry
