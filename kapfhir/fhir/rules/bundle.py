"""The rules of a Bundle: what its type asks of each entry, full URLs, ids, and references between entries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .invariants import Node
from .primitives import ABSOLUTE as WHOLE
from .references import ABSOLUTE, RELATIVE
from .scope import Scope

REQUESTED = frozenset(["batch", "transaction", "history"])
ANSWERED = frozenset(["batch-response", "transaction-response", "history"])
FULL_URL = re.compile(r"https?://\S+")
VERSION = "/_history/"


def check_bundle(scope: Scope, node: Node, path: str, _place: str) -> None:
    """Everything that a Bundle asks beyond its elements."""
    kind, entries = node.get("type"), node.get("entry", [])
    if not isinstance(kind, str):
        return
    _whole(scope, node, path, kind, entries)
    for number, entry in enumerate(entries):
        _entry(scope, entry, f"{path}.entry[{number}]", kind)
    _twice(scope, entries, path, kind)
    _links(scope, entries, path, kind)


def _whole(scope: Scope, node: Node, path: str, kind: str, entries: list[Node]) -> None:
    if "total" in node and kind not in ("searchset", "history"):
        scope.say(path, "bdl-1", "has a total, but is neither searchset nor history")
    first = entries[0].get("resource", {}).get("resourceType") if entries else None
    if kind == "document":
        identifier = node.get("identifier", {})
        if "system" not in identifier or "value" not in identifier:
            scope.say(path, "bdl-9", "is a document without an identifier of system and value")
        if "timestamp" not in node:
            scope.say(path, "bdl-10", "is a document without a timestamp")
        if first != "Composition":
            scope.say(path, "bdl-11", "is a document that does not begin with a Composition")
    if kind == "message" and first != "MessageHeader":
        scope.say(path, "bdl-12", "is a message that does not begin with a MessageHeader")


def _entry(scope: Scope, entry: Node, path: str, kind: str) -> None:
    resource, request, full = entry.get("resource"), entry.get("request"), entry.get("fullUrl")
    if "search" in entry and kind != "searchset":
        scope.say(path, "bdl-2", "has search, but the Bundle is no searchset")
    if (request is not None) != (kind in REQUESTED):
        scope.say(
            path, "bdl-3", "has a request, which this type of Bundle may not" if request else "lacks the request that it needs"
        )
    if ("response" in entry) != (kind in ANSWERED):
        needs = kind in ANSWERED
        scope.say(
            path, "bdl-4", "lacks the response that it needs" if needs else "has a response, which this type of Bundle may not"
        )
    if resource is None and request is None and "response" not in entry:
        scope.say(path, "bdl-5", "has no resource, no request and no response")
    if full is None:
        if kind in ("document", "message"):
            scope.say(f"{path}.fullUrl", "missing-element", f"is missing: each entry of a {kind} needs it")
    else:
        _full_url(scope, full, resource, path)
    if request is not None and kind in ("batch", "transaction"):
        _request(scope, request, resource, path)


def _full_url(scope: Scope, full: str, resource: Any, path: str) -> None:
    if VERSION in full:
        scope.say(f"{path}.fullUrl", "bdl-8", "points to a version")
    elif not WHOLE.fullmatch(full):
        scope.say(path, "bad-full-url", "has a fullUrl that is no absolute URL", "http(s)://.../Type/id, or urn:uuid:")
    elif resource is not None:
        match = ABSOLUTE.fullmatch(full)
        name = resource.get("id")
        if match and match[1] == resource.get("resourceType") and name is not None and full.rpartition("/")[2] != name:
            scope.say(f"{path}.fullUrl", "full-url-id", "does not end with the id of the resource")
        elif match and match[1] != resource.get("resourceType") and full.rpartition("/")[2] == name:
            scope.say(f"{path}.fullUrl", "full-url-id", "does not end with the type and id of the resource")


def _request(scope: Scope, request: Node, resource: Any, path: str) -> None:
    method, url = request.get("method"), str(request.get("url", ""))
    target, _, query = url.partition("?")
    if method in ("POST", "PUT") and resource is None:
        scope.say(path, "missing-element", f"has a {method} without a resource")
        return
    if method in ("DELETE", "GET", "HEAD") and resource is not None:
        scope.say(path, "request-resource", f"has a {method} with a resource")
        return
    if resource is None:
        return
    kind, name = resource.get("resourceType"), resource.get("id")
    if method == "PUT" and not query and target != f"{kind}/{name}":
        scope.say(f"{path}.request.url", "request-url", "is not the type and id of the resource")
    elif method == "PUT" and query and target.rstrip("/") != kind:
        scope.say(f"{path}.request.url", "request-url", "is not a query for the type of the resource")
    elif method == "POST" and "$" not in target and target.strip("/") not in (kind, "", "_search"):
        scope.say(f"{path}.request.url", "request-url", "is not the type of the resource")


def _twice(scope: Scope, entries: list[Node], path: str, kind: str) -> None:
    if kind == "history":
        return
    seen: dict[tuple[Any, Any], int] = {}
    ids: Counter[tuple[Any, Any]] = Counter()
    for number, entry in enumerate(entries):
        resource = entry.get("resource", {})
        version = resource.get("meta", {}).get("versionId")
        if "fullUrl" in entry:
            key = (entry["fullUrl"], version)
            if key in seen:
                scope.say(f"{path}.entry[{number}].fullUrl", "bdl-7", f"is that of entry[{seen[key]}], too")
            seen.setdefault(key, number)
        if kind == "transaction" and "id" in resource and entry.get("request", {}).get("method") == "PUT":
            same = (resource.get("resourceType"), resource["id"])
            ids[same] += 1
            if ids[same] == 2:
                scope.say(f"{path}.entry[{number}]", "duplicate-id", "has a type and id that another entry has, too")


# ---------------------------------------------------------------------------------------------- references between entries


@dataclass(slots=True)
class _Index:
    """Entries by full URL, and by Type/id."""

    full: dict[str, list[int]] = field(default_factory=dict)
    local: dict[str, list[int]] = field(default_factory=dict)
    versions: dict[int, Any] = field(default_factory=dict)

    def find(self, literal: str, base: str) -> list[int]:
        """The entries that a reference from an entry with this full URL means."""
        target, _, version = literal.partition(VERSION)
        match = RELATIVE.fullmatch(target)
        if match:
            home = ABSOLUTE.fullmatch(base)
            if home:
                found = self.full.get(f"{base.rpartition('/')[0].rpartition('/')[0]}/{target}", [])
            else:
                found = self.local.get(target, [])
        else:
            found = self.full.get(target, [])
        return [n for n in found if not version or self.versions.get(n) == version]


def _links(scope: Scope, entries: list[Node], path: str, kind: str) -> None:
    index = _Index()
    for number, entry in enumerate(entries):
        resource, full = entry.get("resource", {}), entry.get("fullUrl")
        index.versions[number] = resource.get("meta", {}).get("versionId")
        if isinstance(full, str):
            index.full.setdefault(full, []).append(number)
        if "id" in resource and not (isinstance(full, str) and FULL_URL.match(full)):
            index.local.setdefault(f"{resource.get('resourceType')}/{resource['id']}", []).append(number)
    edges: dict[int, set[int]] = {n: set() for n in range(len(entries))}
    for number, entry in enumerate(entries):
        resource, base = entry.get("resource", {}), str(entry.get("fullUrl", ""))
        for where, literal in find_references(resource, f"{path}.entry[{number}].resource"):
            found = index.find(literal, base)
            for other in found:
                edges[number].add(other)
                edges[other].add(number)
            _judge(scope, kind, resource, (where, literal), found)
    if kind == "document" and entries:
        _reach(scope, path, entries, edges)


def _judge(scope: Scope, kind: str, resource: Node, link: tuple[str, str], found: list[int]) -> None:
    where, literal = link
    if len(found) > 1 and kind == "document":
        scope.say(where, "ambiguous-reference", f"fits {len(found)} entries of the Bundle")
    elif not found and kind == "document" and resource.get("resourceType") == "Composition" and not literal.startswith("http"):
        scope.say(where, "unresolved-reference", "points to nothing in this document")
    elif not found and literal.startswith("urn:uuid:") and kind in ("document", "transaction", "batch", "collection"):
        severity = "warning" if kind == "collection" else "error"
        scope.say(where, "unresolved-reference", "points to nothing in this Bundle", severity=severity)
    elif not found and kind == "document" and RELATIVE.fullmatch(literal):
        scope.say(where, "unresolved-reference", "points to nothing in this document", severity="warning")


def find_references(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, literal) of each reference below, those to contained resources left out."""
    if isinstance(node, dict):
        literal = node.get("reference")
        if isinstance(literal, str) and not literal.startswith("#") and "?" not in literal:
            yield path, literal
        for key, value in node.items():
            if isinstance(value, (dict, list)):
                yield from find_references(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, item in enumerate(node):
            if isinstance(item, (dict, list)):
                yield from find_references(item, f"{path}[{number}]")


def _reach(scope: Scope, path: str, entries: list[Node], edges: dict[int, set[int]]) -> None:
    reached, todo = {0}, [0]
    while todo:
        for other in edges[todo.pop()] - reached:
            reached.add(other)
            todo.append(other)
    for number in range(len(entries)):
        if number not in reached:
            scope.say(f"{path}.entry[{number}]", "unreachable-entry", "can't be reached from the Composition")
