"""To what a patient said yes, or no (entity 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from .before import ConsentItem, ConsentScope, ConsentState, ConsentStatus, ConsentType, SignerRelation
from .fields import present_with
from .people import Clinic, Patient, Practitioner
from .values import Doubt, Key, Language, Ref, require

STATES = {"proposed": "proposed", "signed": "active", "declined": "rejected", "withdrawn": "inactive", "expired": "inactive"}
SCOPES = {
    "research": "research",
    "release-of-information": "privacy",
    "privacy-practices": "privacy",
    "substance-use-records": "privacy",
    "recording": "privacy",
    "photo": "privacy",
}


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent form and what became of it. `signer` is named where somebody signed for the patient."""

    key: Key
    patient: Ref[Patient]
    type: ConsentType
    status: ConsentStatus
    signed: datetime | date | None = None
    relation: SignerRelation | None = None
    signer: str | None = None
    witness: Ref[Practitioner] | None = None
    clinic: Ref[Clinic] | None = None
    version: str | None = None
    language: Language | None = None
    document: str | None = None
    acknowledged: tuple[ConsentItem, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        require(
            not (self.valid_from and self.valid_until and self.valid_until < self.valid_from),
            "ends-before-it-starts",
            "the consent ends before it starts",
            "valid_until",
        )
        require(
            len(set(self.acknowledged)) == len(self.acknowledged), "item-twice", "an item is acknowledged once", "acknowledged"
        )

    @property
    def state(self) -> ConsentState:
        return ConsentState(STATES[self.status])

    @property
    def scope(self) -> ConsentScope:
        return ConsentScope(SCOPES.get(self.type, "treatment"))

    @property
    @present_with("relation", "signer")
    def represented(self) -> bool | None:
        """True where somebody signed for the patient."""
        return True if self.relation or self.signer else None

    @property
    def by_patient(self) -> Ref[Patient] | None:
        """The patient, where the patient signed."""
        return self.patient if self.signed is not None and not self.represented else None

    @property
    @present_with("acknowledged")
    def itemized(self) -> bool | None:
        """True where items were acknowledged one by one."""
        return True if self.acknowledged else None

    def doubts(self) -> Iterator[Doubt]:
        if self.status == "signed" and self.signed is None:
            yield Doubt("signed-without-date", "the consent is signed, but nobody wrote down when", "signed")
        if self.status == "proposed" and self.signed is not None:
            yield Doubt("signed-yet-proposed", "the consent is only proposed, but has a date of signing", "status")
