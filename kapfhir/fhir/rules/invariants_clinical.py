"""Invariants of the clinical and administrative resources."""

from __future__ import annotations

from typing import Any

from .invariants import Node, add_rule, codings, has
from .ucum import SYSTEM as UCUM

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


def _with(*names: str) -> Any:
    return lambda node: any(has(node, name) for name in names)


def _never(_: Node) -> bool:
    return False


def _no_home(name: str) -> Any:
    return lambda node: all(item.get("use") != "home" for item in node[name])


def _in_error(node: Node, system: str) -> bool:
    return (TERMINOLOGY + system, "entered-in-error") in codings(node.get("verificationStatus"))


def _abated(node: Node) -> bool:
    system = TERMINOLOGY + "condition-clinical"
    return any(s == system and c in ("resolved", "remission", "inactive") for s, c in codings(node.get("clinicalStatus")))


def _problem_without_status(node: Node) -> bool:
    on_list = any(c == "problem-list-item" for category in node.get("category", ()) for _, c in codings(category))
    return not on_list or has(node, "clinicalStatus") or _in_error(node, "condition-ver-status")


def _component_repeats(node: Node) -> bool:
    own = {pair for pair in codings(node["code"]) if pair != (None, None)}
    return not any(pair in own for component in node["component"] for pair in codings(component.get("code")))


def _percent(node: Node) -> bool:
    ends = [node["probabilityRange"][end] for end in ("low", "high") if end in node["probabilityRange"]]
    return all(end.get("code") == "%" and end.get("system") == UCUM for end in ends)


def _practitioner(node: Node) -> bool:
    member = node.get("member", {})
    kind = member.get("type") or str(member.get("reference", "Practitioner/")).rpartition("/")[0].rpartition("/")[2]
    return kind in ("", "Practitioner") or str(member.get("reference", "")).startswith("#")


def _list_mode(name: str, mode: str) -> Any:
    return lambda node: node.get("mode") == mode or not any(has(entry, name) for entry in node["entry"])


add_rule("Appointment.participant", "app-1", "has neither a type nor an actor", _with("type", "actor"), by_keys=True)
add_rule(
    "Appointment",
    "app-2",
    "has one of start and end without the other",
    lambda node: has(node, "start") == has(node, "end"),
    by_keys=True,
)
add_rule(
    "Appointment",
    "app-3",
    "has no start or no end, which only one that is proposed, cancelled or on the waitlist may lack",
    lambda node: (has(node, "start") and has(node, "end")) or node["status"] in ("proposed", "cancelled", "waitlist"),
)
add_rule(
    "Appointment",
    "app-4",
    "has a cancelationReason, but its status is neither cancelled nor noshow",
    lambda node: node["status"] in ("cancelled", "noshow"),
    needs="cancelationReason",
)
add_rule("Organization", "org-1", "has neither a name nor an identifier", _with("name", "identifier"), by_keys=True)
add_rule("Organization", "org-2", "has an address of use home", _no_home("address"), needs="address")
add_rule("Organization", "org-3", "has a telecom of use home", _no_home("telecom"), needs="telecom")
add_rule(
    "Patient.contact",
    "pat-1",
    "has no details and no organization",
    _with("name", "telecom", "address", "organization"),
    by_keys=True,
)
add_rule(
    "Condition",
    "con-3",
    "is a problem-list item without clinicalStatus",
    _problem_without_status,
    needs="category",
    severity="warning",
)
add_rule(
    "Condition", "con-4", "is abated, but clinicalStatus is not inactive, resolved or remission", _abated, needs="abatement[x]"
)
add_rule(
    "Condition",
    "con-5",
    "is entered in error and still has a clinicalStatus",
    lambda node: not _in_error(node, "condition-ver-status"),
    needs="clinicalStatus verificationStatus",
)
add_rule("Condition.stage", "con-1", "has neither summary nor assessment", _with("summary", "assessment"), by_keys=True)
add_rule("Condition.evidence", "con-2", "has neither code nor detail", _with("code", "detail"), by_keys=True)
add_rule("CarePlan.activity", "cpl-3", "has both a reference and a detail", _never, needs="reference detail", by_keys=True)
add_rule("MedicationAdministration.dosage", "mad-1", "has neither a dose nor a rate", _with("dose", "rate[x]"), by_keys=True)
add_rule(
    "Observation", "obs-6", "has both a value and a dataAbsentReason", _never, needs="dataAbsentReason value[x]", by_keys=True
)
add_rule(
    "Observation",
    "obs-7",
    "has a value and a component with the code of the Observation itself",
    _component_repeats,
    needs="value[x] component code",
)
add_rule("Observation.referenceRange", "obs-3", "has none of low, high and text", _with("low", "high", "text"), by_keys=True)
add_rule("Consent", "ppc-1", "has neither a policy nor a policyRule", _with("policy", "policyRule"), by_keys=True)
add_rule("Goal.target", "gol-1", "has a detail but no measure", _with("measure"), needs="detail[x]", by_keys=True)
add_rule(
    "AllergyIntolerance",
    "ait-1",
    "has no clinicalStatus",
    lambda node: has(node, "clinicalStatus") or _in_error(node, "allergyintolerance-verification"),
)
add_rule(
    "AllergyIntolerance",
    "ait-2",
    "is entered in error and still has a clinicalStatus",
    lambda node: not _in_error(node, "allergyintolerance-verification"),
    needs="clinicalStatus verificationStatus",
)
add_rule("CareTeam.participant", "ctm-1", "has onBehalfOf, but its member is no Practitioner", _practitioner, needs="onBehalfOf")
add_rule("RiskAssessment.prediction", "ras-1", "has a range of probability that is not in %", _percent, needs="probabilityRange")
add_rule(
    "RiskAssessment.prediction",
    "ras-2",
    "has a probability above 100",
    lambda n: n["probabilityDecimal"] <= 100,
    needs="probabilityDecimal",
)
add_rule("List", "lst-1", "has entries and an emptyReason", _never, needs="emptyReason entry", by_keys=True)
add_rule("List", "lst-2", "has a deleted entry, but its mode is not changes", _list_mode("deleted", "changes"), needs="entry")
add_rule("List", "lst-3", "has an entry with a date, but its mode is not working", _list_mode("date", "working"), needs="entry")
add_rule("Composition.section", "cmp-1", "has none of text, entry and section", _with("text", "entry", "section"), by_keys=True)
add_rule("Composition.section", "cmp-2", "has entries and an emptyReason", _never, needs="emptyReason entry", by_keys=True)
add_rule("QuestionnaireResponse.item", "qrs-1", "has items of its own beside answers", _never, needs="answer item", by_keys=True)
