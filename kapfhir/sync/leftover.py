"""What went out earlier and must not stay on the server: it counts no more beside what took its place, or it must not leave now.

Nothing here takes it away. It is told each time until the server is asked and has it no more, or marks it as entered in error.
What points to others is told before them: a server that minds references deletes in no other order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.links import references
from kapfhir.mapping.units import Place, Superseded

from .action import Sign
from .ledger import Entry, Ledger
from .look import IDS_AT_ONCE, Look, entry_wanted
from .order import order
from .store import Planned, Store

VOID = "entered-in-error"
STATUSES = ("status", "verificationStatus", "lifecycleStatus")  # one of them may say so
SHIFTED = "shifted-on-server"
NOWHERE = Place("", 0)


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource of an earlier run, why it must not stay, and the row that says so; no reason: its source has it no more."""

    entry: Entry
    place: Place
    code: str = ""  # of the problem
    why: str = ""


def superseded(units: Iterable[Superseded], store: Store, ledger: Ledger) -> Iterator[Leftover]:
    """What went out of records that count no more."""
    for unit in units:
        known = store.record_kind(unit.concept, unit.by) or ledger.has(unit.concept, unit.by) if unit.by else True
        kind = store.record_kind(unit.concept, unit.key)
        if known and (not kind or (kind == "rejected" and unit.code == SHIFTED)):
            found = ledger.resources_of(unit.concept, unit.key).values()
            yield from (Leftover(entry, unit.place, unit.code, unit.why) for entry in found)


def gone(store: Store, ledger: Ledger, scopes: Mapping[str, AbstractSet[str]]) -> Iterator[Leftover]:
    """What went out of records whose tables are here in full, and do not have them any more; and what was gone before."""
    for record in ledger.records():
        scope = scopes.get(record.concept, frozenset())
        if record.tables and record.tables <= scope and not store.record_kind(record.concept, record.key):
            yield from (Leftover(entry, NOWHERE) for entry in ledger.resources_of(record.concept, record.key).values())
    for entry in ledger.gone():
        if store.record_kind(entry.concept, entry.key) == "same":
            yield Leftover(entry, NOWHERE)


def hint_of(type_name: str) -> str:
    """What to do about a resource of this type that is left."""
    mark = _mark_of(type_name)
    how = {"active": ", or set its active to false", "": ""}.get(mark, f", or set its {mark} to {VOID}")
    return f"delete it there{how}: the next run looks"


def sort_out(look: Look, leftovers: Iterable[Leftover], *, ids: bool) -> tuple[list[Leftover], list[Entry]]:
    """Those that still stand on the server, in the order in which they can be deleted; and those that need no word any more."""
    there: list[Leftover] = []
    done: list[Entry] = []
    pointing: dict[str, list[str]] = {}  # what is there -> what it points to, by the names that the server has for them
    for type_name, same in groupby(sorted(leftovers, key=lambda x: (x.entry.type, x.entry.id)), key=attrgetter("entry.type")):
        some = list(same)
        for at in range(0, len(some), IDS_AT_ONCE):
            part = some[at : at + IDS_AT_ONCE]
            known = [x.entry for x in part if ids or x.entry.server_id]  # of the others nobody knows where they are
            found = look.find(type_name, map(entry_wanted, known)) if known else {}
            gone = {e.id for e in known if e.id not in found or _is_void(found[e.id])}
            there += [x for x in part if x.entry.id not in gone]
            done += [x.entry for x in part if x.entry.id in gone]
            pointing |= {f"{type_name}/{found[e.id]['id']}": _targets(found[e.id]) for e in known if e.id not in gone}
    return _deletable(there, pointing, ids=ids), done


def _deletable(there: list[Leftover], pointing: dict[str, list[str]], *, ids: bool) -> list[Leftover]:
    """What points to others, then the others."""
    nodes: list[Planned] = []
    for n, entry in enumerate(x.entry for x in there):
        known = entry.id if ids else entry.server_id or entry.id
        to = pointing.get(f"{entry.type}/{known}", ())
        nodes.append(Planned(n, Sign.GONE, entry.type, known, entry.concept, entry.key, "", 0, refs=" ".join(to)))
    return [there[node.seq] for group in reversed(order(nodes)) for node in group]


def _targets(resource: Mapping[str, Any]) -> list[str]:
    """`Type/id` of all that a resource points to, also where the server has made whole addresses of them."""
    return ["/".join(to.partition("/_history/")[0].split("/")[-2:]) for to in references(resource)]


def _mark_of(type_name: str) -> str:
    """The element that can say that a resource is an error; empty if there is none."""
    elements = load_facts().elements(type_name)
    marks = (name for name in STATUSES if name in elements and any(VOID in codes for codes in elements[name].codes.values()))
    return next(marks, "active" if "active" in elements else "")


def _is_void(resource: Mapping[str, Any]) -> bool:
    mark = _mark_of(resource["resourceType"])
    said = resource.get(mark)
    if mark == "active":
        return said is False
    codings = said.get("coding", ()) if isinstance(said, dict) else ()  # of a Condition or an AllergyIntolerance
    return said == VOID or any(coding.get("code") == VOID for coding in codings)
