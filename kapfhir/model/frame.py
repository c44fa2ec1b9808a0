"""Code lists of the frame of treatment: protocol, course, prescription, psychotherapy, plans, notes, flags. See `Code`."""

from __future__ import annotations

from .values import Code

# ------------------------------------------------------------------------------------------------ protocol and course


class PublicationStatus(Code):
    """Draft, active, retired."""


class TimeUnit(Code):
    """Days or minutes, where R4 wants the unit in a code of its own."""


class OffsetRelation(Code):
    """From where hours are counted: before or after the start, or the end, of the dosing session."""


class CourseFormat(Code):
    """Outpatient, intensive or retreat, inpatient, at home."""


class CyclePhase(Code):
    """Where a course stands between two doses: preparation, dosing, integration. Not its phase, and not its status."""


class CourseEnd(Code):
    """Why a course ended."""


class DueStatus(Code):
    """Whether an assessment is due, overdue, done or waived."""


class DueState(Code):
    """The same in FHIR's words, of which there are fewer."""


class GoalKind(Code):
    """A goal of the treatment, or an intention of the patient."""


class GoalStatus(Code): ...


# ------------------------------------------------------------------------------------------------ prescription


class PrescriptionStatus(Code): ...


class PrescriptionIntent(Code): ...


class DoseForm(Code):
    """Vial, lozenge, troche, nasal device, ..."""


class Making(Code):
    """Whether a product was compounded or manufactured."""


class Labelling(Code):
    """Whether a use is within the label of the drug."""


class DispenseTo(Code):
    """To whom the drug goes: the clinic, or the patient's home."""


# ------------------------------------------------------------------------------------------------ psychotherapy


class TherapyKind(Code):
    """What kind of session, apart from preparation and integration: debrief, psychotherapy only, group, family, ..."""


class Theme(Code):
    """What a session was about, in words that tell nothing private."""


class Fidelity(Code):
    """How closely a session kept to its modality."""


# ------------------------------------------------------------------------------------------------ plans


class SupportKind(Code): ...


class LifestyleArea(Code): ...


class ReferralKind(Code): ...


class ReferralStatus(Code): ...


class AppointmentKind(Code): ...


class AppointmentState(Code):
    """Of an appointment to come, in FHIR's words: booked or proposed."""


# ------------------------------------------------------------------------------------------------ notes and flags


class NoteClass(Code):
    """What a text is to the privacy rule: progress note, psychotherapy note, patient narrative, administrative."""


class NoteType(Code):
    """What a text is to a clinician: evaluation, treatment note, memo, ..."""


class MediaType(Code): ...


class DocumentState(Code):
    """Final or preliminary."""


class FlagLevel(Code):
    """How a finding is meant: safety, error, warning, information."""


class IssueSeverity(Code):
    """How grave a finding is in FHIR's words: high, moderate, low."""


class Handling(Code):
    """What became of a finding."""


class FlagState(Code):
    """Active until somebody has acknowledged it."""
