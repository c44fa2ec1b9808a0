"""What a server holds of what we would send: asked in batches, and not at all where nothing can be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kapfhir.errors import RefusedError
from kapfhir.fhir.identity import kebab
from kapfhir.server.client import Client, escape

from .ledger import Entry

IDENTITY = "https://kapfhir.org/fhir/identity"  # system of the tag that stands for an identifier where a type has no search by it
IDS_AT_ONCE = 100
LONGEST_QUERY = 3000  # characters of one parameter's value, before they are percent-encoded


class Wanted(NamedTuple):
    """A resource to look for: by `server_id` if that is known, else by what our strategy knows it by. Its concept and the key of
    its record say whether what stands there is ours.
    """

    id: str
    concept: str
    key: str
    server_id: str
    system: str = ""
    value: str = ""


def entry_wanted(entry: Entry) -> Wanted:
    """What the ledger knows, by its id there alone."""
    return Wanted(entry.id, entry.concept, entry.key, entry.server_id)


class Look:
    """Questions to one server in one run. `system`: of the clinic, as its identifiers have it."""

    def __init__(self, client: Client, system: str, *, ids: bool) -> None:
        self._client = client
        self._system = system
        self._ids = ids
        self._empty: dict[tuple[str, str], bool] = {}
        self.doubled: set[str] = set()  # our ids of what several resources there claim to be: none of them was found

    def is_empty(self, type_name: str, system: str) -> bool:
        """Whether the server has no resource of this type with an identifier of this system: one question per system."""
        if (type_name, system) not in self._empty:
            self._empty[type_name, system] = self._count(type_name, system) == 0
        return self._empty[type_name, system]

    def _count(self, type_name: str, system: str) -> int | None:
        everything = self._client.count(type_name)
        if not everything or not system or not self._client.capability.finds_by_identifier(type_name):
            return everything
        try:
            return self._client.count(type_name, {"identifier": f"{escape(system)}|"})
        except RefusedError:
            return None  # it can't tell: each is looked for

    def find(self, type_name: str, wanted: Iterable[Wanted]) -> dict[str, dict[str, Any]]:
        """What is there, by our ids."""
        if self._ids:
            return self._find_ids(type_name, {w.id: w.id for w in wanted})
        many = list(wanted)
        there = self._find_ids(type_name, {w.server_id: w.id for w in many if w.server_id})
        # a server that was filled anew may have given the id to somebody else's
        found = {w.id: there[w.id] for w in many if w.id in there and self._is_ours(there[w.id], w)}
        rest = [w for w in many if w.id not in found and w.system]
        return found | self._find_criteria(type_name, rest) if rest else found

    def _is_ours(self, resource: Mapping[str, Any], want: Wanted) -> bool:
        before = f"{self._system}/{kebab(want.concept)}/"
        return (IDENTITY, want.id) in _tags(resource) or any(
            str(system).startswith(before) and (value == want.key or str(value).startswith(f"{want.key}/"))
            for system, value in _identifiers(resource)
        )

    def _find_ids(self, type_name: str, by_id: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        ids = list(by_id)
        for at in range(0, len(ids), IDS_AT_ONCE):
            some = ids[at : at + IDS_AT_ONCE]
            for resource in self._client.search(type_name, {"_id": ",".join(some), "_count": str(len(some))}):
                if resource.get("id") in by_id:
                    found[by_id[resource["id"]]] = resource
        return found

    def _find_criteria(self, type_name: str, wanted: Iterable[Wanted]) -> dict[str, dict[str, Any]]:
        tagged = not self._client.capability.finds_by_identifier(type_name)
        name = "_tag" if tagged else "identifier"
        ours = {(IDENTITY, w.id) if tagged else (w.system, w.value): w.id for w in wanted}
        found: dict[str, dict[str, Any]] = {}
        for terms in _split([f"{escape(system)}|{escape(value)}" for system, value in ours]):
            for resource in self._client.search(type_name, {name: ",".join(terms), "_count": str(IDS_AT_ONCE)}):
                for sign in _tags(resource) if tagged else _identifiers(resource):
                    if sign in ours and found.setdefault(ours[sign], resource).get("id") != resource.get("id"):
                        self.doubled.add(ours[sign])
        return {identity: resource for identity, resource in found.items() if identity not in self.doubled}


def _split(terms: list[str]) -> Iterable[list[str]]:
    """Terms in lists that fit into an address."""
    some: list[str] = []
    length = 0
    for term in terms:
        if some and length + len(term) > LONGEST_QUERY:
            yield some
            some, length = [], 0
        some.append(term)
        length += len(term) + 1
    if some:
        yield some


def _identifiers(resource: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    found = resource.get("identifier") or ()
    return [(i.get("system"), i.get("value")) for i in ((found,) if isinstance(found, dict) else found)]


def _tags(resource: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    return [(tag.get("system"), tag.get("code")) for tag in resource.get("meta", {}).get("tag", ())]
