"""A slot of a map that passed its check, compiled: what building and reading need of it."""

from __future__ import annotations

from dataclasses import dataclass

from kapfhir.model.fields import Field

from .claims import Claims
from .parts import Whole
from .references import Target
from .writing import Form

Words = tuple[Field, Form]  # a field of the item of a slot, and how the narrative says it


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """One slot."""

    target: Target
    place: str  # fhir/dosing_session.yaml:12
    title: str
    when: str | None
    whole: Whole
    words: tuple[Words, ...]
    claims: Claims
