"""Sends transactions, and finds the entries that a server refuses, so that everything else goes in."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Event, RLock
from typing import Any

from kapfhir.errors import ConfigError, Problem, RefusedError, ServerError, TemporaryServerError
from kapfhir.fhir import exact
from kapfhir.server.client import Client

from .bundles import Limits, Piece, Train, cut, halve, write_bundle, write_conditional_entry, write_entry
from .ledger import Entry, Ledger
from .look import Look, Wanted
from .plan import Plan
from .remember import remember
from .report import Report
from .store import Planned

logger = logging.getLogger(__name__)
LOCATION = re.compile(r"(?:^|/)(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.\-]{1,64})(?:/_history/(?P<version>[^/]+))?$")
ETAG = re.compile(r'^(?:W/)?"?([^"]+)"?$')
NO_SUCH_WAY = frozenset([405, 501])
NO_SUCH_PLACE = frozenset([404, 410])
MOST_500 = 5  # single resources in a row, before the server is taken to be down, or to take no resource of a type
MOST_TYPES = 3  # that are given up one after the other, before the server is taken to be down
MOST_AT_FIRST = 10  # single resources, before a server that never took one is taken to take none
RACE_TRIES = 2  # of a part, once the whole has lost the race as often as it may: it is no race then
MOST_TOLD = 10_000


class Sender:
    """Shared by the threads of an apply; a patient's resources are sent by one of them."""

    def __init__(
        self, plan: Plan, ledger: Ledger, client: Client, report: Report, *, limits: Limits, max_errors: int | None = None
    ) -> None:
        self.plan = plan
        self.store = plan.store
        self.ledger = ledger
        self.client = client
        self.report = report
        self.limits = limits
        self.max_errors = max_errors
        self.stop = Event()
        self.where: Callable[[Mapping[str, Any]], str] = lambda _: ""
        self.on_step: Callable[[], None] = lambda: None
        self._lock = RLock()
        self._bad: set[str] = set()  # refused, or pointing to something refused
        self._failed_inside = 0  # single resources in a row
        self._failed_types: Counter[str] = Counter()  # the same of each type
        self._given_up: dict[str, str] = {}  # types of which nothing more is sent, and why
        self._took_before = bool(ledger.newest(1))
        self._doubtful = False  # a type was given up, and the server took nothing since: it may be down
        self._refused_at_first = 0
        self._look = Look(client, ledger.system, ids=plan.ids)

    def require_life(self) -> None:
        """At the end: if the server failed inside at whatever it was sent, or sent last, no resource is to blame.

        Where it took others in an earlier run, and in this one was sent nothing but types that were given up, these are to blame.
        """
        taken = self.report.written > 0
        if (self._doubtful and taken) or (self._failed_inside and (self._doubtful or not taken)):
            raise TemporaryServerError(
                f"{self.client.http.host} fails inside (HTTP 500) at whatever it is sent", "try later", 500
            )

    def send_train(self, train: Train, *, race_tries: int | None = None) -> None:
        for piece in train:
            for part in cut(piece, self.limits):  # the limits may have become narrower since
                self.send(part, race_tries=race_tries)

    def send(self, actions: Piece, *, race_tries: int | None = None) -> None:
        """One transaction; when it is refused, its parts, down to the entries that are to blame."""
        actions = self._unblocked(self._wanted(actions))
        if not actions or self.stop.is_set():
            return
        self.ledger.mark_pending([_entry(a) for a in actions])
        try:
            responses = self.client.transaction(
                self._write(actions), len(actions), stale_again=self.plan.ids, race_tries=race_tries
            )
        except (RefusedError, TemporaryServerError) as error:
            if isinstance(error, TemporaryServerError) and error.status != 500:
                raise
            self._refused(actions, error)
        else:
            self._take(actions, responses)

    def _write(self, actions: Piece) -> bytes:
        bodies = self.store.bodies(a.seq for a in actions)
        base = self.client.base
        if self.plan.ids:
            return write_bundle(write_entry(a, bodies[a.seq], base) for a in actions)
        new = {a.name: f"urn:uuid:{a.id}" for a in actions if not a.server_id}
        known = {a.name: f"{a.type}/{a.server_id}" for a in actions if a.server_id}

        def target(name: str) -> str:
            return new.get(name) or known.get(name) or self._there(name)

        finds = self.client.capability.finds_by_identifier
        return write_bundle(write_conditional_entry(a, bodies[a.seq], base, target, tagged=not finds(a.type)) for a in actions)

    def _there(self, name: str) -> str:
        """Our Type/id as the server calls it; as it is if it is none of ours."""
        type_name, _, identity = name.partition("/")
        known = self.ledger.find(type_name, identity)
        return f"{type_name}/{known.server_id}" if known and known.server_id else name

    def _wanted(self, actions: Piece) -> Piece:
        """Without those of types at which the server fails each time; these are told."""
        if self._given_up and not self.stop.is_set():
            for action in actions:
                if action.type in self._given_up:
                    self._blame(action, self._given_up[action.type])
            self.on_step()
        return [a for a in actions if a.type not in self._given_up]

    def _unblocked(self, actions: Piece) -> Piece:
        """Without those that point to something refused; these are told."""
        left = actions
        while blocked := {a.seq: t for a in left for t in a.targets if t in self._bad}:
            for action in left:
                if action.seq in blocked:
                    text = f"{action.name} waits for {blocked[action.seq]}, which is not on the server"
                    self._tell(action, "blocked-by-refused", text)
                    with self._lock:
                        self._bad.add(action.name)
                        self.report.blocked += 1
            left = [a for a in left if a.seq not in blocked]
            self.on_step()
        return left

    def _refused(self, actions: Piece, error: ServerError) -> None:
        logger.info("refused entries=%d status=%d", len(actions), error.status)
        with self._lock:
            nothing_yet = self.report.written == 0
            if error.status == 413 and len(actions) > 1:
                self.limits = replace(self.limits, entries=max(1, min(self.limits.entries, len(actions) // 2)))
        never = nothing_yet and not self.ledger.newest(1)
        halves = halve(actions)
        if never and not halves and error.status != 500:
            with self._lock:
                self._refused_at_first += 1
        if (nothing_yet and (error.status in NO_SUCH_WAY or "the server gives ids itself" in error.text)) or (
            never and (error.status in NO_SUCH_PLACE or self._refused_at_first >= MOST_AT_FIRST)
        ):
            raise ConfigError(
                f"the server refuses the first write ({error.text}): no usable strategy, though its statement does not say so",
                "check the address and what this user may write; `kapfhir doctor` shows what the server says",
            )
        if halves:
            for half in halves:
                self.send_train([half], race_tries=RACE_TRIES)
            return
        text = error.text.replace("Bundle.entry[0].resource", actions[0].type) if len(actions) == 1 else error.text
        if error.status == 500:
            self._count_failure({a.type for a in actions}, error)
        else:
            self._failed_inside, self._doubtful = 0, False
        for action in actions:
            self._blame(action, text)
        self.on_step()

    def _count_failure(self, types: set[str], error: ServerError) -> None:
        """A single resource at which the server failed inside. TemporaryServerError if it does so at whatever it is sent; a type
        at which it always does is given up, once, until it took something again.
        """
        with self._lock:
            self._failed_inside += 1
            self._failed_types.update(types)
            never = [t for t in types if self._failed_types[t] >= MOST_500 and len(types) == 1]
            takes = self.report.written > 0 or self._took_before  # what failed in an earlier run may come first in this one
            if never and takes and (not self._doubtful or len(self._given_up) < MOST_TYPES):
                self._given_up[never[0]] = f"{error.text}; so it was with each {never[0]} before: no more of them are sent"
                self._failed_inside, self._doubtful = 0, True
            elif self._failed_inside >= MOST_500:
                raise TemporaryServerError(f"{error.text}; so it is with every resource", "the server fails inside", error.status)

    def _blame(self, action: Planned, text: str) -> None:
        with self._lock:
            self._bad.add(action.name)
            self.report.refused += 1
            if self.max_errors is not None and self.report.refused >= self.max_errors:
                self.report.stopped = True
                self.stop.set()
        self.ledger.mark_refused(_entry(action), text)
        self._tell(action, "refused-by-server", f"{action.name} is refused: {text}")

    def _tell(self, action: Planned, code: str, text: str) -> None:
        with self._lock:
            if len(self.report.problems) < MOST_TOLD:
                body = self.store.bodies([action.seq]).get(action.seq)
                place = self.where(exact.loads(body)) if body else ""
                self.report.problems.append(
                    Problem(action.place, action.row, "", code, text, place=place, effect="not on the server")
                )

    def _take(self, actions: Piece, responses: list[dict[str, Any]]) -> None:
        """Everything went in: tell the ledger."""
        with self._lock:
            self._failed_inside, self._doubtful = 0, False
            for type_name in {action.type for action in actions}:
                self._failed_types.pop(type_name, None)
        done: list[tuple[Planned, Entry]] = []
        created = 0
        for action, response in zip(actions, responses, strict=True):
            status = str(response.get("status", ""))[:3]
            if not status.startswith("2"):
                self._blame(action, f"HTTP {status if status.isdecimal() else '?'} in a transaction that was taken")
                continue
            created += status == "201"
            done.append((action, self._learn(action, response)))
        done = self._complete(done)
        self.ledger.keep(entry for _, entry in done)
        self.store.run_many("UPDATE actions SET waiting = 0 WHERE seq = ?", [(a.seq,) for a, _ in done])
        remember(self.store, self.ledger, {(a.concept, a.key) for a, _ in done})
        with self._lock:
            self.report.created += created
            self.report.updated += len(done) - created
        self.on_step()

    def _learn(self, action: Planned, response: Mapping[str, Any]) -> Entry:
        """Id and version from `location`, else from what we know and the `etag`."""
        location = LOCATION.search(str(response.get("location", "")))
        etag = ETAG.match(str(response.get("etag") or ""))
        server_id = action.id if self.plan.ids else location["id"] if location else action.server_id
        version = etag[1] if etag else (location["version"] or "") if location else ""
        return Entry(action.type, action.id, action.concept, action.key, action.hash, server_id, version)

    def _complete(self, done: list[tuple[Planned, Entry]]) -> list[tuple[Planned, Entry]]:
        """A server that chose an id and did not tell it is asked for it."""
        unknown = [(a, e) for a, e in done if not e.server_id]
        for type_name in sorted({a.type for a, _ in unknown}):
            wanted = [Wanted(a.id, a.concept, a.key, "", a.system, a.value) for a, _ in unknown if a.type == type_name]
            there = self._look.find(type_name, wanted)
            done = [
                (a, replace(e, server_id=str(there[a.id]["id"])) if a.type == type_name and a.id in there else e) for a, e in done
            ]
        return done


def _entry(action: Planned) -> Entry:
    return Entry(action.type, action.id, action.concept, action.key, "", action.server_id)
