"""The trajectories: rates and ranges are those of the parameters, within what chance allows."""

from collections import Counter

import pytest
from kapfhir.cohorts.clock import DAY
from kapfhir.cohorts.parameters import number, parameters
from kapfhir.cohorts.story import case, depth, score
from kapfhir.cohorts.tables import after, scales

PATIENTS = 3000


@pytest.fixture(scope="module")
def cases():
    return [case("rates", n)[0] for n in range(1, PATIENTS + 1)]


def share(things):
    found = list(things)
    return sum(found) * 1000 / len(found)


@pytest.mark.parametrize("route", ["IV", "IM", "SL", "IN"])
def test_response_and_remission_come_at_the_published_rates(cases, route):
    mine = [c.phq for c in cases if c.route == route]
    assert len(mine) > 300
    assert share(2 * (b - a) >= b for b, a, _ in mine) == pytest.approx(number(f"response_{route.lower()}"), abs=75)
    assert share(a < 5 for _, a, _ in mine) == pytest.approx(number(f"remission_{route.lower()}"), abs=75)
    assert share(a > b for b, a, _ in mine) == pytest.approx(number(f"worse_{route.lower()}"), abs=40)


def test_of_those_who_responded_some_are_lost_again(cases):
    responders = [c.phq for c in cases if 2 * (c.phq[0] - c.phq[1]) >= c.phq[0]]
    assert share(4 * later >= 3 * before - 3 for before, _, later in responders) == pytest.approx(number("lost_8_weeks"), abs=50)


def test_thoughts_of_death_go_down_and_up_at_the_published_rates(cases):
    asked = [c.suicidality for c in cases if c.suicidality[0]]
    assert share(b < a for a, b in asked) == pytest.approx(number("suicidality_down"), abs=40)
    assert share(b > a for a, b in asked) == pytest.approx(number("suicidality_up"), abs=25)


def test_scores_stay_in_the_range_of_their_scale(cases):
    most = {"phq": 27, "gad": 21, "madrs": 60, "pcl": 80}
    for found in cases:
        for name, high in most.items():
            assert all(0 <= n <= high for n in getattr(found, name) or ())


def test_a_score_goes_from_the_first_to_the_last(cases):
    for path in (c.phq for c in cases[:50]):
        assert (score(path, 0, 6), score(path, 6, 6)) == path[:2]


def test_doses_are_within_the_published_ranges(cases):
    for found in cases:
        for s in found.sessions:
            if s.mg is None:
                continue
            per_kg = s.mg * 100 / found.kg
            low, high, most = {"IV": (30, 62, 1000), "IM": (45, 80, 1500), "SL": (0, 999, 4000), "IN": (0, 999, 840)}[found.route]
            assert low <= per_kg <= high or s.outcome == "Stopped early", (found.route, per_kg)
            assert s.mg <= most
            assert found.route != "IN" or s.mg % 280 == 0


def test_pressure_rises_with_the_dose_and_comes_back(cases):
    rises, returns = [], []
    for s in (s for c in cases for s in c.sessions if len(s.pressures) == 3):
        before, peak, after_ = s.pressures
        assert all(low < high for high, low in s.pressures)
        rises.append(peak[0] - before[0])
        returns.append(after_[0] - before[0])
    assert 18 <= sum(rises) / len(rises) <= 22
    assert -1 <= sum(returns) / len(returns) <= 5


def test_some_drop_out(cases):
    assert share(c.dropped for c in cases if c.route != "SL") == pytest.approx(number("dropped"), abs=20)
    assert all(len(c.sessions) == len(c.days) for c in cases)


def test_what_is_felt_goes_with_the_dose():
    weak, strong = [], []
    for n in range(1, 1200):
        found, chance = case("felt", n)
        for session in found.sessions:
            for table, row in scales.around(found, session, chance):
                if table == "meq30":
                    (weak if depth(session, found) < 100 else strong).append(row[4])
    assert sum(strong) / len(strong) > sum(weak) / len(weak)


def test_adverse_events_come_at_the_published_rates():
    counts, given = Counter(), 0
    for n in range(1, 2500):
        found, chance = case("events", n)
        if found.route == "SL" or all(s.mg is None for s in found.sessions):
            continue
        given += 1
        counts.update(row[3] for _, row in after.events(found, chance))
    for name, word, *_ in after.EVENTS:
        assert counts[word] * 1000 / given == pytest.approx(number(f"event_{name}"), abs=40), word


def test_all_of_it_lies_in_the_past_and_no_patient_is_a_child(cases):
    assert all(18 * 365 < c.first // DAY - c.born < 90 * 366 for c in cases)


def test_every_parameter_has_a_source_and_is_used():
    import re
    from pathlib import Path

    from kapfhir.cohorts import parameters as home

    code = "".join(p.read_text() for p in home.FILE.parent.rglob("*.py"))
    for name in parameters():
        stem = re.sub(r"_(iv|im|sl|in|low|high)$|^event_.*$", "", name)
        assert stem in code or name.startswith("event_"), name
    lines = home.FILE.read_text(encoding="utf-8").splitlines()
    assert all(len(line.split(",", 3)) == 4 and line.split(",", 3)[3] for line in lines)
