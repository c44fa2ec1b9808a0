"""The rating scales, each in the shape in which its program hands it over."""

from __future__ import annotations

from kapfhir.cohorts.chance import Chance
from kapfhir.cohorts.clock import DAY, iso, iso_day, us_day, utc, world_day
from kapfhir.cohorts.parameters import span
from kapfhir.cohorts.story import Case, Session, depth, score

from .clinic import Tables

FREQUENCY = ("Not at all", "Several days", "More than half the days", "Nearly every day")
ITEMS = tuple((f"PCL5_{n:02}", n - 1) for n in range(1, 21))
WHEN = ("Baseline", "Before dose", "End of course", "Follow-up", "Follow-up")


def scales(case: Case, chance: Chance) -> Tables:
    """What is asked before, during and after the course."""
    first, last, planned = case.first // DAY, case.end, len(case.days)
    middle = planned // 2
    points = [
        (first - 12, 0),
        (first + case.days[middle] - 1, middle),
        (last + 3, planned),
        (last + 28, planned),
        (last + 56, planned),
    ]
    if case.dropped:
        points = points[:3]
    for n, (word, (day, done)) in enumerate(zip(WHEN, points, strict=False), 1):
        at, tail = day * DAY + 480 + chance.between(0, 59), f"{case.key[2:]}-{n}"

        def now(path: tuple[int, int, int], done: int = done, last: bool = n == 5) -> int:
            return path[2] if last else score(path, done, planned)

        yield "phq9", _phq9(case, chance, now(case.phq), (tail, word, at), case.suicidality[n > 2])
        if n % 2:
            seven = chance.spread(now(case.gad), 7, 3)
            yield "gad7", (f"GAD-{tail}", case.key, utc(at), word, *seven, sum(seven))
            if case.pcl:
                yield from _pcl5(case, chance, now(case.pcl), tail, day)
        if n in (1, 3, 4):
            rating, thought = now(case.madrs), case.suicidality[n > 2] * 2 - (n > 2)
            last = max(min(thought, rating, 6), rating - 54, 0)
            ten = [*chance.spread(rating - last, 9, 6), last]
            head = (f"MADRS-{tail}", case.key, world_day(day), case.staff[4], word)
            yield "madrs", (*head, *ten, sum(ten), case.course)
        if n in (1, 3):
            deep = min(5, case.suicidality[n > 2] * 2 - (n == 3)) if case.suicidality[n > 2] else 0
            yes = ["Yes" if i <= deep else "No" for i in range(1, 7)]
            act = "Safety plan reviewed" if deep > 0 else ""
            yield "cssrs", (f"CSSRS-{tail}", case.key, us_day(day), word, *yes, case.course, act)


def _phq9(case: Case, chance: Chance, total: int, head: tuple[str, str, int], thoughts: int) -> tuple[object, ...]:
    tail, word, at = head
    last = max(min(thoughts, total, 3), total - 24)
    answers = [*chance.spread(total - last, 8, 3), last]
    opened = (f"{us_day(at // DAY)} {iso(at)[11:]}:{chance.between(0, 59):02}", iso_day(at // DAY), "", word)
    return (f"PHQ-{tail}", case.key, *opened, *(FREQUENCY[a] for a in answers), total)


def _pcl5(case: Case, chance: Chance, total: int, tail: str, day: int) -> Tables:
    answers, key, on, patient = chance.spread(total, 20, 4), f"PCL-{tail}", us_day(day), case.key
    for question, n in ITEMS:
        yield "pcl5", (key, patient, on, question, answers[n])


def around(case: Case, session: Session, chance: Chance) -> Tables:
    """CADSS before a dose by vein and at 40 minutes, MEQ30 after the second dose: both go with the dose."""
    if session.mg is None:
        return
    strong = depth(session, case)
    if case.route == "IV" and session.number in (1, 4):
        least, most = (min(92, n * strong // 100) for n in span("cadss_at_half"))
        yield from _cadss(case, session, chance, ("1", "pre", session.start - 10), chance.between(0, 3))
        yield from _cadss(case, session, chance, ("2", "40", session.start + 40), chance.between(least, most))
    if session.number == 2:
        low, high = (min(150, n * strong // 100) for n in span("meq_at_half"))
        answers = chance.spread(chance.between(low, high), 30, 5)
        form = (f"MEQ-{session.key[2:]}", case.key, session.key, world_day(session.start // DAY))
        yield "meq30", (*form, sum(answers), *answers)


def _cadss(case: Case, session: Session, chance: Chance, asked: tuple[str, str, int], total: int) -> Tables:
    n, point, at = asked
    head = (f"CADSS-{session.key[2:]}-{n}", case.key, session.key, iso(at), point)
    for item, answer in enumerate(chance.spread(total, 23, 4), 1):
        yield "cadss", (*head, item, answer)
