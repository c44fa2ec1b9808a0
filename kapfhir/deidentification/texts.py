"""`--keep-text PATH`: the texts that may leave, checked against R4 and the table before anything is read."""

from __future__ import annotations

from collections.abc import Collection

from kapfhir.errors import ConfigError
from kapfhir.fhir.facts import load_facts

from .table import action_of, age_elements, passes

TEXTS = ("string", "markdown")
OPEN = ("walk", "text", "period", "coding", "reference")  # actions below which a text may be kept
BY_HAND = ("coding", "reference")
HINT = "a path is like Condition.code.text or Procedure.note.text"


def check_texts(paths: Collection[str]) -> frozenset[str]:
    """The paths, if each names a text that is dropped only because it is text. ConfigError for the first that does not."""
    for path in paths:
        if fault := _fault(path):
            raise ConfigError(f"{path} can't be kept: {fault}", HINT)
    return frozenset(paths)


def _fault(path: str) -> str:
    kind, *names = path.split(".")
    if kind not in passes():
        return "it does not begin with a resource type that may leave"
    if not names:
        return "it names a whole resource"
    action = "walk"
    for name in names:
        element = load_facts().elements(kind).get(name)
        if element is None or name.endswith("[x]"):
            return "R4 has no such element"
        if action not in OPEN or (action in BY_HAND and name != "display"):
            return "it lies in what is never told"
        if f"{kind}.{element.choice or element.name}" in age_elements():
            return "it may tell an age"
        action, _ = action_of(kind, element, element.types[0])
        kind = element.types[0]
    if kind not in TEXTS:
        return f"it is no text but {kind}"
    return "" if action == "text" and names[-1] != "id" else "it is never told"
