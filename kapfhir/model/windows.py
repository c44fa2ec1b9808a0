"""Named spans after a dose, in which integration may fall. Counted in absolute hours from the start or the end of the dose.
Where one of the two has a day and no time, whole days are counted; they tell of `same-day`, and of no window in hours.

A clinic may add spans of its own in its configuration; they hold in this process from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from .moments import day_of
from .values import Amount, Window

DAYS = "d"


@dataclass(frozen=True, slots=True)
class Span:
    """From `lower` to `upper` hours; the upper bound belongs to it, the lower one where it says so.

    `from_end`: counted from the end of the dose. `same_day`: no hours count, but that both are on one day of the session's
    calendar.
    """

    code: Window
    lower: Decimal = Decimal(0)
    upper: Decimal = Decimal(0)
    lower_in: bool = False
    from_end: bool = False
    same_day: bool = False

    def holds(self, since: Amount, session: date | None = None) -> bool:
        """Whether a session so long after the dose falls into it; `session` is its start, needed for `same_day` only."""
        hours = since.value
        if since.unit == DAYS:
            return self.same_day and hours == 0
        if self.same_day:
            return isinstance(session, datetime) and hours > 0 and _dose(hours, session).date() == session.date()
        return (hours >= self.lower if self.lower_in else hours > self.lower) and hours <= self.upper


def _both(name: str, *, lower: int = 0, upper: int = 0, lower_in: bool = False, same_day: bool = False) -> tuple[Span, Span]:
    low, high = Decimal(lower), Decimal(upper)
    return (
        Span(Window(name), low, high, lower_in, same_day=same_day),
        Span(Window(f"{name}-from-end"), low, high, lower_in, from_end=True, same_day=same_day),
    )


SHIPPED = (
    *_both("muscat-24-48", lower=24, upper=48, lower_in=True),  # Muscat et al. 2022, doi 10.3390/psych4010012: 24-48 h
    *_both("krystal-48", upper=48),  # clinic rule after Krystal: within 48 h
    *_both("same-day", same_day=True),
    *_both("couple-of-days", upper=72),  # "only a couple of days"; a clinic may say how many
)
SPANS: list[Span] = list(SHIPPED)


def use_spans(own: Iterable[Span]) -> None:
    """From now on, in this process: the shipped spans, with these added or in the place of those of their name."""
    wanted = {span.code: span for span in (*SHIPPED, *own)}
    SPANS[:] = wanted.values()


def hours_since(dose: datetime, session: datetime) -> Amount:
    """Hours to four decimals (a third of a second), so that 47 h 59 min stays below 48 and 48 h 01 min above."""
    hours = Decimal((session - dose) // timedelta(microseconds=1)) / Decimal(3_600_000_000)
    return Amount(hours.quantize(Decimal("0.0001")), "h")


def time_since(dose: date, session: date) -> Amount | None:
    """Hours; days from one calendar day to the other, where a time is not known. None where the session does not come after
    the dose.
    """
    if isinstance(dose, datetime) and isinstance(session, datetime):
        hours = hours_since(dose, session)
        return hours if hours.value > 0 else None
    days = (day_of(session) - day_of(dose)).days
    return Amount(Decimal(days), DAYS) if days >= 0 else None


def windows_met(since_dose: Amount | None, since_end: Amount | None = None, session: date | None = None) -> tuple[Window, ...]:
    """The windows that hold so long after the start and the end of the dose; where that is not known, none."""
    known = {False: since_dose, True: since_end}
    return tuple([s.code for s in SPANS if (since := known[s.from_end]) is not None and s.holds(since, session)])


def _dose(hours: Decimal, session: datetime) -> datetime:
    """The moment of the dose, to the second, on the session's clock: hours are rounded to less than that."""
    return session - timedelta(seconds=round(hours * 3600))
