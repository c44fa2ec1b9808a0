"""The last step of a plan: what points to something that is not there can't be sent; the rest gets its place in the order."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from .action import Sign
from .ledger import Ledger
from .order import order
from .store import EVERYBODY, NOBODY, Planned, Store

Verdict = Literal["here", "later", "refused", "unknown"]
WORST_FIRST: tuple[Verdict, ...] = ("unknown", "refused", "later", "here")


def settle(store: Store, ledger: Ledger) -> None:
    """Patient by patient: refuse, put off, and number the actions to send.

    Put off to the very end is what depends on resources of several patients, as patients are sent side by side.
    """
    for owner in store.owners():
        _Group(store, ledger, owner).settle()


class _Group:
    def __init__(self, store: Store, ledger: Ledger, owner: str) -> None:
        self.store = store
        self.ledger = ledger
        self.owner = owner
        self.verdicts: dict[str, Verdict] = {}
        self.outside = lru_cache(maxsize=4096)(self._outside)

    def settle(self) -> None:
        places: list[tuple[int, bool, int]] = []
        later: list[tuple[str, int]] = []
        refused: list[tuple[str, str, int]] = []
        for circle in order(self.store.group(self.owner)):
            names = {action.name for action in circle}
            found = {t: self.verdicts.get(t) or self.outside(t) for a in circle for t in a.targets if t not in names}
            worst: Verdict = min(found.values(), key=WORST_FIRST.index, default="here")
            culprit = next((t for t, verdict in found.items() if verdict == worst), "")
            for at, action in enumerate(circle):
                self.verdicts[action.name] = "refused" if worst == "unknown" else worst
                if worst == "here":
                    places.append((len(places), at == 0, action.seq))
                elif worst == "later":
                    later.append((NOBODY, action.seq))
                else:
                    refused.append((*_why(worst, culprit), action.seq))
        self.store.run_many("UPDATE actions SET position = ?, loose = ? WHERE seq = ?", places)
        self.store.run_many("UPDATE actions SET owner = ? WHERE seq = ?", later)
        self.store.run_many("UPDATE actions SET sign = '!', waiting = 0, code = ?, reason = ? WHERE seq = ?", refused)

    def _outside(self, target: str) -> Verdict:
        """What becomes of a target that is not of this group."""
        type_name, _, identity = target.partition("/")
        planned = self.store.find(type_name, identity)
        if planned is not None:
            return self._planned(planned)
        return "here" if self.ledger.find(type_name, identity) else "unknown"

    def _planned(self, target: Planned) -> Verdict:
        if target.sign is Sign.REFUSED:
            return "refused"
        if target.waiting and target.owner not in (EVERYBODY, self.owner) and self.owner != NOBODY:
            return "later"
        return "here"


def _why(verdict: Verdict, target: str) -> tuple[str, str]:
    if verdict == "unknown":
        return "missing-target", f"it points to {target}, which is neither in this export nor known from an earlier run"
    return "depends-on-rejected", f"it points to {target}, which is not sent"
