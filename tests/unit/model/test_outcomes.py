"""Adverse events: what lasted, and what can't be."""

from datetime import date, datetime, timezone

import pytest

from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.values import Causality, Event, EventOutcome, ImpossibleError, Key, Ref, Severity


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
