"""Totals: recorded and computed kept apart, nothing prorated, ranges held."""

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


def test_choices_score_by_what_they_say():
    made = assessment("phq-9", [Choice(f) for f in FREQUENCIES * 2] + [Choice("nearly-every-day")])
    assert made.computed == score(15)
    assert made.score == score(15)
    assert made.status == "complete"


def test_what_is_asked_of_two_in_turn_is_that_of_each():
    low, high = assessment("phq-9", [Choice("not-at-all")] * 9), assessment("phq-9", [Choice("nearly-every-day")] * 9)
    for _ in range(2):
        assert (low.computed, low.safety_score, low.status) == (score(0), 0, "complete")
        assert (high.computed, high.safety_score, len(high.given)) == (score(27), 3, 9)
    again = replace(high, answers=high.answers[:-1])
    assert (again.computed, again.status, high.computed) == (None, "partial", score(27))


def test_numbers_sum():
    assert assessment("madrs", [6] * 10).computed == score(60)


def test_missing_items_are_not_prorated():
    made = assessment("gad-7", [Choice("several-days")] * 6)
    assert (made.computed, made.score, made.status) == (None, None, "partial")
    assert [d.code for d in made.doubts()] == ["missing-item"]


def test_a_recorded_total_is_kept_beside_the_computed_one():
    made = assessment("madrs", [1] * 10, score(12))
    assert (made.total, made.computed, made.score) == (score(12), score(10), score(12))
    assert [d.code for d in made.doubts()] == ["total-disagrees"]
    assert list(assessment("madrs", [1] * 10, score(10)).doubts()) == []


def test_a_total_alone_is_a_whole_assessment():
    made = assessment("cadss", [], score(17))
    assert (made.status, made.score, list(made.doubts())) == ("complete", score(17), [])


def test_the_screener_is_never_summed():
    made = assessment("cssrs-screener", [Choice("yes")] * 6)
    assert made.computed is None and made.score is None


@pytest.mark.parametrize(
    ("make", "code", "fields"),
    [
        (lambda: assessment("madrs", []), "empty-assessment", ()),
        (lambda: assessment("madrs", [8] + [0] * 9), "out-of-range", ("answers",)),
        (lambda: assessment("madrs", [-1]), "out-of-range", ("answers",)),
        (lambda: assessment("phq-9", [2]), "number-for-choice", ("answers",)),
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


# ------------------------------------------------------------------------------------------------ subscales


def completed(instrument, values, **rest):
    given = {
        "key": Key("O"),
        "patient": Ref("P"),
        "instrument": Instrument(instrument),
        "assessed": date(2026, 1, 4),
        "answers": tuple(Answer(q, v) for q, v in zip(SCALES[instrument].questions, values, strict=False)),
        **rest,
    }
    OutcomeAssessment.complete(given)
    return OutcomeAssessment(**given)


def test_the_one_map_of_a_scale_is_computed():
    made = completed("pcl-5", [1] * 20)
    assert [(s.subscale.removeprefix("pcl-5-dsm-5-"), s.computed) for s in made.subscales] == [
        ("arousal", score(6)),
        ("avoidance", score(2)),
        ("cognition-mood", score(7)),
        ("intrusion", score(5)),
    ]


def test_maps_that_conflict_are_computed_only_by_name():
    values = [0] * 20 + [4, 0, 0]  # item 21 is where they differ
    assert completed("cadss", values).subscales == ()
    for name, depersonalisation, derealisation in (("analysis", 4, 0), ("janssen", 0, 4)):
        named = SubscaleScore(Key("d"), Subscale(f"cadss-{name}-depersonalisation"), score(4))
        made = completed("cadss", values, subscales=(named,))
        found = {s.subscale: s.computed for s in made.subscales}
        assert found[f"cadss-{name}-depersonalisation"] == score(depersonalisation)
        assert found[f"cadss-{name}-derealisation"] == score(derealisation)
        assert len(found) == 3
        assert [d.code for d in made.doubts()] == (["total-disagrees"] if depersonalisation != 4 else [])


def test_a_subscale_of_missing_answers_is_not_computed():
    made = completed("pcl-5", [1] * 19)
    assert "pcl-5-dsm-5-arousal" not in {s.subscale for s in made.subscales}
    assert len(made.subscales) == 3


# ------------------------------------------------------------------------------------------------ bands, safety, shifts


@pytest.mark.parametrize(
    ("yes", "band", "flag"),
    [
        ((), None, False),
        ((1,), "low", False),
        ((2,), "low", False),
        ((3,), "moderate", True),
        ((6,), "moderate", True),
        ((4,), "high", True),
        ((1, 5), "high", True),
    ],
)
def test_the_screener_is_triaged_by_the_highest_yes(yes, band, flag):
    made = assessment("cssrs-screener", [Choice("yes" if n in yes else "no") for n in range(1, 7)])
    assert made.band == (band and f"cssrs-screener-triage-{band}")
    assert (made.safety_flag, made.score, made.score_absent) == (flag, None, "not-applicable")


def test_recent_behaviour_is_high():
    made = assessment("cssrs-screener", [Choice("no")] * 5 + [Choice("yes")] * 2)
    assert made.band == "cssrs-screener-triage-high"


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({1: "no", 2: "no", 6: "no"}, 0),
        ({1: "yes", 2: "yes", 6: "no"}, 3),
        ({1: "yes", 2: "yes", 3: "no", 4: "no", 5: "no", 6: "no"}, 0),
        ({1: "no", 2: "no", 3: "no", 4: "no", 5: "no", 6: "no"}, 0),
        ({1: "no", 2: "no"}, 1),
        ({1: "no", 6: "no"}, 4),
    ],
)
def test_the_screener_skips_items_by_its_own_rule(values, missing):
    answers = tuple(Answer(Question(f"cssrs-screener-{n}"), Choice(v)) for n, v in values.items())
    made = OutcomeAssessment(Key("O-1"), Ref("P-1"), Instrument("cssrs-screener"), date(2026, 1, 4), answers)
    assert (len(made.scale.missing(made.given)), made.status) == (missing, "partial" if missing else "complete")
    assert [d.text for d in made.doubts()] == ([f"{missing} of 6 items have no answer"] if missing else [])


