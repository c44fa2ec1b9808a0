"""The check before the dose (entity 11b). Weight and vital signs of it stand among the vital sets, at the time point pre-dose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from .before import Pregnancy
from .dosing_codes import Clearance
from .fields import require_limits
from .people import Practitioner
from .values import Amount, Doubt, Limits, Ref, Units, require

Fasting = Annotated[Amount, Units("h"), Limits(0, 72, "h")]


@dataclass(frozen=True, slots=True)
class PreDoseCheck:
    """Whether a patient may be dosed today, and who says so. An override says why the dose was given in spite of a finding."""

    checked: datetime
    clearance: Clearance | None = None
    cleared_by: Ref[Practitioner] | None = None
    consent_confirmed: bool | None = None
    food_fasting: Fasting | None = None
    liquid_fasting: Fasting | None = None
    escort_confirmed: bool | None = None
    medications_held: tuple[str, ...] = ()
    medications_taken: tuple[str, ...] = ()
    substance_use: bool | None = None
    substances: tuple[str, ...] = ()
    pregnancy: Pregnancy | None = None
    suicidality_checked: bool | None = None
    override_reason: str | None = None
    override_by: Ref[Practitioner] | None = None
    overridden: datetime | None = None

    def __post_init__(self) -> None:
        require_limits(self)
        who, when = self.override_by, self.overridden  # R4: an annotation has a text
        stands = self.override_reason or not (who or when)
        require(stands, "override-without-reason", "an override has a reason", "override_by", "overridden")

    def doubts(self) -> Iterator[Doubt]:
        if self.override_reason is None and self.clearance == "overridden":
            yield Doubt("override-without-reason", "the check was overridden, and no reason is named", "override_reason")
        if self.substances and self.substance_use is False:
            yield Doubt("substances-disagree", "substances are named, but none is said to have been used", "substance_use")
