"""Psychotherapy: preparation, integration, and what is neither."""

from __future__ import annotations

from kapfhir.cohorts.chance import Chance
from kapfhir.cohorts.clock import CLOCK, DAY, iso, iso_day, us
from kapfhir.cohorts.parameters import number, span
from kapfhir.cohorts.story import Case, Session

from .clinic import Tables
from .columns import Row

WAYS = ("EMDR; parts work", "parts work", "CBT", "supportive; music", "somatic", "ACT; mindfulness", "EMDR")
THEMES = (
    "theme-insight",
    "theme-grief;theme-meaning",
    "theme-self-compassion",
    "theme-trauma",
    "theme-relapse-skills;theme-daily-life",
)
HOMEWORK = ("Walk daily", "Write for ten minutes; sleep by eleven", "Call a friend", "")


def preparation_more(case: Case, minutes: int, session: str) -> Row:
    """What the form of preparation says beside its tick boxes."""
    second = case.staff[4] if case.number % 3 == 0 else ""
    return [
        case.course,
        session,
        second,
        minutes,
        "yes",
        "informed-by-modality",
        "theme-expectation;theme-safety",
        "Choose music",
    ]


def preparation(case: Case, chance: Chance) -> Tables:
    """One session of preparation, five days before the first dose."""
    start = (case.first // DAY - 5) * DAY + 660 + chance.between(0, 12) * 15
    ticks = (1, chance.between(0, 1), chance.between(0, 1))
    key, place = f"PREP-{case.key[2:]}", "Video" if case.route == "SL" or case.number % 2 else "Office"
    row = [key, case.key, case.staff[3], iso(start), iso(start + 90), place, *ticks]
    yield "preparation", [*row, *preparation_more(case, 90, f"S-{case.key[2:]}-1")]


def note_more(case: Case, chance: Chance, minutes: int, *, kept: bool) -> Row:
    """What a note of integration says beside times and modalities."""
    if not kept:
        return [case.course, "", "", "", "", "", "", "", "", "", "", "", "", ""]
    row: list[object] = [case.course, "", minutes, "yes", "informed-by-modality", chance.pick(THEMES), chance.pick(HOMEWORK)]
    if case.pcl is None or not chance.happens(400):
        return [*row, "", "", "", "", "", "", "Not a real insight." if chance.happens(100) else ""]
    worse = chance.between(5, 9)
    return [*row, "yes", chance.pick(("yes", "no")), worse, chance.between(0, worse - 2), chance.between(3, 7), "restricted", ""]


def integration(case: Case, session: Session, chance: Chance) -> Tables:
    """The session of integration after a dose, mostly within the windows; a memo now and then."""
    if session.mg is None:
        return
    start = session.start + chance.between(*span("integration_hours")) * 60 + chance.between(0, 3) * 15
    start = start // DAY * DAY + min(max(start % DAY, 540), 1080)
    minutes = chance.pick((50, 60, 75, 90))
    missed = chance.happens(number("integration_missed"))
    kept = "No show" if missed else "Kept"
    place, ways = chance.pick(("Office", "Video")), "" if missed else chance.pick(WAYS)
    key = f"N-{session.key[2:]}"
    row = [key, "KAP Integration", case.key, case.staff[3], session.key, us(start), us(start + minutes), kept, place, ways]
    text = "Not a real note.\nTwo lines, as notes have." if session.number == 1 else "Not a real note."
    yield "notes", [*row, text, *note_more(case, chance, minutes, kept=not missed)]
    if chance.happens(60):
        memo = [f"{key}-M", "Memo", case.key, case.staff[1], "", us(start - 60), "", "", "", "", "Called back."]
        yield "notes", [*memo, *("",) * 14]


def other(case: Case, session: Session, chance: Chance) -> Tables:
    """A debrief after the first dose, psychotherapy alone after the last one, a group now and then."""
    if session.mg is None:
        return
    day, last = session.start // DAY, session.number == len(case.days)
    if session.number == 1:
        times = (iso_day(day), CLOCK[(session.end + 5) % DAY], CLOCK[(session.end + 35) % DAY])
        yield "therapy", _talk(case, session, "immediate-debrief", times, "1", sober="no")
    if last:
        times = (iso_day(day + 2), "11:00", "11:50")
        yield "therapy", _talk(case, session, "psychotherapy-only", times, "2", sober="yes")
    elif chance.happens(100):
        times = (iso_day(day + 4), "17:30", "19:00")
        yield "therapy", _talk(case, None, "group-psychotherapy", times, str(session.number + 2), sober="yes")


def _talk(case: Case, after: Session | None, kind: str, times: tuple[str, str, str], n: str, *, sober: str) -> Row:
    followed = after.key if after else ""
    place = "Video" if case.route == "SL" else "Office"
    told = (sober, "theme-relationships", "", "")
    who = case.staff[4] if kind == "group-psychotherapy" else case.staff[3]
    return (f"TH-{case.key[2:]}-{n}", case.key, who, kind, followed, case.course, "Kept", *times, place, "supportive", *told)
