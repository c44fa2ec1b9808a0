"""A laboratory test, at a screening or on the day of a dose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from .before import LabResult, LabTest
from .values import Amount, Doubt, Key

BARE = re.compile(r"[<>]?=? ?[-+]?[0-9]+([.,][0-9]+)?", re.ASCII)  # a number, or above or below one


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory test or ECG: a number with its unit, a result by name, or words."""

    key: Key
    test: LabTest
    taken: datetime | date
    result: Amount | LabResult | str

    def doubts(self) -> Iterator[Doubt]:
        if isinstance(self.result, str) and not isinstance(self.result, LabResult) and BARE.fullmatch(self.result.strip()):
            yield Doubt("lab-without-unit", "the result of a test is a number without a unit", "labs")
