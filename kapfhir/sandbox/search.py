"""Runs a search: the matches of one page, what is included with them, and the Bundle that tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from kapfhir.fhir.exact import loads
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.search import search_parameters

from .criteria import Condition
from .outcome import Issue, build_outcome
from .paging import AFTER, build_after, build_order, parse_after, write_after
from .query import Query
from .store import VERSION_COLUMNS, Store, Version
from .wire import write_json

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
FROM = "FROM current c JOIN version v ON v.seq = c.seq"
SELECT = f"SELECT {VERSION_COLUMNS} {FROM}"
MOST_INCLUDED = 5000


def find(store: Store, query: Query, most: int) -> list[Version]:
    """At most so many matches, in the order that the query asks for."""
    where, order = query.where, build_order(query.keys)
    sql = f"{SELECT} WHERE {where.sql} ORDER BY {order.sql} LIMIT ?"
    return [Version(*row) for row in store.rows(sql, (*where.arguments, *order.arguments, most))]


def find_page(store: Store, query: Query) -> tuple[list[Version], str]:
    """The matches of the query's page, and after what the next one begins; empty where there is none."""
    keys, where = query.keys, query.where
    after, offset = Condition("1"), query.offset
    if query.after:
        after, offset = build_after(keys, parse_after(query.after, keys)), 0
    order = build_order(keys)
    sql = (
        f"SELECT {', '.join([VERSION_COLUMNS, *(key.sql for key in keys)])} {FROM} "
        f"WHERE {where.sql} AND {after.sql} ORDER BY {order.sql} LIMIT ? OFFSET ?"
    )
    arguments = (*order.arguments, *where.arguments, *after.arguments, *order.arguments, query.page + 1, offset)
    rows = store.rows(sql, arguments)
    width = len(keys)
    following = write_after(rows[query.page - 1][-width:]) if len(rows) > query.page else ""
    return [Version(*row[:-width]) for row in rows[: query.page]], following


def count(store: Store, query: Query) -> int:
    where = query.where
    number: int = store.rows(f"SELECT count(*) FROM current c WHERE {where.sql}", where.arguments)[0][0]  # noqa: S608
    return number


def build_searchset(store: Store, query: Query, base: str) -> bytes:
    """The searchset Bundle of one page, as JSON."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if query.total != "none" or query.summary == "count":
        bundle["total"] = count(store, query)
    if query.summary == "count":
        bundle["link"] = [_link(base, query, "self", query.offset)]
        return write_json(bundle)
    matches, following = find_page(store, query)
    bundle["link"] = [_link(base, query, "self", query.offset, query.after)]
    if query.offset:
        bundle["link"].append(_link(base, query, "first", 0))
        bundle["link"].append(_link(base, query, "previous", max(0, query.offset - query.page)))
    if following:
        bundle["link"].append(_link(base, query, "next", query.offset + query.page, following))
    entries = [_entry(base, version, "match", query) for version in matches]
    entries += [_entry(base, version, "include", query) for version in _included(store, query, matches)]
    if query.ignored:
        names = ", ".join(sorted(set(query.ignored)))
        notice = Issue(
            "not-supported", f"these parameters were ignored, as lenient handling was asked for: {names}", "", "warning"
        )
        entries.append({"resource": build_outcome([notice]), "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return write_json(bundle)


def shorten(body: bytes, query: Query) -> Any:
    """The resource as `_elements` and `_summary` want it; whole, and not even parsed, without them."""
    if not query.elements and query.summary not in ("data", "text"):
        return orjson.Fragment(body)
    resource: dict[str, Any] = loads(body)
    if query.summary == "data":
        kept = {key: value for key, value in resource.items() if key != "text"}
    else:
        names = {"resourceType", "id", "meta", *query.elements, *(["text"] if query.summary == "text" else [])}
        elements = load_facts().elements(resource["resourceType"])
        needed = {name for name, element in elements.items() if element.required}
        kept = {key: value for key, value in resource.items() if key.removeprefix("_") in names | needed}
    meta = kept.get("meta", {})
    return {**kept, "meta": {**meta, "tag": [*meta.get("tag", []), SUBSETTED]}}


def _link(base: str, query: Query, relation: str, offset: int, after: str = "") -> dict[str, str]:
    words = [*query.used, *([(AFTER, after)] if after else []), *([("_offset", str(offset))] if offset else [])]
    text = urlencode(words, safe=":,|/", quote_via=quote)
    return {"relation": relation, "url": f"{base}/{query.type}" + (f"?{text}" if text else "")}


def _entry(base: str, version: Version, mode: str, query: Query) -> dict[str, Any]:
    assert version.body is not None
    return {
        "fullUrl": f"{base}/{version.reference}",
        "resource": shorten(version.body, query),
        "search": {"mode": mode},
    }


def _included(store: Store, query: Query, matches: Iterable[Version]) -> list[Version]:
    """What `_include` and `_revinclude` add to the page, each once."""
    found = {version.reference: version for version in matches}
    known = set(found)
    for text in query.includes:
        source, name, target = _parts(text)
        params = _params(source, name)
        ids = [version.id for version in found.values() if version.type == source and version.reference in known]
        sql = (
            f"{SELECT} JOIN reference x ON x.type = c.type AND x.id = c.id JOIN current s ON s.rid = x.rid "
            f"WHERE c.deleted = 0 AND s.type = ? AND s.id IN ({_marks(ids)}) AND x.param IN ({_marks(params)})"
        )
        _add(store, found, sql, [source, *ids, *params], target)
    for text in query.revincludes:
        source, name, target = _parts(text)
        params = _params(source, name)
        if target not in ("", query.type):
            continue
        ids = [version.id for version in found.values() if version.reference in known]
        sql = (
            f"{SELECT} JOIN reference x ON x.rid = c.rid "
            f"WHERE c.type = ? AND x.type = ? AND x.id IN ({_marks(ids)}) AND x.param IN ({_marks(params)})"
        )
        _add(store, found, sql, [source, query.type, *ids, *params], "")
    return [version for reference, version in found.items() if reference not in known]


def _add(store: Store, found: dict[str, Version], sql: str, arguments: list[Any], target: str) -> None:
    for row in store.rows(f"{sql} ORDER BY c.rid LIMIT {MOST_INCLUDED}", arguments):
        version = Version(*row)
        if target in ("", version.type):
            found.setdefault(version.reference, version)


def _parts(text: str) -> tuple[str, str, str]:
    source, name, target = ([*text.split(":"), "", ""])[:3]
    return source, name, target


def _params(source: str, name: str) -> list[str]:
    names = [name] if name != "*" else [n for n, p in search_parameters(source).items() if p.kind == "reference"]
    return [f"{source}.{n}" for n in names]


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))
