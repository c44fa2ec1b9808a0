"""Addresses: the country, the state, and of a patient's ZIP the first three digits where more than 20,000 people live."""

from __future__ import annotations

import re
from typing import Any

from .table import small_zips, states

ZIP = re.compile(r"(\d{3})\d{2}(-?\d{4})?")
COUNTRY = re.compile(r"[A-Z]{2,3}")
AMERICAN = ("US", "USA")
USES = frozenset(["home", "work", "temp", "old", "billing"])
TYPES = frozenset(["postal", "physical", "both"])


def coarsen_address(address: dict[str, Any], *, zips: bool) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """What may leave of an address, if anything, and what was done to each of its elements."""
    out: dict[str, Any] = {}
    done: dict[str, str] = {}
    country = address.get("country")
    for name, value in address.items():
        match = ZIP.fullmatch(value) if name == "postalCode" and isinstance(value, str) and zips else None
        if isinstance(value, str) and _is_coarse(name, value):
            out[name], done[name] = value, "kept"
        elif match and country in (None, *AMERICAN):
            small = match[1] in small_zips()
            out[name], done[name] = ("000", "zip-000") if small else (match[1], "zip-3")
        else:
            done[name] = "dropped"
    return (out if out.keys() - {"use", "type"} else None), done


def _is_coarse(name: str, value: str) -> bool:
    allowed = {"use": USES, "type": TYPES, "state": states()}.get(name, ())
    return value in allowed or (name == "country" and COUNTRY.fullmatch(value) is not None)
