"""How the shipped maps put the frame of treatment into FHIR: what points where, by which name, with which labels."""

from base64 import b64decode
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import pytest

from kapfhir.errors import MappingError
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.data import mappings_folder
from kapfhir.model.before import Sensitivity, TeamRole
from kapfhir.model.course import AssessmentDue, Course, TeamMember
from kapfhir.model.documents import Document
from kapfhir.model.flags import SafetyFlag
from kapfhir.model.frame import DoseForm, DueStatus, FlagLevel, NoteClass, OffsetRelation, PrescriptionStatus, ReferralKind
from kapfhir.model.goals import TreatmentGoal
from kapfhir.model.plans import NextAppointment, Plan, Referral
from kapfhir.model.prescription import Prescription
from kapfhir.model.protocol import Citation, IntegrationRule, Protocol
from kapfhir.model.values import Amount, CourseStatus, Drug, Instrument, Key, Ref, Window

ODD = "muscat 2022/v1|ä"
NOON = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
DAY = date(2026, 1, 5)


@cache
def library():
    folder = MapFolder.over()
    return load_library(
        folder, Codes(folder), load_facts(), Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://c.example/kap", True)
    )


def build(record):
    built = library().build(record)
    assert library().read(built) == [record]
    return built


def of(resources, kind):
    return [r for r in resources if r["resourceType"] == kind]


def course(**more):
    return Course(Key("C-1"), Ref("P-1"), Ref("S-1"), CourseStatus("active"), DAY, **more)


def protocol():
    hours = [Amount(Decimal(h), "h") for h in (24, 48)]
    rule = IntegrationRule("Psychotherapy only", OffsetRelation("after-start"), Window("muscat-24-48"), *hours)
    cited = Citation("Ketamine-assisted psychotherapy", "10.3390/psych4010012")
    return Protocol(
        Key(ODD), "Trauma-informed KAP", Drug("ketamine"), sessions=6, spacing=Decimal(3), integration=(rule,), citations=(cited,)
    )


def test_a_course_names_its_protocol_by_the_address_of_the_definition():
    definition, dosing = build(protocol())
    (plan,) = of(build(course(protocol_ref=Ref(ODD))), "CarePlan")
    assert plan["instantiatesCanonical"] == [definition["url"]]
    assert definition["url"] == "https://c.example/kap/protocol/plan/muscat%202022%2Fv1%7C%C3%A4"
    assert definition["action"][0]["definitionCanonical"] == dosing["url"] != definition["url"]


def test_integration_hangs_on_the_dose_by_its_window():
    definition, _ = build(protocol())
    dose, talk = definition["action"]
    (related,) = talk["relatedAction"]
    assert (dose["id"], related["actionId"], related["relationship"]) == ("dosing", "dosing", "after-start")
    assert (related["offsetRange"]["low"]["value"], related["offsetRange"]["high"]["value"]) == (24, 48)
    assert definition["relatedArtifact"] == [
        {"type": "citation", "label": "10.3390/psych4010012", "display": "Ketamine-assisted psychotherapy"}
    ]


def test_a_plan_points_to_each_of_its_goals():
    goals = tuple(TreatmentGoal(Key(k), f"goal {k}") for k in "ab")
    for record in (course(goals=goals), Plan(Key("L-1"), Ref("P-1"), Ref("C-1"), goals=goals)):
        built = build(record)
        ids = [f"Goal/{g['id']}" for g in of(built, "Goal")]
        assert [g["reference"] for g in of(built, "CarePlan")[0]["goal"]] == ids
        assert len(set(ids)) == 2
    assert "goal" not in of(build(course()), "CarePlan")[0]


def test_status_phase_and_what_is_due_are_kept_apart():
    due = AssessmentDue(Instrument("phq-9"), DueStatus("overdue"), DAY)
    (plan,) = of(build(course(assessments_due=(due,))), "CarePlan")
    detail = plan["activity"][0]["detail"]
    assert (plan["status"], detail["status"], detail["statusReason"]["coding"][0]["code"]) == (
        "active",
        "scheduled",
        "assessment-overdue",
    )


