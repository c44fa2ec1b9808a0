"""What never leaves the clinic: psychotherapy notes (45 CFR 164.501), texts of unknown kind, what is said in psychotherapy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from .documents import Document
from .fields import STAYS

STAYS_HERE = "stays with the clinic"
NOTE, UNKNOWN = "psychotherapy-note-kept", "unclassified-text"
REASONS = {
    NOTE: "a psychotherapy note stays with the clinic",
    UNKNOWN: "a text stays with the clinic as long as its type is not in the map's table of note types",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that stays with the clinic while the rest of its record may leave. `path` as in `doses[1].note`."""

    path: str
    value: Any
    reason: str


def withheld(record: Any) -> str:
    """Why a whole record must not leave: a code of REASONS, or nothing."""
    note = record.note if isinstance(record, Document) else None
    if note == "psychotherapy-note" or "psychotherapy-note" in getattr(record, "sensitivity", ()):
        return NOTE
    return UNKNOWN if isinstance(record, Document) and not record.leaves else ""


def kept_fields(part: Any, before: str = "") -> Iterator[Kept]:
    """The fields of a record, and of its parts and items, that have no place in FHIR, where they say something."""
    for f in fields(part):
        value, path = getattr(part, f.name), f"{before}{f.name}"
        if value is None or value == ():
            continue
        if STAYS in f.metadata:
            yield Kept(path, value, str(f.metadata[STAYS]))
        elif isinstance(value, tuple):
            for number, item in enumerate(value, 1):
                if is_dataclass(item):
                    yield from kept_fields(item, f"{path}[{number}].")
        elif is_dataclass(value):
            yield from kept_fields(value, f"{path}.")
