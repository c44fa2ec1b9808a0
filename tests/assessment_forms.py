"""Assessments as tests fill them in."""

from datetime import date
from decimal import Decimal

from kapfhir.model.assessments import Answer, OutcomeAssessment
from kapfhir.model.shipped import SCALES
from kapfhir.model.values import Amount, Instrument, Key, Ref

FREQUENCIES = ["not-at-all", "several-days", "more-than-half", "nearly-every-day"]


def score(value) -> Amount:
    return Amount(Decimal(value), "{score}")


def assessment(instrument, values, total=None):
    questions = SCALES[instrument].questions
    answers = tuple(Answer(q, v) for q, v in zip(questions, values, strict=False))
    return OutcomeAssessment(Key("O-1"), Ref("P-1"), Instrument(instrument), date(2026, 1, 4), answers, total)
