"""What became of a visit: shared by all kinds of session. A patient may come, and not be treated."""

from __future__ import annotations

from .values import SessionStatus, StopReason, VisitStatus

NEVER_CAME = ("no-show", "cancelled-by-patient", "cancelled-by-clinic")  # reasons for which there was no visit


class Visited:
    """A session with a status, and a reason where it is not as planned. No slots: the classes of records have them."""

    __slots__ = ()
    status: SessionStatus
    reason: StopReason | None

    @property
    def visit_status(self) -> VisitStatus:
        """`cancelled` where a session was not done because nobody came; who came and was not treated had a visit."""
        never = self.status == "not-done" and (self.reason is None or self.reason in NEVER_CAME)
        return VisitStatus("cancelled" if never else "finished")

    @property
    def cancelled_for(self) -> StopReason | None:
        return self.reason if self.visit_status == "cancelled" else None
