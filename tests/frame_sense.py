"""What records of the frame of treatment need beside the types of their fields to be possible: see strategies.py."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from kapfhir.luhn import is_npi
from kapfhir.model.documents import LEAVES, Document
from kapfhir.model.flags import SafetyFlag
from kapfhir.model.frame import NoteClass
from kapfhir.model.goals import TreatmentGoal
from kapfhir.model.plans import NextAppointment
from kapfhir.model.protocol import Citation, IntegrationRule, Protocol
from kapfhir.model.sessions import TargetMemory

ADDRESSES = st.sampled_from(["https://doi.org/10.3390/psych4010012", "https://clinic.example/protocol?v=1&x=2"])
NPIS = st.integers(100_000_000, 299_999_999).map(lambda n: next(f"{n}{d}" for d in range(10) if is_npi(f"{n}{d}")))
PAIRS = (("sessions", "sessions_most"), ("spacing", "spacing_most"))


def make_frame(draw: st.DrawFn, kind: type, given: dict) -> None:
    if "npi" in given:
        given["npi"] = draw(NPIS)
    if "sensitivity" in given:
        given["sensitivity"] = tuple(dict.fromkeys(given["sensitivity"]))
    if kind is Protocol:
        _address(draw, given, "published")
        for low, high in PAIRS:
            if high in given and (low not in given or given[high] < given[low]):
                del given[high]
        if "dose_low" in given and "dose_high" in given:
            given["dose_high"] = given["dose_low"]
    elif kind is IntegrationRule and "earliest" in given and "latest" in given:
        given["latest"] = given["earliest"]
    elif kind is Citation:
        _address(draw, given, "url")
    elif kind is TreatmentGoal and "measure" not in given:
        given.pop("at_most", None)
    elif kind is NextAppointment and "ends" in given:
        if isinstance(given["starts"], datetime):
            given["ends"] = given["starts"] + timedelta(minutes=draw(st.integers(0, 500)))
        else:
            del given["ends"]
    elif kind is TargetMemory:
        ranges = {"distress_before": (0, 10), "distress_after": (0, 10), "validity": (1, 7)}
        given |= {name: draw(st.integers(*ranges[name])) for name in ranges if name in given}
        given.setdefault("activated", draw(st.booleans()))
    elif kind is SafetyFlag and "acknowledged" not in given:
        given.pop("acknowledged_by", None)
        given.pop("resolution", None)
    elif kind is SafetyFlag:
        given["acknowledged"] = max(given["acknowledged"], given["detected"])
    elif kind is Document:  # one that may leave: of the others nothing is built
        given["note"] = NoteClass(draw(st.sampled_from(LEAVES)))
        given["sensitivity"] = tuple(s for s in given["sensitivity"] if s != "psychotherapy-note")
        if "file" not in given:
            given.pop("media", None)
            given.setdefault("text", "words")


def _address(draw: st.DrawFn, given: dict, name: str) -> None:
    if name in given:
        given[name] = draw(ADDRESSES)
