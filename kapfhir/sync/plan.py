"""Decides what is to be done: what the maps make, against the ledger, and against the server where the ledger knows nothing."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from kapfhir.errors import KapfhirError, Problem
from kapfhir.fhir import exact
from kapfhir.fhir.links import patient_of
from kapfhir.mapping.units import Mapped, Place, Rejected, Same, Superseded
from kapfhir.model.derived import DerivedOutcome
from kapfhir.server.client import Client
from kapfhir.server.known import find_public, require_synthetic

from .action import Action, Sign
from .hashing import content_hash, differences
from .ledger import Entry, Ledger
from .leftover import NOWHERE, SHIFTED, Leftover, gone, hint_of, sort_out, superseded
from .look import Look, Wanted, entry_wanted
from .report import Report
from .settle import settle
from .store import Planned, Store

logger = logging.getLogger(__name__)
REFERENCE = re.compile(rb'"reference":"([A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64})"')
LOOK_AT_ONCE = 100
MOST_LOOKED_FOR = 1500  # resources in memory that wait for an answer
PROBED = 10
CHANGES = tuple(sign for sign in Sign if sign is not Sign.UNCHANGED)
PRIVATE = "its record must not leave the clinic, and went out in an earlier run"
SEVERAL = "several resources of the server have its identifier, and which of them is ours can't be told"
NUMBERED = "its table numbers answers from 1, and an earlier run sent scores of them that are wrong"


class Plan:
    """Actions, counts, problems. Holds a temporary file until it is closed; a context manager."""

    def __init__(self, store: Store, ledger: Ledger, client: Client, *, ids: bool) -> None:
        self.store = store
        self.ledger = ledger
        self.client = client
        self.where: Callable[[Mapping[str, Any]], str] | None = None  # the map line that a resource came from
        self._held: ExitStack | None = None
        self.ids = ids  # the server takes ids that we choose
        self.counts: Counter[Sign] = Counter()
        self.records = 0
        self.rejected = 0  # records that their rows can't make
        self.notes: list[str] = []
        self.first: Callable[[], None] | None = None  # what is to be done before it is applied
        self.then: Callable[[Report], None] | None = None  # and after that
        self.left = 0  # resources of earlier runs that should not be on the server, and are
        self.cleared: list[Entry] = []  # of earlier runs: they should not be there, and are there no more
        self.requests = 0

    @property
    def differs(self) -> bool:
        """Whether there is anything but what is as it should be."""
        return any(count for sign, count in self.counts.items() if sign is not Sign.UNCHANGED)

    @property
    def to_send(self) -> int:
        """How many resources an apply would send now."""
        return int(self.store.run("SELECT count(*) FROM actions WHERE waiting")[0][0])

    def actions(self, signs: Iterable[Sign] = CHANGES) -> Iterator[Action]:
        """Those of these signs, in the order of the source, what is gone from it last. Unchanged ones are there only of rows that
        were mapped again.
        """
        wanted = list(signs)
        yield from map(_action, self.store.actions(f"sign IN ({', '.join('?' * len(wanted))})", *wanted))

    def problems(self) -> Iterator[Problem]:
        """What the rows and maps had to tell, then what should not be on the server, and what can't be sent."""
        yield from self.store.problems()
        for kept in self.store.actions("sign = '-' AND code != ''"):
            text = f"{kept.name} is on the server and should not be: {kept.reason}"
            yield Problem(kept.place, kept.row, "", kept.code, text, hint_of(kept.type), effect="left on the server")
        for kept in self.store.actions("sign = '!'"):
            yield Problem(
                kept.place, kept.row, "", kept.code, f"{kept.name} is not sent: {kept.reason}", effect="not on the server"
            )

    def hold(self, held: ExitStack, where: Callable[[Mapping[str, Any]], str]) -> None:
        """Keep open what the plan was made with, until it is closed."""
        self._held, self.where = held, where

    def close(self) -> None:
        self.store.close()
        if self._held is not None:
            self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def plan(
    units: Iterable[Mapped | Same | Rejected | Superseded | Problem],
    ledger: Ledger,
    client: Client,
    scopes: Mapping[str, AbstractSet[str]] | None = None,
) -> Plan:
    """What it takes to make the server hold these units. Writes nothing, neither there nor in the ledger.

    `units` may be lazy: the server is asked what it is before the first of them is taken. `scopes` names the full-scope tables of
    the export for each concept: a record whose rows stood only in such tables, and stand there no longer, is gone. It is looked
    at when the last unit was taken.
    Raises ConfigError (no R4 server, no usable strategy, real data for a public server) and the ServerErrors.
    """
    before = client.meter.requests
    planner = _Planner(ledger, client, scopes or {})
    try:
        planner.probe()
        for unit in units:
            planner.take(unit)
        planner.finish()
    except BaseException as error:
        planner.plan.close()
        if isinstance(error, KapfhirError):
            error.requests = client.meter.requests - before
        raise
    planner.plan.requests = client.meter.requests - before
    return planner.plan


