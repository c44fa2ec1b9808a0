"""What was ordered (entity 9); what was given stands in the dosing session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from .care import Diagnosis
from .course import Course
from .fields import present_with
from .frame import DispenseTo, DoseForm, Labelling, Making, PrescriptionIntent, PrescriptionStatus
from .people import Patient, Practitioner
from .values import Amount, Doubt, Drug, Key, Rate, Ref, Route, Units, require

ORDER = PrescriptionIntent("order")


@dataclass(frozen=True, slots=True)
class Prescription:
    """An order for ketamine or esketamine. `dose` is per administration, in mg or mg/kg; `dose_most` is never exceeded in one."""

    key: Key
    patient: Ref[Patient]
    prescriber: Ref[Practitioner]
    authored: datetime | date
    status: PrescriptionStatus
    drug: Drug
    intent: PrescriptionIntent = ORDER
    course: Ref[Course] | None = None
    indications: tuple[Ref[Diagnosis], ...] = ()
    form: DoseForm | None = None
    strength: Rate | None = None
    making: Making | None = None
    pharmacy: str | None = None
    route: Route | None = None
    dose: Annotated[Amount, Units("mg", "mg/kg")] | None = None
    dose_most: Annotated[Amount, Units("mg")] | None = None
    dose_booster: Annotated[Amount, Units("mg", "mg/kg")] | None = None
    instructions: str | None = None
    quantity: Amount | None = None
    refills: int | None = None
    dispense_to: DispenseTo | None = None
    labelling: Labelling | None = None

    def __post_init__(self) -> None:
        for name in ("dose", "dose_most", "dose_booster", "quantity"):
            amount = getattr(self, name)
            require(amount is None or amount.value > 0, "out-of-range", "an amount that is ordered is more than nothing", name)

    @property
    @present_with("form", "strength")
    def specified(self) -> bool | None:
        """True where more is said of the product than the drug."""
        return True if self.form or self.strength else None

    def doubts(self) -> Iterator[Doubt]:
        if self.dose and self.dose_most and self.dose.unit == self.dose_most.unit and self.dose.value > self.dose_most.value:
            yield Doubt("dose-above-its-limit", "the ordered dose is above the limit of the same order", "dose")
