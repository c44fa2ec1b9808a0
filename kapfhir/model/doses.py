"""What is given in a session: ketamine, dose by dose (entity 11c), and what goes beside it (11g)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from .dosing_codes import AdjunctIndication, AdjunctPurpose, DoseOrder, DoseResidue, WeightBasis
from .equipment import Device
from .fields import present_with
from .frame import DoseForm
from .keys import require_key_order
from .moments import is_day, precedes
from .people import Practitioner
from .prescription import Prescription
from .values import (
    Absent,
    Amount,
    BodySite,
    DoseStatus,
    Doubt,
    Drug,
    Key,
    Period,
    Rate,
    Ref,
    Route,
    StopReason,
    Units,
    require,
)
from .vitals import VitalSet

COMPLETED = DoseStatus("completed")
Mass = Annotated[Amount, Units("mg", "ug", "g")]
Volume = Annotated[Amount, Units("mL")]
PRODUCT = ("lot", "expiry", "vial", "form")
DETAILS = (
    *("volume", "concentration", "diluent", "diluent_volume", "held", "residue", "weight_basis"),
    *("self_administered", "new_vial", "vials_remaining"),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an infusion that ran at one rate."""

    key: Key
    ran: Period
    dose: Mass
    rate: Rate
    status: DoseStatus = COMPLETED

    def __post_init__(self) -> None:
        require(self.ran.end is not None, "missing-field", "a segment has an end", "ran")
        require(not is_day(self.ran.start), "no-time-of-day", "a segment has times of day, not a day alone", "ran")


@dataclass(frozen=True, slots=True)
class DoseEvent:
    """One injection, lozenge, spray or infusion; one whose rate changed, or that was interrupted, has segments with their rates.

    `dose` is the absolute amount; `dose_per_kg` is kept apart, with the weight that was used (`weighed`). A dose that can't be
    read is Absent, with the reason: the event itself is never lost. `given` is a day alone where no time was written down.
    `wasted` is what was drawn up and thrown away, with the witness that the law on controlled substances asks for. `held`: the
    time for which a lozenge stayed in the mouth.
    """

    key: Key
    drug: Drug
    status: DoseStatus
    given: datetime | date | Period
    reason: StopReason | None = None
    dose: Mass | Absent | None = None
    dose_per_kg: Annotated[Amount, Units("mg/kg", "ug/kg")] | None = None
    weighed: Ref[VitalSet] | None = None
    rate: Rate | None = None
    route: Route | None = None
    site: BodySite | None = None
    segments: tuple[Segment, ...] = ()
    order: DoseOrder | None = None
    prescription: Ref[Prescription] | None = None
    ordered_by: Ref[Practitioner] | None = None
    given_by: Ref[Practitioner] | None = None
    self_administered: bool | None = None
    device: Ref[Device] | None = None
    weight_basis: WeightBasis | None = None
    volume: Volume | None = None
    concentration: Annotated[Amount, Units("mg/mL")] | None = None
    diluent: str | None = None
    diluent_volume: Volume | None = None
    held: Annotated[Amount, Units("min", "s")] | None = None
    residue: DoseResidue | None = None
    form: DoseForm | None = None
    lot: str | None = None
    expiry: date | None = None
    vial: str | None = None
    new_vial: bool | None = None
    vials_remaining: int | None = None
    wasted: Annotated[Amount, Units("mg", "mL")] | None = None
    waste_witness: Ref[Practitioner] | None = None
    waste_method: str | None = None
    waste_reason: str | None = None

    def __post_init__(self) -> None:
        rest = self.dose_per_kg or self.rate or self.route or self.site
        require(
            self.dose is not None or not rest,
            "missing-dose",
            "a dose with a route, site or rate has an amount, or a reason why it is absent",
        )
        # R4 of MedicationAdministration.dosage.rate[x]: "not used to convey an average rate"; segments keep each rate
        require(
            not (self.rate and self.segments), "rate-beside-segments", "an infusion in segments has no rate of its own", "rate"
        )
        if self.status == "not-done":
            require(not isinstance(self.dose, Amount), "dose-not-given", "a dose that was not given has no amount", "dose")
        if isinstance(self.dose, Amount):
            require(self.dose.value > 0, "out-of-range", "a dose is more than nothing", "dose")
        if self.wasted is None and (self.waste_witness or self.waste_method or self.waste_reason):
            waste = ("waste_witness", "waste_method", "waste_reason")
            require(False, "waste-without-amount", "a waste has an amount", *waste)
        require(self.vials_remaining is None or self.vials_remaining >= 0, "out-of-range", "vials are counted", "vials_remaining")
        require_key_order(self.segments)

    @classmethod
    def complete(cls, given: dict[str, Any]) -> None:
        """Before the event is made: where no amount was written down, that it is absent, and why."""
        if given.get("dose") is None and any(given.get(name) is not None for name in ("dose_per_kg", "rate", "route", "site")):
            given["dose"] = Absent("not-performed" if given.get("status") == "not-done" else "unknown")

    @property
    @present_with(*PRODUCT)
    def packaged(self) -> bool | None:
        """True where the product is known, not only the substance."""
        return True if self.lot or self.expiry or self.vial or self.form else None

    @property
    @present_with(*DETAILS)
    def detailed(self) -> bool | None:
        """True where more is known of the dose than a MedicationAdministration has room for."""
        prepared = self.volume or self.concentration or self.diluent or self.diluent_volume or self.held or self.residue
        counted = self.new_vial is not None or self.vials_remaining is not None
        return True if prepared or counted or self.weight_basis or self.self_administered is not None else None

    @property
    def strength(self) -> Rate | None:
        """The concentration as the strength of an ingredient."""
        found = self.concentration
        return None if found is None else Rate(Amount(found.value, "mg"), Amount(Decimal(1), "mL"))

    def doubts(self) -> Iterator[Doubt]:
        if self.dose == "unknown":
            yield Doubt("missing-dose", "the dose event has no amount; it is sent as absent", "dose")
        ends = [s.ran.end for s in self.segments]
        if any(e is not None and precedes(s.ran.start, e) for e, s in zip(ends, self.segments[1:], strict=False)):
            yield Doubt("overlapping-segments", "segments of the infusion overlap", "segments")
        if self.segments and isinstance(self.dose, Amount) and sum(s.dose.value for s in self.segments) != self.dose.value:
            yield Doubt("segments-disagree", "the doses of the segments do not add up to the dose", "segments")
        if self.wasted is not None and self.waste_witness is None:
            yield Doubt("waste-without-witness", "a controlled substance was wasted, and no witness is named", "waste_witness")


@dataclass(frozen=True, slots=True)
class AdjunctMedication:
    """What was given beside ketamine: before it, or to the rescue; against nausea, high pressure, ... (entity 11g)."""

    key: Key
    drug: Drug
    given: datetime
    dose: Mass
    route: Route | None = None
    purpose: AdjunctPurpose | None = None
    indication: AdjunctIndication | None = None
    given_by: Ref[Practitioner] | None = None
