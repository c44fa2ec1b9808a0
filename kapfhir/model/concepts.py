"""The register of concepts, parents before children: a concept refers only to those above it."""

from __future__ import annotations

from .assessments import OutcomeAssessment
from .care import Diagnosis
from .consent import Consent
from .course import Course
from .derived import DerivedOutcome
from .dosing import DosingSession
from .history import Allergy, MedicationHistory, TreatmentHistory
from .outcomes import AdverseEvent
from .people import Clinic, Patient, Practitioner
from .screening import Screening
from .sessions import IntegrationSession, PreparationSession

CONCEPTS: dict[str, type] = {
    c.__name__: c
    for c in (
        Clinic,
        Practitioner,
        Patient,
        Diagnosis,
        MedicationHistory,
        TreatmentHistory,
        Allergy,
        Consent,
        Course,
        DosingSession,
        PreparationSession,
        IntegrationSession,
        OutcomeAssessment,
        DerivedOutcome,
        Screening,
        AdverseEvent,
    )
}
Record = (
    Clinic
    | Practitioner
    | Patient
    | Diagnosis
    | MedicationHistory
    | TreatmentHistory
    | Allergy
    | Consent
    | Course
    | DosingSession
    | PreparationSession
    | IntegrationSession
    | OutcomeAssessment
    | DerivedOutcome
    | Screening
    | AdverseEvent
)
