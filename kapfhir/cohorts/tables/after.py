"""Adverse events; plans for the time after, documents, findings that somebody looked at."""

from __future__ import annotations

from kapfhir.cohorts.chance import Chance
from kapfhir.cohorts.clock import DAY, iso, iso_day, with_offset
from kapfhir.cohorts.parameters import number
from kapfhir.cohorts.story import Case, Session

from .clinic import Tables
from .columns import Row

EVENTS = (  # parameter, as written, minutes after the start, minutes that it lasts, MedDRA's word, category, expected
    ("dissociation", "Dissociation", 12, 60, "Dissociation", "psychiatric", "yes"),
    ("dizziness", "Dizziness", 25, 60, "Dizziness", "neurological", "yes"),
    ("nausea", "Nausea", 20, 50, "Nausea", "gastrointestinal", "yes"),
    ("drowsiness", "Drowsiness", 40, 70, "Sedation", "neurological", "yes"),
    ("headache", "Headache", 150, 120, "Headache", "neurological", "no"),
    ("anxiety", "Anxiety", 15, 30, "Anxiety", "psychiatric", "no"),
    ("pressure", "BP raised", 35, 45, "Blood pressure increased", "cardiovascular", "yes"),
    ("vomiting", "Vomiting", 55, 20, "Vomiting", "gastrointestinal", "no"),
    ("urinary", "Urinary frequency", 2880, 0, "Pollakiuria", "urological", "no"),
)
ABOUT = {e[1]: (e[4], e[5], e[6]) for e in EVENTS} | {"Panic attack": ("Panic attack", "psychiatric", "no")}


def event_more(event: str, day: int, severity: str) -> Row:
    """What the table of adverse events says beside event, times and severity."""
    words, category, expected = ABOUT[event]
    action = "rescue-medication" if severity == "severe" else "rate-reduced" if severity == "moderate" else "none"
    grade = {"mild": "1", "moderate": "2", "severe": "3"}[severity]
    return [iso_day(day), words, "", category, grade, "", expected, action]


def events(case: Case, chance: Chance) -> Tables:
    """Adverse events at the published rates, each in a session in which a dose was given."""
    given = [s for s in case.sessions if s.mg is not None]
    if not given:
        return
    share = number("events_sl") if case.route == "SL" else 1000
    count = 0
    for name, word, after, lasts, *_ in EVENTS:
        if not chance.happens(number(f"event_{name}") * share // 1000):
            continue
        count += 1
        s, severity = chance.pick(given), chance.pick(("mild", "mild", "mild", "moderate"))
        onset = s.start + after + chance.between(0, 9)
        told = iso_day(onset // DAY) if not lasts else with_offset(onset)
        over = with_offset(onset + lasts) if lasts else ""
        came = ("Resolved" if lasts else "Recovering", chance.pick(("Probable", "Certain", "Possible")), case.staff[1])
        row = [f"AE-{case.key[2:]}-{count}", case.key, s.key, word, told, over, severity, "No", *came]
        yield "adverse_events", [*row, *event_more(word, s.start // DAY, severity)]


def plan(case: Case, chance: Chance) -> Tables:
    """The plan of relapse prevention and maintenance."""
    key, end, lead = f"PL-{case.key[2:]}", case.end, case.staff[0]
    started = case.first // DAY + 7
    signs = chance.pick(("Sleeps badly;Sees nobody", "Stays in bed;Broods", "Drinks;Broods"))
    steps = ("Call the clinic;Call a friend", "988 Suicide and Crisis Lifeline", "PHQ-9 above 10 at two visits")
    every, due = (30, iso_day(end + 30)) if not case.dropped else ("", "")
    upkeep = ("Response is kept", every, iso_day(end), due) if every else ("", "", "", "")
    status = "Stopped" if case.dropped else "Active"
    yield "plans", (key, case.key, case.course, status, iso_day(started), lead, signs, *steps, *upkeep)
    yield "plan_supports", (key, "support-friend", f"Test-Clover {case.number:04}")
    yield "plan_supports", (key, "support-therapist", case.staff[3])
    yield "plan_habits", (key, "lifestyle-sleep", "In bed by eleven")
    yield "plan_habits", (key, "lifestyle-exercise", chance.pick(("Walks daily", "Swims twice a week", "Yoga on Sundays")))
    yield "plan_goals", (key, 1, "Stays well", "treatment-goal", "active", iso_day(end + 180))
    if chance.happens(300):
        yield (
            "referrals",
            (
                key,
                1,
                "referral-psychotherapy",
                "active",
                "Example Therapy Practice",
                "To go on with psychotherapy",
                iso_day(end + 3),
            ),
        )
    if every:
        visit = (end + 30) * DAY + 600
        yield "appointments", (key, 1, iso(visit), iso(visit + 60), "maintenance-appointment", lead, "")


def documents(case: Case, chance: Chance) -> Tables:
    """Notes by their type: what is said in psychotherapy among them, which never leaves the clinic."""
    s, key = case.sessions[0], case.key[2:]
    signed = (iso(s.left), iso(s.left + 90))
    nowhere = ("", "", "")
    kap = ("KAP note", *signed, case.staff[0], "Dosing note", "Not a real note.", "", "", case.course, s.key, "", "", "")
    yield "documents", (f"DOC-{key}-1", case.key, *kap)
    said = ("Psychotherapy note", *signed, case.staff[3], "", "Not real: what was said.", "", "", case.course, "", "", "", "")
    yield "documents", (f"DOC-{key}-2", case.key, *said)
    safe = iso((case.intake) * DAY + 700)
    plan = ("Safety plan", safe, safe, case.staff[0], "Safety plan", "", f"safety-plan-{key}.pdf", "application/pdf", case.course)
    yield "documents", (f"DOC-{key}-3", case.key, *plan, "", "", f"PL-{key}", "")
    if chance.happens(200):
        own = ("Journal", iso_day(case.end + 1), "", "", "", "Not a real journal.", "", "", case.course, *nowhere, "psychiatric")
        yield "documents", (f"DOC-{key}-4", case.key, *own)


def flags(case: Case, session: Session) -> Tables:
    """What somebody found and looked at: a pressure too high for a dose, thoughts of death at the first screening."""
    if session.reason == "BP too high":
        at = iso(session.arrived)
        words = ("warning-finding", at, "Blood pressure above 140/90 before the dose; none was given", "Label")
        seen = (iso(session.start), case.staff[0], "Dose put off", "")
        yield "flags", (f"FL-{session.key[2:]}", case.key, "M02", *words, session.key, "", "", *seen)
    if session.number == 1 and case.suicidality[0]:
        found, tail = case.intake * DAY + 640, case.key[2:]
        words = ("safety-finding", iso(found), "PHQ-9 item 9 above 0", "PHQ-9 manual")
        seen = (iso(found + 30), case.staff[0], "Safety plan made", "restricted")
        yield "flags", (f"FL-{tail}-0", case.key, "O01", *words, "", case.asked[0], f"{case.key}-D1", *seen)
