"""What a patient took, tried and does not tolerate before treatment (entity 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from .before import (
    Allergen,
    AllergyCategory,
    AllergyCertainty,
    AllergyStatus,
    AllergyType,
    Criticality,
    DrugClass,
    EndReason,
    MedicationPurpose,
    MedicationStatus,
    ReactionSeverity,
    Sensitivity,
    Treatment,
    TrialOutcome,
)
from .keys import require_labels_once
from .people import Patient, Practitioner
from .values import Amount, Doubt, Drug, Event, Key, Ref, Route, Units, require

ACTIVE = AllergyStatus("active")  # R4 wants a status (ait-1)
Hours = Annotated[Amount, Units("h", "d")]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a drug that was tried before."""

    outcome: TrialOutcome | None = None
    adequate_dose: bool | None = None
    length: Annotated[Amount, Units("wk", "d", "mo")] | None = None

    def __post_init__(self) -> None:
        said = self.outcome or self.length or self.adequate_dose is not None
        require(said, "empty-part", "a trial has an outcome, a length, or says whether the dose was adequate")


@dataclass(frozen=True, slots=True)
class KetamineUse:
    """Ketamine before this clinic: how often as medicine, for pleasure or not, and what came of it."""

    lifetime_uses: int | None = None
    recreational: bool | None = None
    problems: str | None = None

    def __post_init__(self) -> None:
        said = (self.lifetime_uses, self.recreational, self.problems)
        require(any(one is not None for one in said), "empty-part", "earlier use of ketamine says something")
        require(self.lifetime_uses is None or self.lifetime_uses >= 0, "out-of-range", "uses are counted from 0", "lifetime_uses")


@dataclass(frozen=True, slots=True)
class MedicationHistory:
    """A drug in the history: its code, its class, the words of the clinic, or several of them.

    `hold_before` and `hold_after`: so long before and after dosing it should not be taken.
    """

    key: Key
    patient: Ref[Patient]
    purpose: MedicationPurpose
    status: MedicationStatus
    drug: Drug | None = None
    drug_class: DrugClass | None = None
    label: str | None = None
    dose: Amount | None = None
    route: Route | None = None
    frequency: str | None = None
    started: date | None = None
    ended: date | None = None
    recorded: date | None = None
    end_reason: EndReason | None = None
    end_reason_text: str | None = None
    hold_before: Hours | None = None
    hold_after: Hours | None = None
    last_taken: datetime | date | None = None
    trial: Trial | None = None
    ketamine_use: KetamineUse | None = None
    sensitivity: tuple[Sensitivity, ...] = ()

    def __post_init__(self) -> None:
        require_labels_once(self.sensitivity)
        require(self.drug or self.drug_class or self.label, "missing-drug", "a medication has a drug, a class or a text", "drug")
        require(
            not (self.started and self.ended and self.ended < self.started),
            "ends-before-it-starts",
            "it ended before it started",
            "ended",
        )

    @property
    def beyond_use(self) -> tuple[Sensitivity, ...]:
        """The labels of the record that an earlier use of ketamine has not by itself."""
        return tuple(label for label in self.sensitivity if label not in ("restricted", "substance-use"))

    def doubts(self) -> Iterator[Doubt]:
        if self.purpose == "prior-trial" and self.trial is None:
            yield Doubt(
                "trial-without-outcome", "a drug was tried before, but nothing is said of the trial", "trial", severity="info"
            )
        if self.status in ("completed", "stopped") and self.purpose == "current":
            yield Doubt("taken-yet-ended", "a drug is taken now, but its use has ended", "status")


@dataclass(frozen=True, slots=True)
class TreatmentHistory:
    """An earlier treatment other than a drug: ECT, TMS, psychotherapy."""

    key: Key
    patient: Ref[Patient]
    treatment: Treatment | None = None
    label: str | None = None
    started: date | None = None
    ended: date | None = None
    outcome: TrialOutcome | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        require(self.treatment or self.label, "missing-treatment", "an earlier treatment has a code or a text", "treatment")
        require(
            not (self.started and self.ended and self.ended < self.started),
            "ends-before-it-starts",
            "it ended before it started",
            "ended",
        )


@dataclass(frozen=True, slots=True)
class Reaction:
    """What happened when the patient met the substance."""

    event: Event | None = None
    label: str | None = None
    severity: ReactionSeverity | None = None
    onset: date | None = None

    def __post_init__(self) -> None:
        require(self.event or self.label, "missing-reaction", "a reaction has a code or a text", "event")


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy or intolerance; with `none-known` as substance, that there is none."""

    key: Key
    patient: Ref[Patient]
    substance: Allergen | None = None
    label: str | None = None
    status: AllergyStatus = ACTIVE
    certainty: AllergyCertainty | None = None
    type: AllergyType | None = None
    categories: tuple[AllergyCategory, ...] = ()
    criticality: Criticality | None = None
    onset: date | None = None
    recorded: date | None = None
    asserter: Ref[Practitioner] | None = None
    reactions: tuple[Reaction, ...] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        require(self.substance or self.label, "missing-substance", "an allergy has a substance or a text", "substance")

    def doubts(self) -> Iterator[Doubt]:
        if self.substance == "none-known" and self.reactions:
            yield Doubt("reaction-without-allergy", "no allergy is known, but a reaction is described", "reactions")
