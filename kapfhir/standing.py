"""An export that is byte for byte what the last whole sync had.

Two things are made of records and not of rows: derived outcomes, and the findings of rules. For them records are made again, even
where their rows are as last time. Where not one byte of the export, the maps, the rules and what the clinic confirmed is new,
both are what they were, and nothing is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b, file_digest
from pathlib import Path

from kapfhir.errors import Exit, Problem
from kapfhir.mapping.source.derive import NAME
from kapfhir.mapping.units import Found, Rejected, Same
from kapfhir.rules.engine import Engine
from kapfhir.sync.ledger import Ledger
from kapfhir.sync.report import Report

NOTE = "standing"
Unit = Found | Same | Rejected | Problem


class Standing:
    """What the last whole sync had, and what this one has. `files`: the export, and what the clinic confirmed beside it."""

    def __init__(self, ledger: Ledger, files: Iterable[Path], rest: str, findings: Engine | None) -> None:
        self.ledger, self.findings, self.sure = ledger, findings, True
        self.mark = _mark(files, rest)

    def holds(self) -> bool:
        """Whether everything is as it was. To be asked once the server was: an emptied one has nothing."""
        kept = self.ledger.note(NOTE) if self.ledger.trusted else {}
        if kept.get("mark") != self.mark or (self.findings is not None and kept.get("findings") is None):
            return False
        if self.findings is not None:
            self.findings.recall(kept["findings"], kept.get("not_judged", {}))
        return True

    def outcomes(self) -> Iterator[Same]:
        """The derived outcomes, as they were."""
        for key, digest in self.ledger.digests(NAME):
            yield Same(NAME, key, (), digest)

    def watch(self, units: Iterable[Unit]) -> Iterator[Unit]:
        """The same units. Where an outcome is neither there nor gone, the next run must look again."""
        for unit in units:
            self.sure = self.sure and not (isinstance(unit, Rejected) and unit.concept == NAME)
            yield unit

    def keep(self, report: Report) -> None:
        """After a sync: if all of it went in, the next one may stand on it."""
        if report.exit is not Exit.DONE or not self.sure:
            return
        told = {"findings": dict(self.findings.counts), "not_judged": self.findings.not_judged} if self.findings else {}
        self.ledger.keep_note(NOTE, {"mark": self.mark, **told})


def _mark(files: Iterable[Path], rest: str) -> str:
    whole = blake2b(rest.encode(), digest_size=16)
    for path in files:
        inner = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in inner:
            if file.is_file():
                with file.open("rb") as content:  # piece by piece: an export may be larger than memory
                    whole.update(f"\0{file.relative_to(path)}\0".encode() + file_digest(content, blake2b).digest())
    return whole.hexdigest()
