"""From the text of a cell to a value: the type of the field decides how; the rule only says what the type can't know."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from kapfhir.fhir.rules.ucum import is_unit
from kapfhir.mapping.kept import Kept
from kapfhir.mapping.located import Problems, Text, near
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import Field
from kapfhir.model.making import maker_of
from kapfhir.model.values import Absent, Amount, Code, Key, Ref
from kapfhir.sources.table import Row

from .convert import UCUM_OF, converter, hint_for, strip_unit
from .formats import TYPED, Bad, clash, fault, has_offset, has_time, refuse_broken
from .grammar import Line
from .local import LocalTables, fold, is_number
from .moments import Moments
from .parsers import PARSERS
from .references import References

Parse = Callable[[str], Any]
NUMBER = {mark: re.compile(rf"[0-9]{{1,15}}(?:{re.escape(mark)}[0-9]{{1,20}})?") for mark in ".,"}
BEGUN = {mark: re.compile(rf"[0-9]+(?:{re.escape(mark)}[0-9]+)?\s*") for mark in ".,"}
WHOLE = re.compile(r"[0-9]{1,9}")
YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
TICKED, UNTICKED = frozenset({"1", "x", "yes", "true", "checked"}), frozenset({"", "0", "no", "false", "unchecked"})
DAY = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])")  # a day that every month has
DURATION = re.compile(r"([0-9]{1,5}) (min|h|d)")
STEPS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
SAYS = {
    datetime: ("format", "plus"),
    date: ("format",),
    Amount: ("unit", "convert"),
    Code: ("codes",),
    Key: ("codes",),
    Ref: ("codes",),
}


class Memo(Kept):
    """Values of cells seen lately: columns repeat themselves."""

    def __init__(self, parse: Callable[[Any], Any]) -> None:
        super().__init__()
        self.parse = parse
        self.moments: Moments | None = None  # what parses, if that is what it parses to
        self.joined: dict[Any, Memo] = {}  # of several cells that are joined to one text: by the way they are joined

    def __missing__(self, cell: Any) -> Any:
        return self.keep(cell, self.parse(cell))


def memo_of(parse: Parse) -> Memo | None:
    """The memo whose look-up this is."""
    memo = getattr(parse, "__self__", None)
    return memo if isinstance(memo, Memo) else None


@dataclass(frozen=True, slots=True)
class Kinds:
    """What a line fills: the types that a cell of it may become."""

    types: tuple[type, ...]
    units: tuple[str, ...]
    target: str | None  # the concept that a Ref points to; None for an item of the same record
    item_key: bool  # the key of an item: holds no '/'
    optional: bool

    @staticmethod
    def of(found: Field, plain: tuple[type, ...], *, item: bool) -> Kinds:
        types = tuple(t for t in plain if t is not Absent) or plain
        target = found.refers.__name__ if found.refers and found.refers.__name__ in CONCEPTS else None
        return Kinds(types, found.units, target, item and types[0] is Key, found.optional)

    @property
    def first(self) -> type:
        return self.types[0]

    def coded(self) -> Kinds:
        """Of a value that is an amount or a code (the result of a test): the code, which a code table gives."""
        codes = tuple(t for t in self.types if issubclass(t, Code))
        return replace(self, types=codes) if self.first is Amount and codes else self

    def __str__(self) -> str:
        return " or ".join(t.__name__ for t in self.types)


@dataclass(slots=True)
class Cells:
    """How the cells of one table are read."""

    zone: ZoneInfo | None
    needs_zone: bool
    decimal: str
    empty: frozenset[str]
    tables: LocalTables
    references: References
    problems: Problems
    blocked: bool = field(default=False)  # a code table that is used has TODO lines
    shared: dict[Any, Memo] = field(default_factory=dict)  # moments that are read in one way, by whatever line

    def empties(self, line: Line) -> frozenset[str]:
        """The texts that mean nothing in the columns of a line."""
        return UNTICKED if line.checked else self.empty | frozenset(line.empty)

    def parse(self, line: Line, kinds: Kinds) -> Parse | None:
        """The parser of a cell's text for a line; None, with faults, if there is none."""
        before = len(self.problems.found)
        kinds = kinds.coded() if line.codes else kinds
        parse = self._typed(line, kinds)
        if parse is None or len(self.problems.found) > before:
            return None
        empty, inner = self.empties(line), parse

        def cell(text: str) -> Any:
            refuse_broken(text)
            text = text.strip()
            return None if text in empty else inner(text)

        def moment(text: str) -> Any:
            refuse_broken(text)
            stripped = text.strip()
            return None if stripped in empty else inner(text if TYPED in text else stripped)

        read = moment if kinds.first in (date, datetime) and not line.parser else cell
        if kinds.types in ((str,), (Key,)) and not line.codes:
            return read
        memo = Memo(read)
        if kinds.target:
            self.references.remember(memo)
        if isinstance(inner, Moments):
            memo.moments = inner
            memo = self.shared.setdefault((kinds.types, line.formats, line.plus, empty), memo)
        return memo.__getitem__

    def constant(self, text: Text, kinds: Kinds) -> Any:
        """The value of `= text`; None, with a fault, if the type has no such value."""
        for kind in kinds.types:
            value = self._constant(text, kind, kinds)
            if value is not None:
                return value
        codes = [k for k in kinds.types if issubclass(k, Code)]
        if codes:
            own = self.tables.codes.own(codes[0])
            self.problems.say(text, "wrong-code", f"'{text}' is not a code of {codes[0].__name__}", near(text, own))
        else:
            allowed = f", one of {' '.join(kinds.units)}" if kinds.units else ""
            form = f" (a number, a blank and a unit of UCUM{allowed})" if kinds.first is Amount else ""
            self.problems.say(text, "wrong-constant", f"'{text}' is no {kinds}{form}")
        return None

    def _constant(self, text: Text, kind: type, kinds: Kinds) -> Any:
        if issubclass(kind, Code):
            return kind(text) if text in self.tables.codes.own(kind) else None
        if kind is Amount:
            number, _, unit = text.partition(" ")
            fits = NUMBER["."].fullmatch(number) and unit and (unit in kinds.units or (not kinds.units and is_unit(unit)))
            return Amount(Decimal(number), unit) if fits else None
        if kind is bool:
            return YES.get(text.lower())
        if kind is int:
            return int(text) if WHOLE.fullmatch(text) else None
        if kind is date:
            return date.fromisoformat(text) if DAY.fullmatch(text) else None
        return kind(str(text)) if issubclass(kind, str) else None

    def converting(self, line: Line, kinds: Kinds, parse: Parse, places: list[int]) -> Callable[[Row], Any] | None:
        """The function row -> amount in the unit that a line says; None, with problems, where there can be none."""
        word, _, part = (line.parser or "").partition(".")
        given = PARSERS[word].units[part] if line.parser else (str(line.unit),)
        if line.parser and line.times is not None:
            given += PARSERS[word].stand_ins(part)
        beside = line.times is not None and line.times.number is None
        if len(places) - beside != 1:
            self.problems.say(line.at, "never-acts", "`convert` can never act: an amount stands in one cell")
            return None
        made = converter(line, kinds.units, given, self.problems)
        return None if made is None else made.reader(parse, places, self._number, self.empties(line))

    def checked(self, line: Line, kinds: Kinds) -> list[tuple[str, Any]]:
        """Column and code of each checkbox."""
        return [(str(column), self.constant(code, kinds)) for column, code in line.checked]

    def pointer(self, concept: str, key: str) -> Callable[[], Any]:
        """A constant reference: Bad where the record is not known, or rejected."""
        memo = Memo(lambda text: self._reference(concept, text))
        self.references.remember(memo)
        return lambda: memo[key]

    def _typed(self, line: Line, kinds: Kinds) -> Parse | None:
        kind = kinds.first
        self._refuse_idle_words(line, kinds)
        if line.parser:
            return self._named(line, line.parser, kinds)
        if kind in (date, datetime):
            return self._moment(line, kinds)
        if kind is Amount:
            unit = self._unit(line, kinds)
            amount = maker_of(Amount)
            return (lambda text: amount(self._number(strip_unit(text, unit)), unit)) if unit else None
        if kind is Decimal:
            return self._number
        if kind is bool:
            return lambda text: YES[text.lower()] if text.lower() in YES else _bad("not-yes-or-no")
        if issubclass(kind, Code) or line.codes:
            return self._coded(line, kinds)
        if kind is int:
            return lambda text: int(text) if WHOLE.fullmatch(text) else _bad("not-a-number")
        if kind is Ref and kinds.target:
            return lambda text: self._reference(str(kinds.target), text)
        if kinds.item_key or kind is Ref:
            made: Parse = kind
            return lambda text: made(text.replace("/", "-"))  # '/' parts the keys of record and item in identifiers
        return str if kind is str else kind

    def _refuse_idle_words(self, line: Line, kinds: Kinds) -> None:
        base = next((k for k in SAYS if issubclass(kinds.first, k)), None)
        given = {"format": line.formats and line.formats[0], "plus": line.plus, "unit": line.unit, "codes": line.codes}
        given["convert"] = line.convert
        takes = SAYS[base] if base else ()
        if line.parser:
            takes = ("convert",) if base is Amount else ()
        if date in kinds.types and datetime in kinds.types:
            takes = ("format", "plus")
        for word, text in given.items():
            if text and word not in takes:
                why = f"the parser '{line.parser}' reads this cell" if line.parser else f"'{line.at}' is {kinds}"
                self.problems.say(text, "never-acts", f"`{word}` can never act: {why}")

    def _named(self, line: Line, name: Text, kinds: Kinds) -> Parse | None:
        word, _, part = name.partition(".")
        parser = PARSERS.get(word)
        if parser is None:
            self.problems.say(name, "unknown-parser", f"unknown parser '{word}'", near(word, PARSERS))
        elif part not in parser.units:
            known = " ".join(f"{word}.{p}" for p in parser.units)
            self.problems.say(name, "unknown-part", f"'{name}' is no part of this parser; it gives {known}")
        elif kinds.first is not Amount:
            self.problems.say(name, "wrong-type", f"{name} gives an amount: it can't become '{line.at}', which is {kinds}")
        elif kinds.units and line.convert is None and not {*parser.units[part]} <= {*kinds.units}:
            text = f"{name} gives {' or '.join(parser.units[part])}; '{line.at}' is in {' or '.join(kinds.units)}"
            self.problems.say(name, "wrong-unit", text)
        else:
            return parser.reader(part, times=line.times is not None)
        return None

    def _unit(self, line: Line, kinds: Kinds) -> str | None:
        if line.unit is None:
            if len(kinds.units) == 1 and line.convert is None:
                return kinds.units[0]
            which = f" ({' '.join(kinds.units)})" if kinds.units else ""
            text = f"'{line.at}' is an amount: say the `unit` of its column{which}, or a parser with `as`"
            self.problems.say(line.at, "missing-unit", text)
        elif line.convert is None and kinds.units and line.unit not in kinds.units:
            allowed = " or ".join(kinds.units)
            text = f"'{line.at}' is in {allowed}, not in '{line.unit}'"
            self.problems.say(line.unit, "wrong-unit", text, hint_for(line.unit, kinds.units))
        elif not is_unit(line.unit):
            self.problems.say(line.unit, "wrong-unit", f"'{line.unit}' is no unit of UCUM", hint_for(line.unit, ()))
        else:
            return str(line.unit)
        return None

    def _moment(self, line: Line, kinds: Kinds) -> Parse | None:
        formats = tuple(str(f) for f in line.formats) or ("iso",)
        timed = None if len(kinds.types) > 1 and date in kinds.types else kinds.first is datetime
        faults = [(text, why) for text in line.formats if (why := fault(text, timed=timed))]
        for text, why in faults:
            self.problems.say(text, "bad-format", why)
        if clash(formats):
            both = "month first beside day first: no cell could tell which"
            self.problems.say(line.formats[-1], "ambiguous-format", both, "make two maps with `where`")
        clocks = [f for f in formats if has_time(f)] if timed is not False else []
        if self.needs_zone and self.zone is None and not all(has_offset(f) for f in clocks):
            self.problems.say(line.at, "missing-zone", f"'{line.at}' is a moment: give the map a `zone`, or a format with Z")
        plus = self._duration(line.plus) if line.plus else timedelta()
        if faults:
            return None
        return Moments(formats, timed, self.zone, plus)

    def _duration(self, text: Text) -> timedelta:
        found = DURATION.fullmatch(text)
        if found is None:
            self.problems.say(text, "bad-duration", f"'{text}' is no duration: `40 min`, `2 h`, `1 d`")
            return timedelta()
        return int(found[1]) * STEPS[found[2]]

    def _coded(self, line: Line, kinds: Kinds) -> Parse | None:
        kind, target, number = kinds.first, kinds.target, int in kinds.types
        if line.codes:
            local = self.tables.table(line.codes, kind, self.problems, numbers=number)
            if local is None:
                return None
            self.blocked |= local.blocked
            table = local.codes
        else:
            table = {c.casefold(): c for c in self.tables.codes.own(kind)}
        make: Parse = (lambda key: self._reference(target, key)) if target else kind

        def parse(text: str) -> Any:
            code = table.get(fold(text))
            if code is not None:
                return int(code) if number and is_number(code) else make(code)
            return int(text) if number and not line.codes and is_number(text) else _bad("unmapped-code")

        return parse

    def _reference(self, target: str, key: str) -> str:
        key = self.references.stands_for(target, key)
        return self.references.require(target, key)

    def _number(self, text: str) -> Decimal:
        if text.startswith("-"):
            raise Bad("negative-number")
        if not NUMBER[self.decimal].fullmatch(text):
            raise Bad(self._fault(text))
        return Decimal(text.replace(",", "."))

    def _fault(self, text: str) -> str:
        """Why a text is no number here."""
        begun = BEGUN[self.decimal].match(text)
        rest = text[begun.end() :] if begun else "."
        if not rest:
            return "too-many-digits"
        return "another-unit" if rest in UCUM_OF or (not re.search("[0-9]", rest) and is_unit(rest)) else "not-a-number"


def _bad(code: str) -> Any:
    raise Bad(code)
