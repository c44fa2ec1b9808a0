"""Tables that number answers from 1 where the scale counts from 0: what earlier runs saw, and what they sent.

Such a table is refused as long as no code table says what its numbers mean. Its name stands in a note of the ledger, as a later
export of it may be too small to show it. Scores that went out before are wrong on the server. Those whose rows the export holds
are found as these rows are read; here are the others, as in an export of new rows only. Once told, a resource is told until a row
corrects it or the server has it no more, also when there is a code table by then.
"""

from __future__ import annotations

from collections.abc import Iterator

from kapfhir.errors import Problem
from kapfhir.job import Job
from kapfhir.mapping.source.derive import NAME
from kapfhir.mapping.source.fill import Plan
from kapfhir.mapping.source.judgements import NOTE
from kapfhir.mapping.source.numbering import HINT, Judged, whole_of
from kapfhir.mapping.units import Place, Superseded
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.model.dosing import DosingSession
from kapfhir.model.shipped import SCALES
from kapfhir.sync.ledger import Ledger
from kapfhir.sync.leftover import SHIFTED

SCORES = OutcomeAssessment.__name__
WHY = "its table numbers answers from 1, and an earlier run sent scores of it that are wrong: this export can't correct them"
DOUBT = "earlier runs sent scores of this table, and which of them are wrong can't be known"


def remember_shifted(job: Job, ledger: Ledger) -> None:
    """Before a send: the tables that are refused from now on. Without a map for scores nothing was judged."""
    if not _plans(job):
        return
    kept: dict[str, Judged] = ledger.note(NOTE)
    now = {source: judged for source, judged in {**kept, job.source: job.maps.shifted}.items() if judged}
    if now != kept:
        ledger.keep_note(NOTE, now)


def find_shifted(job: Job, ledger: Ledger) -> Iterator[Superseded | Problem]:
    """Wrong scores of earlier runs, and outcomes of them. To be asked once the records of an export were read."""
    for concept, key in dict.fromkeys((entry.concept, entry.key) for entry in ledger.gone() if entry.outcome == SHIFTED):
        record = ledger.record(concept, key)
        yield Superseded(concept, key, Place(min(record.tables, default="") if record else "", 0), WHY, code=SHIFTED)
    refused = {plan.table for plan in _plans(job) if plan.table in job.maps.shifted}
    if refused:
        yield from _sent(job, ledger, refused)


def _sent(job: Job, ledger: Ledger, refused: set[str]) -> Iterator[Superseded | Problem]:
    wrong = {table for table in refused if _all_wrong(job, table)}
    dosed = {plan.table for plan in job.maps.plans if plan.concept == DosingSession.__name__}
    doubted: set[str] = set()
    for record in ledger.records():
        tables = record.tables & wrong
        if record.concept == SCORES:
            doubted |= record.tables & (refused - wrong)
        elif record.concept == NAME:  # where it stands, the scores that it compares stand, and the first dose
            own = ledger.record(SCORES, record.key)
            tables = tables if own is not None and own.tables & tables else tables - dosed
        else:
            continue
        if tables:
            yield Superseded(record.concept, record.key, Place(min(tables), 0), WHY, code=SHIFTED)
    for plan in _plans(job):
        if plan.table in doubted and not plan.full:
            doubted.discard(plan.table)
            hint = f"{HINT}, and export all rows of the table once"
            yield Problem(plan.table, 0, "", "perhaps-shifted-on-server", DOUBT, hint, "warning", plan.file)


def _plans(job: Job) -> list[Plan]:
    return [plan for plan in job.maps.plans if plan.concept == SCORES]


def _all_wrong(job: Job, table: str) -> bool:
    """Whether every score of a table is of a scale of which it showed numbers from 1. Keys do not tell the scales of records."""
    judged = job.maps.shifted[table]
    instruments = [plan.root.constants.get("instrument") for plan in _plans(job) if plan.table == table]
    return all(i is not None and judged.get(whole_of(SCALES[i]), False) for i in instruments)
