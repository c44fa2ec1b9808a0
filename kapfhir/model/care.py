"""Why and in what frame: diagnoses, and the course of treatment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .before import DepressionOrigin, DiagnosisRole, DiseaseSeverity, Sensitivity, TrialScope
from .keys import require_labels_once
from .people import Patient, Practitioner
from .values import ConditionStatus, Disorder, Doubt, Key, Ref, require

ACTIVE = ConditionStatus("active")
ENDED = ("inactive", "remission", "resolved")  # FHIR con-4: an abated condition is one of these


@dataclass(frozen=True, slots=True)
class Resistance:
    """Treatment-resistant or not, and by which count: adequate trials that failed, in which time, staged how."""

    resistant: bool | None = None
    failed_trials: int | None = None
    scope: TrialScope | None = None
    staging: str | None = None

    def __post_init__(self) -> None:
        said = (self.resistant, self.failed_trials, self.scope, self.staging)
        require(any(one is not None for one in said), "empty-part", "the count of failed trials says something")
        require(
            self.failed_trials is None or self.failed_trials >= 0, "out-of-range", "trials are counted from 0", "failed_trials"
        )


@dataclass(frozen=True, slots=True)
class TraumaHistory:
    """What a patient went through, as far as it was asked. Needs more care than other facts: see its security labels."""

    developmental: bool | None = None
    attachment_injury: bool | None = None
    adult: bool | None = None
    combat: bool | None = None
    military_sexual: bool | None = None
    ace_score: int | None = None

    def __post_init__(self) -> None:
        said = (self.developmental, self.attachment_injury, self.adult, self.combat, self.military_sexual, self.ace_score)
        require(any(one is not None for one in said), "empty-part", "a history of trauma says something")
        require(self.ace_score is None or 0 <= self.ace_score <= 10, "out-of-range", "an ACE score is 0 to 10", "ace_score")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is treated, or must be known before treating (entity 4): a code of ours, the words of the clinic, or both."""

    key: Key
    patient: Ref[Patient]
    recorded: date
    disorder: Disorder | None = None
    label: str | None = None
    role: DiagnosisRole | None = None
    status: ConditionStatus = ACTIVE
    severity: DiseaseSeverity | None = None
    onset: date | None = None
    abated: date | None = None
    asserter: Ref[Practitioner] | None = None
    origin: DepressionOrigin | None = None
    resistance: Resistance | None = None
    trauma: TraumaHistory | None = None
    sensitivity: tuple[Sensitivity, ...] = ()

    def __post_init__(self) -> None:
        require_labels_once(self.sensitivity)
        require(self.disorder or self.label, "missing-diagnosis", "a diagnosis has a code or a text", "disorder")
        require(
            self.abated is None or self.status in ENDED,
            "abated-yet-active",
            "an abated condition is inactive, in remission or resolved",
            "abated",
        )
        require(
            not (self.onset and self.abated and self.abated < self.onset),
            "ends-before-it-starts",
            "it abated before its onset",
            "abated",
        )

    @property
    def beyond_trauma(self) -> tuple[Sensitivity, ...]:
        """The labels of the record that a history of trauma has not by itself."""
        return tuple(label for label in self.sensitivity if label not in ("restricted", "sexual-trauma"))

    def doubts(self) -> Iterator[Doubt]:
        trials = self.resistance
        if trials and trials.resistant and trials.failed_trials is not None and trials.failed_trials < 2:
            yield Doubt(
                "few-failed-trials", "resistant to treatment, with fewer than two failed trials", "resistance", severity="info"
            )
