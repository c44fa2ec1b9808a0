"""Whether a patient may be treated: criteria, baseline, tests, decision (entity 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .assessments import OutcomeAssessment
from .before import Criterion, Decision, Presence
from .care import Diagnosis
from .fields import present_with, require_limits
from .keys import require_key_order
from .labs import Lab
from .people import Clinic, Length, Patient, Practitioner, Weight
from .values import Absent, Amount, Doubt, Key, Period, Ref, require
from .vitals import Diastolic, HeartRate, OxygenSaturation, RespiratoryRate, Systolic, Temperature

CLEARED = ("cleared", "cleared-with-conditions")


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion, and whether it is met. `evidence`: the diagnosis that says so."""

    key: Key
    criterion: Criterion
    presence: Presence
    onset: date | None = None
    detail: str | None = None
    evidence: Ref[Diagnosis] | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Vital signs at the screening."""

    taken: datetime
    systolic: Systolic | None = None
    diastolic: Diastolic | None = None
    heart_rate: HeartRate | None = None
    oxygen_saturation: OxygenSaturation | None = None
    respiratory_rate: RespiratoryRate | None = None
    temperature: Temperature | None = None
    weight: Weight | None = None
    height: Length | None = None

    def __post_init__(self) -> None:
        vital = (self.systolic, self.diastolic, self.heart_rate, self.oxygen_saturation, self.respiratory_rate, self.temperature)
        require(any((*vital, self.weight, self.height)), "empty-part", "a baseline holds a measurement")
        require_limits(self)
        if self.systolic and self.diastolic:
            require(
                self.diastolic.value < self.systolic.value,
                "diastolic-not-below-systolic",
                "the diastolic value is not below the systolic one",
                "systolic",
                "diastolic",
            )

    @property
    @present_with("systolic", "diastolic")
    def pressure(self) -> bool | None:
        return True if self.systolic or self.diastolic else None

    @property
    def systolic_absent(self) -> Absent | None:
        return Absent("unknown") if self.systolic is None else None

    @property
    def diastolic_absent(self) -> Absent | None:
        return Absent("unknown") if self.diastolic is None else None

    @property
    def bmi(self) -> Amount | None:
        """Of kilograms and centimetres, to one decimal; other units are not converted here."""
        if not (self.weight and self.height and self.weight.unit == "kg" and self.height.unit == "cm"):
            return None
        metres = self.height.value / 100
        return Amount((self.weight.value / (metres * metres)).quantize(Decimal("0.1")), "kg/m2")


@dataclass(frozen=True, slots=True)
class Override:
    """That somebody decided otherwise: who, why, when."""

    reason: str
    by: Ref[Practitioner] | None = None
    decided: datetime | date | None = None


@dataclass(frozen=True, slots=True)
class Screening:
    """Eligibility and clearance before the first dose."""

    key: Key
    patient: Ref[Patient]
    performer: Ref[Practitioner]
    visit: Period
    decision: Decision | None = None
    decided_by: Ref[Practitioner] | None = None
    conditions: tuple[str, ...] = ()
    rationale: str | None = None
    override: Override | None = None
    clinic: Ref[Clinic] | None = None
    asa_class: int | None = None
    baseline: Baseline | None = None
    findings: tuple[Finding, ...] = ()
    labs: tuple[Lab, ...] = ()
    screens: tuple[Ref[OutcomeAssessment], ...] = ()

    def __post_init__(self) -> None:
        require(self.asa_class is None or 1 <= self.asa_class <= 6, "out-of-range", "an ASA class is 1 to 6", "asa_class")
        require_key_order(self.findings, self.labs)
        told = [f.criterion for f in self.findings if f.criterion != "other"]
        require(len(set(told)) == len(told), "criterion-twice", "a criterion is judged once", "findings")

    @property
    @present_with("decision", "decided_by", "conditions", "rationale", "screens")
    def judged(self) -> bool | None:
        """True where a decision was taken, or something is said of one."""
        said = self.decision or self.decided_by or self.conditions or self.rationale or self.screens
        return True if said else None

    def doubts(self) -> Iterator[Doubt]:
        for lab in self.labs:
            yield from lab.doubts()
        if self.decision is None:
            yield Doubt("missing-decision", "the screening has no decision", "decision")
        if self.decision == "cleared" and self.conditions:
            yield Doubt(
                "conditions-yet-cleared", "the patient is cleared without conditions, but conditions are named", "conditions"
            )
        if self.decision == "cleared-with-conditions" and not self.conditions:
            yield Doubt("missing-conditions", "the patient is cleared with conditions, but none is named", "conditions")
        if self.decision in CLEARED and self.override is None and any(f.presence == "present" for f in self.findings):
            yield Doubt("cleared-despite-finding", "the patient is cleared, and a criterion against it is present", "decision")
