"""Code that is written into a compiled check: for primitives, and for the data types that are everywhere.

An object is counted down: each common key that is there is checked and takes one off the number of its keys; a rest means an
uncommon key, and so the walk has to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kapfhir.fhir.facts import Element, load_facts

from . import memo
from .invariants_datatypes import has_no_label_twice, is_in_order
from .narrative import HEAD, TAIL
from .primitives import INTEGERS, MAX_STRING, find_fault, is_mime_type
from .ucum import SYSTEM as UCUM
from .writer import Writer, WriteType, apart

REPEATING = frozenset(memo.RIGHT) - {"string", "system"}
NAMED = frozenset(["display", "unit", "title"])  # strings that repeat
NARRATIVE = load_facts().elements("Narrative")["status"]


def write_primitive(w: Writer, var: str, kind: str, element: Element, *, resource: bool = False, extension: bool = False) -> None:
    if element.name == "id":
        if resource:
            right = w.constant(memo.is_right_id)
            quick = f"{var}.__class__ is str and 0 < len({var}) < 65 and {var}.isascii() and {var}.replace('-', '').isalnum()"
            w.fail_unless(f"({quick}) or {right}({var})")
        else:
            w.add("return False")
        return
    if extension and element.name == "url":
        kind = "uri"
    if element.binding:
        _bound(w, var, kind, element)
    elif kind in REPEATING or (kind == "string" and element.name in NAMED):
        w.fail_unless(f"{var} in {w.constant(memo.KNOWN[kind])} or {w.constant(memo.RIGHT[kind])}({var})")
    elif kind == "string":
        _string(w, var)
    elif kind == "boolean":
        w.fail_unless(f"{var} is True or {var} is False")
    elif kind == "decimal":
        w.fail_unless(f"{var}.__class__ is int or ({var}.__class__ is Decimal and {var}.is_finite())")
    elif kind in INTEGERS:
        low, high = INTEGERS[kind]
        w.fail_unless(f"{var}.__class__ is int and {low} <= {var} <= {high}")
    else:
        fault = w.constant(find_fault)
        w.fail_unless(f"{fault}({kind!r}, {var}) is None")


def _bound(w: Writer, var: str, kind: str, element: Element) -> None:
    if element.codes and kind == "code":
        codes = frozenset(code for group in element.codes.values() for code in group)
        w.fail_unless(f"{var} in {w.constant(codes)}")
    elif element.codes:
        w.add("return False")
    elif element.name == "contentType":
        w.fail_unless(f"{var}.__class__ is str and {w.constant(is_mime_type)}({var})")
    else:
        w.fail_unless(f"{var} in {w.constant(memo.KNOWN[kind])} or {w.constant(memo.RIGHT[kind])}({var})")


# ---------------------------------------------------------------------------------------------- data types


def is_object(var: str) -> str:
    return f"({var}.__class__ is dict or {var}.__class__ is SharedObject)"


def is_list(var: str) -> str:
    """A list that is not empty."""
    return f"({var}.__class__ is list or {var}.__class__ is SharedList) and {var}"


def _open(w: Writer, var: str) -> str:
    w.fail_unless(is_object(var))
    n = w.fresh("n")
    w.add(f"{n} = len({var})")
    w.fail_unless(n)
    return n


@contextmanager
def _if_there(w: Writer, var: str, key: str, n: str, *, guard: bool = True) -> Iterator[str]:
    """Code for a key that may be there; takes it off the count."""
    value = w.fresh("x")
    if guard:
        w.add(f"if {n}:")
        w.level += 1
    w.add(f"{value} = {var}.get({key!r})")
    w.add(f"if {value} is not None:")
    w.level += 1
    w.add(f"{n} -= 1")
    yield value
    w.level -= 1
    if guard:
        w.level -= 1


def _known(w: Writer, value: str, kind: str) -> None:
    w.fail_unless(f"{value} in {w.constant(memo.KNOWN[kind])} or {w.constant(memo.RIGHT[kind])}({value})")


def _is_plain(value: str) -> str:
    """A string that nothing can be wrong with."""
    return (
        f"{value}.__class__ is str and 0 < len({value}) <= {MAX_STRING} and {value}.isprintable() and {value}.strip() is {value}"
    )


def _string(w: Writer, value: str) -> None:
    w.fail_unless(f"({_is_plain(value)}) or {w.constant(memo.is_right_string)}({value})")


def write_coding(w: Writer, var: str, element: Element) -> None:
    n = _open(w, var)
    with _if_there(w, var, "system", n, guard=False) as value:
        _known(w, value, "system")
    for key, kind in (("code", "code"), ("display", "string")):
        with _if_there(w, var, key, n) as value:
            _known(w, value, kind)
    if element.codes:
        pairs = frozenset((system, code) for system, group in element.codes.items() for code in group)
        w.fail_unless(f"({var}.get('system'), {var}.get('code')) in {w.constant(pairs)}")
    w.fail_unless(f"{n} == 0")


def write_concept(w: Writer, var: str, element: Element) -> None:
    bound = element.binding if element.codes else ""
    known, key = w.constant(memo.CONCEPTS.setdefault(bound, {})), w.fresh("k")
    w.add(f"{key} = {var}['coding'][0].get('code') if 'coding' in {var} else None")
    with w.indented(f"if {key} is None or {known}.get({key}) != {var}:"):
        w.fail_unless(f"{apart(w, _write_any_concept, element, bound)}({var}, 0)")
        w.add(f"{w.constant(memo.keep_object)}({known}, {key}, {var})")


def _write_any_concept(w: Writer, var: str, element: Element) -> None:
    n, item = _open(w, var), w.fresh("y")
    with _if_there(w, var, "coding", n, guard=False) as value:
        w.fail_unless(is_list(value))
        with w.indented(f"for {item} in {value}:"):
            write_coding(w, item, ANY)
    with _if_there(w, var, "text", n) as value:
        _string(w, value)
    w.fail_unless(f"{n} == 0")
    if element.codes:
        pairs = frozenset((system, code) for system, group in element.codes.items() for code in group)
        w.fail_unless(f"any((c.get('system'), c.get('code')) in {w.constant(pairs)} for c in {var}.get('coding', ()))")


def write_identifier(w: Writer, var: str, element: Element) -> None:
    value = w.fresh("x")
    w.add(f"{value} = {var}.get('value')")
    plain = f"len({var}) == 2 and {var}.get('system') in {w.constant(memo.KNOWN['system'])} and {_is_plain(value)}"
    with w.indented(f"if not ({is_object(var)} and {plain} and {var}['system'] != 'urn:ietf:rfc:3986'):"):
        w.fail_unless(f"{apart(w, _write_any_identifier, element)}({var}, 0)")


def _write_any_identifier(w: Writer, var: str, _element: Element) -> None:
    n = _open(w, var)
    with _if_there(w, var, "system", n, guard=False) as system:
        _known(w, system, "system")
    with _if_there(w, var, "value", n) as value:
        _string(w, value)
    with w.indented(f"if {n}:"):
        with _if_there(w, var, "use", n, guard=False) as use:
            w.fail_unless(f"{use} in {w.constant(USES)}")
        with _if_there(w, var, "type", n) as concept:
            write_concept(w, concept, ANY)
    w.fail_unless(f"{n} == 0")
    w.fail_unless(f"{system} != 'urn:ietf:rfc:3986'")


def write_reference(w: Writer, var: str, element: Element) -> None:
    literal, kind, known = w.fresh("r"), w.fresh("t"), w.fresh("m")
    w.add(f"{literal} = {var}['reference']")
    w.add(f"{known} = {w.constant(memo.REFERENCES)}.get({literal})")
    with w.indented(f"if {known} is not None and len({var}) == 2 and {var}.get('identifier') == {known}[1]:"):
        w.add(f"{kind} = {known}[0]")
    with w.indented("else:"):
        w.add(f"{kind} = {apart(w, _write_any_reference, element)}({var}, 0)")
        w.fail_unless(f"{kind} is not False")
        w.add(f"if {var}.__class__ is dict: {w.constant(memo.keep_reference)}({literal}, {kind}, {var})")
    targets = frozenset(element.targets)
    if targets and "Resource" not in targets:
        w.fail_unless(f"{kind} in {w.constant(targets | {''})}")


def _write_any_reference(w: Writer, var: str, _element: Element) -> None:
    """The function gives the type that the reference names; False where the walk has to look."""
    n, kind = _open(w, var), w.fresh("t")
    w.add(f"{kind} = {w.constant(memo.type_of)}({var}['reference'])")
    w.fail_unless(f"{kind} is not None")
    w.add(f"{n} -= 1")
    with _if_there(w, var, "identifier", n) as value:
        write_identifier(w, value, ANY)
    with _if_there(w, var, "type", n) as named:
        w.fail_unless(f"{named} == {kind}")
    with _if_there(w, var, "display", n) as value:
        _string(w, value)
    w.fail_unless(f"{n} == 0")
    w.add(f"return {kind}")


def write_quantity(w: Writer, var: str, element: Element) -> None:
    w.fail_unless(is_object(var))
    value, code = w.fresh("q"), w.fresh("u")
    w.add(f"{value} = {var}['value']")
    w.fail_unless(f"({value}.__class__ is Decimal and {value}.is_finite()) or {value}.__class__ is int")
    w.fail_unless(f"{var}['system'] == {UCUM!r}")
    w.add(f"{code} = {var}['code']")
    w.fail_unless(f"{code} in {w.constant(memo.KNOWN['unit'])} or {w.constant(memo.is_right_unit)}({code})")
    unit = f"{var}.get('unit')"
    with w.indented(f"if not (len({var}) == 4 and {unit} in {w.constant(memo.KNOWN['string'])}):"):
        n = w.fresh("n")
        w.add(f"{n} = len({var}) - 3")
        with _if_there(w, var, "unit", n) as unit:
            _known(w, unit, "string")
        if not element.simple:
            with _if_there(w, var, "comparator", n) as comparator:
                w.fail_unless(f"{comparator} in {w.constant(COMPARATORS)}")
        w.fail_unless(f"{n} == 0")


def write_period(w: Writer, var: str, _element: Element) -> None:
    n = _open(w, var)
    with _if_there(w, var, "start", n, guard=False) as start:
        _known(w, start, "dateTime")
    with _if_there(w, var, "end", n) as end:
        _known(w, end, "dateTime")
        w.fail_unless(f"{start} is None or {w.constant(is_in_order)}({start}, {end})")
    w.fail_unless(f"{n} == 0")


def write_narrative(w: Writer, var: str, _element: Element) -> None:
    w.fail_unless(f"{is_object(var)} and len({var}) == 2")
    w.fail_unless(f"{var}['status'] in {w.constant(frozenset().union(*NARRATIVE.codes.values()))}")
    div, inner = w.fresh("d"), w.fresh("d")
    w.add(f"{div} = {var}['div']")
    plain = (  # our own form, without marks of XML, and with words
        f"{div}.__class__ is str and {div}.startswith({HEAD!r}) and {div}.endswith({TAIL!r}) "
        f"and ({inner} := {div}[{len(HEAD)}:-{len(TAIL)}]).isprintable() and {inner}[:1] not in ('', ' ') "
        f"and '<' not in {inner} and '>' not in {inner} and '&' not in {inner}"
    )
    w.fail_unless(f"({plain}) or {w.constant(memo.is_right_div)}({div})")


def write_meta(w: Writer, var: str, element: Element) -> None:
    known = w.constant({})
    with w.indented(f"if {var} is None or {known}.get(0) != {var}:"):
        w.fail_unless(f"{apart(w, _write_any_meta, element)}({var}, 0)")
        w.add(f"{known}.clear()")  # one is enough: the next resource of this shape has the same, or another for good
        w.add(f"{w.constant(memo.keep_object)}({known}, 0, {var})")


def _write_any_meta(w: Writer, var: str, _element: Element) -> None:
    n = _open(w, var)
    with _if_there(w, var, "source", n, guard=False) as value:
        _known(w, value, "uri")
    for key in ("security", "tag"):
        with _if_there(w, var, key, n) as value:
            w.fail_unless(is_list(value))
            item = w.fresh("y")
            with w.indented(f"for {item} in {value}:"):
                write_coding(w, item, ANY)
            if key == "security":
                w.fail_unless(f"len({value}) == 1 or {w.constant(has_no_label_twice)}({var})")
    with _if_there(w, var, "profile", n) as value:
        w.fail_unless(is_list(value))
        item = w.fresh("y")
        with w.indented(f"for {item} in {value}:"):
            _known(w, item, "canonical")
    with _if_there(w, var, "versionId", n) as value:
        _known(w, value, "id")
    with _if_there(w, var, "lastUpdated", n) as value:
        _known(w, value, "instant")
    w.fail_unless(f"{n} == 0")


ANY = Element("any", (), required=False, many=False, codes={}, targets=())
USES, COMPARATORS = (
    frozenset(code for group in load_facts().elements(owner)[name].codes.values() for code in group)
    for owner, name in (("Identifier", "use"), ("Quantity", "comparator"))
)
TEMPLATES: dict[str, WriteType] = {
    "CodeableConcept": write_concept,
    "Coding": write_coding,
    "Duration": write_quantity,
    "Identifier": write_identifier,
    "Meta": write_meta,
    "Narrative": write_narrative,
    "Period": write_period,
    "Quantity": write_quantity,
    "Reference": write_reference,
}
