"""Named spans after a dose, in which an integration session may fall. Counted from the start of the dose, in absolute hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from .values import Amount, Window


@dataclass(frozen=True, slots=True)
class Span:
    """From `lower` to `upper` hours; the upper bound belongs to it, the lower one where it says so."""

    code: Window
    lower: Decimal
    upper: Decimal
    lower_in: bool

    def holds(self, hours: Decimal) -> bool:
        return (hours >= self.lower if self.lower_in else hours > self.lower) and hours <= self.upper


SPANS = (
    Span(
        Window("muscat-24-48"), Decimal(24), Decimal(48), lower_in=True
    ),  # Muscat et al. 2022, doi 10.3390/psych4010012: 24-48 h
    Span(Window("krystal-48"), Decimal(0), Decimal(48), lower_in=False),  # clinic rule after Krystal: within 48 h
)


def hours_since(dose: datetime, session: datetime) -> Amount:
    """Hours to four decimals (a third of a second), so that 47 h 59 min stays below 48 and 48 h 01 min above."""
    hours = Decimal((session - dose) // timedelta(microseconds=1)) / Decimal(3_600_000_000)
    return Amount(hours.quantize(Decimal("0.0001")), "h")


def windows_met(since_dose: Amount | None) -> tuple[Window, ...]:
    """The windows that hold this many hours; none where the hours are not known."""
    return () if since_dose is None else tuple(s.code for s in SPANS if s.holds(since_dose.value))
