"""What went out earlier and must not stay on the server: it counts no more beside what took its place, or it must not leave now.

Nothing here takes it away. It is told each time until the server is asked and has it no more, or marks it as entered in error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from kapfhir.mapping.units import Place, Superseded

from .ledger import Entry, Ledger
from .look import IDS_AT_ONCE, Look, entry_wanted
from .store import Store

VOID = "entered-in-error"
SHIFTED = "shifted-on-server"
NOWHERE = Place("", 0)
HINT = "delete it there, or mark it as entered-in-error: the next run looks"


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


def sort_out(look: Look, leftovers: Iterable[Leftover], *, ids: bool) -> tuple[list[Leftover], list[Entry]]:
    """Those that still stand on the server, and those that need no word any more."""
    there: list[Leftover] = []
    done: list[Entry] = []
    for type_name, same in groupby(sorted(leftovers, key=lambda x: (x.entry.type, x.entry.id)), key=attrgetter("entry.type")):
        some = list(same)
        for at in range(0, len(some), IDS_AT_ONCE):
            part = some[at : at + IDS_AT_ONCE]
            known = [x.entry for x in part if ids or x.entry.server_id]  # of the others nobody knows where they are
            found = look.find(type_name, map(entry_wanted, known)) if known else {}
            gone = {e.id for e in known if e.id not in found or _is_void(found[e.id])}
            there += [x for x in part if x.entry.id not in gone]
            done += [x.entry for x in part if x.entry.id in gone]
    return there, done


def _is_void(resource: Mapping[str, Any]) -> bool:
    codings = resource.get("verificationStatus", {}).get("coding", ())  # of a Condition or an AllergyIntolerance
    return resource.get("status") == VOID or any(coding.get("code") == VOID for coding in codings)
