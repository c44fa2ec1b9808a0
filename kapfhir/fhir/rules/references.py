"""Literal references: what forms they have, and which type they point to."""

from __future__ import annotations

import re
from functools import lru_cache

from kapfhir.fhir.facts import load_facts

RESOURCES = load_facts().resources
ID = r"[A-Za-z0-9\-.]{1,64}"
RELATIVE = re.compile(rf"([A-Z][A-Za-z]+)/{ID}(?:/_history/{ID})?(?:#{ID})?")
LOCATION = re.compile(r"[^\s:?#]+(?:/[^\s:?#]+)*")  # a relative URL; asked of what is no reference to a type of R4
ABSOLUTE = re.compile(rf"https?://[^\s?#]+/([A-Z][A-Za-z]+)/{ID}(?:/_history/{ID})?")
OTHER = re.compile(r"(?!urn:)[a-z][a-z0-9+.-]*:[^\s]+")
URN = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?\S+")


@lru_cache(maxsize=4096)
def read_type(reference: str) -> str | None:
    """The resource type that a literal reference names; empty where it names none; None if it is no reference."""
    match = RELATIVE.fullmatch(reference) or CONDITIONAL.fullmatch(reference)
    if match:
        return match[1] if match[1] in RESOURCES else None
    match = ABSOLUTE.fullmatch(reference)
    if match and match[1] in RESOURCES:
        return match[1]
    return "" if reference.startswith("#") or URN.fullmatch(reference) or OTHER.fullmatch(reference) else None


def is_conditional(reference: str) -> bool:
    """`Patient?identifier=...`, which only a transaction may have."""
    return CONDITIONAL.fullmatch(reference) is not None
