"""The check digit of National Provider Identifiers, and of many other numbers: Luhn's."""

from __future__ import annotations

import re

NPI = re.compile(r"[12][0-9]{9}")
PREFIX = "80840"  # the issuer's number of ISO 7812 that an NPI is checked with


def is_npi(text: str) -> bool:
    """Whether this is a National Provider Identifier: ten digits, the last of them a check digit."""
    return NPI.fullmatch(text) is not None and luhn(PREFIX + text)


def luhn(digits: str) -> bool:
    """Whether the last digit makes the sum a multiple of ten, every second one before it being doubled."""
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
