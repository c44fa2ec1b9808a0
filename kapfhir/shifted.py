"""Tables that number answers from 1 where the scale counts from 0: what earlier runs saw.

Such a table is refused as long as no code table says what its numbers mean. Its name stands in a note of the ledger, as a later
export of it may be too small to show it.
"""

from __future__ import annotations

from kapfhir.job import Job
from kapfhir.mapping.source.fill import Plan
from kapfhir.mapping.source.judgements import NOTE
from kapfhir.mapping.source.numbering import Judged
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.sync.ledger import Ledger

SCORES = OutcomeAssessment.__name__


def remember_shifted(job: Job, ledger: Ledger) -> None:
    """Before a send: the tables that are refused from now on. Without a map for scores nothing was judged."""
    if not _plans(job):
        return
    kept: dict[str, Judged] = ledger.note(NOTE)
    now = {source: judged for source, judged in {**kept, job.source: job.maps.shifted}.items() if judged}
    if now != kept:
        ledger.keep_note(NOTE, now)


def _plans(job: Job) -> list[Plan]:
    return [plan for plan in job.maps.plans if plan.concept == SCORES]
