"""Timing of integration: each rule on both sides of each boundary."""

import pytest
from rules_desk import AT, after, both_sides, dose, integration, judged_in, rules, session

from kapfhir.model.course import Course
from kapfhir.model.protocol import IntegrationRule, Protocol
from kapfhir.model.values import Key, Period, Ref
from kapfhir.model.windows import windows_met

DOSED, NEXT = session(course="C"), session(dose(days=7), days=7, course="C")
PROTOCOL = Protocol(Key("PR"), "KAP", "ketamine", integration=(IntegrationRule("next day", "after-end"),))
FOLLOWED = (PROTOCOL, Course(Key("C"), Ref("P"), Ref("S"), "active", AT.date(), protocol_ref=Ref("PR")))
LOOSE = (PROTOCOL, Course(Key("C"), Ref("P"), Ref("S"), "active", AT.date()))
CASES = [
    ("T02", (DOSED, integration(48)), False),
    ("T02", (DOSED, integration(48.01)), True),
    ("T02", (DOSED, integration(5)), False),
    ("T02", (DOSED, integration(24, status="not-done")), True),
    ("T02", (DOSED, integration(-1)), True),
    ("T02", (*FOLLOWED, DOSED, integration(60)), False),
    ("T02-protocol", (*FOLLOWED, DOSED, integration(60)), True),
    ("T02-protocol", (*FOLLOWED, DOSED, integration(24)), False),
    ("T02-protocol", (*LOOSE, DOSED, integration(60)), False),
    ("T04", (integration(24, key="1"), integration(25, key="2")), True),
    ("T04", (integration(24, key="1"), integration(25.25, key="2")), False),
    ("T04", (integration(24, key="1"), integration(25, key="2", status="not-done")), False),
    ("T05", integration(24, minutes=60), False),
    ("T05", integration(24, minutes=59), True),
    ("T05", integration(24, minutes=90), False),
    ("T05", integration(24, minutes=91), True),
    ("T05-long", integration(24, minutes=15), False),
    ("T05-long", integration(24, minutes=14), True),
    ("T05-long", integration(24, minutes=240), False),
    ("T05-long", integration(24, minutes=241), True),
    ("T06", (DOSED, NEXT, integration(24)), False),
    ("T06", (DOSED, NEXT, integration(24 * 7 + 1)), True),
    ("T06", (DOSED, integration(24)), False),
]


@pytest.mark.parametrize(("rule", "records", "found"), CASES)
def test_rule(rule, records, found):
    assert (rule in rules(*(records if isinstance(records, tuple) else (records,)))) is found


def test_every_rule_is_tried_on_both_sides():
    assert both_sides(CASES) == (judged_in("T"), judged_in("T"))


def test_a_dose_of_the_last_two_days_may_still_be_integrated():
    records = (DOSED, session(dose(days=-7), days=-7, key="X"), integration(-24 * 6))
    assert "T02" not in rules(*records, until=after(47 * 60))
    assert "T02" in rules(*records, until=after(48 * 60))


def test_a_day_alone_counts_in_days():
    whole_day = Period(after(days=2).date())
    made = integration(48)
    alone = type(made)(**{**{n: getattr(made, n) for n in made.__dataclass_fields__}, "session": whole_day, "since_dose": None})
    assert "T02" not in rules(DOSED, alone)


@pytest.mark.parametrize(
    ("hours", "met"), [(5, {"krystal-48", "same-day", "couple-of-days"}), (48, {"muscat-24-48", "krystal-48", "couple-of-days"})]
)
def test_windows_as_rules_t01_and_t03_say(hours, met):
    since = integration(hours).since_dose
    assert set(windows_met(since, None, after(hours * 60))) == met
