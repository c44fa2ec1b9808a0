"""Code lists of who is treated, and of what stood before treatment. Each class is one list: see `Code`."""

from __future__ import annotations

from .values import Code

# ------------------------------------------------------------------------------------------------ clinic and team


class CareSetting(Code):
    """Where a clinic treats: at its site, in a hospital, at a retreat, ..."""


class EmergencyCapability(Code):
    """What a clinic has at hand when something goes wrong."""


class RemsStatus(Code):
    """Whether a clinic is certified for esketamine under its REMS."""


class TeamRole(Code):
    """What somebody does in the treatment of a patient: prescribes, monitors, sits by, ..."""


# ------------------------------------------------------------------------------------------------ patient


class SexAtBirth(Code): ...


class BirthSex(Code):
    """The three answers that a US record has for it."""


class GenderIdentity(Code): ...


class Pregnancy(Code):
    """Pregnant, not pregnant, lactating, ..."""


class PregnancyTest(Code):
    """How it is known that a patient is, or is not, pregnant."""


class MeasureMethod(Code):
    """Measured, or only stated by the patient."""


class ContactRole(Code):
    """Why somebody may be contacted: escort, chaperone, emergency, ..."""


# ------------------------------------------------------------------------------------------------ history


class Sensitivity(Code):
    """Why a record needs more care than others; becomes a security label."""


class DiagnosisRole(Code):
    """What a diagnosis means for the treatment: why it is given, what comes with it, what speaks against it."""


class DiseaseSeverity(Code): ...


class TrialScope(Code):
    """Over what time failed trials are counted."""


class DepressionOrigin(Code):
    """Primary, or secondary to something else."""


class DrugClass(Code): ...


class MedicationPurpose(Code):
    """Why a drug stands in the history: taken now, tried before, to hold before dosing, ..."""


class MedicationStatus(Code): ...


class TrialOutcome(Code):
    """What came of an earlier treatment."""


class EndReason(Code):
    """Why an earlier treatment ended."""


class Treatment(Code):
    """A treatment other than a drug: ECT, TMS, psychotherapy, ..."""


class Allergen(Code): ...


class AllergyType(Code): ...


class AllergyCategory(Code): ...


class AllergyStatus(Code): ...


class AllergyCertainty(Code): ...


class Criticality(Code): ...


class ReactionSeverity(Code): ...


# ------------------------------------------------------------------------------------------------ consent


class ConsentType(Code):
    """To what a patient consents."""


class ConsentStatus(Code):
    """Proposed, signed, declined, withdrawn, expired."""


class ConsentState(Code):
    """The same in FHIR's words, of which there are fewer."""


class ConsentScope(Code):
    """FHIR's kinds of consent: treatment, privacy, research."""


class ConsentItem(Code):
    """What a patient acknowledges one by one."""


class SignerRelation(Code):
    """Who signed for the patient."""


# ------------------------------------------------------------------------------------------------ screening


class Criterion(Code):
    """What may speak against a treatment with ketamine (domain D.2)."""


class Presence(Code):
    """Present, absent, or not known."""


class LabTest(Code): ...


class LabResult(Code):
    """A result that is no number: positive, negative, ..."""


class Decision(Code):
    """What came of a screening."""


# ------------------------------------------------------------------------------------------------ adverse events


class EventCategory(Code):
    """The organ or kind of trouble of an adverse event."""


class Grade(Code):
    """CTCAE grade, 1 to 5."""


class SeriousCriterion(Code):
    """What makes an adverse event serious (ICH E2A)."""


class EventAction(Code):
    """What was done about an adverse event."""
