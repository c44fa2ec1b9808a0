"""What the records of a dosing day need beside the types of their fields to be possible: see strategies.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from kapfhir.model.dose_limits import DEVICE, milligrams
from kapfhir.model.doses import DoseEvent, Segment
from kapfhir.model.dosing import DosingSession
from kapfhir.model.pre_dose import PreDoseCheck
from kapfhir.model.rems import RemsForm
from kapfhir.model.values import Absent, Amount, ImpossibleError, Period, Ref
from kapfhir.model.vitals import SCORES, BloodPressure, SedationScore, VitalSet

WASTE = ("waste_witness", "waste_method", "waste_reason")
MEASURED = (
    "blood_pressure",
    "heart_rate",
    "oxygen_saturation",
    "respiratory_rate",
    "weight",
    "temperature",
    "end_tidal_co2",
    "rhythm",
)


def make_dosing(draw: st.DrawFn, kind: type, given: dict) -> None:
    if kind is Segment and not isinstance(given["ran"].start, datetime):
        given["ran"] = Period(datetime.combine(given["ran"].start, time(10), UTC))
    if kind is Segment and given["ran"].end is None:
        given["ran"] = Period(given["ran"].start, given["ran"].start + timedelta(minutes=20))
    elif kind is BloodPressure:
        given.setdefault("systolic", _mmhg(draw, 50, 300))
        if "diastolic" in given:
            systolic = int(given["systolic"].value)
            given["diastolic"] = _mmhg(draw, max(20, systolic - 149), min(200, systolic - 10))
    elif kind is VitalSet and not any(name in given for name in MEASURED):
        given["heart_rate"] = Amount(_mmhg(draw, 20, 250).value, "/min")
    elif kind is SedationScore:
        given["value"] = draw(st.integers(*SCORES[given["scale"]]))
    elif kind is DoseEvent:
        _make_dose(given)
    elif kind is RemsForm and (milligrams(given.get("dose")) or 0) % DEVICE:
        given["dose"] = Amount(DEVICE, "mg")
    elif kind is PreDoseCheck and "override_reason" not in given:
        given.pop("override_by", None)
        given.pop("overridden", None)
    elif kind is DosingSession:
        if "lifetime_number" in given:
            given["lifetime_number"] += given.get("number", 0)
        if given["vitals"] and given["doses"]:
            key = draw(st.sampled_from(given["vitals"])).key
            given["doses"] = tuple(replace(d, weighed=Ref(key)) for d in given["doses"])
        weights = [v.weight for v in given["vitals"] if v.weight is not None]
        given["doses"] = tuple(
            replace(d, dose=Amount(Decimal(28), "mg"), volume=None, segments=()) if any(d.beyond(w) for w in weights) else d
            for d in given["doses"]
        )
        DosingSession.complete(given)


def _make_dose(given: dict) -> None:
    if given["status"] == "not-done":
        if isinstance(given.get("dose"), Amount):
            given["dose"] = Absent("not-performed")
        given.pop("dose_per_kg", None)
        given["segments"] = ()
    if given["segments"] or given["status"] == "not-done":
        given.pop("rate", None)
    if "wasted" not in given:
        for name in WASTE:
            given.pop(name, None)
    DoseEvent.complete(given)
    try:
        DoseEvent(**given)
    except ImpossibleError as error:
        if error.code not in ("dose-beyond-anaesthesia", "not-whole-devices"):
            raise
        given["dose"] = Amount(Decimal(28), "mg")
        given["segments"] = ()
        given.pop("dose_per_kg", None)
        given.pop("volume", None)


def _mmhg(draw: st.DrawFn, low: int, high: int) -> Amount:
    return Amount(Decimal(draw(st.integers(low, high))), "mm[Hg]")
