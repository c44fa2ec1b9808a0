"""Which tables earlier runs found to be numbered from 1. It is kept: a later export of the table may be too small to show it.

A judgement stands until the maps say what the numbers mean. It is of a table and a scale, and of one source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kapfhir.mapping.units import Known
from kapfhir.model.assessments import OutcomeAssessment

from .fill import Node, Plan
from .numbering import LISTED, Judged, Numbering, widest

NOTE = "shifted"  # source -> what was judged of its tables


def numbering_of(concept: str, plans: Sequence[Plan], known: Known, source: str) -> Numbering:
    """How the tables of a concept number their answers, with what earlier runs found. Only for scores something is asked."""
    if concept != OutcomeAssessment.__name__:
        return Numbering(concept, plans)
    return Numbering(concept, plans, unanswered(known.note(NOTE).get(source, {}), plans))


def unanswered(judged: Judged, plans: Iterable[Plan]) -> Judged:
    """The judgements without those of scales whose numbers a code table explains. Tables that no map reads now keep theirs."""
    roots: dict[str, list[Node]] = {}
    for plan in plans:
        roots.setdefault(plan.table, []).append(plan.root)
    left = {table: {s: held for s, held in of.items() if not _says(roots.get(table, []), s)} for table, of in judged.items()}
    return {table: scales for table, scales in left.items() if scales}


def _says(roots: Iterable[Node], scale: str) -> bool:
    """Whether maps of a table read answers of a scale, and every one of them by a code table."""
    coded = [coded for root in roots for coded in _answers(root, scale)]
    return bool(coded) and all(coded)


def _answers(root: Node, scale: str) -> Iterable[bool]:
    """Of each line that may read answers of a scale, whether it has a code table."""
    nodes = [node for question, node in root.named.get(LISTED, {}).items() if widest(question) == scale]
    nodes += [root.rows[LISTED]] if LISTED in root.rows else []
    return [bool(cell.line.codes) for node in nodes for cell in node.cells if cell.name == "value"]
