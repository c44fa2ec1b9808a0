"""Batch and transaction (R4 http, 3.1.0.11).

A transaction is all or nothing: DELETE, POST, PUT, then GET, whatever the order of its entries; `fullUrl`s and conditional
references become real references before anything is stored; two entries that write the same resource are refused. All entries
are looked at before it is refused, so that one answer names every bad one (`Bundle.entry[3].resource.status`). A GET that finds
nothing says so in its own entry and undoes nothing. A batch is many single requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .checking import require_shape
from .conditional import choose_update_id, find_one, new_id
from .entries import Entry, build_entry, parse_entries
from .outcome import Refusal, refuse
from .quirks import Behaviour
from .references import CONDITIONAL, home_of, rename, walk
from .rest import build_deletion, require_conditions
from .store import Store
from .wire import Answer, Call, parse_etag, parse_resource, write_json
from .writing import UNCHANGED, Saved, Writing, build_answer, open_writing, require_id, require_version

ORDER = {"DELETE": 0, "POST": 1, "PUT": 2}
Handle = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Bundles:
    """What is done with a Bundle that is posted to the base; `handle` answers a single request."""

    store: Store
    behaviour: Behaviour
    handle: Handle

    def post(self, call: Call) -> Answer:
        bundle = parse_resource(call.body)
        require_shape(bundle, "Bundle")
        kind = bundle.get("type")
        if kind not in ("batch", "transaction"):
            raise refuse(
                400, "value", "the base takes a Bundle of type batch or transaction; POST any other to /Bundle", "Bundle.type"
            )
        most = self.behaviour.most_entries
        if most and len(bundle.get("entry", ())) > most:
            raise refuse(413, "too-costly", f"the Bundle has more entries than this server takes at once, {most}", "Bundle.entry")
        if kind == "batch":
            return self._batch(bundle, call)
        if not self.behaviour.transaction:
            raise refuse(400, "not-supported", "this server takes no transactions; send the Bundle as a batch", "Bundle.type")
        return self._transaction(bundle, call)

    def _batch(self, bundle: dict[str, Any], call: Call) -> Answer:
        prefer = call.prefer.get("return", "")
        entries, _ = parse_entries(bundle, call)
        return _answer("batch-response", (self._single(entry, prefer) for entry in entries))

    def _single(self, entry: Entry | Refusal, prefer: str) -> dict[str, Any]:
        if isinstance(entry, Refusal):
            return build_entry(Answer(entry.status, outcome=entry.outcome()), "", "")
        try:
            answer = self.handle(entry.call)
        except Refusal as refusal:
            told = refusal.within(entry.place)
            return build_entry(Answer(told.status, outcome=told.outcome(), headers=told.headers), "", "")
        return build_entry(answer, entry.call.method, prefer)

    def _transaction(self, bundle: dict[str, Any], call: Call) -> Answer:
        parsed, refusals = parse_entries(bundle, call)
        _require_none(refusals)
        entries = [entry for entry in parsed if isinstance(entry, Entry)]
        with open_writing(self.store, self.behaviour, call.base) as writing:
            plan = _Plan(self.store, entries, writing)
            answers = plan.write()
        prefer = call.prefer.get("return", "")
        rows = []
        for number, entry in enumerate(entries):
            answer = answers.get(number)
            rows.append(build_entry(answer, entry.call.method, prefer) if answer else self._single(entry, prefer))
        return _answer("transaction-response", rows)


class _Plan:
    """The writes of one transaction: who is who, then one after the other."""

    def __init__(self, store: Store, entries: list[Entry], writing: Writing) -> None:
        self.store = store
        self.writing = writing
        self.entries = {number: entry for number, entry in enumerate(entries) if entry.writes}
        self.found: set[int] = set()  # conditional creates whose resource is there already
        _require_none(self._each(self.entries, self._identify))
        self._require_apart()
        self.names = {e.full_url: f"{e.type}/{e.id}" for e in self.entries.values() if e.full_url and e.call.method != "DELETE"}

    def write(self) -> dict[int, Answer]:
        """Writes all, and gives the answers by the numbers of their entries."""
        later = set()
        for number, entry in self.entries.items():
            if entry.call.method != "DELETE" and number not in self.found:
                rename(entry.resource, self.names, home_of(entry.full_url))
                if any(CONDITIONAL.fullmatch(node["reference"]) for _, node in walk(entry.resource, "")):
                    later.add(number)  # its condition may be met by what this transaction writes
        order = sorted(self.entries, key=lambda n: (n in later, ORDER[self.entries[n].call.method], n))
        answers: dict[int, Answer] = {}
        _require_none(self._each(order, lambda number, entry: answers.update({number: self._write(number, entry)})))
        return answers

    def _each(self, numbers: Iterable[int], act: Callable[[int, Entry], None]) -> list[Refusal]:
        refusals = []
        for number in numbers:
            entry = self.entries[number]
            try:
                act(number, entry)
            except Refusal as refusal:
                refusals.append(refusal.within(entry.place))
        return refusals

    def _identify(self, number: int, entry: Entry) -> None:
        """Settles which resource an entry writes."""
        call, method = entry.call, entry.call.method
        if "$" in call.path or "_search" in call.path or entry.id.count("/"):
            raise refuse(400, "not-supported", "a transaction has no operations here", f"{entry.place}.request.url")
        if method == "POST":
            if entry.id:
                raise refuse(400, "value", "the url of a POST is a resource type", f"{entry.place}.request.url")
            match = None
            if criteria := call.headers.get("if-none-exist"):
                match = find_one(self.store, entry.type, criteria, "ifNoneExist")
            if match:
                self.found.add(number)
            entry.id = match.id if match else new_id()
        elif method == "PUT" and entry.id:
            require_id(entry.resource, entry.id)
        elif method == "PUT":
            entry.id, known = choose_update_id(self.store, entry.resource, call.query)
            if not known and "id" not in entry.resource:
                entry.stored_as = "POST"  # the id is the server's choice, not the client's
        elif not entry.id:
            match = find_one(self.store, entry.type, call.query)
            entry.id = match.id if match else ""

    def _require_apart(self) -> None:
        """Refuses two entries that write the same resource, or that would make the same one by the same condition."""
        seen: dict[tuple[str, str], str] = {}
        for number, entry in self.entries.items():
            keys = [(entry.type, entry.id)] if entry.id and number not in self.found else []
            criteria = entry.call.headers.get("if-none-exist") or entry.call.query
            if criteria and number not in self.found:
                keys.append((entry.type, "?" + criteria))
            for key in keys:
                if key in seen:
                    text = f"{seen[key]} and {entry.place} write the same {entry.type}; a transaction may write a resource once"
                    raise refuse(400, "duplicate", text, entry.place)
                seen[key] = entry.place
            if entry.full_url and (named := seen.setdefault(("", entry.full_url), entry.place)) != entry.place:
                text = f"{named} and {entry.place} have the same fullUrl"
                raise refuse(400, "duplicate", text, f"{entry.place}.fullUrl")

    def _write(self, number: int, entry: Entry) -> Answer:
        call, base = entry.call, self.writing.base
        if call.method == "DELETE":
            if "if-match" in call.headers:
                require_version(self.store.read(entry.type, entry.id), parse_etag(call.headers["if-match"], "ifMatch"))
            deleted = self.writing.remove(entry.type, entry.id, entry.place) if entry.id else None
            return build_deletion(
                deleted, f"{entry.type}/{entry.id}" if entry.id else f"a {entry.type} that meets the condition", ""
            )
        held = self.store.read(entry.type, entry.id)
        if number in self.found:
            assert held is not None
            return build_answer(Saved(held, UNCHANGED, []), base, "")
        resource = {**entry.resource, "id": entry.id}
        self._resolve(resource)
        if call.method == "PUT":
            require_conditions(call, held)
        return build_answer(self.writing.save(resource, entry.stored_as, entry.place), base, "")

    def _resolve(self, resource: dict[str, Any]) -> None:
        """Replaces conditional references by what meets them."""
        for path, node in walk(resource, resource["resourceType"]):
            if match := CONDITIONAL.fullmatch(node["reference"]):
                try:
                    target = find_one(self.store, match["type"], match["query"], "the conditional reference")
                except Refusal as refusal:
                    raise refuse(refusal.status, refusal.issues[0].code, refusal.issues[0].text, f"{path}.reference") from None
                if target is None:
                    text = f"no {match['type']} meets the conditional reference"
                    raise refuse(422, "not-found", text, f"{path}.reference")
                node["reference"] = target.reference


def _require_none(refusals: list[Refusal]) -> None:
    """Refuses with all issues at once, under the status of the first."""
    if refusals:
        raise Refusal(refusals[0].status, [issue for refusal in refusals for issue in refusal.issues], refusals[0].headers)


def _answer(kind: str, rows: Iterable[dict[str, Any]]) -> Answer:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    if entries := list(rows):
        bundle["entry"] = entries
    return Answer(200, write_json(bundle))
