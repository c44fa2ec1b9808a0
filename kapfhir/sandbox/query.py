"""The words of a search -> one SQL query: conditions, chains, order, page, and what is to be told of the matches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import count

from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.search import SearchParameter, search_parameters

from .criteria import Condition, bad_value, build_condition, build_moment, either, split_values, unescape
from .index import TABLE_OF_KIND
from .outcome import Refusal, refuse
from .paging import AFTER, ROW, Key, parse_count
from .wire import parse_parameters

PAGE, LARGEST_PAGE = 50, 1000
MOST_PARTS = 20  # of an order, or of a chain
CONTROL = (
    "_count",
    "_offset",
    AFTER,
    "_sort",
    "_total",
    "_summary",
    "_elements",
    "_include",
    "_revinclude",
    "_format",
    "_pretty",
)
SUMMARIES = ("count", "data", "text", "true", "false")
SORT_COLUMN = {"token": "value", "reference": "id", "date": "low", "string": "plain", "number": "low", "uri": "value"}


@dataclass(slots=True)
class Query:
    """A search of one type, understood."""

    type: str
    conditions: list[Condition] = field(default_factory=list)
    order: list[Key] = field(default_factory=list)
    page: int = PAGE
    offset: int = 0
    after: str = ""  # where the page before ended; then `offset` is for the links back only
    total: str = "accurate"
    summary: str = "false"
    elements: tuple[str, ...] = ()
    includes: list[str] = field(default_factory=list)
    revincludes: list[str] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)  # what the self link tells
    ignored: list[str] = field(default_factory=list)  # with Prefer: handling=lenient

    @property
    def where(self) -> Condition:
        base = Condition("c.type = ? AND c.deleted = 0", (self.type,))
        parts = [base, *self.conditions]
        return Condition(" AND ".join(p.sql for p in parts), tuple(a for p in parts for a in p.arguments))

    @property
    def keys(self) -> list[Key]:
        return [*self.order, ROW]


@dataclass(slots=True)
class _Scope:
    """What all conditions of a query share: the base that makes a reference local, and names for the ends of chains."""

    base: str
    numbers: count[int] = field(default_factory=lambda: count(1))


def parse_query(type_name: str, parameters: Iterable[tuple[str, str]], base: str = "", *, lenient: bool = False) -> Query:
    """A search as it was written; refuses what is unknown, or names it in `ignored` when `lenient`."""
    query = Query(type_name)
    scope = _Scope(base)
    for name, text in parameters:
        try:
            if name in CONTROL:
                _control(query, name, text)
            elif text:  # an empty value says nothing (R4: ignored)
                require_few("the chain", re.split(r"\.|_has:", name))
                query.conditions.append(_condition("c", type_name, name, text, scope))
            else:
                continue
        except Refusal as refusal:
            if not lenient or refusal.issues[0].code != "not-supported":
                raise
            query.ignored.append(name)
            continue
        if name not in ("_offset", AFTER, "_format", "_pretty"):
            query.used.append((name, text))
    return query


def _control(query: Query, name: str, text: str) -> None:
    if name in ("_count", "_offset"):
        number = parse_count(name, text)
        if name == "_count":
            query.page = min(number, LARGEST_PAGE)
            if query.page == 0:
                query.summary = "count"
        else:
            query.offset = number
    elif name == AFTER:
        query.after = text
    elif name == "_sort":
        query.order = [_sort(query.type, key) for key in require_few("_sort", text.split(","))]
    elif name == "_total":
        if text not in ("none", "estimate", "accurate"):
            raise bad_value(name, "none, estimate or accurate")
        query.total = text
    elif name == "_summary":
        if text not in SUMMARIES:
            raise bad_value(name, "one of " + ", ".join(SUMMARIES))
        query.summary = text
    elif name == "_elements":
        query.elements = tuple(part.split(".")[0] for part in text.split(","))
    elif name == "_include":
        query.includes.append(_include(text))
    elif name == "_revinclude":
        query.revincludes.append(_include(text))


def _include(text: str) -> str:
    """`Observation:subject` or `Observation:subject:Patient`, checked; `Observation:*` for all of them."""
    type_name, _, rest = text.partition(":")
    name = rest.split(":")[0]
    require_type(type_name)
    if name != "*" and require_parameter(type_name, name).kind != "reference":
        raise refuse(400, "value", f"'{type_name}:{name}' is not a reference, so it can't be included")
    return text


def _sort(type_name: str, key: str) -> Key:
    name, falls = key.removeprefix("-"), key.startswith("-")
    columns = {"_id": "c.id", "_lastUpdated": "c.updated"}
    if name in columns:
        return Key(columns[name], falls=falls)
    parameter = require_parameter(type_name, name)
    table = TABLE_OF_KIND[parameter.kind]
    pick = "max" if falls else "min"
    value = f"(SELECT {pick}({SORT_COLUMN[table]}) FROM {table} s WHERE s.rid = c.rid AND s.param = ?)"  # noqa: S608
    return Key(value, (f"{type_name}.{name}",), falls=falls, always=False)


def require_few(name: str, parts: list[str]) -> list[str]:
    """Refuses what would be a query that SQLite does not take."""
    if len(parts) > MOST_PARTS:
        raise refuse(400, "too-costly", f"{name} has more than {MOST_PARTS} parts")
    return parts


def require_type(name: str) -> str:
    """Refuses what is no resource type of R4."""
    known = load_facts().resources
    if name not in known:
        close = get_close_matches(name, sorted(known), 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise refuse(404, "not-supported", f"R4 has no resource type '{name}'{hint}")
    return name


def require_parameter(type_name: str, name: str) -> SearchParameter:
    known = search_parameters(type_name)
    if name not in known:
        close = get_close_matches(name, known, 1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        names = ", ".join(sorted((*known, "_id", "_lastUpdated", "_has")))
        raise refuse(400, "not-supported", f"{type_name} has no search parameter '{name}'; {hint}known are: {names}")
    return known[name]


def _condition(alias: str, type_name: str, name: str, text: str, scope: _Scope) -> Condition:
    if name.startswith("_has:"):
        return _reverse(alias, name, text, scope)
    head, dot, rest = name.partition(".")
    name, _, modifier = head.partition(":")
    if dot:
        return _chain(_Step(alias, type_name, name, modifier), rest, text, scope)
    if name == "_id":
        values = [unescape(value) for value in split_values(text)]
        return Condition(f"{alias}.id IN ({', '.join('?' * len(values))})", tuple(values))
    if name == "_lastUpdated":
        columns = (f"{alias}.updated", f"({alias}.updated + 1000)")
        return either(build_moment(name, value, *columns) for value in split_values(text))
    if modifier[:1].isupper():
        require_type(modifier)
    parameter = require_parameter(type_name, name)
    if parameter.kind == "reference" and scope.base:
        text = text.replace(f"{scope.base}/", "")
    return build_condition(alias, type_name, parameter, modifier, text)


@dataclass(frozen=True, slots=True)
class _Step:
    """The first link of a chain: `subject:Patient` of the rows called `alias`."""

    alias: str
    type: str
    name: str
    target: str


def _chain(step: _Step, rest: str, text: str, scope: _Scope) -> Condition:
    """`subject:Patient.identifier=...`: the reference's target meets a condition of its own."""
    type_name, name, target = step.type, step.name, step.target
    parameter = require_parameter(type_name, name)
    if parameter.kind != "reference":
        raise refuse(400, "value", f"search parameter '{name}' of {type_name} is not a reference, so it has no chain '{rest}'")
    if target:
        targets: tuple[str, ...] = (require_type(target),)
    else:
        first = rest.split(".", maxsplit=1)[0].split(":", maxsplit=1)[0]
        allowed = parameter.targets or tuple(sorted(load_facts().resources))
        targets = tuple(t for t in allowed if first in search_parameters(t) or first in ("_id", "_lastUpdated", "_has"))
        if not targets:
            raise refuse(400, "not-supported", f"no target of '{name}' of {type_name} has a search parameter '{first}'")
    end = f"t{next(scope.numbers)}"
    inner = [_condition(end, t, rest, text, scope) for t in targets]
    sql = either(
        Condition(f"({end}.type = ? AND {part.sql})", (t, *part.arguments)) for t, part in zip(targets, inner, strict=True)
    )
    targets_sql = f"reference x JOIN current {end} ON {end}.type = x.type AND {end}.id = x.id"
    return Condition(
        f"{step.alias}.rid IN (SELECT x.rid FROM {targets_sql} WHERE x.param = ? AND {end}.deleted = 0 AND {sql.sql})",  # noqa: S608
        (f"{type_name}.{name}", *sql.arguments),
    )


