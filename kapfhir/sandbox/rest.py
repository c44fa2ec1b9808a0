"""The interactions with one resource: read, create, update, delete, and their conditional forms, as R4's http page says.

Each takes a `Call` and gives an `Answer`; `routes` finds the one for a request, and a batch uses the same ones for its entries.
"""

from __future__ import annotations

from dataclasses import dataclass

from .checking import require_shape
from .conditional import choose_update_id, find_one, new_id
from .outcome import build_notice, refuse
from .quirks import Behaviour
from .store import Store, Version
from .wire import Answer, Call, parse_etag, parse_http_date, parse_resource, write_json
from .writing import UNCHANGED, Saved, build_answer, build_headers, open_writing, require_id, require_version


@dataclass(frozen=True, slots=True)
class Rest:
    """The interactions of one sandbox."""

    store: Store
    behaviour: Behaviour

    def read(self, call: Call, type_name: str, identity: str) -> Answer:
        held = self.store.read(type_name, identity)
        if held is None:
            raise refuse(404, "not-found", f"{type_name}/{identity} is not known")
        return self._show(call, held)

    def vread(self, call: Call, type_name: str, identity: str, version: str) -> Answer:
        found = self.store.read_version(type_name, identity, int(version)) if version.isdecimal() and len(version) < 19 else None
        if found is None:
            raise refuse(404, "not-found", f"{type_name}/{identity} has no version {version[:20]}")
        return self._show(call, found)

    def _show(self, call: Call, version: Version) -> Answer:
        headers = build_headers(version)
        if version.body is None:
            location = {"Location": f"{call.base}/{version.reference}/_history/{version.version}"}
            raise refuse(
                410, "deleted", f"{version.reference} was deleted in version {version.version}", headers=headers | location
            )
        if _unchanged(call, version):
            return Answer(304, headers=headers)
        headers["Content-Location"] = f"{call.base}/{version.reference}/_history/{version.version}"
        return Answer(200, version.body, headers, updated=version.updated)

    def create(self, call: Call, type_name: str) -> Answer:
        """POST; with If-None-Exist only if nothing meets it, else the resource that is there is answered."""
        resource = call.resource or parse_resource(call.body)
        require_shape(resource, type_name)
        criteria = call.headers.get("if-none-exist", "")
        with open_writing(self.store, self.behaviour, call.base) as writing:
            if criteria and (match := find_one(self.store, type_name, criteria, "If-None-Exist")):
                return build_answer(Saved(match, UNCHANGED, []), call.base, call.prefer.get("return", ""))
            saved = writing.save({**resource, "id": new_id()}, "POST")
        return build_answer(saved, call.base, call.prefer.get("return", ""))

    def update(self, call: Call, type_name: str, identity: str) -> Answer:
        """PUT Type/id: makes it, too, if the server lets clients choose ids."""
        resource = call.resource or parse_resource(call.body)
        require_shape(resource, type_name)
        require_id(resource, identity)
        return self._put(call, resource)

    def update_conditionally(self, call: Call, type_name: str) -> Answer:
        """PUT Type?criteria."""
        resource = call.resource or parse_resource(call.body)
        require_shape(resource, type_name)
        with self.store.transaction():
            identity, known = choose_update_id(self.store, resource, call.query)
            chosen = {**resource, "id": identity}
            return self._put(call, chosen, "PUT" if known or "id" in resource else "POST")

    def _put(self, call: Call, resource: dict[str, object], method: str = "PUT") -> Answer:
        with open_writing(self.store, self.behaviour, call.base) as writing:
            held = self.store.read(str(resource["resourceType"]), str(resource["id"]))
            require_conditions(call, held)
            saved = writing.save(resource, method)
        return build_answer(saved, call.base, call.prefer.get("return", ""))

    def delete(self, call: Call, type_name: str, identity: str) -> Answer:
        with open_writing(self.store, self.behaviour, call.base) as writing:
            if "if-match" in call.headers:
                require_version(self.store.read(type_name, identity), parse_etag(call.headers["if-match"], "If-Match"))
            deleted = writing.remove(type_name, identity)
        return build_deletion(deleted, f"{type_name}/{identity}", call.prefer.get("return", ""))

    def delete_conditionally(self, call: Call, type_name: str) -> Answer:
        """DELETE Type?criteria: the one match, or nothing."""
        with self.store.transaction():
            match = find_one(self.store, type_name, call.query)
            if match is None:
                return build_deletion(None, f"a {type_name} that meets the condition", call.prefer.get("return", ""))
            return self.delete(call, type_name, match.id)


def require_conditions(call: Call, held: Version | None) -> None:
    """If-Match and If-None-Match of a PUT."""
    if "if-match" in call.headers:
        require_version(held, parse_etag(call.headers["if-match"], "If-Match"))
    if "if-none-match" in call.headers and held and not held.deleted:
        versions = parse_etag(call.headers["if-none-match"], "If-None-Match")
        if "*" in versions or str(held.version) in versions:
            raise refuse(412, "conflict", f"{held.reference} is there already, at version {held.version}")


def build_deletion(deleted: Version | None, name: str, prefer: str) -> Answer:
    text = f"deleted {name}" if deleted else f"nothing to delete: {name} is not there"
    outcome = build_notice(text)
    headers = build_headers(deleted) if deleted else {}
    updated = deleted.updated if deleted else 0
    if prefer == "minimal":
        return Answer(204, b"", headers, outcome, updated=updated)
    return Answer(200, write_json(outcome), headers, outcome, updated=updated)


def _unchanged(call: Call, version: Version) -> bool:
    if "if-none-match" in call.headers:
        versions = parse_etag(call.headers["if-none-match"], "If-None-Match")
        return "*" in versions or str(version.version) in versions
    since = parse_http_date(call.headers.get("if-modified-since", ""))
    return since is not None and version.updated // 1_000_000 * 1_000_000 <= since
