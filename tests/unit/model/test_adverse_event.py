"""Adverse events: severity, seriousness and grade agree, or it is told."""

from dataclasses import replace
from datetime import date

import pytest

from kapfhir.model.before import EventAction, Grade, SeriousCriterion
from kapfhir.model.outcomes import AdverseEvent
from kapfhir.model.values import Event, EventOutcome, Key, Ref, Seriousness, Severity

EVENT = AdverseEvent(Key("A-1"), Ref("P-1"), Event("nausea"), date(2026, 1, 5), Severity("mild"))
DEATH = (SeriousCriterion("death"),)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"seriousness": Seriousness("serious")}, ["serious-without-criterion"]),
        ({"seriousness": Seriousness("serious"), "criteria": DEATH}, []),
        ({"criteria": DEATH}, ["criterion-yet-not-serious"]),
        ({"grade": Grade("5"), "outcome": EventOutcome("resolved")}, ["grade-disagrees"]),
        ({"grade": Grade("5"), "outcome": EventOutcome("fatal")}, []),
        ({"grade": Grade("4"), "outcome": EventOutcome("resolved")}, []),
        ({"grade": Grade("5")}, []),
    ],
)
def test_what_does_not_agree_is_told(changes, told):
    assert [d.code for d in replace(EVENT, **changes).doubts()] == told


def test_an_event_is_assessed_where_something_is_said_that_has_no_element_in_fhir():
    assert EVENT.assessed is None
    assert replace(EVENT, expected=False).assessed is True
    assert replace(EVENT, actions=(EventAction("stopped"),)).assessed is True
