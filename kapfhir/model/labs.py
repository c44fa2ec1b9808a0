"""A laboratory test, at a screening or on the day of a dose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from .before import LabResult, LabTest
from .values import Amount, Key


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory test or ECG: a number with its unit, a result by name, or words."""

    key: Key
    test: LabTest
    taken: datetime | date
    result: Amount | LabResult | str
