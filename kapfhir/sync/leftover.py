"""What went out earlier and must not stay on the server: it counts no more beside what took its place, or it must not leave now.

Nothing here takes it away. It is told each time until the server is asked and has it no more, or marks it as entered in error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from kapfhir.mapping.units import Place

from .ledger import Entry
from .look import IDS_AT_ONCE, Look, Wanted

VOID = "entered-in-error"
SHIFTED = "shifted-on-server"
HINT = "delete it there, or mark it as entered-in-error: the next run looks"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource of an earlier run, why it must not stay, and the row that says so."""

    entry: Entry
    place: Place
    code: str  # of the problem
    why: str


def sort_out(look: Look, leftovers: Iterable[Leftover], *, ids: bool) -> tuple[list[Leftover], list[Entry]]:
    """Those that still stand on the server, and those that need no word any more."""
    there: list[Leftover] = []
    done: list[Entry] = []
    for type_name, same in groupby(sorted(leftovers, key=lambda x: (x.entry.type, x.entry.id)), key=attrgetter("entry.type")):
        some = list(same)
        for at in range(0, len(some), IDS_AT_ONCE):
            part = some[at : at + IDS_AT_ONCE]
            known = [x.entry for x in part if ids or x.entry.server_id]  # of the others nobody knows where they are
            found = look.find(type_name, [Wanted(e.id, "", "", e.server_id) for e in known]) if known else {}
            gone = {e.id for e in known if e.id not in found or _is_void(found[e.id])}
            there += [x for x in part if x.entry.id not in gone]
            done += [x.entry for x in part if x.entry.id in gone]
    return there, done


def _is_void(resource: Mapping[str, Any]) -> bool:
    codings = resource.get("verificationStatus", {}).get("coding", ())  # of a Condition or an AllergyIntolerance
    return resource.get("status") == VOID or any(coding.get("code") == VOID for coding in codings)
