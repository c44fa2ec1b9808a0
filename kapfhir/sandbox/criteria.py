"""One search parameter with its values -> a condition in SQL over the index tables.

Values are alternatives; a parameter that is given twice must hold twice. What the sandbox can't do is refused by name, never
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kapfhir.fhir.search import SearchParameter

from .index import plain
from .outcome import Refusal, refuse
from .ranges import parse_moment, parse_number, parse_prefix
from .references import split_local

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
ESCAPED = re.compile(r"\\([\\,|$])")
MODIFIERS = {
    "token": ("missing", "not"),
    "string": ("missing", "exact", "contains"),
    "uri": ("missing", "below", "above"),
    "reference": ("missing", "identifier"),
    "date": ("missing",),
    "number": ("missing",),
    "quantity": ("missing",),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL with its arguments; true for the rows to be found."""

    sql: str
    arguments: tuple[Any, ...] = ()


def either(conditions: Iterable[Condition]) -> Condition:
    parts = list(conditions)
    return Condition(_balance([p.sql for p in parts]), tuple(a for p in parts for a in p.arguments))


def _balance(parts: list[str]) -> str:
    """Alternatives as a tree: SQLite takes a thousand levels, and a search may have more values."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_balance(parts[:middle])} OR {_balance(parts[middle:])})"


def split_values(text: str, separator: str = ",") -> list[str]:
    r"""The alternatives of a value, as they are written: what follows a backslash parts nothing, and `\\` is a backslash."""
    cuts = [found.start() for found in re.finditer(rf"\\.|{re.escape(separator)}", text, re.DOTALL) if found[0] == separator]
    return [text[start:end] for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(text)], strict=True)]


def unescape(text: str) -> str:
    r"""What is meant: `\\ \, \| \$` are the signs themselves. A backslash before anything else is one."""
    return ESCAPED.sub(r"\1", text)


def bad_value(name: str, wanted: str) -> Refusal:
    return refuse(400, "value", f"search parameter '{name}' has a value that is not {wanted}")


def build_condition(alias: str, type_name: str, parameter: SearchParameter, modifier: str, text: str) -> Condition:
    """The condition that a parameter of a type sets on the rows of `current`, called `alias`."""
    param, kind = f"{type_name}.{parameter.name}", parameter.kind
    if modifier == "missing":
        if text not in ("true", "false"):
            raise bad_value(f"{parameter.name}:missing", "true or false")
        return _member(alias, kind, "", param, (), negated=text == "true")
    if modifier and modifier not in MODIFIERS[kind] and not (kind == "reference" and modifier[:1].isupper()):
        known = ", ".join(f":{name}" for name in MODIFIERS[kind])
        raise refuse(
            400, "not-supported", f"search parameter '{parameter.name}' knows no modifier ':{modifier}'; it knows {known}"
        )
    values = split_values(text)
    if kind == "reference" and modifier == "identifier":
        one = either(_token(parameter.name, value) for value in values)
        return _member(alias, "token", one.sql, f"{param}:identifier", one.arguments)
    if kind not in ("token", "quantity"):  # those have parts
        values = [unescape(value) for value in values]
    one = either(BUILDERS[kind](parameter, modifier, value) for value in values)
    return _member(alias, kind, one.sql, param, one.arguments, negated=modifier == "not")


def _member(
    alias: str, kind: str, sql: str, param: str, arguments: tuple[Any, ...] | list[Any], *, negated: bool = False
) -> Condition:
    table = "number" if kind == "quantity" else kind
    inner = f"SELECT rid FROM {table} WHERE param = ?" + (f" AND {sql}" if sql else "")  # noqa: S608
    return Condition(f"{alias}.rid {'NOT ' * negated}IN ({inner})", (param, *arguments))


def _token(name: str, text: str) -> Condition:
    parts = [unescape(part) for part in split_values(text, "|")]
    if len(parts) > 2 or not any(parts):
        raise bad_value(name, "code, system|code, |code or system|")
    if len(parts) == 1:
        return Condition("value = ?", (parts[0],))
    system, value = parts
    return Condition("system = ? AND value = ?", (system, value)) if value else Condition("system = ?", (system,))


def _token_of(parameter: SearchParameter, _: str, text: str) -> Condition:
    return _token(parameter.name, text)


def _string(_: SearchParameter, modifier: str, text: str) -> Condition:
    if modifier == "exact":
        return Condition("text = ?", (text,))
    start = plain(text)
    if modifier == "contains":
        return Condition("instr(plain, ?) > 0", (start,))
    return Condition("plain >= ? AND plain < ?", (start, start + "\U0010ffff"))


def _uri(_: SearchParameter, modifier: str, text: str) -> Condition:
    if modifier == "below":
        below = text.rstrip("/") + "/"
        return Condition("(value = ? OR substr(value, 1, ?) = ?)", (text, len(below), below))
    if modifier == "above":
        return Condition("(value = ? OR substr(?, 1, length(value) + 1) = value || '/')", (text, text))
    return Condition("value = ?", (text,))


def _reference(parameter: SearchParameter, modifier: str, text: str) -> Condition:
    local = split_local(text)
    if local:
        if modifier and modifier != local[0]:
            raise bad_value(f"{parameter.name}:{modifier}", f"a {modifier}")
        return Condition("id = ? AND type = ?", (local[1], local[0]))
    if ":" in text or "|" in text:
        return Condition("url = ?", (text,))
    return Condition("id = ? AND type = ?", (text, modifier)) if modifier else Condition("id = ?", (text,))


def build_range(low: str, high: str, prefix: str, start: float, end: float) -> Condition:
    """R4's meaning of the prefixes for a value with a range: columns `low`, `high` against `start` <= x < `end`."""
    inside = Condition(f"({low} >= ? AND {high} <= ?)", (start, end))
    if prefix == "eq":
        return inside
    if prefix == "ne":
        return Condition(f"NOT {inside.sql}", inside.arguments)
    after, before = Condition(f"{high} > ?", (end,)), Condition(f"{low} < ?", (start,))
    simple = {
        "gt": after,
        "lt": before,
        "ge": either((after, inside)),
        "le": either((before, inside)),
        "sa": Condition(f"{low} >= ?", (end,)),
        "eb": Condition(f"{high} <= ?", (start,)),
        "ap": Condition(f"({low} < ? AND {high} > ?)", (end, start)),
    }
    return simple[prefix]


