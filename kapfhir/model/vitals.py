"""What is measured in a session: vital signs (entity 11e) and sedation (11f). Limits are what a body can show (rule S14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from .dosing_codes import BodyPosition, CuffSite, HeartRhythm, MeasureSource, SedationScale
from .equipment import Device
from .fields import require_limits
from .values import Absent, Amount, ImpossibleError, Key, Limits, Ref, Timepoint, Units, require

Systolic = Annotated[Amount, Units("mm[Hg]"), Limits(50, 300, "mm[Hg]")]
Diastolic = Annotated[Amount, Units("mm[Hg]"), Limits(20, 200, "mm[Hg]")]
HeartRate = Annotated[Amount, Units("/min"), Limits(20, 250, "/min")]
OxygenSaturation = Annotated[Amount, Units("%"), Limits(50, 100, "%")]
RespiratoryRate = Annotated[Amount, Units("/min"), Limits(4, 60, "/min")]
Temperature = Annotated[Amount, Units("Cel", "[degF]"), Limits(30, 43, "Cel"), Limits(86, "109.4", "[degF]")]
EndTidal = Annotated[Amount, Units("mm[Hg]", "kPa"), Limits(0, 150, "mm[Hg]"), Limits(0, 20, "kPa")]
Weight = Annotated[
    Amount, Units("kg", "[lb_av]", "g"), Limits(25, 300, "kg"), Limits(55, 662, "[lb_av]"), Limits(25_000, 300_000, "g")
]
NARROWEST, WIDEST = Decimal(10), Decimal(150)  # mmHg between systolic and diastolic (rule S14)
SCORES = {"rass": (-5, 4), "moaa-s": (0, 5), "ramsay": (1, 6), "aldrete": (0, 10)}


@dataclass(frozen=True, slots=True)
class BloodPressure:
    """Systolic and diastolic, taken together; one of them may be missing."""

    systolic: Systolic | None = None
    diastolic: Diastolic | None = None
    site: CuffSite | None = None
    position: BodyPosition | None = None

    @property
    def systolic_absent(self) -> Absent | None:
        return Absent("unknown") if self.systolic is None else None

    @property
    def diastolic_absent(self) -> Absent | None:
        return Absent("unknown") if self.diastolic is None else None

    def __post_init__(self) -> None:
        require(self.systolic or self.diastolic, "empty-part", "a blood pressure has a systolic or a diastolic value")
        require_limits(self)
        if self.systolic and self.diastolic:  # domain D.1, S14: which of the two is wrong can't be told
            pulse = self.systolic.value - self.diastolic.value
            if not NARROWEST <= pulse <= WIDEST:
                both = ("systolic", "diastolic")
                require(pulse > 0, "diastolic-not-below-systolic", "the diastolic value is not below the systolic one", *both)
                raise ImpossibleError("out-of-range", "a pulse pressure is 10 to 150 mm[Hg]", *both)


@dataclass(frozen=True, slots=True)
class VitalSet:
    """What was measured at one moment. `nominal`: the moment is the protocol's (start + 40 min), nobody read a clock."""

    key: Key
    taken: datetime
    nominal: bool | None = None
    timepoint: Timepoint | None = None
    blood_pressure: BloodPressure | None = None
    heart_rate: HeartRate | None = None
    oxygen_saturation: OxygenSaturation | None = None
    respiratory_rate: RespiratoryRate | None = None
    weight: Weight | None = None
    temperature: Temperature | None = None
    end_tidal_co2: EndTidal | None = None
    rhythm: HeartRhythm | None = None
    source: MeasureSource | None = None
    device: Ref[Device] | None = None

    def __post_init__(self) -> None:
        measured = (
            *(self.blood_pressure, self.heart_rate, self.oxygen_saturation, self.respiratory_rate, self.weight),
            *(self.temperature, self.end_tidal_co2, self.rhythm),
        )
        require(any(measured), "empty-part", "a vital set holds a measurement")
        require_limits(self)


@dataclass(frozen=True, slots=True)
class SedationScore:
    """How awake a patient was, on one scale: RASS -5 to 4, MOAA/S 0 to 5, Ramsay 1 to 6, Aldrete 0 to 10."""

    key: Key
    scale: SedationScale
    value: int
    taken: datetime
    nominal: bool | None = None
    timepoint: Timepoint | None = None

    def __post_init__(self) -> None:
        lowest, highest = SCORES.get(self.scale, (self.value, self.value))
        require(lowest <= self.value <= highest, "out-of-range", "a score is one of its scale", "value")
