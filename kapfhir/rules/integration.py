"""Timing of integration (domain D.7). Windows themselves are computed in the model; here stands what is missing or odd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from .facts import Dose, Talk
from .story import DAY_S, Found, Story
from .table import Numbers


def not_integrated(story: Story, n: Numbers) -> Found:
    yield from (d for d in _left_alone(story, n) if not _is_asked(story, d))


def not_integrated_as_planned(story: Story, n: Numbers) -> Found:
    yield from (d for d in _left_alone(story, n) if _is_asked(story, d))


def overlapping(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    end = float("-inf")
    for talk in story.talks:
        if not talk.done or not talk.timed:
            continue
        if talk.start < end:
            yield talk
        end = max(end, talk.end if talk.end is not None else talk.start)


def odd_length(story: Story, n: Numbers) -> Found:
    low, high = float(n["shortest"]), float(n["longest"])
    yield from (t for t in story.talks if t.done and t.minutes is not None and not low <= t.minutes <= high)


def next_dose_first(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    for _, doses in story.courses():
        for one, other in pairwise(doses):
            if not any(t.done and one.start < t.start < other.start for t in story.talks):
                yield one


def _left_alone(story: Story, n: Numbers) -> Iterator[Dose]:
    """Doses without a session within so many hours. Those of the last hours before the export was made are not judged."""
    most = float(n["hours"]) * 3600
    for dose in story.doses:
        if story.around.until - dose.start >= most and not _is_followed(story.talks, dose, most):
            yield dose


def _is_followed(talks: list[Talk], dose: Dose, most: float) -> bool:
    """Talks stand in the order of time: the ones of days before and after need no look."""
    for talk in talks:
        if talk.day > dose.day + most / DAY_S + 1:
            return False
        if talk.day >= dose.day and talk.done and _within(dose, talk, most):
            return True
    return False


def _within(dose: Dose, talk: Talk, most: float) -> bool:
    if dose.timed and talk.timed:
        return 0 < talk.start - dose.start <= most
    return 0 <= (talk.day - dose.day) * DAY_S <= most


def _is_asked(story: Story, dose: Dose) -> bool:
    plan = story.plan_of(dose.course)
    return plan is not None and plan.asks_integration


STORY: dict[str, Callable[[Story, Numbers], Found]] = {
    "T02": not_integrated,
    "T02-protocol": not_integrated_as_planned,
    "T04": overlapping,
    "T05": odd_length,
    "T05-long": odd_length,
    "T06": next_dose_first,
}
