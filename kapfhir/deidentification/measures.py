"""Numbers and quantities: as long as a chart number they go, and so does an age above 89."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kapfhir.fhir.rules.ucum import SYSTEM as UCUM

from .table import is_plain_unit

LARGEST = 10**6  # what has more digits before the point may be a number of a person
PLACES = 6  # and so may what has more after it
OLDEST_TOLD = 89
IN_A_YEAR = {"a": Decimal(1), "a_j": Decimal(1), "a_g": Decimal(1), "mo": Decimal(12), "wk": Decimal(52), "d": Decimal(365)}
COMPARATORS = frozenset(["<", "<=", ">=", ">"])


def is_short(value: Any) -> bool:
    """A number, and not as long as those by which people are known."""
    if value.__class__ is int:
        return -LARGEST < value < LARGEST
    return (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(int(value.as_tuple().exponent)) <= PLACES  # before any sum: 1E+999999999 can't be added to
        and abs(value) < LARGEST
    )


def is_old(value: Any, years_ago: int = 0) -> bool:
    """Is who was of this age so many years ago older now than the oldest that may be told?"""
    return value.__class__ in (int, Decimal) and value + years_ago > OLDEST_TOLD


def write_quantity(quantity: dict[str, Any], *, age: bool, years_ago: int = 0) -> tuple[dict[str, Any] | None, str]:
    """The quantity that may leave, if one may, and why not: aged or dropped. `age`: it is one whatever its unit says, and was
    true so many years ago.
    """
    value, system, code, unit = (quantity.get(name) for name in ("value", "system", "code", "unit"))
    if system not in (None, UCUM) or (system is None and code is not None) or not is_short(value) or value is None:
        return None, "dropped"
    named = unit if code is None else code
    if named is not None and not (isinstance(named, str) and is_plain_unit(named)):
        return None, "dropped"
    years = Decimal(value) / IN_A_YEAR.get(str(named), Decimal(1))
    if (age or named in IN_A_YEAR) and (is_old(years, years_ago if age else 0) or _is_beyond(years, quantity.get("comparator"))):
        return None, "aged"
    out: dict[str, Any] = {"value": value}
    if isinstance(quantity.get("comparator"), str) and quantity["comparator"] in COMPARATORS:
        out["comparator"] = quantity["comparator"]
    if named is not None:
        out["unit"] = named
    if code is not None:
        out |= {"system": system, "code": code}
    return out, "kept"


def _is_beyond(years: Decimal, comparator: Any) -> bool:
    """More than 89, said by its sign."""
    return comparator == ">" and years >= OLDEST_TOLD
