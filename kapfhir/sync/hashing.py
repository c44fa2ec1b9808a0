"""When two resources say the same: a hash of ours for the ledger, and the differences between ours and a server's.

Left out on both sides: `meta.versionId`, `meta.lastUpdated`, `meta.source` (servers write the first two, HAPI keeps the first
writer's source). The narrative counts: it is content that people read. Decimals count as written, so 35.50 is not 35.5.

A server's copy may hold more tags and security labels than ours (HAPI keeps the union of all that were ever sent), may lack the
identifier inside a reference, may write a reference absolutely or with a version, and may write the narrative's XHTML otherwise.
Nothing else that a server adds or drops is taken as equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import blake2b
from itertools import islice
from typing import Any

from kapfhir.fhir import exact

OWNED_BY_SERVER = frozenset(["versionId", "lastUpdated", "source"])
UNIONS = frozenset(["tag", "security"])
VERSION = re.compile(r"/_history/[^/]+$")
MOST_PATHS = 12
LONGEST_NUMBER = 1000  # digits; 1E+999999999 would be a gigabyte when it is written out


def content_hash(resource: Mapping[str, Any]) -> str:
    """32 hex digits that change when the content does."""
    meta = resource.get("meta")
    if meta is not None and not OWNED_BY_SERVER.isdisjoint(meta):
        resource = {**resource, "meta": {name: value for name, value in meta.items() if name not in OWNED_BY_SERVER}}
    return blake2b(exact.canonical(resource), digest_size=16).hexdigest()


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any], base: str, *, ids: bool = True) -> tuple[str, ...]:
    """The paths of the elements that differ (`component[1].valueQuantity.value`), at most a dozen; none if nothing does.

    `ids=False`: the server chose ids of its own; then references count by type and identifier, and ids do not.
    """
    return tuple(islice(_Comparison(base, ids).resource(ours, theirs), MOST_PATHS))


class _Comparison:
    def __init__(self, base: str, ids: bool) -> None:
        self.base = base
        self.ids = ids

    def resource(self, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
        for name in [*ours, *(n for n in theirs if n not in ours)]:
            if name == "meta":
                yield from self._meta(ours.get(name, {}), theirs.get(name) or {})
            elif name == "text":
                yield from self._text(ours.get(name), theirs.get(name))
            elif name != "id" or self.ids:
                yield from self._value(ours.get(name), theirs.get(name), name)

    def _meta(self, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
        for name in [*ours, *(n for n in theirs if n not in ours)]:
            if name in UNIONS:
                there = {(c.get("system"), c.get("code")) for c in theirs.get(name) or ()}
                if not {(c.get("system"), c.get("code")) for c in ours.get(name, ())} <= there:
                    yield f"meta.{name}"
            elif name not in OWNED_BY_SERVER:
                yield from self._value(ours.get(name), theirs.get(name), f"meta.{name}")

    def _text(self, ours: Any, theirs: Any) -> Iterator[str]:
        if ours == theirs:
            return
        if not (isinstance(ours, dict) and isinstance(theirs, dict)):
            yield "text"
            return
        div = ours.get("div") == theirs.get("div") or _xhtml(ours.get("div")) == _xhtml(theirs.get("div"))
        if not div or ours.get("status") != theirs.get("status"):
            yield "text"

    def _value(self, ours: Any, theirs: Any, path: str) -> Iterator[str]:
        if isinstance(ours, dict) and isinstance(theirs, dict):
            if "reference" in ours and "reference" in theirs:
                yield from self._reference(ours, theirs, path)
                return
            for name in [*ours, *(n for n in theirs if n not in ours)]:
                yield from self._value(ours.get(name), theirs.get(name), f"{path}.{name}")
        elif isinstance(ours, list) and isinstance(theirs, list):
            for at in range(max(len(ours), len(theirs))):
                if at < len(ours) and at < len(theirs):
                    yield from self._value(ours[at], theirs[at], f"{path}[{at}]")
                else:
                    yield f"{path}[{at}]"
        elif _plain(ours) != _plain(theirs):
            yield path

    def _reference(self, ours: Mapping[str, Any], theirs: Mapping[str, Any], path: str) -> Iterator[str]:
        here, there = str(ours["reference"]), VERSION.sub("", str(theirs["reference"]).removeprefix(f"{self.base}/"))
        same_target = here == there
        if not self.ids and not same_target:
            same_target = here.partition("/")[0] == there.partition("/")[0] and bool(ours.get("identifier"))
        if not same_target:
            yield f"{path}.reference"
        for name in [*ours, *(n for n in theirs if n not in ours)]:
            if name == "reference" or (name == "identifier" and name not in theirs and here == there):
                continue
            yield from self._value(ours.get(name), theirs.get(name), f"{path}.{name}")


def _plain(value: Any) -> Any:
    """A number as text, so that 35.50 is not 35.5 and 120 is 120, read or built."""
    if isinstance(value, Decimal):
        return ("number", format(value, "f") if abs(value.adjusted()) < LONGEST_NUMBER else str(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return ("number", str(value))
    return value


def _xhtml(div: Any) -> Any:
    """A narrative without what a parser and writer of XHTML may change; as it is if it can't be parsed."""
    from xml.etree.ElementTree import Element, ParseError  # noqa: PLC0415  (only for narratives that differ)

    from defusedxml.common import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    def form(node: Element) -> Any:
        children = [(form(child), child.tail or "") for child in node]
        return node.tag, sorted(node.attrib.items()), node.text or "", children

    try:
        return form(fromstring(div))
    except (ParseError, DefusedXmlException, TypeError, ValueError, RecursionError):
        return div
