"""The monitoring form that the REMS of esketamine asks for after each session (entity 11n)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from .dose_limits import DEVICE, milligrams
from .doses import DoseEvent, Mass
from .dosing_codes import FormStatus
from .fields import require_content, require_limits
from .moments import earliest
from .values import Amount, Doubt, Period, Units, require
from .vitals import Diastolic, Systolic, VitalSet

Minutes = Annotated[Amount, Units("min")]
BEFORE, AT_40, END = ("pre-dose", "baseline"), ("min-40",), ("discharge", "post-dose")


@dataclass(frozen=True, slots=True)
class RemsForm:
    """The form as it was, or is to be, submitted. Minutes count from the first device. What the record of the session says by
    itself (dose, lot, pressures, minutes) is filled in where the form leaves it open.
    """

    submitted: datetime | None = None
    first_treatment: bool | None = None
    enrolled: bool | None = None
    benzodiazepine: bool | None = None
    z_hypnotic: bool | None = None
    stimulant: bool | None = None
    maoi: bool | None = None
    opioid: bool | None = None
    dose: Mass | None = None
    lot: str | None = None
    total_minutes: Minutes | None = None
    ready_minutes: Minutes | None = None
    vitals_well_before: bool | None = None
    vitals_well_after: bool | None = None
    systolic_before: Systolic | None = None
    diastolic_before: Diastolic | None = None
    systolic_at_40: Systolic | None = None
    diastolic_at_40: Diastolic | None = None
    systolic_end: Systolic | None = None
    diastolic_end: Diastolic | None = None
    sedation: bool | None = None
    sedation_onset: Minutes | None = None
    sedation_resolved: Minutes | None = None
    dissociation: bool | None = None
    dissociation_onset: Minutes | None = None
    dissociation_resolved: Minutes | None = None
    respiratory_depression: bool | None = None
    respiratory_onset: Minutes | None = None
    respiratory_resolved: Minutes | None = None
    serious_event: bool | None = None
    serious_event_text: str | None = None

    def __post_init__(self) -> None:
        require_content(self)
        require_limits(self)
        require(_is_whole(self.dose), "not-whole-devices", f"nasal esketamine comes in devices of {DEVICE} mg", "dose")

    @property
    def status(self) -> FormStatus:
        return FormStatus("draft" if self.submitted is None else "submitted")


def fill_form(form: RemsForm, given: dict[str, Any]) -> RemsForm:
    """The form with what the session itself says, where the form is silent."""
    found = _said(given.get("doses", ()), given.get("vitals", ()), given["visit"], getattr(given.get("discharge"), "ready", None))
    if not _is_whole(found["dose"]):
        found["dose"] = None  # of another drug, or beside the device: no dose of such a form
    open_ = {name: value for name, value in found.items() if value is not None and getattr(form, name) is None}
    if not open_:
        return form
    return RemsForm(**{f.name: open_.get(f.name, getattr(form, f.name)) for f in fields(RemsForm)})


def form_doubts(form: RemsForm, doses: tuple[DoseEvent, ...], vitals: tuple[VitalSet, ...], visit: Period) -> Iterator[Doubt]:
    """Where the form says something else than the session."""
    for name, value in _said(doses, vitals, visit, None).items():
        stated = getattr(form, name)
        if value is not None and stated is not None and stated != value:
            yield Doubt("form-disagrees", f"the REMS form and the session differ in {name.replace('_', ' ')}", "rems")


def _is_whole(dose: Amount | None) -> bool:
    """Whether a dose is a number of whole devices."""
    mg = milligrams(dose)
    return mg is None or mg % DEVICE == 0


def _said(doses: Iterable[DoseEvent], vitals: Iterable[VitalSet], visit: Period, ready: datetime | None) -> dict[str, Any]:
    taken = [d for d in doses if d.status != "not-done"]
    amounts = [d.dose for d in taken if isinstance(d.dose, Amount)]
    units, lots = {a.unit for a in amounts}, {d.lot for d in taken if d.lot}
    starts = [d.given.start if isinstance(d.given, Period) else d.given for d in taken]
    start = earliest(starts)
    before, at_40, end = (_pressure(vitals, points) for points in (BEFORE, AT_40, END))
    whole = len(units) == 1 and len(amounts) == len(taken)
    return {
        "dose": Amount(sum((a.value for a in amounts), Decimal(0)), units.pop()) if whole else None,
        "lot": lots.pop() if len(lots) == 1 else None,
        "total_minutes": _minutes(start, visit.end),
        "ready_minutes": _minutes(start, ready),
        "systolic_before": before and before.systolic,
        "diastolic_before": before and before.diastolic,
        "systolic_at_40": at_40 and at_40.systolic,
        "diastolic_at_40": at_40 and at_40.diastolic,
        "systolic_end": end and end.systolic,
        "diastolic_end": end and end.diastolic,
    }


def _pressure(vitals: Iterable[VitalSet], points: tuple[str, ...]) -> Any:
    """The last blood pressure at one of these time points; the first named that there is."""
    for point in points:
        found = [v for v in vitals if v.timepoint == point and v.blood_pressure]
        if found:
            return max(found, key=lambda v: v.taken).blood_pressure
    return None


def _minutes(start: date | None, end: date | None) -> Amount | None:
    if not isinstance(start, datetime) or not isinstance(end, datetime) or end < start:
        return None
    return Amount(Decimal(int((end - start).total_seconds()) // 60), "min")
