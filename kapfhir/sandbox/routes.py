"""Which interaction a request asks for. No HTTP library here: a batch sends its entries the same way."""

from __future__ import annotations

import re
from dataclasses import replace

from .capability import build_metadata
from .history import build_history
from .outcome import Refusal, refuse
from .query import parse_query, require_type
from .quirks import Behaviour
from .rest import Rest
from .search import build_searchset
from .store import Store
from .transaction import Bundles
from .validation import validate
from .wire import Answer, Call, pretty, write_json

SEARCH_FORM = "application/x-www-form-urlencoded"
JSON_TYPES = ("application/fhir+json", "application/json", "text/json")
ACCEPTED = (*JSON_TYPES, "application/*", "text/*", "*/*", "text/html", "json")
MOST_ARGUMENTS = 10_000  # SQLite would take three times as many
GET, READS = ("GET", "HEAD"), ("GET", "HEAD", "POST")


class Service:
    """One sandbox: `answer` never raises, `handle` raises a Refusal."""

    def __init__(self, store: Store, behaviour: Behaviour) -> None:
        self.store = store
        self.set_behaviour(behaviour)

    def set_behaviour(self, behaviour: Behaviour) -> None:
        store = self.store
        self.behaviour = behaviour
        self.rest = Rest(store, behaviour)
        self.bundles = Bundles(store, behaviour, self.handle)

    def answer(self, call: Call) -> Answer:
        try:
            _require_media(call)
            with self.store.lock:
                answer = self.handle(call)
        except (Refusal, RecursionError) as error:
            refusal = error if isinstance(error, Refusal) else refuse(400, "structure", "the body is nested too deeply")
            outcome = refusal.outcome()
            return Answer(refusal.status, write_json(outcome), dict(refusal.headers), outcome)
        if call.query and ("_pretty", "true") in call.parameters and answer.body:
            answer.body = pretty(answer.body)
        return answer

    def is_write(self, call: Call) -> bool:
        """Whether the request would change something if it were done."""
        return call.method in ("POST", "PUT", "DELETE", "PATCH") and not call.path.endswith(("_search", "$validate"))

    def handle(self, call: Call) -> Answer:
        if self.is_write(call) and not self.behaviour.writable:
            raise refuse(403, "forbidden", "this server is read-only")
        match call.path.split("/") if call.path else []:
            case []:
                _require_method(call, ("POST",))
                return self.bundles.post(call)
            case ["metadata"]:
                _require_method(call, GET)
                return build_metadata(call, self.behaviour)
            case ["_history"]:
                _require_method(call, GET)
                return build_history(self.store, call)
            case [type_name, *rest]:
                return self._of_type(call, require_type(type_name), rest)
        raise AssertionError(call.path)

    def _of_type(self, call: Call, type_name: str, rest: list[str]) -> Answer:
        match rest:
            case []:
                return self._type(call, type_name)
            case ["_search"]:
                _require_method(call, READS)
                return self._search(call, type_name)
            case ["_history"]:
                _require_method(call, GET)
                return build_history(self.store, call, type_name)
            case ["$validate"]:
                _require_method(call, READS)
                return validate(self.store, call, type_name)
            case [identity, "$validate"]:
                _require_method(call, READS)
                return validate(self.store, call, type_name, identity)
            case [identity, "_history"]:
                _require_method(call, GET)
                return build_history(self.store, call, type_name, identity)
            case [identity, "_history", version]:
                _require_method(call, GET)
                return self.rest.vread(call, type_name, identity, version)
            case [identity] if not identity.startswith(("$", "_")):
                return self._instance(call, type_name, identity)
        raise refuse(404, "not-supported", "there is no such operation; see /metadata for what there is")

    def _type(self, call: Call, type_name: str) -> Answer:
        _require_method(call, ("GET", "HEAD", "POST", "PUT", "DELETE"))
        if call.method == "POST":
            return self.rest.create(call, type_name)
        if call.method == "PUT":
            return self.rest.update_conditionally(call, type_name)
        if call.method == "DELETE":
            return self.rest.delete_conditionally(call, type_name)
        return self._search(call, type_name)

    def _instance(self, call: Call, type_name: str, identity: str) -> Answer:
        _require_method(call, ("GET", "HEAD", "PUT", "DELETE"))
        if call.method == "PUT":
            return self.rest.update(call, type_name, identity)
        if call.method == "DELETE":
            return self.rest.delete(call, type_name, identity)
        return self.rest.read(call, type_name, identity)

    def _search(self, call: Call, type_name: str) -> Answer:
        if call.method == "POST":
            form = call.body.decode("utf-8", "replace")
            call = replace(call, query="&".join(part for part in (call.query, form) if part))
        query = parse_query(type_name, call.parameters, call.base, lenient=call.prefer.get("handling") == "lenient")
        if len(query.where.arguments) > MOST_ARGUMENTS:
            raise refuse(400, "too-costly", f"the search has more than {MOST_ARGUMENTS} values; ask in parts")
        return Answer(200, build_searchset(self.store, query, call.base))


def _require_method(call: Call, allowed: tuple[str, ...]) -> None:
    if call.method not in allowed:
        text = f"{call.method} is not done here; {', '.join(allowed)} would be"
        raise refuse(405, "not-supported", text, headers={"Allow": ", ".join(allowed)})


def _require_media(call: Call) -> None:
    """Refuses bodies and answers in any form but JSON."""
    options = dict(call.parameters) if call.query else {}
    wanted = options.get("_format", "").replace(" ", "+") or call.headers.get("accept", "*/*")
    kinds = [part.split(";")[0].strip().lower() for part in wanted.split(",")]
    if not any(kind in ACCEPTED for kind in kinds):
        raise refuse(406, "not-supported", "this server speaks FHIR JSON only; ask for application/fhir+json")
    if call.body and call.method in ("POST", "PUT"):
        kind = re.split("[;,]", call.headers.get("content-type", ""))[0].strip().lower()
        allowed = (SEARCH_FORM,) if call.path.endswith("/_search") else JSON_TYPES
        if kind not in allowed:
            raise refuse(415, "not-supported", f"a body is taken as {allowed[0]} only; say so in Content-Type")
