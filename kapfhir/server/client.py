"""FHIR REST, as far as a sync needs it: capability, search, count, read, transaction, batch, conditional update."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from kapfhir.auth import Auth
from kapfhir.errors import ConfigError, RefusedError, TemporaryServerError
from kapfhir.fhir import exact

from .capability import Capability, Strategy, choose_strategy, parse_capability
from .found import sound
from .http import Answer, Clock, Http
from .meter import Meter

FRESH = {"Cache-Control": "no-cache"}  # HAPI answers an equal search from its cache for a minute
PATIENT_WRITE = {"X-Retry-On-Version-Conflict": "retry; max-retries=10"}
RACE = frozenset([409])
RACE_OR_STALE = frozenset([409, 412])
PAGES = 10_000


class Client:
    """One FHIR server. Methods raise the ServerErrors of kapfhir.errors."""

    def __init__(
        self, base: str, auth: Auth | None = None, *, timeout_s: float = 60.0, tries: int = 6, clock: Clock | None = None
    ) -> None:
        self.http = Http(base, auth, timeout_s=timeout_s, tries=tries, clock=clock)

    @property
    def base(self) -> str:
        return self.http.base

    @property
    def meter(self) -> Meter:
        return self.http.meter

    @cached_property
    def capability(self) -> Capability:
        """What the server says of itself, asked once; ConfigError if it is no FHIR R4 server."""
        try:
            answer = self.http.request("GET", "metadata", headers=FRESH)
        except TemporaryServerError as error:
            if 200 <= error.status < 300:
                raise ConfigError(error.text, error.hint) from None
            raise
        except RefusedError as error:
            raise ConfigError(
                f"{error.text}: there is no FHIR server at this address", "give its base, such as .../fhir"
            ) from None
        return parse_capability(answer.body)

    def strategy(self, types: Iterable[str] = ()) -> Strategy:
        """How resources of these types are written to this server; ConfigError if there is no way."""
        return choose_strategy(self.capability, types)

    def read(self, type_name: str, identity: str) -> dict[str, Any] | None:
        """The current version; None if it is not there, or deleted."""
        try:
            body: dict[str, Any] = self.http.request("GET", f"{type_name}/{quote(identity, safe='')}", headers=FRESH).body
        except RefusedError as error:
            if error.status in (404, 410):
                return None
            raise
        return body

    def search(self, type_name: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every match, page by page; what was included besides is left out."""
        path = f"{type_name}?{urlencode(parameters, safe=':')}"
        seen: set[str] = set()
        while path:
            if path in seen or len(seen) > PAGES:
                raise TemporaryServerError(f"GET {self.http.host}/{type_name}: the pages of the answer go round in a circle")
            seen.add(path)
            bundle = self._ask(path)
            if bundle.get("resourceType") != "Bundle":
                raise TemporaryServerError(f"GET {self.http.host}/{type_name}: the answer is no Bundle", "is this the FHIR base?")
            entries, links = ([] if some is None else some for some in (bundle.get("entry"), bundle.get("link")))
            further = [link.get("url") for link in _dicts(links) if link.get("relation") == "next"][:1]
            found = [
                r for e in _dicts(entries) if isinstance(r := e.get("resource"), dict) and r.get("resourceType") == type_name
            ]
            texts = [*further, *(r.get("id") for r in found)]
            if not (isinstance(entries, list) and isinstance(links, list) and all(isinstance(t, str) and t for t in texts)):
                raise TemporaryServerError(
                    f"GET {self.http.host}/{type_name}: the answer is a broken Bundle",
                    "its entries and links are lists, a match has an id, a next page an address",
                )
            yield from map(sound, found)
            path = str(next(iter(further), ""))

    def count(self, type_name: str, parameters: Mapping[str, str] | None = None) -> int | None:
        """How many there are; None if the server does not tell."""
        query = urlencode({**(parameters or {}), "_summary": "count"}, safe=":")
        total = self._ask(f"{type_name}?{query}").get("total")
        return total if type(total) is int else None  # true and false are ints, too

    def _ask(self, query: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self.http.request("GET", query, headers=FRESH).body
        except RefusedError as error:
            hint = "the server can't be asked so; `kapfhir doctor` shows what it can do"
            raise RefusedError(error.text, hint, error.status) from None
        return answer

    def transaction(
        self, bundle: bytes, entries: int, *, stale_again: bool = True, race_tries: int | None = None
    ) -> list[dict[str, Any]]:
        """The response of every entry, in order. All or nothing; repeated with the same bytes after a lost race or answer.

        `stale_again`: whether 412 may come from a lost race, too (it can't say "several match", as no entry has a condition).
        `race_tries`: how often at most where a race was lost, if not as often as after a lost answer.
        """
        again = RACE_OR_STALE if stale_again else RACE
        answer = self.http.request(
            "POST", "", body=bundle, headers=PATIENT_WRITE, again=again, again_tries=race_tries, write=True
        )
        return self._responses(answer, entries)

    def batch(self, bundle: bytes, entries: int) -> list[dict[str, Any]]:
        """The response of every entry, in order; each has a status of its own."""
        answer = self.http.request("POST", "", body=bundle, headers=FRESH | PATIENT_WRITE, write=True)
        return self._responses(answer, entries)

    def put(self, resource: Mapping[str, Any]) -> Answer:
        """Create or update under the id that it has."""
        path = f"{resource['resourceType']}/{resource['id']}"
        body = exact.dumps(resource)
        return self.http.request("PUT", path, body=body, headers=PATIENT_WRITE, again=RACE, needs_body=False, write=True)

    def conditional_put(self, resource: Mapping[str, Any], criteria: str) -> Answer:
        """Create, or update what matches `criteria` (as `match_identifier` makes them)."""
        path = f"{resource['resourceType']}?{criteria}"
        body = exact.dumps(resource)
        return self.http.request("PUT", path, body=body, headers=PATIENT_WRITE, again=RACE, needs_body=False, write=True)

    def _responses(self, answer: Answer, entries: int) -> list[dict[str, Any]]:
        found = answer.body.get("entry", [])
        if answer.body.get("resourceType") != "Bundle" or not isinstance(found, list) or len(found) != entries:
            raise TemporaryServerError(
                f"POST {self.http.host}: the answer is no Bundle of {entries} responses", "", answer.status
            )
        responses = [entry.get("response") if isinstance(entry, dict) else None for entry in found]
        return [response if isinstance(response, dict) else {} for response in responses]


def _dicts(found: object) -> list[dict[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def match_identifier(system: str, value: str) -> str:
    """Criteria for one identifier, for the address of a conditional update."""
    return f"identifier={quote(f'{escape(system)}|{escape(value)}', safe='')}"


def match_tag(system: str, code: str) -> str:
    """Criteria for one tag, where a type has no search by identifier."""
    return f"_tag={quote(f'{escape(system)}|{escape(code)}', safe='')}"


def escape(value: str) -> str:
    r"""A value inside a search parameter: `\ , | $` mean something there."""
    for sign in "\\,|$":
        value = value.replace(sign, f"\\{sign}")
    return value
