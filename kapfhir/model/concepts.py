"""The register of concepts, parents before children: a concept refers only to those above it."""

from __future__ import annotations

from .assessments import OutcomeAssessment
from .care import Diagnosis
from .consent import Consent
from .course import Course
from .derived import DerivedOutcome
from .documents import Document
from .dosing import DosingSession
from .equipment import Device
from .flags import SafetyFlag
from .history import Allergy, MedicationHistory, TreatmentHistory
from .outcomes import AdverseEvent
from .people import Clinic, Patient, Practitioner
from .plans import Plan
from .prescription import Prescription
from .protocol import Protocol
from .screening import Screening
from .sessions import IntegrationSession, PreparationSession, PsychotherapySession

CONCEPTS: dict[str, type] = {
    c.__name__: c
    for c in (
        Clinic,
        Practitioner,
        Patient,
        Device,
        Diagnosis,
        MedicationHistory,
        TreatmentHistory,
        Allergy,
        Consent,
        Protocol,
        Course,
        Prescription,
        DosingSession,
        PreparationSession,
        IntegrationSession,
        PsychotherapySession,
        OutcomeAssessment,
        DerivedOutcome,
        Screening,
        AdverseEvent,
        Plan,
        Document,
        SafetyFlag,
    )
}
Record = (
    Clinic
    | Practitioner
    | Patient
    | Device
    | Diagnosis
    | MedicationHistory
    | TreatmentHistory
    | Allergy
    | Consent
    | Protocol
    | Course
    | Prescription
    | DosingSession
    | PreparationSession
    | IntegrationSession
    | PsychotherapySession
    | OutcomeAssessment
    | DerivedOutcome
    | Screening
    | AdverseEvent
    | Plan
    | Document
    | SafetyFlag
)
