"""Code lists of the dosing day. Each class is one list: see `Code`."""

from __future__ import annotations

from .values import Code


class SessionKind(Code):
    """What a dosing session is for: induction, maintenance, booster, titration."""


# ------------------------------------------------------------------------------------------------ before the dose


class Clearance(Code):
    """What came of the check before the dose."""


# ------------------------------------------------------------------------------------------------ doses


class DoseSetting(Code):
    """Where drugs were given: at the clinic (outpatient), or away from it, as in the patient's home (community)."""


class DoseOrder(Code):
    """Which dose of the session it is: the primary one, a supplemental one, ..."""


class DoseResidue(Code):
    """What became of a lozenge that was held in the mouth: swallowed or spat out."""


class WeightBasis(Code):
    """The weight that a dose was reckoned with: actual, ideal, adjusted."""


class AdjunctPurpose(Code):
    """Why something was given beside ketamine: before it, or to the rescue."""


class AdjunctIndication(Code):
    """Against what something was given beside ketamine."""


class DeviceKind(Code):
    """A pump, a monitor, a cuff, ..."""


# ------------------------------------------------------------------------------------------------ measurements


class MeasureSource(Code):
    """Who or what read a vital sign: a person, a monitor, a wearable."""


class BodyPosition(Code): ...


class CuffSite(Code):
    """Where a blood pressure was taken."""


class HeartRhythm(Code): ...


class SedationScale(Code): ...


# ------------------------------------------------------------------------------------------------ set, setting, experience


class Lighting(Code): ...


class Seating(Code): ...


class TherapistPresence(Code):
    """How much of the session a therapist was in the room."""


class SessionPhase(Code):
    """A phase of the day: arrival, onset, peak, ..."""


class ExperienceDepth(Code): ...


class TimelineKind(Code):
    """What kind of thing happened at a moment of the session."""


# ------------------------------------------------------------------------------------------------ the end of the day


class Transport(Code):
    """How the patient got home."""


class DischargeInstruction(Code): ...


class FormStatus(Code):
    """How far a form is: being filled in, or submitted."""
