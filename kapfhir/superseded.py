"""Records of earlier runs that count no more, though their rows still stand: they are part of another record now, or wait.

A pair of sessions was confirmed, or a key in people.csv was corrected, and so the rows make a record of another key. What went
out under the old key is on the server beside it, and a dose would be there twice. Or an answer in people.csv was taken back: what
went out by it is on the server still, under a patient of whom nobody says any more that it is the one.

Which key a name had in earlier runs stands in a note of the ledger, by a mark of the name and not by the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from kapfhir.errors import Problem
from kapfhir.job import Job
from kapfhir.mapping.source.derive import NAME
from kapfhir.mapping.source.fill import Plan
from kapfhir.mapping.source.formats import Bad
from kapfhir.mapping.source.pairs import CONCEPT
from kapfhir.mapping.source.people import mark_of
from kapfhir.mapping.source.rows import mark_typed
from kapfhir.mapping.units import Place, Superseded
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.sources.table import Row
from kapfhir.sync.ledger import Ledger

NOTE = "people"
PAIRED = "a confirmed pair made it part of another session"
CORRECTED = "a key in people.csv was corrected, and its rows are another record now"
TAKEN_BACK = "an answer in people.csv was taken back, and its rows wait"


def find_superseded(job: Job, ledger: Ledger) -> Iterator[Superseded]:
    """Those of an export, as the clinic answers now. To be asked once its records were read."""
    for key, (table, whole) in job.maps.references.pairs.merged().items():
        if ledger.has(CONCEPT, key):
            yield Superseded(CONCEPT, key, Place(table, 0), PAIRED, whole)
    kept: dict[str, list[str]] = ledger.note(NOTE)
    former = _former_keys(job, kept)
    unlisted = kept.keys() - {mark for mark, _ in job.maps.references.people.marks(job.origin.namespace)}
    for plan in job.maps.plans:
        names = former.get((str(plan.key.line.people), plan.table), {})
        if unlisted:
            names = names | _former_unlisted(job, plan, {mark: kept[mark] for mark in unlisted})
        for number in range(max(map(len, names.values()), default=0)):
            earlier = {name: keys[number] for name, keys in names.items() if number < len(keys)}
            for key, row, why in _keys_with(job, plan, earlier):
                yield from _known(ledger, plan, key, row, why)


def remember_people(job: Job, ledger: Ledger) -> None:
    """Before a send: the keys under which records go out from now on."""
    kept: dict[str, list[str]] = ledger.note(NOTE)
    for mark, person in job.maps.references.people.marks(job.origin.namespace):
        if person.key and person.key not in kept.get(mark, ()):
            kept.setdefault(mark, []).append(person.key)
    if kept:
        ledger.keep_note(NOTE, kept)


def _former_keys(job: Job, kept: dict[str, list[str]]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Kind and table -> name -> the keys that it had, and has no more."""
    out: dict[tuple[str, str], dict[str, list[str]]] = {}
    for mark, person in job.maps.references.people.marks(job.origin.namespace) if kept else ():
        if former := [key for key in kept.get(mark, ()) if key != person.key]:
            out.setdefault((person.kind, person.table), {})[person.name] = former
    return out


def _former_unlisted(job: Job, plan: Plan, kept: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same of names that stand in a table, and whose line is gone from people.csv."""
    kind, names = str(plan.key.line.people), set[str]()
    askers = _askers(job, plan)
    for _, row in _rows(job, plan) if askers else ():
        for ask in askers:
            with suppress(Bad):
                names.add(ask(row))
    marks = {name: mark_of((kind, plan.table, name), job.origin.namespace) for name in names}
    return {name: kept[mark] for name, mark in marks.items() if mark in kept}


def _askers(job: Job, plan: Plan) -> list[Callable[[Row], str]]:
    """What finds the names of which the key of a table's records is made."""
    kind = str(plan.key.line.people)
    return [ask for of, ask in job.maps.references.people.askers.get(plan.file, ()) if of == kind]


def _rows(job: Job, plan: Plan) -> Iterator[tuple[int, Row]]:
    """Those of its table that can be read, with their lines."""
    for item in job.export.tables[plan.table].rows(plan.dialect):
        if not isinstance(item, Problem) and len(item[1]) == plan.width:
            yield item[0], mark_typed(tuple(item[1][place] for place in plan.places))


def _keys_with(job: Job, plan: Plan, earlier: dict[str, str]) -> list[tuple[str, int, str]]:
    """The keys that rows of a table had while these names had these keys, with the rows, and why they have them no more."""
    people, kind, askers = job.maps.references.people, str(plan.key.line.people), _askers(job, plan)
    waits = {name for name in earlier if not ((known := people.known.get((kind, plan.table, name))) and known.key)}
    out: dict[str, tuple[int, str]] = {}
    with people.instead(kind, plan.table, earlier):
        for line, row in _rows(job, plan):
            with suppress(Bad):
                wanted = plan.wanted is None or plan.wanted(row)
                asked = {ask(row) for ask in askers} if wanted else set()
                if asked & earlier.keys() and (key := plan.key.read(row)):
                    out.setdefault(str(key), (line, TAKEN_BACK if asked & waits else CORRECTED))
    return [(key, *told) for key, told in out.items()]


def _known(ledger: Ledger, plan: Plan, key: str, row: int, why: str) -> Iterator[Superseded]:
    """If it went out, and this table had a part in it; and what followed from it."""
    sent = ledger.record(plan.concept, key)
    if sent is None or plan.table not in sent.tables:
        return
    yield Superseded(plan.concept, key, Place(plan.table, row), why)
    if plan.concept == OutcomeAssessment.__name__ and ledger.has(NAME, key):
        yield Superseded(NAME, key, Place(plan.table, row), why)
