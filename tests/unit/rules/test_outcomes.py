"""Outcomes and suicidality: each rule on both sides of each boundary."""

import pytest
from rules_desk import AT, after, amount, both_sides, dose, find, judged_in, rules, score, session

from kapfhir.model.course import Course
from kapfhir.model.derived import DerivedOutcome
from kapfhir.model.flags import SafetyFlag
from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.pre_dose import PreDoseCheck
from kapfhir.model.shipped import SCALES
from kapfhir.model.values import Choice, Key, Ref

DOSED = session()
CUTS = [  # the scale, its item, and the first answer that a person must see (domain D.6, O01)
    ("phq-9", "phq9-9", "several-days", "not-at-all"),
    ("madrs", "madrs-10", 4, 3),
    ("qids-sr16", "qids-sr16-12", 2, 1),
    ("hamd17", "hamd17-3", 2, 1),
    ("bdi-ii", "bdi-ii-9", 1, 0),
    ("cssrs-ideation", "cssrs-ideation-level", 3, 2),
    ("cssrs-screener", "cssrs-screener-3", "yes", "no"),
    ("cssrs-screener", "cssrs-screener-6-recent", "yes", "no"),
]


def answered(instrument, question, value, **rest):
    scale = SCALES[instrument]
    given = Choice(value) if isinstance(value, str) else value
    assert scale.item(question).takes(given)
    return score(None, instrument, answers=[(question, given)], **rest)


def level(number, **rest):
    return answered("cssrs-ideation", "cssrs-ideation-level", number, **rest)


def ideas(number, **rest):
    return answered("madrs", "madrs-10", number, **rest)


def flag(days, about="A"):
    return SafetyFlag(
        Key("F"), Ref("P"), "O01", "safety-finding", AT, "seen", evidence_assessments=(Ref(about),), acknowledged=after(days=days)
    )


def change(points, instrument="phq-9", days=30, key="A2"):
    return DerivedOutcome(
        Key(key),
        Ref("P"),
        instrument,
        after(days=days),
        (Ref("A1"), Ref(key)),
        "last-before-first-dose",
        amount(points, "{score}"),
    )


def event(kind, days):
    return AdverseEvent(Key("E"), Ref("P"), kind, after(days=days).date(), "moderate")


def induction(status="completed"):
    frame = Course(Key("C"), Ref("P"), Ref("S"), status, AT.date())
    return (frame, *(session(dose(days=d), days=d, course="C") for d in (0, 3, 7, 10)))


def dissociated(minutes, points):
    """The dose ends at 40 minutes."""
    return (DOSED, score(2, "cadss", minutes=-10, key="1"), score(2 + points, "cadss", minutes=minutes, key="2"))


NOTED = session(pre_dose=PreDoseCheck(after(-10), override_reason="seen by the prescriber"))
CASES = [
    *(("O01", answered(scale, item, cut), True) for scale, item, cut, _ in CUTS),
    *(("O01", answered(scale, item, below), False) for scale, item, _, below in CUTS),
    ("O01", ideas(4, standing="invalid"), False),
    ("O02", (ideas(3), ideas(4, days=7)), True),
    ("O02", (ideas(3), ideas(3, days=7)), False),
    ("O02", (ideas(3, days=7), ideas(4)), False),
    ("O02", (ideas(0), level(1, days=7)), False),
    ("O02", (ideas(3), ideas(5, days=3, standing="invalid"), ideas(3, days=7)), False),
    ("O03", ideas(4), True),
    ("O03", ideas(3), False),
    ("O03", ideas(4, safety_action="safety plan made"), False),
    ("O03", (ideas(4, key="A"), flag(1)), False),
    ("O03", (ideas(4, key="A"), flag(2)), True),
    ("O03", (ideas(4, key="A"), flag(1, about="B")), True),
    ("O04", (DOSED, level(4, minutes=-60)), True),
    ("O04", (DOSED, level(3, minutes=-60)), False),
    ("O04", (DOSED, level(5, minutes=60)), False),
    ("O04", (DOSED, level(5, days=-1)), False),
    ("O04", (NOTED, level(5, minutes=-60)), False),
    ("O04", (DOSED, answered("cssrs-screener", "cssrs-screener-5", "yes", minutes=-60)), True),
    ("O04", (DOSED, answered("cssrs-screener", "cssrs-screener-3", "yes", minutes=-60)), False),
    ("O07", change(1), True),
    ("O07", change(0), False),
    ("O07", (change(3, days=20), change(-1, key="A3")), False),
    ("O07", change(5, "who-5"), False),
    ("O07", change(-5, "who-5"), True),
    ("O07-notable", change(5), True),
    ("O07-notable", change(4), False),
    ("O07-notable", change(9, "madrs"), False),
    ("O09", (DOSED, score(10, days=1)), True),
    ("O09", (DOSED, score(10, days=-1)), False),
    ("O09", (DOSED, score(10, day=AT.date())), False),
    ("O09", (DOSED, score(10, "cadss", days=-1)), True),
    ("O09-old", (DOSED, score(10, days=-30)), False),
    ("O09-old", (DOSED, score(10, days=-31)), True),
    ("O10", (*induction(), score(10, days=10 + 14)), False),
    ("O10", (*induction(), score(10, days=10 + 13)), True),
    ("O10", (*induction(), score(10, days=10 + 31)), False),
    ("O10", (*induction(), score(10, days=10 + 32)), True),
    ("O10", (*induction("active"), score(10, days=-1)), False),
    ("O11", dissociated(101, 4), True),
    ("O11", dissociated(101, 3), False),
    ("O11", dissociated(100, 4), False),
    ("O11", dissociated(101, 4)[::2], False),
    ("O12", (DOSED, score(12, "ymrs", days=1)), True),
    ("O12", (DOSED, score(11, "ymrs", days=1)), False),
    ("O12", (DOSED, score(12, "ymrs", days=-1)), False),
    ("O12", score(12, "ymrs", days=1), False),
    ("O12", (DOSED, event("mania", 0)), True),
    ("O12", (DOSED, event("mania", -1)), False),
    ("O12", (DOSED, event("nausea", 1)), False),
]


@pytest.mark.parametrize(("rule", "records", "found"), CASES)
def test_rule(rule, records, found):
    assert (rule in rules(*(records if isinstance(records, tuple) else (records,)))) is found


def test_every_rule_is_tried_on_both_sides():
    assert both_sides(CASES) == (judged_in("O"), judged_in("O"))


def test_there_was_no_time_for_a_follow_up_yet():
    records = (*induction(), score(10, days=-1))
    assert "O10" not in rules(*records, until=after(days=40))
    assert "O10" in rules(*records, until=after(days=42))


def test_suicidality_stands_first():
    severities = [f.severity for f in find(ideas(5), ideas(6, days=2, key="Z"))]
    assert set(severities) == {"safety"}
