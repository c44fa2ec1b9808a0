"""The quick way and the slow way say the same of every row."""

import pytest

from kapfhir.errors import Problem
from kapfhir.mapping.source.formats import Bad
from kapfhir.mapping.source.rows import mark_typed
from kapfhir.mapping.units import Nothing
from kapfhir.pipeline import open_job


class Everything:
    """Whatever is asked for is there."""

    def fate(self, concept, key):
        return True


@pytest.fixture(scope="module")
def job():
    with open_job("example:clinic") as opened:
        opened.maps.references.bind(Everything(), Nothing())
        yield opened


def test_every_row_of_the_example(job):
    rows = bad = 0
    for plan in job.maps.plans:
        for item in job.export.tables[plan.table].rows(plan.dialect):
            if isinstance(item, Problem) or len(item[1]) != plan.width:
                continue
            cells = mark_typed(tuple(item[1][place] for place in plan.places))
            told = ([], [])
            quick, slow = (
                fill(cells, lambda cell, problem, to=to: to.append((cell.name, problem.code)), ((0, item[0]),))
                for fill, to in zip((plan.fill, plan.root.fill), told, strict=True)
            )
            assert repr(quick) == repr(slow) or _marks(quick) == _marks(slow)
            assert told[0] == told[1]
            rows += 1
            bad += bool(told[0])
    assert rows > 1400 and bad > 10


def _marks(partial):
    """The same, whatever the order of its fields."""
    return {k: _marks(v) if isinstance(v, dict) else v for k, v in partial.items()}


def test_a_bad_cell_goes_the_slow_way(job):
    plan = next(p for p in job.maps.plans if p.table == "im_log")
    told = []
    plan.fill(("?",) * len(plan.places), lambda cell, bad: told.append(bad), ((0, 2),))
    assert len(told) > 10
    assert all(isinstance(bad, Bad) for bad in told)
