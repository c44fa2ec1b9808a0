"""The writes of one request: each resource is checked, stored and indexed; at the end every reference has to hold.

What the sandbox does where R4 leaves it open:
- `meta.profile`, `meta.tag` and `meta.security` are kept as they were sent: an update replaces them ("the server SHOULD retain").
  HAPI keeps the union of all tags and security labels ever sent; a client that must work with both compares them as subsets.
- An update that changes nothing makes no version and answers with the version that holds, as HAPI does. The order of properties,
  `meta.versionId` and `meta.lastUpdated` don't count; a number written with another precision does.
- A reference to a resource that is not there is refused (422, HAPI: 400), so is the deletion of one that others refer to (409).
  References in both directions within a transaction are fine: they are looked at when everything is written.
- Deleting makes a version without content; a later PUT goes on from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .checking import check_resource
from .outcome import Issue, Refusal, build_outcome, refuse
from .quirks import Behaviour
from .references import ID, Link, drop_identifiers, read_links
from .store import Store, Version
from .wire import Answer, etag, http_date, write_json

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
IDENTITY = re.compile(ID)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a write did: the version that holds now, and whether it was `created`, `updated` or `unchanged`."""

    version: Version
    effect: str
    warnings: list[Issue]

    @property
    def outcome(self) -> dict[str, Any]:
        text = f"{self.effect} {self.version.reference}, version {self.version.version}"
        return build_outcome([Issue("informational", text, severity="information"), *self.warnings])


class Writing:
    """The writes of one request. Use it by `with open_writing(...)`: it is one transaction of the store."""

    def __init__(self, store: Store, behaviour: Behaviour, base: str) -> None:
        self.store = store
        self.behaviour = behaviour
        self.base = base
        self._links: list[tuple[str, Link]] = []
        self._deleted: list[tuple[str, str, str]] = []

    def save(self, resource: dict[str, Any], method: str, place: str = "") -> Saved:
        """Stores a resource that has its id. `place` says where it stands in a Bundle, for what is to be told at the end."""
        type_name, identity = resource["resourceType"], resource["id"]
        links, issues = read_links(resource, self.base)
        issues += check_resource(resource)
        if any(issue.severity in ("error", "fatal") for issue in issues):
            raise Refusal(422, issues)
        held = self.store.read(type_name, identity)
        if method == "PUT" and not self.behaviour.update_create and held is None:
            text = f"{type_name}/{identity} is not known, and this server lets no client choose an id; create it with POST"
            raise refuse(405, "not-supported", text, headers={"Allow": "GET"})
        if not self.behaviour.keeps_reference_identifiers:
            drop_identifiers(resource)
        version, new = self.store.write(resource, method, links)
        if not new:
            return Saved(version, UNCHANGED, issues)
        self._links += [(place, link) for link in links]
        return Saved(version, UPDATED if held and not held.deleted else CREATED, issues)

    def remove(self, type_name: str, identity: str, place: str = "") -> Version | None:
        """Deletes a resource; None where there was nothing to delete."""
        deleted = self.store.delete(type_name, identity)
        if deleted:
            self._deleted.append((place, type_name, identity))
        return deleted

    def finish(self) -> None:
        """Refuses the whole if a reference points to nothing, or something deleted is still referred to."""
        missing = [self._missing(place, link) for place, link in self._links if not self.store.holds(link.type, link.id)]
        if missing:
            raise Refusal(422, [issue for refusal in missing for issue in refusal.issues])
        for place, type_name, identity in self._deleted:
            referrers = self.store.referrers(type_name, identity)
            if referrers and not self.store.holds(type_name, identity):
                who = ", ".join(f"{t}/{i} in {path}" for t, i, path in referrers)
                raise refuse(409, "conflict", f"{type_name}/{identity} can't be deleted: it is referred to by {who}", place)

    def _missing(self, place: str, link: Link) -> Refusal:
        held = self.store.read(link.type, link.id)
        fate = "was deleted" if held else "is not known to this server"
        text = f"{link.reference} {fate}; write it first, or in the same transaction"
        refusal = refuse(422, "not-found", text, f"{link.path}.reference")
        return refusal.within(place) if place else refusal


@contextmanager
def open_writing(store: Store, behaviour: Behaviour, base: str) -> Iterator[Writing]:
    """One transaction of the store: everything in it is kept, or nothing."""
    with store.transaction():
        writing = Writing(store, behaviour, base)
        yield writing
        writing.finish()


def require_id(resource: dict[str, Any], identity: str) -> None:
    """Refuses a body whose id is not the URL's, and an id that is none."""
    type_name = resource["resourceType"]
    if not IDENTITY.fullmatch(identity):
        raise refuse(400, "value", "an id has 1 to 64 letters, digits, - and .", f"{type_name}.id")
    if "id" not in resource:
        raise refuse(400, "required", f"the body has no id; it must be that of the URL, {identity}", f"{type_name}.id")
    if resource["id"] != identity:
        raise refuse(400, "invalid", f"the body's id is not that of the URL, {identity}", f"{type_name}.id")


def require_version(held: Version | None, versions: list[str]) -> None:
    """If-Match: refuses an update of anything but one of these versions."""
    current = held if held and not held.deleted else None
    if versions == ["*"] and current:
        return
    if current is None or str(current.version) not in versions:
        now = f"it is at version {current.version}" if current else "it is not there"
        raise refuse(412, "conflict", f"If-Match does not meet the resource: {now}; read it and try again")


def build_answer(saved: Saved, base: str, prefer: str) -> Answer:
    """The answer to a write: 201 or 200, with what `Prefer: return=` asks for (the resource by default)."""
    version = saved.version
    headers = build_headers(version)
    place = f"{version.reference}/_history/{version.version}"
    headers["Location" if saved.effect == CREATED else "Content-Location"] = f"{base}/{place}"
    assert version.body is not None
    bodies = {"minimal": b"", "OperationOutcome": write_json(saved.outcome)}
    status = 201 if saved.effect == CREATED else 200
    return Answer(status, bodies.get(prefer, version.body), headers, saved.outcome, place, version.updated)


def build_headers(version: Version) -> dict[str, str]:
    return {"ETag": etag(version.version), "Last-Modified": http_date(version.updated)}
