"""What the records of the frame of treatment refuse, and what they doubt: protocol, course, order, sessions, plan, text, finding."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from kapfhir.model.before import Sensitivity
from kapfhir.model.course import AssessmentDue, Course
from kapfhir.model.documents import Document
from kapfhir.model.flags import SafetyFlag
from kapfhir.model.frame import (
    CourseEnd,
    DueStatus,
    FlagLevel,
    MediaType,
    NoteClass,
    OffsetRelation,
    PrescriptionStatus,
    TherapyKind,
)
from kapfhir.model.goals import TreatmentGoal
from kapfhir.model.plans import Maintenance, NextAppointment, Plan
from kapfhir.model.prescription import Prescription
from kapfhir.model.protocol import Citation, IntegrationRule, Protocol
from kapfhir.model.sessions import PreparationSession, PsychotherapySession, TargetMemory
from kapfhir.model.values import (
    Amount,
    CourseStatus,
    Delivery,
    Drug,
    ImpossibleError,
    Instrument,
    Key,
    Period,
    Ref,
    SessionStatus,
)

K, P, T = Key("K-1"), Ref("P-1"), Ref("T-1")
NOON = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
DAY = date(2026, 1, 5)


def mg(value, unit="mg"):
    return Amount(Decimal(value), unit)


def protocol(**more):
    return Protocol(K, "KAP 0.5 mg/kg, six sessions", Drug("ketamine"), **more)


def course(**more):
    return Course(**{"key": K, "patient": P, "clinic": Ref("C-1"), "status": CourseStatus("active"), "started": DAY} | more)


def order(**more):
    return Prescription(K, P, T, NOON, PrescriptionStatus("active"), Drug("ketamine"), **more)


def talk(kind="psychotherapy-only", **more):
    return PsychotherapySession(
        K, P, T, TherapyKind(kind), SessionStatus("completed"), Period(NOON), Delivery("in-person"), **more
    )


def preparation(**more):
    given = {"session": Period(NOON)} | more
    return PreparationSession(K, P, T, SessionStatus("completed"), delivery=Delivery("in-person"), **given)


def plan(**more):
    return Plan(K, P, Ref("C-1"), **more)


def document(**more):
    return Document(K, P, **{"text": "words"} | more)


def flag(level="safety-finding", **more):
    return SafetyFlag(K, P, "X01", FlagLevel(level), NOON, "look here", **more)


NOTHING_PRIVATE = (Sensitivity("psychiatric"),)
TWICE = (Sensitivity("psychiatric"), Sensitivity("psychiatric"))


@pytest.mark.parametrize(
    ("make", "code", "fields"),
    [
        (lambda: protocol(published="not an address"), "not-an-address", ("published",)),
        (lambda: protocol(sessions=0), "out-of-range", ("sessions",)),
        (lambda: protocol(sessions=6, sessions_most=4), "highest-below-lowest", ("sessions_most",)),
        (lambda: protocol(sessions_most=4), "highest-below-lowest", ("sessions_most",)),
        (lambda: protocol(spacing=Decimal(7), spacing_most=Decimal(3)), "highest-below-lowest", ("spacing_most",)),
        (lambda: protocol(dose_low=mg("1.0", "mg/kg"), dose_high=mg("0.5", "mg/kg")), "highest-below-lowest", ("dose_low", "dose_high")),
        (lambda: protocol(dose_low=mg("1.0", "mg/kg"), dose_high=mg(70)), "highest-below-lowest", ("dose_low", "dose_high")),
        (lambda: Citation("A paper", url="see the web"), "not-an-address", ("url",)),
        (
            lambda: IntegrationRule("Late", OffsetRelation("after-start"), earliest=mg(48, "h"), latest=mg(24, "h")),
            "ends-before-it-starts",
            ("earliest", "latest"),
        ),
        (lambda: course(ended=date(2026, 1, 4)), "ends-before-it-starts", ("ended",)),
        (lambda: course(planned_sessions=0), "out-of-range", ("planned_sessions",)),
        (lambda: course(sensitivity=TWICE), "label-twice", ()),
        (lambda: TreatmentGoal(K, "less", at_most=mg(5, "{score}")), "target-without-measure", ("at_most",)),
        (lambda: order(dose=mg(0)), "out-of-range", ("dose",)),
        (lambda: order(quantity=mg(0, "mL")), "out-of-range", ("quantity",)),
        (lambda: TargetMemory(), "empty-part", ()),
        (lambda: TargetMemory(distress_before=11), "out-of-range", ("distress_before",)),
        (lambda: TargetMemory(distress_after=-1), "out-of-range", ("distress_after",)),
        (lambda: TargetMemory(validity=0), "out-of-range", ("validity",)),
        (lambda: TargetMemory(validity=8), "out-of-range", ("validity",)),
        (lambda: talk(sensitivity=TWICE), "label-twice", ()),
        (lambda: Maintenance(), "empty-part", ()),
        (lambda: Maintenance(interval_days=Decimal(0)), "out-of-range", ("interval_days",)),
        (lambda: NextAppointment(K, DAY, NOON), "end-without-start", ("ends",)),
        (lambda: NextAppointment(K, NOON, NOON - timedelta(minutes=1)), "ends-before-it-starts", ("ends",)),
        (lambda: plan(goals=(TreatmentGoal(Key("2"), "b"), TreatmentGoal(Key("1"), "a"))), "items-out-of-order", ()),
        (lambda: document(text=None), "empty-document", ()),
        (lambda: document(media=MediaType("application/pdf")), "media-without-file", ("media",)),
        (lambda: flag(resolution="called"), "not-acknowledged", ("acknowledged_by", "resolution")),
        (lambda: flag(acknowledged_by=T), "not-acknowledged", ("acknowledged_by", "resolution")),
        (
            lambda: flag(acknowledged=NOON - timedelta(minutes=1)),
            "acknowledged-before-found",
            ("acknowledged", "acknowledged_by", "resolution"),
        ),
    ],
)  # fmt: skip
def test_refused(make, code, fields):
    with pytest.raises(ImpossibleError) as refused:
        make()
    assert (refused.value.code, refused.value.fields) == (code, fields)


@pytest.mark.parametrize(
    "make",
    [
        lambda: protocol(
            sessions=4, sessions_most=4, spacing=Decimal(3), spacing_most=Decimal(3), dose_low=mg(1), dose_high=mg(1)
        ),
        lambda: IntegrationRule("Day", OffsetRelation("after-start"), earliest=mg(24, "h"), latest=mg(24, "h")),
        lambda: course(ended=DAY, planned_sessions=1),
        lambda: TreatmentGoal(K, "less", measure=Instrument("phq-9"), at_most=mg(4, "{score}")),
        lambda: TargetMemory(distress_before=10, distress_after=0, validity=7),
        lambda: TargetMemory(validity=1),
        lambda: NextAppointment(K, NOON, NOON),
        lambda: document(text=None, file="scan.pdf", media=MediaType("application/pdf")),
        lambda: flag(acknowledged=NOON, acknowledged_by=T, resolution="called"),
    ],
)
def test_at_the_edge_but_possible(make):
    assert make()


@pytest.mark.parametrize(
    ("record", "codes"),
    [
        (course(end_reason=CourseEnd("cost")), ["ended-yet-open"]),
        (course(end_reason=CourseEnd("cost"), status=CourseStatus("discontinued")), []),
        (course(planned_sessions=6, completed_sessions=7), ["more-sessions-than-planned"]),
        (course(planned_sessions=6, completed_sessions=6), []),
        (order(dose=mg(101), dose_most=mg(100)), ["dose-above-its-limit"]),
        (order(dose=mg(100), dose_most=mg(100)), []),
        (order(dose=mg("0.5", "mg/kg"), dose_most=mg(100)), []),
        (talk("immediate-debrief"), ["debrief-without-dose"]),
        (talk("group-psychotherapy"), []),
        (talk(follows=Ref("D-1")), ["not-after-dose"]),
        (preparation(session=Period(NOON, NOON + timedelta(minutes=60)), minutes=mg(90, "min")), ["length-disagrees"]),
        (preparation(session=Period(NOON, NOON + timedelta(minutes=60)), minutes=mg(61, "min")), []),
        (plan(maintenance=Maintenance(last=DAY, next_due=date(2026, 1, 4))), ["due-before-last"]),
        (plan(maintenance=Maintenance(last=DAY, next_due=DAY)), []),
        (document(created=NOON, locked=NOON - timedelta(minutes=1)), ["locked-before-created"]),
        (document(created=NOON, locked=NOON), []),
    ],
)
def test_doubts(record, codes):
    assert [d.code for d in record.doubts()] == codes


def test_the_length_as_written_stands_where_there_is_no_end():
    assert preparation(minutes=mg(75, "min")).length == mg(75, "min")
    assert preparation(session=Period(NOON, NOON + timedelta(minutes=60)), minutes=mg(75, "min")).length == mg(60, "min")


@pytest.mark.parametrize(
    ("note", "leaves"),
    [("progress-note", True), ("patient-narrative", True), ("administrative", True), ("psychotherapy-note", None), (None, None)],
)
def test_only_what_is_known_to_be_no_psychotherapy_note_leaves(note, leaves):
    note = note and NoteClass(note)
    assert document(note=note).leaves is leaves
    assert document(note=note, sensitivity=NOTHING_PRIVATE).leaves is leaves
    assert document(note=note, sensitivity=(Sensitivity("psychotherapy-note"),)).leaves is None


def test_an_appointment_is_booked_when_its_end_is_known():
    assert NextAppointment(K, NOON, NOON + timedelta(hours=1)).booked == "booked"
    assert [NextAppointment(K, start).booked for start in (NOON, DAY)] == ["proposed", "proposed"]


@pytest.mark.parametrize(("status", "state"), [("not-due", "not-started"), ("overdue", "scheduled"), ("waived", "cancelled")])
def test_what_is_due_in_the_words_of_fhir(status, state):
    assert AssessmentDue(Instrument("phq-9"), DueStatus(status)).state == state


def test_a_safety_finding_alerts_until_it_is_acknowledged():
    assert (flag().alerts, flag("warning-finding").alerts) == (True, None)
    assert (flag().state, flag(acknowledged=NOON).state) == ("active", "inactive")


def test_the_name_for_machines():
    assert protocol().name == "ProtocolKap05MgKgSixSessions"
