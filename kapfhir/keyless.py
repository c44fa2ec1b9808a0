"""Tables of which nothing counts as gone, since a row of them may have any key. The caution is right; here it is told."""

from __future__ import annotations

from collections.abc import Iterator

from kapfhir.errors import Problem
from kapfhir.job import Job
from kapfhir.sync.ledger import Ledger

CODE = "gone-unknown"


def find_keyless(job: Job, ledger: Ledger) -> Iterator[Problem]:
    """One problem for each such table of `scope: full` of which an earlier run sent records. To be asked once all was read."""
    found: dict[str, tuple[int, dict[str, str]]] = {}  # table -> rows, concepts with a map of each
    for (table, concept, file), rows in job.maps.keyless.items():
        if table in job.maps.full[concept]:
            most, concepts = found.get(table, (0, {}))
            found[table] = max(most, rows), {concept: file} | concepts
    sent = _sent(ledger, {(concept, table) for table, (_, concepts) in found.items() for concept in concepts})
    for table, (rows, concepts) in sorted(found.items()):
        if lost := [concept for concept in concepts if (concept, table) in sent]:
            have = "rows of it have" if rows > 1 else "row of it has"
            text = f"no {' or '.join(sorted(lost))} of this table counts as gone: {rows:,} {have} no key that can be read"
            yield Problem(table, 0, "", CODE, text, "correct what is told of its rows", "warning", concepts[lost[0]])


def _sent(ledger: Ledger, wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those concepts and tables of which the ledger has a record."""
    left = set(wanted)
    for record in ledger.records() if left else ():
        left -= {(record.concept, table) for table in record.tables}
        if not left:
            break
    return wanted - left
