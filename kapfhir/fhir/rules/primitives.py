"""Is this JSON value a value of that FHIR primitive? The regular expressions of R4, the calendar, and what strings may hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from kapfhir.fhir.facts import load_facts

MAX_STRING = 1024 * 1024  # characters; R4 gives one megabyte
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
PATTERNS = {kind: re.compile(pattern) for kind, pattern in load_facts().regex.items()}
SIGNS = re.compile(r"[A-Za-z0-9+/=\s]+")  # what R4 asks of base64
BASE64 = re.compile(r"[A-Za-z0-9+/\s]*(=\s*){0,2}")
INTEGERS = {"integer": (-(2**31), 2**31 - 1), "unsignedInt": (0, 2**31 - 1), "positiveInt": (1, 2**31 - 1)}
TEXTS = frozenset(PATTERNS) - set(INTEGERS) - {"boolean", "decimal"} | {"xhtml"}
PRIMITIVES = frozenset([*TEXTS, *INTEGERS, "boolean", "decimal"])
MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?")
ELEMENT_ID = re.compile(r"\S+")
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


class Fault(NamedTuple):
    """What is wrong with a value, in words that do not repeat it."""

    code: str
    text: str
    hint: str = ""
    severity: str = "error"


def is_fraction(value: Any) -> bool:
    """A finite decimal. bool is an int to Python, not to JSON."""
    return value.__class__ is int or (value.__class__ is Decimal and value.is_finite())


def find_fault(kind: str, value: Any) -> Fault | None:
    """The first thing that is wrong with a primitive value; None if nothing is."""
    if kind in TEXTS:
        if not isinstance(value, str):
            return Fault("wrong-type", f"is {json_name(value)}; JSON writes {kind} as a string")
        return _text_fault(kind, value)
    if isinstance(value, float):
        return Fault("float", "is a binary float: its precision is lost", "read JSON with decimals as they were written")
    if kind == "boolean":
        return None if isinstance(value, bool) else Fault("wrong-type", f"is {json_name(value)}, not true or false")
    if kind == "decimal":
        if is_fraction(value):
            return None
        if isinstance(value, Decimal):
            return Fault("not-a-number", "is no finite number")
        return Fault("wrong-type", f"is {json_name(value)}, not a number")
    low, high = INTEGERS[kind]
    if value.__class__ is not int:
        return Fault("wrong-type", f"is {json_name(value)}, not a whole number")
    return None if low <= value <= high else Fault("bad-value", f"is out of the range of {kind}")


def _text_fault(kind: str, value: str) -> Fault | None:
    if not value:
        return Fault("empty", "is an empty string", "leave the element out")
    if kind not in ("base64Binary", "xhtml") and len(value) > MAX_STRING:
        return Fault("too-long", "is longer than one megabyte")
    if CONTROL.search(value):
        return Fault("control-character", "holds a control character or half of a surrogate pair")
    special = SPECIAL.get(kind)
    if special is not None:
        return special(kind, value)
    if kind == "string" and value.strip() != value:
        return Fault("outer-blank", "begins or ends with blanks", "trim it", "warning")
    return None


def _by_pattern(kind: str, value: str) -> Fault | None:
    if PATTERNS[kind].fullmatch(value):
        return None
    if kind == "id":
        if len(value) > 64:
            return Fault("bad-id", "is longer than 64 characters")
        return Fault("bad-id", "has a character that an id may not have", "an id takes A-Z a-z 0-9 - . only")
    return Fault("bad-value", f"is not of the form of {kind}")


def _uri(kind: str, value: str) -> Fault | None:
    if not PATTERNS[kind].fullmatch(value):
        return Fault("bad-value", f"holds a blank, which {kind} may not")
    if value.startswith("urn:oid:") and not PATTERNS["oid"].fullmatch(value):
        return Fault("bad-value", "is not a well-formed urn:oid")
    if value.startswith("urn:uuid:") and not PATTERNS["uuid"].fullmatch(value):
        return Fault("bad-value", "is not a well-formed urn:uuid", "its hexadecimal digits are lower case")
    if value.startswith(("oid:", "uuid:")):
        return Fault("bad-value", "lacks the prefix urn:")
    return None


def _point_in_time(kind: str, value: str) -> Fault | None:
    if not PATTERNS[kind].fullmatch(value):
        if kind != "date" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?", value):
            return Fault("bad-date", "has a time without a zone", "add Z or an offset such as -08:00, and the seconds")
        return Fault("bad-date", f"is not of the form of {kind}")
    if len(value) >= 10 and not is_day(value):
        return Fault("bad-date", "is a day that no calendar has")
    return None


def is_day(text: str) -> bool:
    """Does the calendar have the day that this text of the right form begins with?"""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    return day <= DAYS[month - 1] or (month == 2 and day == 29 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def is_mime_type(text: str) -> bool:
    """Has a text the form of a MIME type? Which types there are is not asked."""
    return MIME.fullmatch(text) is not None and find_fault("code", text) is None


def _base64(kind: str, value: str) -> Fault | None:
    if sum(map(len, value.split())) % 4 or not SIGNS.fullmatch(value):
        return Fault("bad-value", f"is not of the form of {kind}")
    if not BASE64.fullmatch(value):
        return Fault("inner-padding", "has padding before its end, which few programs read", "encode it in one piece", "warning")
    return None


SPECIAL: dict[str, Callable[[str, str], Fault | None]] = {
    **dict.fromkeys(["id", "code", "oid", "uuid", "time"], _by_pattern),
    **dict.fromkeys(["uri", "url", "canonical"], _uri),
    **dict.fromkeys(["date", "dateTime", "instant"], _point_in_time),
    "base64Binary": _base64,
}


def json_name(value: Any) -> str:
    """What JSON calls this value."""
    if value is None:
        return "null"
    for kinds, name in ((bool, "a boolean"), (str, "a string"), (dict, "an object"), (list, "a list")):
        if isinstance(value, kinds):
            return name
    return "a number" if isinstance(value, (int, float, Decimal)) else f"a Python {type(value).__name__}"
