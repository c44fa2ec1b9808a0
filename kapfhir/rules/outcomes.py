"""Outcomes and suicidality (domain D.6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from .facts import Change, Dose, Score
from .story import Found, Story, induction_of
from .table import Numbers


def suicidality(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    yield from (s for s in story.scores if s.flagged and s.standing != "invalid")


def suicidality_rose(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    before: dict[str, int] = {}
    for score in story.scores:
        if score.safety is None or score.standing == "invalid":
            continue
        if score.safety > before.get(score.instrument, score.safety):
            yield score
        before[score.instrument] = score.safety


def nothing_done(story: Story, n: Numbers) -> Found:
    """An action stands with the scale, or in a flag of the clinic's own that somebody acknowledged in time."""
    for score in story.scores:
        if not score.flagged or score.acted or score.standing == "invalid":
            continue
        if not any(score.key in h.about and h.day - score.day <= n["days"] for h in story.handled):
            yield score


def dosed_despite_plan(story: Story, n: Numbers) -> Found:
    for dose in story.doses:
        same_day = [s for s in story.scores if s.day == dose.day and s.level >= n["level"] and s.standing != "invalid"]
        if not dose.overridden and any(not (s.timed and dose.timed) or s.at <= dose.start for s in same_day):
            yield dose


def worse(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    yield from (change for change in _last(story) if Decimal(change.worse) > 0)


def notably_worse(story: Story, n: Numbers) -> Found:
    yield from (change for change in _last(story) if change.instrument == "phq-9" and Decimal(change.worse) >= n["points"])


def no_baseline(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    yield from (doses[0] for _, doses in story.courses() if not _before(story, doses[0]))


def old_baseline(story: Story, n: Numbers) -> Found:
    for _, doses in story.courses():
        days = _before(story, doses[0])
        if days and doses[0].day - max(days) > n["days"]:
            yield doses[0]


def no_follow_up(story: Story, n: Numbers) -> Found:
    """Only where there was time for one before the export was made."""
    for course, doses in story.courses():
        induction = induction_of(doses)
        if not induction or not story.is_induction_over(course, doses):
            continue
        end = induction[-1].day
        if story.around.until_day - end >= n["to"] and not any(n["from"] <= s.day - end <= n["to"] for s in story.scores):
            yield induction[-1]


def still_dissociated(story: Story, n: Numbers) -> Found:
    late = float(n["minutes"]) * 60
    for dose in story.doses:
        same_day = [s for s in story.scores if s.day == dose.day and s.timed and s.score and s.instrument.startswith("cadss")]
        early = [s for s in same_day if s.at <= dose.start]
        for score in same_day:
            base = [Decimal(s.score or 0) for s in early if s.instrument == score.instrument]
            over = dose.timed and base and score.at > dose.end + late
            if over and Decimal(score.score or 0) - base[-1] >= n["points"]:
                yield score


def mania(story: Story, n: Numbers) -> Found:
    if not story.doses:
        return
    begun = story.doses[0]
    for score in story.scores:
        high = score.instrument == "ymrs" and score.score is not None and Decimal(score.score) >= n["score"]
        if high and not _comes_before(score, begun) and score.standing != "invalid":
            yield score
    yield from (t for t in story.troubles if t.event == "mania" and t.day >= begun.day)


def _last(story: Story) -> list[Change]:
    """The last change of each scale in each course."""
    return list({(c.course, c.instrument): c for c in story.changes}.values())


def _before(story: Story, dose: Dose) -> list[int]:
    """The days of the scales that were filled in before a dose."""
    return [s.day for s in story.scores if s.follows and s.score is not None and _comes_before(s, dose)]


def _comes_before(score: Score, dose: Dose) -> bool:
    """On the day of the dose, without a time of day, it does."""
    return score.at < dose.start if score.timed and dose.timed else score.day <= dose.day


STORY: dict[str, Callable[[Story, Numbers], Found]] = {
    "O01": suicidality,
    "O02": suicidality_rose,
    "O03": nothing_done,
    "O04": dosed_despite_plan,
    "O07": worse,
    "O07-notable": notably_worse,
    "O09": no_baseline,
    "O09-old": old_baseline,
    "O10": no_follow_up,
    "O11": still_dissociated,
    "O12": mania,
}
