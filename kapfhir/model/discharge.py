"""The end of the day: fit to leave, with whom, with what advice (entity 11m). When the patient left is the end of the visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from .dosing_codes import DischargeInstruction, Transport
from .fields import require_content
from .people import Practitioner
from .values import Doubt, Ref


@dataclass(frozen=True, slots=True)
class Discharge:
    """The criteria one by one, and how the patient left."""

    vitals_at_baseline: bool | None = None
    oriented: bool | None = None
    walks: bool | None = None
    nausea_controlled: bool | None = None
    sedation_resolved: bool | None = None
    dissociation_resolved: bool | None = None
    no_new_suicidality: bool | None = None
    escort_present: bool | None = None
    ready: datetime | None = None
    escort_name: str | None = None
    escort_relation: str | None = None
    transport: Transport | None = None
    instructions: tuple[DischargeInstruction, ...] = ()
    follow_up: datetime | None = None
    discharged_by: Ref[Practitioner] | None = None

    def __post_init__(self) -> None:
        require_content(self)

    def doubts(self) -> Iterator[Doubt]:
        if self.escort_present is False and self.escort_name:
            yield Doubt("escort-disagrees", "an escort is named, but none is said to have been there", "escort_present")
        if self.escort_present is False and self.transport == "escort":
            yield Doubt("escort-disagrees", "the escort drove, but none is said to have been there", "escort_present")
