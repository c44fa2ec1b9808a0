"""Derived outcomes: baselines, definitions at their edges, what must stay undefined."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from kapfhir.model.outcome_rules import LAST, WORST, Measured, Treated, choose_baseline, derive, meets
from kapfhir.model.shipped import SCALES

DOSE = datetime(2026, 1, 10, 9, tzinfo=timezone.utc)


def at(days, score, *, instrument="madrs", safety=None, edition="", **rest):
    moment = DOSE + timedelta(days=days)
    return Measured(f"{instrument}-{days}-{score}", instrument, edition or instrument, moment, Decimal(score), safety, **rest)


def outcomes(*measured, course=None):
    return list(derive("P-1", [course or Treated("C-1", DOSE)], measured))


def last(*scores, instrument="madrs"):
    """The outcome of the last of weekly scores, the first of them before the dose."""
    return outcomes(*[at(7 * n - 1, score, instrument=instrument) for n, score in enumerate(scores)])[-1]


def said(outcome):
    return {str(d.definition): d.met for d in outcome.determinations}


@pytest.mark.parametrize(("baseline", "score", "met"), [(44, 22, True), (45, 23, False), (45, 22, True)])
def test_response_at_half(baseline, score, met):
    assert said(last(baseline, score))["madrs-response-50"] is met


@pytest.mark.parametrize(("score", "at_10", "below_10", "at_12"), [(9, 1, 1, 1), (10, 1, 0, 1), (12, 0, 0, 1), (13, 0, 0, 0)])
def test_madrs_has_several_remissions(score, at_10, below_10, at_12):
    found = said(last(30, score))
    names = ("madrs-remission-10", "madrs-remission-lt10", "madrs-remission-12")
    assert [found[n] for n in names] == [bool(at_10), bool(below_10), bool(at_12)]


@pytest.mark.parametrize(("score", "met"), [(4, True), (5, False)])
def test_phq_9_remission_is_below_5(score, met):
    assert said(last(20, score, instrument="phq-9"))["phq-9-remission-lt5"] is met


@pytest.mark.parametrize(("score", "met"), [(14, False), (15, True)])
def test_worsening_of_phq_9(score, met):
    assert said(last(10, score, instrument="phq-9"))["phq-9-worsening-5"] is met


@pytest.mark.parametrize(
    ("score", "reliable", "meaningful"), [(46, False, False), (45, True, False), (41, True, False), (40, True, True)]
)
def test_pcl_5_counts_points(score, reliable, meaningful):
    found = said(last(50, score, instrument="pcl-5"))
    assert (found["pcl-5-reliable-5"], found["pcl-5-response-10"]) == (reliable, meaningful)


def test_nothing_in_percent_of_a_baseline_of_0():
    made = last(0, 3, instrument="phq-9")
    assert (made.change.value, made.percent) == (3, None)
    assert set(said(made)) == {"phq-9-worsening-5"}


def test_no_remission_where_the_baseline_was_there_already():
    assert "madrs-remission-12" not in said(last(11, 5))
    assert said(last(11, 5))["madrs-remission-10"] is True


def test_consistent_remission_takes_two_in_a_row():
    assert said(last(30, 12))["madrs-consistent-remission-12"] is False
    assert said(last(30, 13, 12))["madrs-consistent-remission-12"] is False
    assert said(last(30, 12, 12))["madrs-consistent-remission-12"] is True


@pytest.mark.parametrize(
    ("scores", "half", "at_22"),
    [
        ((40, 20, 29), False, False),  # 9 of 20 points lost
        ((40, 20, 30), True, False),  # 10 of 20
        ((40, 10, 22, 21), False, False),
        ((40, 10, 22, 22), False, True),
        ((40, 10, 25, 25), True, True),
    ],
)
def test_relapse_after_a_response(scores, half, at_22):
    found = last(*scores)
    assert (said(found)["madrs-relapse-half"], said(found)["madrs-relapse-22"]) == (half, at_22)


def test_a_relapse_says_since_when():
    found = {d.definition: d.at for d in last(40, 10, 22, 22).determinations}
    assert found["madrs-relapse-22"] == DOSE + timedelta(days=13)
    assert found["madrs-relapse-half"] is None


def test_no_relapse_without_a_response():
    assert not any("relapse" in name for name in said(last(40, 30, 40, 40)))
    assert not any("relapse" in name for name in said(last(40, 10)))


def test_between_versions_nothing_is_compared():
    assert outcomes(at(-1, 30, edition="madrs English"), at(7, 10, edition="madrs structured")) == []
    assert outcomes(at(-1, 30), at(7, 10, instrument="phq-9")) == []


def test_experience_scales_are_not_compared():
    assert outcomes(at(-1, 0, instrument="cadss"), at(0.1, 40, instrument="cadss")) == []


def test_without_a_baseline_nothing_is_derived():
    assert outcomes(at(1, 10), at(8, 5)) == []


def test_the_last_before_the_first_dose_is_the_baseline():
    (made,) = outcomes(at(-40, 35), at(-2, 30), at(3, 20))
    assert (made.compared, made.change.value, made.baseline_rule) == (("madrs--2-30", "madrs-3-20"), -10, LAST)


@pytest.mark.parametrize(("days", "chosen"), [((-30, -2), "madrs--30-35"), ((-31, -2), "madrs--2-30"), ((-31, -40), None)])
def test_the_worst_of_30_days(days, chosen):
    before = [at(days[0], 35), at(days[1], 30)]
    found = choose_baseline(sorted(before, key=lambda m: m.assessed), Treated("C-1", DOSE, WORST), SCALES["madrs"])
    assert (found and found.key) == chosen


def test_the_worst_of_a_scale_that_rises_is_the_lowest():
    before = [at(-3, 60, instrument="who-5"), at(-2, 40, instrument="who-5")]
    assert choose_baseline(before, Treated("C-1", DOSE, WORST), SCALES["who-5"]).score == 40


@pytest.mark.parametrize(("timepoint", "before"), [(None, True), ("pre-dose", True), ("post-dose", False)])
def test_a_day_without_a_time_is_before_the_dose_unless_it_says_so(timepoint, before):
    day = Measured("A", "madrs", "madrs", date(2026, 1, 10), Decimal(30), timepoint=timepoint)
    made = outcomes(at(-5, 40), day, at(7, 15))
    assert [o.compared for o in made if o.key != "A"] == [("A" if before else "madrs--5-40", "madrs-7-15")]


def test_courses_have_their_own_baselines():
    later = Treated("C-2", DOSE + timedelta(days=100))
    made = list(derive("P-1", [later, Treated("C-1", DOSE)], [at(-1, 40), at(20, 10), at(90, 38), at(110, 19)]))
    assert [(o.course, o.compared) for o in made] == [
        ("C-1", ("madrs--1-40", "madrs-20-10")),
        ("C-1", ("madrs--1-40", "madrs-90-38")),
        ("C-2", ("madrs-90-38", "madrs-110-19")),
    ]


def test_time_to_response_and_durability():
    made = outcomes(at(-1, 40), at(1.5, 18), at(8, 30), at(15, 12))
    assert {(o.time_to_response.value, o.time_to_response.unit) for o in made} == {(36, "h")}
    assert [o.durability.value for o in made] == [0, 0, 0]
    unbroken = outcomes(at(-1, 40), at(1, 18), at(8, 15), at(15, 12), at(22, 35), at(29, 10))
    assert [o.durability.value for o in unbroken] == [0, 7, 14, 14, 14]
    assert outcomes(at(-1, 40), at(1, 30))[0].time_to_response is None


@pytest.mark.parametrize(("before", "after", "change"), [(3, 6, 3), (2, 0, -2), (None, 6, None), (3, None, None)])
def test_change_of_suicidality(before, after, change):
    (made,) = outcomes(at(-1, 30, safety=before), at(7, 30, safety=after))
    assert made.suicidality_change == change


def test_percent_keeps_its_sign():
    assert last(44, 22).percent.value == Decimal("-50.00")
    assert last(40, 44).percent.value == Decimal("10.00")


@pytest.mark.parametrize(
    ("study", "instrument", "rule", "baseline", "yes", "no"),
    [
        ("McInnes 2022", "phq-9", "phq-9-response-50", 19, 9, 10),
        ("McInnes 2022", "phq-9", "phq-9-remission-lt5", 19, 4, 5),
        ("ELEKT-D", "qids-sr16", "qids-sr16-response-50", 18, 9, 10),
        ("KetECT", "madrs", "madrs-remission-10", 33, 10, 11),
        ("SUSTAIN-3", "madrs", "madrs-remission-12", 37, 12, 13),
    ],
)
def test_definitions_as_the_studies_have_them(study, instrument, rule, baseline, yes, no):
    found = next(r for r in SCALES[instrument].rules if r.definition == rule)
    assert study in found.source
    assert found.verified
    assert (meets(found, Decimal(baseline), Decimal(yes)), meets(found, Decimal(baseline), Decimal(no))) == (True, False)


@pytest.mark.parametrize(
    ("responders", "treated", "printed"), [(288, 537, "53.6"), (155, 537, "28.9")]
)  # McInnes 2022: 53.6 % response, 28.9 % remission of 537
def test_a_cohort_as_printed_gives_the_printed_share(responders, treated, printed):
    rule = "phq-9-response-50" if printed == "53.6" else "phq-9-remission-lt5"
    good, bad = (10, 11) if printed == "53.6" else (4, 5)
    met = sum(said(last(20, good if n < responders else bad, instrument="phq-9"))[rule] for n in range(treated))
    assert f"{Decimal(met) * 100 / treated:.1f}" == printed