@dataclass(frozen=True, slots=True)
class _Open:
    """A resource that the server has to be asked for."""

    seq: int
    resource: dict[str, Any]
    unit: Mapped
    hash: str
    known: Entry | None


class _Planner:
    def __init__(self, ledger: Ledger, client: Client, scopes: Mapping[str, AbstractSet[str]]) -> None:
        self.ledger = ledger
        self.client = client
        self.scopes = scopes
        ids = client.strategy().kind == "ids"
        self.plan = Plan(Store(), ledger, client, ids=ids)
        self.store = self.plan.store
        self.look = Look(client, ledger.system, ids=ids)
        self.public = find_public(client.base) is not None
        self.open: dict[str, list[_Open]] = {}
        self.lost: list[tuple[Leftover, frozenset[str]]] = []  # with their tables: whether they are gone is known at the end
        self.superseded: list[Superseded] = []
        self.leftovers: list[Leftover] = []
        self.seq = 0

    def probe(self) -> None:
        """A server that was emptied or put back since makes the ledger worthless: see whether what came last is there."""
        some = self.ledger.newest(PROBED)
        if some and len(self.look.find(some[0].type, map(entry_wanted, some))) < len(some):
            self.ledger.distrust()
            self.plan.notes.append("the server does not hold what the ledger says: everything is compared with it anew")
            logger.warning("ledger=distrusted probed=%d type=%s", len(some), some[0].type)

    def take(self, unit: Mapped | Same | Rejected | Superseded | Problem) -> None:
        if isinstance(unit, Mapped):
            self._take_mapped(unit)
        elif isinstance(unit, Same):
            known = self.ledger.record(unit.concept, unit.key)
            self.plan.counts[Sign.UNCHANGED] += known.size if known else 0
            self.plan.records += 1
            self.store.add_unit(unit)
        elif isinstance(unit, Rejected):
            self.plan.rejected += unit.concept != DerivedOutcome.__name__  # an outcome is no record of rows
            self.store.add_unit(unit)
            if unit.shifted and (place := self._shifted(unit)):
                sent = self.ledger.resources_of(unit.concept, unit.key)
                self.leftovers += [Leftover(entry, place, SHIFTED, NUMBERED) for entry in sent.values()]
        elif isinstance(unit, Superseded):
            self.superseded.append(unit)
        else:
            self.store.add_problem(unit)

    def _shifted(self, unit: Rejected) -> Place | None:
        """The row that says that its scores are wrong; of an outcome, also those that its own scores are compared with."""
        if unit.concept != DerivedOutcome.__name__ or self.store.record_kind("OutcomeAssessment", unit.key) == "rejected":
            return _place(unit)
        sent = self.ledger.record(unit.concept, unit.key)
        return next((place for place in unit.places if sent and place.table in sent.tables), None)

    def _take_mapped(self, unit: Mapped) -> None:
        if self.public:
            require_synthetic(self.client.base, unit.resources)
        self.plan.records += 1
        known = self.ledger.resources_of(unit.concept, unit.key)
        former = self.ledger.record(unit.concept, unit.key) if known else None
        for resource in unit.resources:
            self._take_resource(resource, unit, known.pop((resource["resourceType"], resource["id"]), None))
        self.store.add_unit(unit)
        if unit.private:  # whatever its tables are
            self.leftovers += [Leftover(entry, unit.places[0], "private-on-server", PRIVATE) for entry in known.values()]
        elif former and known and not unit.partial:
            tables = former.tables | {place.table for place in unit.places}
            self.lost += [(Leftover(entry, _place(unit)), tables) for entry in known.values()]

    def _take_resource(self, resource: dict[str, Any], unit: Mapped, known: Entry | None) -> None:
        type_name = resource["resourceType"]
        mark = content_hash(resource)
        self.seq += 1
        found = _Open(self.seq, resource, unit, mark, known)
        if not self.client.capability.takes(type_name):
            self._add(found, Sign.REFUSED, code="type-not-taken", reason=f"the server takes no {type_name}")
        elif known and known.state == "done" and known.hash == mark and self.ledger.trusted:
            self._add(found, Sign.UNCHANGED)
        elif (known is None or not self.ledger.trusted) and self.look.is_empty(type_name, _identifier(resource)[0]):
            self._add(found, Sign.CREATE)
        else:
            waiting = self.open.setdefault(type_name, [])
            waiting.append(found)
            if len(waiting) >= LOOK_AT_ONCE:
                self._ask(type_name)
            elif sum(map(len, self.open.values())) >= MOST_LOOKED_FOR:
                self._ask_all()

    def _ask_all(self) -> None:
        for type_name in list(self.open):
            self._ask(type_name)

    def _ask(self, type_name: str) -> None:
        waiting = self.open.pop(type_name)
        there = self.look.find(type_name, map(_wanted, waiting))
        for found in waiting:
            theirs = there.get(found.resource["id"])
            if found.resource["id"] in self.look.doubled:
                self._add(found, Sign.REFUSED, code="several-on-server", reason=SEVERAL)
                continue
            if theirs is None:
                self._add(found, Sign.CREATE)
                continue
            changed = differences(found.resource, theirs, self.client.base, ids=self.plan.ids)
            sign = Sign.UPDATE if changed else Sign.UNCHANGED
            self._add(found, sign, changed, theirs=theirs)

    def _add(
        self,
        found: _Open,
        sign: Sign,
        changed: tuple[str, ...] = (),
        *,
        code: str = "",
        reason: str = "",
        theirs: Mapping[str, Any] | None = None,
    ) -> None:
        resource, unit, known = found.resource, found.unit, found.known
        body = exact.dumps(resource) if sign in (Sign.CREATE, Sign.UPDATE) else None
        targets = list(dict.fromkeys(r.decode() for r in REFERENCE.findall(body))) if body else []
        place = _place(unit)
        system, value = _identifier(resource)
        if theirs is not None:
            server_id, version = str(theirs["id"]), str(theirs.get("meta", {}).get("versionId", ""))
        else:  # one that is gone from there gets a new id there
            server_id, version = (known.server_id, known.version) if known and sign is not Sign.CREATE else ("", "")
        planned = Planned(
            seq=found.seq,
            sign=sign,
            type=resource["resourceType"],
            id=resource["id"],
            concept=unit.concept,
            key=unit.key,
            place=place.table,
            row=place.row,
            hash=found.hash,
            changed="\n".join(changed),
            code=code,
            reason=reason,
            system=system,
            value=value,
            server_id=server_id,
            version=version,
            adopt=sign is Sign.UNCHANGED and theirs is not None,
            owner=patient_of(resource, targets),
            refs=" ".join(targets),
            size=len(body or b""),
            waiting=body is not None,
        )
        self.store.add(planned, body)

    def _leave(self) -> None:
        """What earlier runs sent, and the source does not say now: the server is asked what of it still stands there."""
        every = [*self.leftovers, *superseded(self.superseded, self.store, self.ledger)]
        every += [left for left, tables in self.lost if tables <= self.scopes.get(left.entry.concept, frozenset())]
        every += gone(self.store, self.ledger, self.scopes)
        once = {(left.entry.type, left.entry.id): left for left in reversed(every)}  # the first word of each counts
        there, self.plan.cleared = sort_out(self.look, once.values(), ids=self.plan.ids)
        for left in there:
            self.seq += 1
            entry, place = left.entry, left.place
            what = (self.seq, Sign.GONE, entry.type, entry.id, entry.concept, entry.key, place.table, place.row)
            self.store.add(Planned(*what, code=left.code, reason=left.why))
        self.plan.left = sum(left.code != "" for left in there)

    def finish(self) -> None:
        """Once every unit was taken: the last questions, what is gone, what hangs on what can't be sent, and the order."""
        self._ask_all()
        self.store.index()
        self._leave()
        settle(self.store, self.ledger)
        for sign, count in self.store.run("SELECT sign, count(*) FROM actions GROUP BY sign"):
            self.plan.counts[Sign(sign)] += count


def _place(unit: Mapped | Rejected) -> Place:
    """The first of its rows."""
    return unit.places[0] if unit.places else NOWHERE


def _wanted(of: _Open) -> Wanted:
    server_id = of.known.server_id if of.known else ""
    return Wanted(of.resource["id"], of.unit.concept, of.unit.key, server_id, *_identifier(of.resource))


def _identifier(resource: Mapping[str, Any]) -> tuple[str, str]:
    """System and value of its first identifier."""
    found: Any = resource.get("identifier") or ({},)
    first = found if isinstance(found, dict) else found[0]
    return str(first.get("system", "")), str(first.get("value", ""))


def _action(kept: Planned) -> Action:
    place = Place(kept.place, kept.row) if kept.row else None
    changed = tuple(kept.changed.split("\n")) if kept.changed else ()
    return Action(kept.sign, kept.type, kept.id, kept.concept, kept.key, place, changed, kept.code, kept.reason)
