"""Derived outcomes in the stream of records: after the last row, per patient, and again when nothing changed."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from source_desk import Remembered, Units, log

from kapfhir.errors import Problem
from kapfhir.mapping.source.derive import SOURCES, derive_outcomes
from kapfhir.mapping.units import Found, Nothing, Place, Rejected, Same
from kapfhir.model.assessments import OutcomeAssessment
from kapfhir.model.values import Amount, Instrument, Key, Ref, Standing

SCALE = 'concept: OutcomeAssessment\ntable: scores\nfields:\n  key: Id\n  patient: Patient\n  instrument: = madrs\n  assessed: On\n  total: {from: Total, unit: "{score}"}\n'
DOSE = "D-1,P-1,2026-01-05 10:00,2026-01-05 11:00,35,iv,120,80,70"
SCORES = "Id,Patient,On,Total\nA-1,P-1,2026-01-02,40\nA-2,P-1,2026-01-20,20\nA-3,P-2,2026-01-02,40\nA-4,P-2,2026-01-20,10\n"


@pytest.fixture
def desk(sessions):
    return sessions.map("scores", SCALE).table("log", log(DOSE)).table("scores", SCORES)


def run(desk, first=None, scopes=None):
    known = Remembered(first) if first is not None else Nothing()
    return Units(
        derive_outcomes(
            desk.read(known, made=SOURCES) if first is not None else desk.read(), known, {} if scopes is None else scopes
        )
    )


def test_who_was_dosed_and_has_a_baseline_has_outcomes(desk):
    found = run(desk).records("DerivedOutcome")
    assert list(found) == ["A-2"]  # P-2 was never dosed
    assert (found["A-2"].compared, found["A-2"].change.value) == (("A-1", "A-2"), Decimal(-20))


def test_outcomes_name_the_rows_that_they_are_made_of(desk):
    found = next(u for u in run(desk) if isinstance(u, Found) and type(u.record).__name__ == "DerivedOutcome")
    assert found.places == (Place("scores", 3), Place("scores", 2), Place("log", 2))


def test_a_second_run_makes_none_anew(desk):
    first = run(desk)
    second = run(desk, first)
    assert second.records() == {}
    assert ("DerivedOutcome", "A-2") in second.same()


def test_a_changed_baseline_changes_what_follows(desk):
    first = run(desk)
    desk.table("scores", SCORES.replace("01-02,40\nA-2", "01-02,50\nA-2"))
    second = run(desk, first)
    assert set(second.records()) == {"A-1", "A-2"}
    assert second.records("DerivedOutcome")["A-2"].change.value == -30


def test_outcomes_are_gone_with_what_they_are_made_of(desk):
    scopes = {"OutcomeAssessment": {"scores"}, "DosingSession": {"log"}, "Patient": {"patients"}}
    run(desk, scopes=scopes)
    assert scopes["DerivedOutcome"] == {"scores", "log"}


def test_an_outcome_whose_baseline_can_not_be_read_is_rejected_and_not_gone(desk):
    first = run(desk)
    desk.table("scores", SCORES.replace("A-1,P-1,2026-01-02", "A-1,P-1,2026-13-02"))
    second = run(desk, first)
    assert ("DerivedOutcome", "A-2") in second.rejected()


def test_an_outcome_whose_assessment_is_gone_is_gone_too(desk):
    first = run(desk)
    desk.table("scores", SCORES.replace("A-2,P-1,2026-01-20,20\n", "").replace("A-3,P-2,2026-01-02", "A-3,P-2,2026-13-02"))
    second = run(desk, first)
    assert second.rejected() == [("OutcomeAssessment", "A-3")]
    assert second.records("DerivedOutcome") == {}


def test_all_units_pass(desk):
    units = [Problem("t", 1, "", "x", "y"), Same("Patient", "P-1", (), "d"), Rejected("Patient", "P-2")]
    assert list(derive_outcomes(units, Nothing(), {})) == units


def scored(key, day, total, **rest):
    given = {"instrument": Instrument("madrs"), "total": Amount(Decimal(total), "{score}"), **rest}
    return Found(OutcomeAssessment(Key(key), Ref("P-1"), assessed=day, **given), (Place("s", 1),), key)


@pytest.mark.parametrize(
    "rest",
    [
        {"standing": Standing("invalid")},
        {"version": "structured interview"},
        {"instrument": Instrument("cadss")},
        {"instrument": Instrument("madrs-s")},  # ambiguous
    ],
)
def test_what_can_not_be_compared_has_no_outcome(desk, rest):
    doses = [u for u in desk.read() if isinstance(u, Found) and type(u.record).__name__ == "DosingSession"]
    units = [*doses, scored("A", date(2026, 1, 1), 40), scored("B", date(2026, 2, 1), 20, **rest)]
    assert [
        u for u in derive_outcomes(units, Nothing(), {}) if isinstance(u, Found) and type(u.record).__name__ == "DerivedOutcome"
    ] == []


def test_the_first_dose_counts_wherever_it_stands(desk):
    later = DOSE.replace("D-1", "D-2").replace("01-05", "01-25")
    desk.table("log", log(later, DOSE))
    assert list(run(desk).records("DerivedOutcome")) == ["A-2"]


def test_hours_are_those_of_the_clock(desk):
    moment = datetime(2026, 1, 5, 18, tzinfo=timezone.utc) + timedelta(hours=30)
    doses = [u for u in desk.read() if isinstance(u, Found) and type(u.record).__name__ == "DosingSession"]
    units = [*doses, scored("A", date(2026, 1, 1), 40), scored("B", moment, 20)]
    made = Units(derive_outcomes(units, Nothing(), {})).records("DerivedOutcome")["B"]
    assert (made.time_to_response.value, made.time_to_response.unit) == (Decimal("30.00"), "h")