def build_moment(name: str, text: str, low: str = "low", high: str = "high") -> Condition:
    """The condition of a date parameter; `ap` is within a day."""
    prefix, rest = parse_prefix(text)
    span = parse_moment(rest.replace(" ", "+"))  # the + of a zone is a space in a query that was not escaped
    if span is None:
        raise bad_value(name, f"a date, with one of the prefixes {', '.join(PREFIXES)} or none")
    slack = 86_400_000_000 if prefix == "ap" else 0
    return build_range(low, high, prefix, span.low - slack, span.high + slack)


def _date(parameter: SearchParameter, _: str, text: str) -> Condition:
    return build_moment(parameter.name, text)


def _number(parameter: SearchParameter, _: str, text: str) -> Condition:
    prefix, rest = parse_prefix(text)
    parsed = parse_number(rest)
    if parsed is None:
        raise bad_value(parameter.name, f"a number, with one of the prefixes {', '.join(PREFIXES)} or none")
    value, start, end = parsed
    inside = Condition("(low >= ? AND high < ?)", (start, end))
    simple = {
        "eq": inside,
        "ne": Condition(f"NOT {inside.sql}", inside.arguments),
        "gt": Condition("high > ?", (value,)),
        "lt": Condition("low < ?", (value,)),
        "ge": Condition("high >= ?", (value,)),
        "le": Condition("low <= ?", (value,)),
        "sa": Condition("low > ?", (value,)),
        "eb": Condition("high < ?", (value,)),
        "ap": Condition("(low <= ? AND high >= ?)", (value + abs(value) / 10, value - abs(value) / 10)),
    }
    return simple[prefix]


def _quantity(parameter: SearchParameter, modifier: str, text: str) -> Condition:
    parts = [unescape(part) for part in split_values(text, "|")]
    if len(parts) not in (1, 3):
        raise bad_value(parameter.name, "number, number|system|code or number||code")
    condition = _number(parameter, modifier, parts[0])
    if len(parts) == 1 or not parts[2]:
        return condition
    system, code = parts[1:]
    if system:
        return Condition(f"{condition.sql} AND system = ? AND code = ?", (*condition.arguments, system, code))
    return Condition(f"{condition.sql} AND (code = ? OR unit = ?)", (*condition.arguments, code, code))


BUILDERS: dict[str, Callable[[SearchParameter, str, str], Condition]] = {
    "token": _token_of,
    "string": _string,
    "uri": _uri,
    "reference": _reference,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
}