def _reverse(alias: str, name: str, text: str, scope: _Scope) -> Condition:
    """`_has:Observation:patient:code=...`: something that refers to the resource meets a condition."""
    parts = name.split(":", 3)
    if len(parts) != 4:
        raise refuse(400, "value", "_has is written _has:Type:reference:parameter=value")
    _, source, back, rest = parts
    parameter = require_parameter(require_type(source), back)
    if parameter.kind != "reference":
        raise refuse(400, "value", f"search parameter '{back}' of {source} is not a reference, so _has can't follow it")
    end = f"t{next(scope.numbers)}"
    inner = _condition(end, source, rest, text, scope)
    sources_sql = f"reference x JOIN current {end} ON {end}.rid = x.rid WHERE x.param = ? AND {end}.deleted = 0"
    return Condition(
        f"({alias}.type, {alias}.id) IN (SELECT x.type, x.id FROM {sources_sql} AND {inner.sql})",  # noqa: S608
        (f"{source}.{back}", *inner.arguments),
    )


def conditional(type_name: str, text: str) -> Query:
    """The criteria of a conditional interaction; refuses one that names nothing, as it would meet everything."""
    query = parse_query(type_name, parse_parameters(text.removeprefix(f"{type_name}?")))
    if not query.conditions:
        raise refuse(400, "required", f"the condition on {type_name} has no search parameter")
    return query
