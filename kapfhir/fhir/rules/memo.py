"""What was found right once: units, codes, systems, dates, references and coded concepts repeat in their thousands.

Texts are kept as they are: a text can't change. Of objects a copy is kept and compared with what comes, so that it does not
matter who changes the original; only objects whose leaves are all texts are kept, since 1, True and Decimal("1.0") are equal to
Python. Each memo is bounded and is emptied when it is full.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from .narrative import HEAD, TAIL, find_div_fault
from .primitives import ABSOLUTE, find_fault
from .references import RESOURCES, is_conditional, read_type
from .ucum import SYSTEM as UCUM
from .ucum import is_unit

SIZE = 20_000  # texts in one memo
LONGEST = 200  # characters of a text that is kept
BAD_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#x27|#39);)")


OFFSETS = frozenset(f"{sign}{minutes // 60:02}:{minutes % 60:02}" for sign in "+-" for minutes in range(14 * 60 + 1))


def is_own_moment(value: Any) -> bool:
    """A moment to the second with its offset, as Python writes it: then Python's calendar and clock have it."""
    try:
        return len(value) == 25 and value[19:] in OFFSETS and datetime.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def remember(kind: str, known: set[Any]) -> Callable[[Any], bool]:
    """The function value -> is it a right `kind`; it puts what it found right into `known`."""

    def is_right(value: Any) -> bool:
        if not (kind == "dateTime" and is_own_moment(value)) and find_fault(kind, value) is not None:
            return False
        if len(value) <= LONGEST:
            if len(known) >= SIZE:
                known.clear()
            known.add(value)
        return True

    return is_right


KNOWN: dict[str, set[Any]] = {}
RIGHT: dict[str, Callable[[Any], bool]] = {}
for _kind in ("uri", "url", "canonical", "code", "id", "string", "date", "dateTime", "instant", "time", "oid", "uuid"):
    KNOWN[_kind] = set()
    RIGHT[_kind] = remember(_kind, KNOWN[_kind])
KNOWN.update(unit=set(), system=set())


def is_right_unit(value: Any) -> bool:
    """A code of UCUM; kept by the memo `unit`."""
    if value.__class__ is not str or find_fault("code", value) is not None or not is_unit(value):
        return False
    if len(KNOWN["unit"]) >= SIZE:
        KNOWN["unit"].clear()
    KNOWN["unit"].add(value)
    return True


def is_right_system(value: Any) -> bool:
    """An absolute URI that a Coding may have as its system; that of UCUM is left to the walk, which looks at the code."""
    if find_fault("uri", value) is not None or value == UCUM or ABSOLUTE.fullmatch(value) is None:
        return False
    if len(KNOWN["system"]) >= SIZE:
        KNOWN["system"].clear()
    KNOWN["system"].add(value)
    return True


RIGHT["system"] = is_right_system


def is_right_string(value: Any) -> bool:
    return find_fault("string", value) is None


def is_right_id(value: Any) -> bool:
    return find_fault("id", value) is None


def is_right_decimal(value: Any) -> bool:
    return value.__class__ is int or (value.__class__ is Decimal and value.is_finite())


def is_right_div(value: Any) -> bool:
    """A narrative in our own plain form, or one that an XML parser finds right."""
    if value.__class__ is str and value.startswith(HEAD) and value.endswith(TAIL):
        inner = value[len(HEAD) : -len(TAIL)]
        if inner.isprintable() and inner.strip() and "<" not in inner and ">" not in inner:
            return "&" not in inner or BAD_ENTITY.search(inner) is None
    return find_fault("xhtml", value) is None and find_div_fault(value) is None


def type_of(reference: Any) -> str | None:
    """The type that a plain reference names, `` for a URN; None for what the walk must judge."""
    if reference.__class__ is not str or len(reference) > LONGEST:
        return None
    kind, _, name = reference.partition("/")
    if kind in RESOURCES and 0 < len(name) <= 64 and name.isascii() and name.replace("-", "").isalnum():
        return kind
    if find_fault("string", reference) is not None:
        return None
    if reference.startswith("#") or is_conditional(reference):
        return None
    return read_type(reference)


OBJECTS = 8_000  # copies in one memo
REFERENCES: dict[Any, tuple[str, dict[str, Any]]] = {}  # literal -> its type, and a copy of its identifier
_Concepts = dict[Any, Any]
CONCEPTS: dict[str, _Concepts] = {}  # binding -> code of the first coding -> the whole CodeableConcept


def keep_reference(literal: str, kind: str, node: dict[str, Any]) -> None:
    """The first one with this literal is kept, if it is a literal with an identifier of system and value, as ours are."""
    if literal not in REFERENCES and len(node) == 2:
        own = node.get("identifier")
        if own.__class__ is dict and len(own) == 2 and "value" in own and "system" in own:
            if len(own["value"]) > LONGEST or own["value"].__class__ is not str or own["system"].__class__ is not str:
                return
            if len(REFERENCES) >= OBJECTS:
                REFERENCES.clear()
            REFERENCES[literal] = (kind, own.copy())


def keep_object(known: _Concepts, key: Any, node: dict[str, Any]) -> None:
    """The first one with this key is kept."""
    if key is not None and key not in known:
        if len(known) >= OBJECTS:
            known.clear()
        copied = copy_texts(node)
        if copied is not None:
            known[key] = copied


def copy_texts(node: Any) -> Any:
    """A deep copy; None if there is anything but texts in it."""
    if node.__class__ is str:
        return node if len(node) <= LONGEST else None
    if node.__class__ is dict:
        out = {key: copy_texts(value) for key, value in node.items()}
        return None if None in out.values() else out
    if node.__class__ is list:
        items = [copy_texts(value) for value in node]
        return None if None in items else items
    return None
