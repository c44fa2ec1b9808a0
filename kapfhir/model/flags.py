"""Findings that a person should see, as records of their own (entity 17). The rules that make them stand elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .assessments import OutcomeAssessment
from .before import Sensitivity
from .care import Diagnosis
from .dosing import DosingSession
from .frame import FlagLevel, FlagState, Handling, IssueSeverity
from .keys import require_labels_once
from .people import Patient, Practitioner
from .prescription import Prescription
from .sessions import IntegrationSession
from .values import Key, Ref, require

SEVERITIES = {
    "safety-finding": IssueSeverity("high"),
    "error-finding": IssueSeverity("high"),
    "warning-finding": IssueSeverity("moderate"),
    "information-finding": IssueSeverity("low"),
}


@dataclass(frozen=True, slots=True)
class SafetyFlag:
    """What a rule found: `rule` is its id, `source` where it comes from. `acknowledged` by whom and when, and what was done."""

    key: Key
    patient: Ref[Patient]
    rule: str
    level: FlagLevel
    detected: datetime
    message: str
    source: str | None = None
    about_dosing: Ref[DosingSession] | None = None
    about_integration: Ref[IntegrationSession] | None = None
    about_prescription: Ref[Prescription] | None = None
    evidence_assessments: tuple[Ref[OutcomeAssessment], ...] = ()
    evidence_diagnoses: tuple[Ref[Diagnosis], ...] = ()
    acknowledged: datetime | None = None
    acknowledged_by: Ref[Practitioner] | None = None
    resolution: str | None = None
    sensitivity: tuple[Sensitivity, ...] = ()

    def __post_init__(self) -> None:
        require_labels_once(self.sensitivity)
        who = self.acknowledged is not None or (self.acknowledged_by is None and self.resolution is None)
        require(
            who, "not-acknowledged", "who acknowledged it, and what was done, goes with a time", "acknowledged_by", "resolution"
        )
        in_order = self.acknowledged is None or self.acknowledged >= self.detected
        text = "the finding was acknowledged before it was found"
        require(in_order, "acknowledged-before-found", text, "acknowledged", "acknowledged_by", "resolution")

    @property
    def severity(self) -> IssueSeverity:
        return SEVERITIES[self.level]

    @property
    def alerts(self) -> bool | None:
        """True for what everybody who opens the record should see."""
        return True if self.level == "safety-finding" else None

    @property
    def handled(self) -> Handling | None:
        return Handling("acknowledged-finding") if self.acknowledged is not None else None

    @property
    def state(self) -> FlagState:
        return FlagState("active" if self.acknowledged is None else "inactive")
