"""Amounts whose column is in another unit than their field: `convert`, and `times` for a volume and its concentration.

    weight: {from: Weight, unit: "[lb_av]", convert: kg}
    dose:   {from: Volume, unit: mL, times: {from: Strength, unit: mg/mL}, convert: mg}
    dose:   {from: Dose, as: dose-text.dose, times: = 50 mg/mL, convert: mg}

Nothing is converted unless the map says so; what stood in the row goes with the amount (`Amount.written`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache

from kapfhir.fhir.quantities import Conversion, conversion, decimal_of, places_of, product
from kapfhir.fhir.rules.ucum import is_unit
from kapfhir.mapping.located import Problems, near
from kapfhir.model.values import Amount
from kapfhir.sources.table import Row

from .formats import Bad, refuse_broken
from .grammar import Line, Times

Read = Callable[[str], Amount | None]
NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
TIMES = "an amount of another kind comes by `times`: a volume times its concentration"
SPELT = {  # how people write units, after the number or in a map
    "ug": ("mcg", "\u00b5g", "\u03bcg", "microgram", "micrograms"),
    "mg": ("milligram", "milligrams"),
    "mL": ("ml", "cc", "milliliter", "milliliters"),
    "kg": ("kgs", "kilo", "kilos"),
    "[lb_av]": ("lb", "lbs", "lb.", "lbs.", "pound", "pounds"),
    "[oz_av]": ("oz", "ounce", "ounces"),
    "[in_i]": ("in", "in.", "inch", "inches", '"'),
    "[ft_i]": ("ft", "foot", "feet"),
    "[degF]": ("F", "\u00b0F", "\u00b0 F", "degF"),
    "Cel": ("C", "\u00b0C", "\u00b0 C"),
    "mm[Hg]": ("mmHg", "mm Hg"),
    "/min": ("bpm", "beats/min", "breaths/min"),
    "min": ("mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "s": ("sec", "secs", "second", "seconds"),
    "d": ("day", "days"),
    "wk": ("week", "weeks"),
    "mg/kg": ("mg / kg",),
    "ug/kg": ("mcg/kg", "\u00b5g/kg", "\u03bcg/kg"),
    "mg/mL": ("mg/ml", "mg/cc"),
    "[iU]": ("IU", "iu"),
}
UCUM_OF = {spelt: unit for unit, spellings in SPELT.items() for spelt in spellings}


def strip_unit(text: str, unit: str) -> str:
    """The number of a cell that also holds its unit, as UCUM or people write it. Another unit stays, and is no number."""
    if text.endswith(found := endings(unit)):
        return text.removesuffix(next(ending for ending in found if text.endswith(ending))).rstrip()
    return text


@cache
def endings(unit: str) -> tuple[str, ...]:
    """The ways to write a unit behind a number, the longest first."""
    return tuple(sorted({unit, *SPELT.get(unit, ())}, key=len, reverse=True))


def hint_for(unit: str, units: Sequence[str]) -> str:
    """What to do about a unit of a map that its field does not take, or that is none."""
    if unit in UCUM_OF and (not units or UCUM_OF[unit] in units):
        return f"write `{UCUM_OF[unit]}`"
    other = next((u for u in units if is_unit(unit) and conversion(unit, u)), "")
    return f"add `convert: {other}`" if other else near(unit, units)


class Converter:
    """Brings the amounts of a line to its unit; each pair of units is looked up once. `factor`: the unit of what they are
    taken times, with the number if it is a constant.
    """

    def __init__(self, target: str, factor: str = "", number: Decimal | None = None) -> None:
        self.target, self.factor, self.number = target, factor, number
        self._ways: dict[str, tuple[Conversion | None, Conversion | None]] = {}

    def ways(self, unit: str) -> tuple[Conversion | None, Conversion | None]:
        """From a unit to the target: by itself, and times the factor; None where there is no such way."""
        if unit not in self._ways:
            times = conversion(product(unit, self.factor), self.target) if self.factor else None
            self._ways[unit] = conversion(unit, self.target), times
        return self._ways[unit]

    def bring(self, amount: Amount, factor: Decimal | None) -> Amount:
        """The amount in the target's unit. One that is of its kind already is not taken times anything."""
        if amount.unit == self.target:
            return amount
        plain, times = self.ways(amount.unit)
        written = f"{amount.value} {amount.unit}"
        if plain is not None:
            return Amount(plain.of(amount.value), self.target, written)
        assert times is not None, "checked with the map"
        if factor is None:
            raise Bad("no-factor")
        number = Fraction(amount.value) * Fraction(factor) * times.slope
        places = max(places_of(amount.value), places_of(factor))
        return Amount(decimal_of(number, places), self.target, f"{written} x {factor} {self.factor}")

    def reader(
        self, parse: Read, places: Sequence[int], number: Callable[[str], Decimal], empty: frozenset[str]
    ) -> Callable[[Row], Amount | None]:
        """The function row -> amount; a second place is that of the factor."""
        first, last = places[0], places[-1]

        def alone(row: Row) -> Amount | None:
            amount = parse(row[first])
            return None if amount is None else self.bring(amount, self.number)

        def both(row: Row) -> Amount | None:
            amount = parse(row[first])
            if amount is None:
                return None
            refuse_broken(row[last])
            text = row[last].strip()
            return self.bring(amount, None if text in empty else number(strip_unit(text, self.factor)))

        return both if len(places) > 1 else alone


def converter(line: Line, units: tuple[str, ...], given: tuple[str, ...], problems: Problems) -> Converter | None:
    """The converter of a line with `convert`; None, with problems, if it can't be.

    `units`: those that the field may have; `given`: those in which the cells are.
    """
    assert line.convert is not None, "a line with `convert`"
    target, before = line.convert, len(problems.found)
    if not is_unit(target):
        problems.say(target, "wrong-unit", f"'{target}' is no unit of UCUM", hint_for(target, units))
    elif units and target not in units:
        problems.say(target, "wrong-unit", f"'{line.at}' is in {' or '.join(units)}, not in '{target}'", near(target, units))
    made = _with_factor(str(target), line.times, problems)
    if len(problems.found) > before:
        return None
    ways = {unit: made.ways(unit) for unit in given}
    lacking = [unit for unit, (plain, times) in ways.items() if plain is None and times is None]
    if lacking:
        what = f"{' and '.join(lacking)} times {made.factor}" if made.factor else " and ".join(lacking)
        problems.say(target, "wrong-unit", f"{what} can't become {target}: it is another kind of unit", TIMES)
    elif line.times is not None and all(plain is not None for plain, _ in ways.values()):
        problems.say(line.times.at, "never-acts", f"`times` can never act: {' and '.join(given)} can become {target} alone")
    elif set(given) == {str(target)}:
        problems.say(target, "never-acts", f"`convert` can never act: the column is in {target} already")
    return made if len(problems.found) == before else None


def _with_factor(target: str, times: Times | None, problems: Problems) -> Converter:
    if times is None:
        return Converter(target)
    if not is_unit(times.unit):
        problems.say(times.unit, "wrong-unit", f"'{times.unit}' is no unit of UCUM", hint_for(times.unit, ()))
    if times.number is None:
        return Converter(target, str(times.unit))
    if not NUMBER.fullmatch(times.number) or not Decimal(times.number):
        problems.say(times.number, "wrong-constant", f"'{times.number}' is no number above 0", "write `times: = 50 mg/mL`")
        return Converter(target, str(times.unit))
    return Converter(target, str(times.unit), Decimal(times.number))
