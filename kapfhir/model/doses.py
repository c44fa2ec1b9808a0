"""What is given in a session: ketamine, dose by dose (entity 11c), and what goes beside it (11g)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from .dose_limits import BEYOND, beyond_per_kg, beyond_weight, fit_one_body, milligrams, what_is_wrong
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
    ImpossibleError,
    ImpossibleItemsError,
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
WITHHELD = Absent("error")
Mass = Annotated[Amount, Units("mg", "ug", "g")]
Volume = Annotated[Amount, Units("mL")]
PRODUCT = ("lot", "expiry", "vial", "form")
DETAILS = (
    *("volume", "concentration", "diluent", "diluent_volume", "held", "residue", "weight_basis"),
    *("self_administered", "new_vial", "vials_remaining"),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an infusion that ran at one rate. Its dose is Absent, and its rate None, where they can't be."""

    key: Key
    ran: Period
    dose: Mass | Absent
    rate: Rate | None = None
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
        if self.status == "not-done" and (said := self._saying(isinstance(self.dose, Amount), "dose_per_kg", "rate", "segments")):
            require(False, "dose-not-given", "a dose that was not given has no amount", *said)
        if isinstance(self.dose, Amount):
            require(self.dose.value > 0, "out-of-range", "a dose is more than nothing", "dose")
        self._require_believable()
        if self.wasted is None and (self.waste_witness or self.waste_method or self.waste_reason):
            waste = ("waste_witness", "waste_method", "waste_reason")
            require(False, "waste-without-amount", "a waste has an amount", *waste)
        require(self.vials_remaining is None or self.vials_remaining >= 0, "out-of-range", "vials are counted", "vials_remaining")
        require_key_order(self.segments)

    def _require_believable(self) -> None:
        """Refuse what can't be as a dose, and with it what would tell the same number: its rate, the volume of its drug."""
        mg, drawn = milligrams(self.dose), _drawn(self)
        for amount in (mg, drawn if mg is None else None):
            if amount is not None and (wrong := what_is_wrong(self.drug, self.route, amount)):
                tells = ("rate", *(("dose_per_kg",) if fit_one_body(amount, self.dose_per_kg) else ()))
                tells += ("volume",) if drawn is not None and what_is_wrong(self.drug, self.route, drawn) else ()
                raise ImpossibleError(*wrong, *self._saying(mg is not None, *tells))
        if wrong_per_kg := beyond_per_kg(self.drug, self.route, self.dose_per_kg):
            raise ImpossibleError(BEYOND, wrong_per_kg, *self._saying(False, "dose_per_kg", "rate"))
        if self.segments:
            self._require_believable_segments()

    def _require_believable_segments(self) -> None:
        """A segment that is too much by itself; all of them where they are so together."""
        known = {s.key: mg for s in self.segments if (mg := milligrams(s.dose)) is not None}
        for keys in (*((key,) for key in known), tuple(known)):
            wrong = what_is_wrong(self.drug, self.route, sum((known[key] for key in keys), Decimal(0))) if keys else None
            if wrong is not None and wrong[0] == BEYOND:
                raise ImpossibleItemsError(*wrong, "segments", self._silent(keys), "dose", "rate")

    def _silent(self, keys: Collection[str]) -> dict[str, Segment]:
        """These segments without what they say of the dose."""
        return {s.key: replace(s, dose=WITHHELD, rate=None) for s in self.segments if s.key in keys}

    def _saying(self, dose: bool, *names: str) -> tuple[str, ...]:
        """Those of these fields that say something."""
        return (*(("dose",) if dose else ()), *(name for name in names if getattr(self, name)))

    def beyond(self, weight: Amount) -> tuple[str, tuple[str, ...], DoseEvent] | None:
        """For a body of this weight: what is wrong, the fields that say so, the event without them. None if it is believed."""
        mg, drawn = milligrams(self.dose), _drawn(self)
        parts = [part for s in self.segments if (part := milligrams(s.dose)) is not None]
        wrong = beyond_weight(self.drug, self.route, mg, weight)
        tells = mg is None or bool(wrong)
        wrong_drawn = beyond_weight(self.drug, self.route, drawn, weight) if tells else ""
        wrong_parts = beyond_weight(self.drug, self.route, sum(parts, Decimal(0)), weight)
        text = wrong or wrong_drawn or wrong_parts
        if not text:
            return None
        by_kg = ("dose_per_kg",) if (wrong and fit_one_body(mg or Decimal(0), self.dose_per_kg)) else ()
        names = ("rate", *by_kg, *(("volume",) if wrong_drawn else ()), *(("segments",) if wrong_parts else ()))
        instead: dict[str, Any] = {"dose": WITHHELD} if wrong else {}
        instead |= dict.fromkeys(("rate", *by_kg)) | ({"volume": None} if wrong_drawn else {})
        if wrong_parts:
            instead["segments"] = tuple(replace(s, dose=WITHHELD, rate=None) for s in self.segments)
        return text, self._saying(bool(wrong), *names), replace(self, **instead)

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
        parts = [s.dose.value for s in self.segments if isinstance(s.dose, Amount)]
        whole = bool(parts) and len(parts) == len(self.segments)
        if whole and isinstance(self.dose, Amount) and sum(parts) != self.dose.value:
            yield Doubt("segments-disagree", "the doses of the segments do not add up to the dose", "segments")
        if self.wasted is not None and self.waste_witness is None:
            yield Doubt("waste-without-witness", "a controlled substance was wasted, and no witness is named", "waste_witness")


def _drawn(dose: DoseEvent) -> Decimal | None:
    """mg, by the volume and the concentration."""
    return None if dose.volume is None or dose.concentration is None else dose.volume.value * dose.concentration.value


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
