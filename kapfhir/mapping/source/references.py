"""Keys that cells point to: of this export, or known from before."""

from __future__ import annotations

from typing import Any, Protocol

from kapfhir.model.values import Ref

from .formats import Bad
from .pairs import CONCEPT, Pairs
from .people import People


class Fates(Protocol):
    """Keys of the export read so far: True for a record, and whose it is, False for a rejected one, None for none."""

    def fate(self, concept: str, key: str) -> tuple[bool, str] | None: ...


class Ledger(Protocol):
    def has(self, concept: str, key: str) -> bool: ...


class OwnedRef(Ref[Any]):
    """A reference to a record of the export of which it is known whose it is."""

    patient: str = ""


class References:
    """What compiled cells ask; bound anew for each reading. `people` and `pairs`: what the clinic confirmed."""

    def __init__(self, people: People | None = None, pairs: Pairs | None = None) -> None:
        self.people, self.pairs = people or People(), pairs or Pairs()
        self._fates: Fates | None = None
        self._ledger: Ledger | None = None
        self._memos: list[dict[str, Any]] = []

    def bind(self, fates: Fates, ledger: Ledger) -> None:
        """From now on these are asked; what was remembered of others is forgotten."""
        self._fates, self._ledger = fates, ledger
        for memo in self._memos:
            memo.clear()

    def remember(self, memo: dict[str, Any]) -> None:
        """Take on a memo of values that hold references."""
        self._memos.append(memo)

    def stands_for(self, concept: str, key: str) -> str:
        """The key of the record that this one is, by a confirmed pair."""
        return self.pairs.stands_for(key) if concept == CONCEPT else key

    def require(self, concept: str, key: str) -> Ref[Any]:
        """The reference. Bad unless the record exists and was not rejected."""
        assert self._fates is not None, "bound before the first row"
        assert self._ledger is not None, "bound before the first row"
        good, patient = self._fates.fate(concept, key) or (None, "")
        if good is None and not self._ledger.has(concept, key):
            raise Bad("unknown-key")
        if good is False:
            raise Bad("depends-on-rejected")
        if not patient:
            return Ref(key)
        found = OwnedRef(key)
        found.patient = patient
        return found
