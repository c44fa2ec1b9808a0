"""Amounts in UCUM units: what kind a unit is of, its canonical form, and what an amount is in another unit.

ucumvert parses a unit, and brings UCUM's own table of what each unit is (ucum-essence.xml). The numbers of pint, on which it
stands, are not asked: some differ from UCUM's (mm[Hg]), and a number within a unit (`/24`) gets lost. All is exact: numbers are
fractions on their way, and Decimals at their ends. The library takes a third of a second to load, so it is loaded when a
conversion is first asked for, and asked once for each unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from .rules.ucum import is_unit

ESSENCE = "{http://unitsofmeasure.org/ucum-essence}"
BASE_UNIT = "{http://unitsofmeasure.org/ucum-essence}base-unit"
TEMPERATURES = {  # the special units that are a line in kelvin: K = slope * value + shift
    "Cel": (Fraction(1), Fraction("273.15")),
    "[degF]": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    "[degRe]": (Fraction(5, 4), Fraction("273.15")),
}
EXACT = 28  # digits of a number that is told whole
ROUNDED = Context(prec=15, rounding=ROUND_HALF_EVEN)  # where no decimal is the number: a third
HIGHEST_POWER = 99


class NoUnitError(ValueError):
    """No unit, or one that has no canonical form: units of a procedure (`[iU]`), logarithms."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """A unit as so many base units: `mg/mL` is 1000 times `g.m-3`. `shift`: where its zero is, for temperatures."""

    factor: Fraction
    shift: Fraction
    powers: tuple[tuple[str, int], ...]

    @property
    def unit(self) -> str:
        return ".".join(f"{base}{'' if power == 1 else power}" for base, power in self.powers) or "1"


@dataclass(frozen=True, slots=True)
class Conversion:
    """From one unit to another: times `slope`, plus `shift`."""

    slope: Fraction
    shift: Fraction

    def of(self, value: Decimal) -> Decimal:
        """The number in the other unit: exact where a decimal can be, else to 15 digits; with no fewer decimals than it had."""
        return decimal_of(Fraction(value) * self.slope + self.shift, places_of(value))


@cache
def canonical(unit: str) -> Canonical | None:
    """The canonical form of a unit; None for what is no unit, or has none: units of procedures, and logarithms."""
    if not is_unit(unit):
        return None
    if (line := TEMPERATURES.get(unit)) is not None:
        return Canonical(*line, (("K", 1),))
    try:
        factor, powers = _table().value(unit)
    except NoUnitError:
        return None
    return Canonical(factor, Fraction(0), tuple(sorted((base, power) for base, power in powers.items() if power)))


@cache
def conversion(source: str, target: str) -> Conversion | None:
    """How an amount in one unit becomes one in another; None where it can't, because the two are not of one kind."""
    if source == target and is_unit(source):
        return Conversion(Fraction(1), Fraction(0))
    first, second = canonical(source), canonical(target)
    if first is None or second is None or first.powers != second.powers:
        return None
    return Conversion(first.factor / second.factor, (first.shift - second.shift) / second.factor)


def product(first: str, second: str) -> str:
    """The unit of an amount in one unit times one in another."""
    return f"{first}{second}" if second.startswith("/") else f"{first}.{second}"


def decimal_of(number: Fraction, places: int = 0) -> Decimal:
    """A fraction as a decimal with at least so many places; where none is exact, rounded to 15 digits."""
    rest, twos, fives = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(places, twos, fives)
    digits = str(abs(number.numerator) * 10**places // number.denominator)
    if rest == 1 and len(digits) <= EXACT:
        return Decimal((int(number < 0), tuple(map(int, digits)), -places))
    rounded = ROUNDED.divide(Decimal(number.numerator), Decimal(number.denominator))
    return Decimal(f"{rounded:f}")


def places_of(value: Decimal) -> int:
    """How many decimals a number is written with."""
    return max(0, -int(value.as_tuple().exponent))


Powers = Mapping[str, int]


class _Table:
    """UCUM's table: prefixes, base units, and what the others are made of."""

    def __init__(self) -> None:
        import ucumvert  # type: ignore[import-untyped]  # noqa: PLC0415 slow to load, and seldom needed
        from defusedxml.ElementTree import fromstring  # noqa: PLC0415

        root = fromstring(files(ucumvert).joinpath("vendor", "ucum-essence.xml").read_text("utf-8"))
        self._parse: Any = ucumvert.get_ucum_parser().parse
        self._bases = {base.get("Code") for base in root.iter(BASE_UNIT)}
        self._prefixes = {code: value for code, value, _ in _values(root.iter(f"{ESSENCE}prefix"))}
        plain = (u for u in root.iter(f"{ESSENCE}unit") if u.get("isSpecial") != "yes" and u.get("isArbitrary") != "yes")
        self._made = {code: (value, unit) for code, value, unit in _values(plain)}
        self._known: dict[str, tuple[Fraction, Powers]] = {}

    def value(self, unit: str) -> tuple[Fraction, Powers]:
        """How many base units, and of which powers. NoUnitError where there is no answer."""
        from lark.exceptions import LarkError  # noqa: PLC0415

        text = f"1{unit}" if unit.startswith("/") else unit  # a leading stroke divides by the first unit only
        try:
            return self._of(self._parse(text))
        except LarkError:
            raise NoUnitError from None

    def _of(self, node: Any) -> tuple[Fraction, Powers]:
        """The value of a part of a parsed unit."""
        parts = getattr(node, "children", None)
        if parts is None:  # a note: `{score}`
            return Fraction(1), {}
        if node.data == "simple_unit":
            return self._simple(parts)
        value, powers = self._of(parts[0])
        if node.data == "annotatable":
            power = int(parts[1])
            if abs(power) > HIGHEST_POWER:
                raise NoUnitError
            return value**power, {base: p * power for base, p in powers.items()}
        if node.data == "term":
            other, others = self._of(parts[2])
            sign = 1 if str(parts[1]) == "." else -1
            return value * other**sign, {base: powers.get(base, 0) + sign * others.get(base, 0) for base in {*powers, *others}}
        return value, powers  # in brackets, or with a note behind it

    def _simple(self, parts: Any) -> tuple[Fraction, Powers]:
        """A number, or a unit with its prefix."""
        if parts[0].type == "FACTOR":
            return Fraction(str(parts[0])), {}
        value, powers = self._atom(str(parts[-1]))
        return value * (self._prefixes[str(parts[0])] if len(parts) > 1 else 1), powers

    def _atom(self, code: str) -> tuple[Fraction, Powers]:
        if code in self._bases:
            return Fraction(1), {code: 1}
        if code not in self._known:
            if code not in self._made:
                raise NoUnitError
            number, unit = self._made[code]
            value, powers = self.value(unit)
            self._known[code] = number * value, powers
        return self._known[code]


def _values(elements: Iterable[Any]) -> Iterator[tuple[str, Fraction, str]]:
    """Code, number, unit of the entries of the table."""
    for element in elements:
        value = element.find(f"{ESSENCE}value")
        yield element.get("Code"), Fraction(value.get("value")), value.get("Unit", "")


@cache
def _table() -> _Table:
    return _Table()
