"""What the ledger learns from a plan: what was found on the server, what is gone, and which records are whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kapfhir.model.dosing import Anchor
from kapfhir.model.moments import parse_moment

from .ledger import Entry, Ledger, RecordEntry
from .store import CHUNK, Planned, Store

RECORDS = "SELECT concept, key, digest, tables, size, dose_start, dose_end, dose_patient FROM records"
INCOMPLETE = "SELECT 1 FROM actions WHERE concept = ? AND key = ? AND (waiting OR sign = '!') LIMIT 1"


def adopt(store: Store, ledger: Ledger, cleared: Iterable[Entry] = ()) -> None:
    """Before anything is sent: resources found as they should be, resources gone, records of which nothing is to be sent.
    `cleared`: what should not be on the server, and is there no more.
    """
    if not ledger.trusted:
        ledger.write_distrust()
    _keep(ledger, store.actions("adopt"), "done")
    for action in store.actions("sign = '-'"):
        known = ledger.find(action.type, action.id)
        if known and (known.state != "gone" or known.outcome != action.code):
            if action.code or not store.record_kind(action.concept, action.key):
                ledger.mark_pending([known])  # should its record come back, it is not as last time
            ledger.keep([Entry(*_facts(action), known.hash, known.server_id, known.version, "gone", action.code)])
    last: tuple[str, str] = ("", "")
    while rows := store.run(
        f"{RECORDS} WHERE kind = 'mapped' AND (concept, key) > (?, ?) ORDER BY concept, key LIMIT {CHUNK}", *last
    ):
        last = (rows[-1][0], rows[-1][1])
        ledger.remember(_record(row, whole=True) for row in rows if not store.run(INCOMPLETE, row[0], row[1]))
    ledger.forget(cleared)


def remember(store: Store, ledger: Ledger, keys: Iterable[tuple[str, str]]) -> None:
    """Records of which something went in just now; with their digest once all of it is there."""
    ledger.remember(
        _record(row, whole=not store.run(INCOMPLETE, *key))
        for key in sorted(keys)
        for row in store.run(f"{RECORDS} WHERE concept = ? AND key = ?", *key)
    )


def _keep(ledger: Ledger, actions: Iterable[Planned], state: str) -> None:
    some: list[Entry] = []
    for action in actions:
        some.append(Entry(*_facts(action), action.hash, action.server_id, action.version, state))
        if len(some) >= CHUNK:
            ledger.keep(some)
            some = []
    if some:
        ledger.keep(some)


def _facts(action: Planned) -> tuple[str, str, str, str]:
    return action.type, action.id, action.concept, action.key


def _record(row: tuple[Any, ...], *, whole: bool) -> RecordEntry:
    concept, key, digest, tables, size, start, end, patient = row
    anchor = Anchor(parse_moment(start), parse_moment(end) if end else None, patient) if start else None
    return RecordEntry(concept, key, digest if whole else "", frozenset(tables.split("\n")) - {""}, size, anchor)
