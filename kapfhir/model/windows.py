"""Named spans after a dose, in which integration may fall. Counted in absolute hours from the start or the end of the dose.

A clinic may add spans of its own in its configuration; they hold in this process from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from .values import Amount, Window


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

    def holds(self, hours: Decimal, session: datetime | None = None) -> bool:
        """Whether a session so many hours after the dose falls into it; `session` is its start, needed for `same_day` only."""
        if self.same_day:
            return session is not None and hours > 0 and _dose(hours, session).date() == session.date()
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


def windows_met(
    since_dose: Amount | None, since_end: Amount | None = None, session: datetime | None = None
) -> tuple[Window, ...]:
    """The windows that hold this many hours since the start and the end of the dose; where hours are not known, none."""
    hours = {False: since_dose, True: since_end}
    return tuple([s.code for s in SPANS if (since := hours[s.from_end]) is not None and s.holds(since.value, session)])


def _dose(hours: Decimal, session: datetime) -> datetime:
    """The moment of the dose, to the second, on the session's clock: hours are rounded to less than that."""
    return session - timedelta(seconds=round(hours * 3600))