def test_labels_stand_beside_those_that_every_resource_has():
    labels = tuple(Sensitivity(s) for s in ("psychiatric", "restricted", "part-2"))
    plan = Plan(
        Key("L-1"),
        Ref("P-1"),
        Ref("C-1"),
        sensitivity=labels,
        goals=(TreatmentGoal(Key("a"), "a"),),
        referrals=(Referral(Key("b"), ReferralKind("referral-other")),),
        appointments=(NextAppointment(Key("c"), NOON),),
    )
    member = TeamMember(Ref("T-1"), TeamRole("lead-therapist"))
    whole = course(sensitivity=labels, goals=(TreatmentGoal(Key("a"), "a"),), team=(member,), completed_sessions=3)
    built = [*build(plan), *build(whole)]
    assert {r["resourceType"] for r in built} >= {"ServiceRequest", "Appointment", "CareTeam", "Observation"}
    for resource in built:
        assert [s["code"] for s in resource["meta"]["security"]] == ["PSY", "R", "42CFRPart2", "HTEST"]


def test_a_text_is_in_its_attachment_and_nowhere_else():
    (note,) = build(Document(Key("N-1"), Ref("P-1"), NoteClass("progress-note"), text="slept well, ÄÖ"))
    content = note["content"][0]["attachment"]
    assert (content["contentType"], b64decode(content["data"]).decode()) == ("text/plain", "slept well, ÄÖ")
    assert "slept" not in note["text"]["div"]


@pytest.mark.parametrize("note", [None, NoteClass("psychotherapy-note")])
def test_nothing_is_built_of_what_must_not_leave(note):
    assert library().build(Document(Key("N-1"), Ref("P-1"), note, text="words")) == []
    labelled = Document(
        Key("N-1"), Ref("P-1"), NoteClass("progress-note"), text="w", sensitivity=(Sensitivity("psychotherapy-note"),)
    )
    assert library().build(labelled) == []


def test_an_order_says_the_drug_itself_unless_more_is_known_of_the_product():
    given = (Key("O-1"), Ref("P-1"), Ref("T-1"), NOON, PrescriptionStatus("active"), Drug("ketamine"))
    (order,) = build(Prescription(*given))
    assert order["medicationCodeableConcept"]["coding"][0]["code"] == "6130"
    product, order = build(Prescription(*given, form=DoseForm("troche")))
    assert order["medicationReference"]["reference"] == f"Medication/{product['id']}"
    assert "medicationCodeableConcept" not in order


def test_an_appointment_without_an_end_is_proposed_with_what_is_known():
    visits = (NextAppointment(Key("1"), NOON, NOON + timedelta(hours=1)), NextAppointment(Key("2"), DAY))
    booked, proposed = of(build(Plan(Key("L-1"), Ref("P-1"), Ref("C-1"), appointments=visits)), "Appointment")
    assert (booked["status"], booked["start"]) == ("booked", "2026-01-05T12:00:00+00:00")
    assert (proposed["status"], proposed["requestedPeriod"]) == ("proposed", [{"start": "2026-01-05"}])
    assert "start" not in proposed


def test_only_a_safety_finding_is_a_flag_too():
    def kinds(level):
        return [r["resourceType"] for r in build(SafetyFlag(Key("F-1"), Ref("P-1"), "X01", FlagLevel(level), NOON, "look"))]

    assert kinds("safety-finding") == ["DetectedIssue", "Flag"]
    assert kinds("warning-finding") == ["DetectedIssue"]


@pytest.mark.parametrize(
    ("file", "before", "after", "fault"),
    [
        ("course.yaml", "goal: -> goal", "description: -> goal", "a reference can't become CarePlan.description"),
        ("course.yaml", "protocol_ref -> plan", "protocol_ref -> plans", "there is no slot 'plans'"),
        ("protocol.yaml", "url: -> plan", "url: -> plans", "there is no slot 'plans'"),
        ("course.yaml", "team: -> team", "team: -> goal", "EpisodeOfCare.team takes CareTeam, not Goal"),
        ("course.yaml", "instantiatesCanonical: protocol_ref -> plan", "instantiatesCanonical: -> goal", "it is there per item"),
        ("plan.yaml", "activity[criteria].detail.code: = kap#maintenance-criteria", "activity[criteria].detail.code: = kap#plan-step", "look alike"),
    ],
)  # fmt: skip
def test_faults(tmp_path, file, before, after, fault):
    text = (mappings_folder() / "fhir" / file).read_text("utf-8")
    assert before in text
    (tmp_path / "fhir").mkdir()
    (tmp_path / "fhir" / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    folder = MapFolder.over(tmp_path)
    with pytest.raises(MappingError) as error:
        load_library(folder, Codes(folder), load_facts(), Origin("x", "https://c.example"))
    assert fault in str(error.value)