@pytest.mark.parametrize(
    ("answers", "band"),
    [({1: "yes"}, None), ({1: "yes", 2: "no", 6: "no"}, "low"), ({1: "no", 2: "no", 6: "yes"}, "moderate"), ({6: "yes"}, None)],
)
def test_a_risk_that_missing_answers_could_raise_has_no_band(answers, band):
    given = tuple(Answer(Question(f"cssrs-screener-{n}"), Choice(a)) for n, a in answers.items())
    made = OutcomeAssessment(Key("O"), Ref("P"), Instrument("cssrs-screener"), date(2026, 1, 4), given)
    assert made.band == (band and f"cssrs-screener-triage-{band}")


def test_a_total_that_may_be_raw_or_percent_has_no_band():
    assert assessment("who-5", [], score(25)).band is None


def test_the_screener_skips_what_a_no_makes_needless():
    made = OutcomeAssessment(
        Key("O"),
        Ref("P"),
        Instrument("cssrs-screener"),
        date(2026, 1, 4),
        tuple(Answer(Question(f"cssrs-screener-{n}"), Choice("no")) for n in (1, 2, 6)),
    )
    assert (made.status, list(made.doubts())) == ("complete", [])


@pytest.mark.parametrize(
    ("instrument", "item", "below", "at"),
    [
        ("phq-9", 9, Choice("not-at-all"), Choice("several-days")),
        ("madrs", 10, 3, 4),
        ("qids-sr16", 12, 1, 2),
        ("hamd17", 3, 1, 2),
        ("bdi-ii", 9, 0, 1),
    ],
)
def test_the_item_about_suicide_is_flagged_at_its_cut(instrument, item, below, at):
    question = SCALES[instrument].questions[item - 1]
    made = [
        OutcomeAssessment(Key("O"), Ref("P"), Instrument(instrument), date(2026, 1, 4), (Answer(question, a),))
        for a in (below, at)
    ]
    assert [m.safety_flag for m in made] == [False, True]


def test_an_absent_item_about_suicide_is_not_zero():
    assert assessment("phq-8", [Choice("not-at-all")] * 8).safety_flag is None
    refused = Answer(Question("phq9-9"), absent=Absent("asked-declined"))
    made = OutcomeAssessment(Key("O"), Ref("P"), Instrument("phq-9"), date(2026, 1, 4), (refused,))
    assert (made.safety_flag, made.computed, made.status) == (None, None, "partial")


def test_numbers_from_one_are_no_scores():
    for values in ([1] * 19 + [5], [5, 4, 3]):
        with pytest.raises(ImpossibleError) as error:
            assessment("pcl-5", values, score(37))
        assert (error.value.code, error.value.fields) == ("shifted-coding", ("answers", "total"))
    with pytest.raises(ImpossibleError) as error:  # with a 0 it is a slip of the pen
        assessment("pcl-5", [0, 5, 3])
    assert error.value.code == "out-of-range"


@pytest.mark.parametrize("instrument", ["bdi", "audit", "dast", "whodas-12", "madrs-s", "pcl"])
def test_an_ambiguous_name_is_told_unless_the_version_is(instrument):
    made = assessment(instrument, [], score(12))
    assert [d.code for d in made.doubts()] == ["ambiguous-instrument"]
    assert list(replace(made, version="as printed").doubts()) == []


@pytest.mark.parametrize(
    ("standing", "status", "result"),
    [("prorated", "prorated", "final"), ("invalid", "invalid", "entered-in-error"), ("unverified", "unverified", "preliminary")],
)
def test_what_the_source_says_of_the_whole(standing, status, result):
    made = replace(assessment("phq-9", [], score(10)), standing=Standing(standing))
    assert (made.status, made.result_status) == (status, result)


def test_total_27_with_8_items_is_kept_and_none_is_computed():
    made = assessment("phq-9", [Choice("nearly-every-day")] * 8, score(27))
    assert (made.score, made.computed, made.status) == (score(27), None, "partial")
    assert [d.code for d in made.doubts()] == ["missing-item"]
