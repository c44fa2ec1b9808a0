"""Diagnoses: a code or words, and the counts that they rest on."""

from dataclasses import replace
from datetime import date

import pytest

from kapfhir.model.care import Diagnosis, Resistance, TraumaHistory
from kapfhir.model.values import ConditionStatus, Disorder, ImpossibleError, Key, Ref

DAY = date(2026, 1, 5)
DIAGNOSIS = Diagnosis(Key("D-1"), Ref("P-1"), DAY, Disorder("ptsd"))


def code_of(act):
    with pytest.raises(ImpossibleError) as refused:
        act()
    return refused.value.code


def test_a_diagnosis_has_a_code_or_a_text():
    assert code_of(lambda: replace(DIAGNOSIS, disorder=None)) == "missing-diagnosis"
    assert replace(DIAGNOSIS, disorder=None, label="Melancholia").disorder is None


def test_only_an_ended_diagnosis_has_abated_and_not_before_its_onset():
    assert code_of(lambda: replace(DIAGNOSIS, abated=DAY)) == "abated-yet-active"
    ended = replace(DIAGNOSIS, status=ConditionStatus("resolved"), onset=DAY, abated=DAY)
    assert code_of(lambda: replace(ended, abated=date(2026, 1, 4))) == "ends-before-it-starts"


@pytest.mark.parametrize(("score", "possible"), [(-1, False), (0, True), (10, True), (11, False)])
def test_an_ace_score_is_0_to_10(score, possible):
    if possible:
        assert TraumaHistory(ace_score=score).ace_score == score
    else:
        assert code_of(lambda: TraumaHistory(ace_score=score)) == "out-of-range"


def test_parts_say_something_even_no():
    assert code_of(TraumaHistory) == code_of(Resistance) == "empty-part"
    assert TraumaHistory(combat=False).combat is False
    assert Resistance(failed_trials=0).failed_trials == 0
    assert code_of(lambda: Resistance(failed_trials=-1)) == "out-of-range"


@pytest.mark.parametrize(
    ("resistance", "told"),
    [
        (None, []),
        (Resistance(resistant=True, failed_trials=1), ["few-failed-trials"]),
        (Resistance(resistant=True, failed_trials=2), []),
        (Resistance(resistant=False, failed_trials=1), []),
        (Resistance(resistant=True), []),
    ],
)
def test_resistance_with_fewer_than_two_failed_trials_is_told(resistance, told):
    found = list(replace(DIAGNOSIS, resistance=resistance).doubts())
    assert [d.code for d in found] == told
    assert all(d.severity == "info" for d in found)
