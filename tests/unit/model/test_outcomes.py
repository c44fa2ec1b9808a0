"""Totals: recorded and computed kept apart, nothing prorated, ranges held."""

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from kapfhir.model.outcomes import AdverseEvent, Answer, OutcomeAssessment
from kapfhir.model.scales import SCALES
from kapfhir.model.values import (
    Amount,
    Causality,
    Choice,
    Event,
    EventOutcome,
    ImpossibleError,
    Instrument,
    Key,
    Question,
    Ref,
    Severity,
)

FREQUENCIES = ["not-at-all", "several-days", "more-than-half", "nearly-every-day"]


def score(value) -> Amount:
    return Amount(Decimal(value), "{score}")


def assessment(instrument, values, total=None):
    questions = SCALES[instrument].questions
    answers = tuple(Answer(q, v) for q, v in zip(questions, values, strict=False))
    return OutcomeAssessment(Key("O-1"), Ref("P-1"), Instrument(instrument), date(2026, 1, 4), answers, total)


@pytest.mark.parametrize(
    ("instrument", "items", "most", "highest"),
    [
        ("phq-9", 9, 3, 27),
        ("gad-7", 7, 3, 21),
        ("pcl-5", 20, 4, 80),
        ("madrs", 10, 6, 60),
        ("cadss", 23, 4, 92),
        ("meq30", 30, 5, 150),
        ("cssrs-screener", 6, 1, None),
    ],
)
def test_scales_as_published(instrument, items, most, highest):
    scale = SCALES[instrument]
    assert (len(scale.questions), scale.most, scale.highest) == (items, most, highest)


def test_choices_score_by_what_they_say():
    made = assessment("phq-9", [Choice(f) for f in FREQUENCIES * 2] + [Choice("nearly-every-day")])
    assert made.computed == score(15)
    assert made.score == score(15)
    assert made.status == "completed"


def test_numbers_sum():
    assert assessment("madrs", [6] * 10).computed == score(60)


def test_missing_items_are_not_prorated():
    made = assessment("gad-7", [Choice("several-days")] * 6)
    assert (made.computed, made.score, made.status) == (None, None, "stopped")
    assert [d.code for d in made.doubts()] == ["missing-item"]


def test_a_recorded_total_is_kept_beside_the_computed_one():
    made = assessment("madrs", [1] * 10, score(12))
    assert (made.total, made.computed, made.score) == (score(12), score(10), score(12))
    assert [d.code for d in made.doubts()] == ["total-disagrees"]
    assert list(assessment("madrs", [1] * 10, score(10)).doubts()) == []


def test_a_total_alone_is_a_whole_assessment():
    made = assessment("cadss", [], score(17))
    assert (made.status, made.score, list(made.doubts())) == ("completed", score(17), [])


@pytest.mark.parametrize(
    ("values", "missing", "status"),
    [
        ({1: "no", 2: "no", 6: "no"}, 0, "completed"),
        ({1: "yes", 2: "yes", 6: "no"}, 3, "stopped"),
        ({1: "yes", 2: "yes", 3: "no", 4: "no", 5: "no", 6: "no"}, 0, "completed"),
        ({1: "no", 2: "no", 3: "no", 4: "no", 5: "no", 6: "no"}, 0, "completed"),
        ({1: "no", 2: "no"}, 1, "stopped"),
        ({1: "no", 6: "no"}, 4, "stopped"),
    ],
)
def test_the_screener_skips_items_by_its_own_rule(values, missing, status):
    answers = tuple(Answer(Question(f"cssrs-screener-{n}"), Choice(v)) for n, v in values.items())
    made = OutcomeAssessment(Key("O-1"), Ref("P-1"), Instrument("cssrs-screener"), date(2026, 1, 4), answers)
    assert (made.missing, made.status) == (missing, status)
    assert [d.code for d in made.doubts()] == (["missing-item"] if missing else [])


def test_the_screener_is_never_summed():
    made = assessment("cssrs-screener", [Choice("yes")] * 6)
    assert made.computed is None and made.score is None


@pytest.mark.parametrize(
    ("make", "code", "fields"),
    [
        (lambda: assessment("madrs", []), "empty-assessment", ()),
        (lambda: assessment("madrs", [7] + [0] * 9), "out-of-range", ("answers",)),
        (lambda: assessment("madrs", [-1]), "out-of-range", ("answers",)),
        (lambda: assessment("phq-9", [2]), "out-of-range", ("answers",)),
        (lambda: assessment("pcl-5", [Choice("not-at-all")]), "out-of-range", ("answers",)),
        (lambda: assessment("phq-9", [], score(28)), "out-of-range", ("total",)),
        (lambda: assessment("cssrs-screener", [], score(3)), "no-total", ("total",)),
        (
            lambda: OutcomeAssessment(
                Key("O"), Ref("P"), Instrument("phq-9"), date(2026, 1, 4), (Answer(Question("gad7-1"), Choice("yes")),)
            ),
            "foreign-question",
            ("answers",),
        ),
        (
            lambda: OutcomeAssessment(
                Key("O"), Ref("P"), Instrument("madrs"), date(2026, 1, 4), (Answer(Question("madrs-1"), 1),) * 2
            ),
            "question-twice",
            ("answers",),
        ),
    ],
)
def test_refuses(make, code, fields):
    with pytest.raises(ImpossibleError) as error:
        make()
    assert (error.value.code, error.value.fields) == (code, fields)


def event(**rest):
    return AdverseEvent(Key("A-1"), Ref("P-1"), Event("nausea"), date(2026, 1, 5), Severity("mild"), **rest)


@pytest.mark.parametrize(
    ("rest", "lasting", "status"),
    [
        ({}, None, "active"),
        ({"outcome": EventOutcome("resolved")}, None, "active"),
        ({"outcome": EventOutcome("ongoing")}, True, "active"),
        ({"resolved": date(2026, 1, 6)}, True, "resolved"),
    ],
)
def test_an_event_that_lasted_is_a_condition_too(rest, lasting, status):
    made = event(**rest)
    assert (made.lasting, made.condition_status) == (lasting, status)


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ({"resolved": date(2026, 1, 4)}, "ends-before-it-starts"),
        ({"resolved": datetime(2026, 1, 4, 10, tzinfo=timezone.utc)}, "ends-before-it-starts"),
        ({"causality": Causality("possible")}, "causality-without-session"),
    ],
)
def test_refuses_an_event(rest, code):
    with pytest.raises(ImpossibleError) as error:
        event(**rest)
    assert error.value.code == code


def test_an_event_that_is_over_is_not_ongoing():
    made = event(resolved=date(2026, 1, 6), outcome=EventOutcome("ongoing"))
    assert [d.code for d in made.doubts()] == ["resolved-yet-ongoing"]
    assert list(event(resolved=date(2026, 1, 6), outcome=EventOutcome("resolved")).doubts()) == []
