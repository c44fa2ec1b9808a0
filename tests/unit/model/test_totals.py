"""Totals by the rule of each scale, bands, skips."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from assessment_forms import FREQUENCIES, assessment, score

from kapfhir.model.assessments import Answer, OutcomeAssessment, SubscaleScore
from kapfhir.model.shipped import SCALES
from kapfhir.model.values import (
    Absent,
    Amount,
    Choice,
    ImpossibleError,
    Instrument,
    Key,
    Question,
    Ref,
    Standing,
    Subscale,
    TotalMethod,
)

# ------------------------------------------------------------------------------------------------ rules of totals


def qids(*values):
    return assessment("qids-sr16", values)


def test_qids_counts_domains_and_not_raw_items():
    assert qids(*[3] * 16).computed == score(27)
    assert qids(0, 1, 2, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 2, 1).computed == score(3 + 3 + 2)
    assert qids(*[3] * 15).computed is None


def test_who_5_is_scaled_and_its_raw_sum_has_a_name():
    made = assessment("who-5", [3, 3, 3, 2, 2])
    assert made.computed == score(52)
    raw = replace(made, total=score(13), method=TotalMethod("sum"))
    assert raw.computed == score(13)
    assert list(raw.doubts()) == []
    assert raw.band == made.band == "who-5-convention-well"


@pytest.mark.parametrize(("method", "total"), [(None, "90"), ("sum", "90"), ("mean", "3"), ("percent", "60")])
def test_meq30_has_three_totals_by_name(method, total):
    made = assessment("meq30", [3] * 30)
    named = replace(made, total=score(total), method=method and TotalMethod(method))
    assert named.computed.value == Decimal(total)
    assert list(named.doubts()) == []


def test_a_mean_agrees_to_the_digits_that_were_written():
    made = assessment("meq30", [3] * 29 + [4])
    assert list(replace(made, total=score("3.03"), method=TotalMethod("mean")).doubts()) == []
    assert [d.code for d in replace(made, total=score("3.04"), method=TotalMethod("mean")).doubts()] == ["total-disagrees"]


def test_the_functional_item_of_phq_9_is_not_scored():
    made = assessment("phq-9", [Choice("several-days")] * 9 + [Choice("extremely-difficult")])
    assert (made.computed, made.status, list(made.doubts())) == (score(9), "complete", [])


@pytest.mark.parametrize(
    ("answers", "computed", "missing"),
    [
        ({1: 0, 9: 2, 10: 4}, 6, 0),  # who never drinks is not asked 2 to 8
        ({1: 1, 9: 0, 10: 0}, None, 7),
        ({n: 4 for n in range(1, 11)}, 40, 0),
    ],
)
def test_audit_skips(answers, computed, missing):
    made = OutcomeAssessment(
        Key("O"),
        Ref("P"),
        Instrument("audit"),
        date(2026, 1, 4),
        tuple(Answer(Question(f"audit-{n}"), a) for n, a in answers.items()),
        version="WHO",
    )
    assert made.computed == (None if computed is None else score(computed))
    assert len(made.scale.missing(made.given)) == missing


@pytest.mark.parametrize(("value", "good"), [(0, True), (1, False), (2, True), (3, False), (4, True)])
def test_audit_9_takes_0_2_4(value, good):
    assert SCALES["audit"].item("audit-9").takes(value) is good


def test_wsas_without_work_is_whole():
    answers = tuple(Answer(Question(f"wsas-{n}"), 8) for n in (2, 3, 4, 5))
    made = OutcomeAssessment(Key("O"), Ref("P"), Instrument("wsas"), date(2026, 1, 4), answers)
    assert (made.computed, made.status) == (score(32), "complete")


def test_dast_reverses_item_3():
    answers = [Choice("no")] * 10
    assert assessment("dast-10", answers).computed == score(1)
    answers[2] = Choice("yes")
    assert assessment("dast-10", answers).computed == score(0)


@pytest.mark.parametrize(
    ("instrument", "total", "band"),
    [
        ("phq-9", 4, "minimal"),
        ("phq-9", 5, "mild"),
        ("phq-9", 9, "mild"),
        ("phq-9", 10, "moderate"),
        ("phq-9", 14, "moderate"),
        ("phq-9", 15, "moderately-severe"),
        ("phq-9", 19, "moderately-severe"),
        ("phq-9", 20, "severe"),
        ("gad-7", 14, "moderate"),
        ("gad-7", 15, "severe"),
        ("madrs", 6, "normal"),
        ("madrs", 7, "mild"),
        ("madrs", 34, "moderate"),
        ("madrs", 35, "severe"),
        ("hamd17", 7, "none"),
        ("hamd17", 8, "mild"),
        ("hamd17", 23, "very-severe"),
        ("qids-sr16", 5, "none"),
        ("qids-sr16", 6, "mild"),
        ("bdi-ii", 28, "moderate"),
        ("bdi-ii", 29, "severe"),
        ("pcl-5", 33, None),
        ("cadss", 60, None),
    ],
)
def test_bands_at_their_edges(instrument, total, band):
    found = assessment(instrument, [], score(total)).band
    assert found == (band and f"{SCALES[instrument].schemes[0].name}-{band}")


def test_a_scale_may_have_several_schemes():
    scale = SCALES["madrs"]
    assert (scale.band(Decimal(16), {}), scale.band(Decimal(16), {}, "madrs-kearns")) == (
        "madrs-snaith-mild",
        "madrs-kearns-moderate",
    )
