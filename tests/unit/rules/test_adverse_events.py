"""Adverse events and evidence."""

import pytest
from rules_desk import AT, both_sides, judged_in, rules, session, vital

from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.protocol import Citation, Protocol
from kapfhir.model.values import Key, Ref


def event(kind="dissociation", severity="mild", **rest):
    return AdverseEvent(Key("E"), Ref("P"), kind, AT.date(), severity, **rest)


def protocol(**rest):
    return Protocol(Key("PR"), "KAP", "ketamine", **rest)


CASES = [
    ("G03", event(expected=True), True),
    ("G03", event(expected=False), False),
    ("G03", event(), False),
    ("G03", event(severity="moderate", expected=True), False),
    ("G03", event(seriousness="serious", expected=True), False),
    ("G03", event("nausea", expected=True), False),
    ("V01", protocol(), True),
    ("V01", protocol(evidence="CANMAT level 3"), False),
    ("V01", protocol(citations=(Citation("Muscat 2022"),)), False),
]


@pytest.mark.parametrize(("rule", "record", "found"), CASES)
def test_rule(rule, record, found):
    assert (rule in rules(record)) is found


def test_every_rule_is_tried_on_both_sides():
    assert both_sides(CASES) == (judged_in("G", "V"), judged_in("G", "V"))


def test_a_pressure_makes_a_flag_and_no_adverse_event():
    assert "G03" not in rules(session(vitals=[vital(-10, 120, 80), vital(20, 190, 120)]))


def test_severe_is_no_grade():
    assert event(severity="severe").grade is None
