"""Records of earlier runs that count no more, though what their rows say still stands: it is part of another record now.

A pair of sessions was confirmed, or a key in people.csv was corrected, and so the rows make a record of another key. What went
out under the old key is on the server beside it, and a dose would be there twice.

Which key a name had in earlier runs stands in a note of the ledger, by a mark of the name and not by the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from kapfhir.errors import Problem
from kapfhir.job import Job
from kapfhir.mapping.source.derive import NAME
from kapfhir.mapping.source.fill import Plan
from kapfhir.mapping.source.formats import Bad
from kapfhir.mapping.source.pairs import CONCEPT
from kapfhir.mapping.source.rows import mark_typed
from kapfhir.mapping.units import Place, Superseded
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.sync.ledger import Ledger

NOTE = "people"
PAIRED = "a confirmed pair made it part of another session"
CORRECTED = "a key in people.csv was corrected, and its rows are another record now"


def find_superseded(job: Job, ledger: Ledger) -> Iterator[Superseded]:
    """Those of an export, as the clinic answers now. To be asked once its records were read."""
    for key, (table, whole) in job.maps.references.pairs.merged().items():
        if ledger.has(CONCEPT, key):
            yield Superseded(CONCEPT, key, Place(table, 0), PAIRED, whole)
    former = _former_keys(job, ledger)
    for plan in job.maps.plans:
        names = former.get((str(plan.key.line.people), plan.table), {})
        for number in range(max(map(len, names.values()), default=0)):
            earlier = {name: keys[number] for name, keys in names.items() if number < len(keys)}
            for key, row in _keys_with(job, plan, earlier):
                yield from _known(ledger, plan, key, row)


def remember_people(job: Job, ledger: Ledger) -> None:
    """Before a send: the keys under which records go out from now on."""
    kept: dict[str, list[str]] = ledger.note(NOTE)
    for mark, person in job.maps.references.people.marks(job.origin.namespace):
        keys = kept.setdefault(mark, [])
        if person.key not in keys:
            keys.append(person.key)
    if kept:
        ledger.keep_note(NOTE, kept)


def _former_keys(job: Job, ledger: Ledger) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Kind and table -> name -> the keys that it had, and has no more."""
    kept: dict[str, list[str]] = ledger.note(NOTE)
    out: dict[tuple[str, str], dict[str, list[str]]] = {}
    for mark, person in job.maps.references.people.marks(job.origin.namespace) if kept else ():
        if former := [key for key in kept.get(mark, ()) if key != person.key]:
            out.setdefault((person.kind, person.table), {})[person.name] = former
    return out


def _keys_with(job: Job, plan: Plan, earlier: dict[str, str]) -> list[tuple[str, int]]:
    """The keys that rows of a table had while these names had these keys, with the rows."""
    people, kind = job.maps.references.people, str(plan.key.line.people)
    askers = [ask for of, ask in people.askers.get(plan.file, ()) if of == kind]
    out: dict[str, int] = {}
    with people.instead(kind, plan.table, earlier):
        for item in job.export.tables[plan.table].rows(plan.dialect):
            if isinstance(item, Problem) or len(item[1]) != plan.width:
                continue
            line, cells = item
            row = mark_typed(tuple(cells[place] for place in plan.places))
            with suppress(Bad):
                wanted = plan.wanted is None or plan.wanted(row)
                if wanted and any(ask(row) in earlier for ask in askers) and (key := plan.key.read(row)):
                    out.setdefault(str(key), line)
    return list(out.items())


def _known(ledger: Ledger, plan: Plan, key: str, row: int) -> Iterator[Superseded]:
    """If it went out, and this table had a part in it; and what followed from it."""
    sent = ledger.record(plan.concept, key)
    if sent is None or plan.table not in sent.tables:
        return
    yield Superseded(plan.concept, key, Place(plan.table, row), CORRECTED)
    if plan.concept == OutcomeAssessment.__name__ and ledger.has(NAME, key):
        yield Superseded(NAME, key, Place(plan.table, row), CORRECTED)
