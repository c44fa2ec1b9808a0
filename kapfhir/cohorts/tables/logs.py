"""People, problems and courses as a clinic lists them, and the log of each route: infusions, injections, lozenges, sprays."""

from __future__ import annotations

from kapfhir.cohorts.chance import Chance
from kapfhir.cohorts.clock import CLOCK, CLOCK_12, DAY, iso, tenths, us_day, world_day
from kapfhir.cohorts.parameters import span
from kapfhir.cohorts.story import Case, Session

from . import before, courses
from .clinic import Tables

PROTOCOL = {
    "IV": "IV 0.5 mg/kg x 6",
    "IM": "IM with psychotherapy x 5",
    "SL": "Lozenge with psychotherapy x 5",
    "IN": "Spravato x 6",
}
PULSE, OXYGEN, BREATH, HIGH, LOW = "Fréquence cardiaque", "SpO2", "Fréquence resp.", "TA systolique", "TA diastolique"


def client(case: Case) -> Tables:
    """The patient, the diagnoses and the course."""
    home = (f"{case.number} Nowhere Lane", "Los Angeles", "CA", f"900{case.number % 90 + 1:02}")
    phone = f"555-555-{case.number % 10000:04}"
    who = (case.key, case.family, case.given, case.sex, us_day(case.born), f"{case.number:06}", phone)
    yield "clients", [*who, *home, *before.client_more(case)]
    day = world_day(case.intake)
    for n, code in enumerate(case.disorders, 1):
        onset = world_day(case.intake - 400 * n - case.phq[0] * 13)
        yield "problem_list", [f"{case.key}-D{n}", case.key, code, "Active", onset, day, "", *before.diagnosis_more(case, n)]
    state = ["Stopped" if case.dropped else "Completed", "Closed", us_day(case.intake), us_day(case.end + 7)]
    planned = 6 if case.route in ("IV", "IN") else 5
    done = sum(s.mg is not None for s in case.sessions)
    what = [PROTOCOL[case.route], planned, f"{case.key}-D1"]
    yield "courses", [case.course, case.key, case.site, *state, case.staff[0], *what, *courses.course_more(case, done)]


def log(case: Case, session: Session, chance: Chance) -> Tables:
    """The row of a session in the log of its route, and what the monitor saw."""
    yield from {"IV": _iv, "IM": _im, "SL": _sl, "IN": _in}[case.route](case, session, chance)


def _signs(s: Session, chance: Chance, *, oxygen: bool) -> list[object]:
    out: list[object] = []
    for n in range(3):
        if n < len(s.pressures):
            out += (f"{s.pressures[n][0]}/{s.pressures[n][1]}", s.rates[n])
            out += (chance.between(*span("oxygen")),) if oxygen else ()
        else:
            out += ("", "", "") if oxygen else ("", "")
    return out


def _iv(case: Case, s: Session, chance: Chance) -> Tables:
    came, given = s.outcome != "No show", s.mg is not None
    row: list[object] = [s.key, case.key, case.course, s.number, case.staff[0], case.site, iso(s.arrived), iso(s.start)]
    row += (iso(s.end) if given else "", iso(s.left) if came else "", s.outcome, s.reason, "Ketamine" if came else "")
    mg = "" if s.mg is None else tenths(s.mg)
    row += (mg, "" if s.per_kg is None else f"0.{s.per_kg:02}", "" if s.steps else mg, 40 if given and not s.steps else "")
    row += (("L arm" if s.number % 2 else "R arm") if came else "", tenths(case.kg) if came else "")
    yield "IV", [*row, *_signs(s, chance, oxygen=True), "tolerated well" if s.number == 2 and given else ""]
    for n, (start, end, part) in enumerate(s.steps, 1):
        yield "IV steps", (s.key, n, iso(s.start + start), iso(s.start + end), tenths(part), tenths(part), end - start)
    if not given:
        return
    if s.number in (1, 4):
        yield "Premeds", (s.key, "Ondansetron", 4, "IV", iso(s.start - 15))
    day, pulse = world_day(s.start // DAY), s.rates[0]
    for minute in range(10, s.minutes, 10):
        at = CLOCK[(s.start + minute) % DAY]
        yield "moniteur", (s.key, day, at, PULSE, pulse + chance.between(4, 14))
        yield "moniteur", (s.key, day, at, OXYGEN, chance.between(*span("oxygen")))
        yield "moniteur", (s.key, day, at, BREATH, chance.between(12, 18))
    at = CLOCK[(s.start + 20) % DAY]
    yield "moniteur", (s.key, day, at, HIGH, s.pressures[0][0] + 12)
    yield "moniteur", (s.key, day, at, LOW, s.pressures[0][1] + 7)


def _im(case: Case, s: Session, chance: Chance) -> Tables:
    day, clock = us_day(s.start // DAY), CLOCK_12
    row: list[object] = [s.key, case.key, case.course, s.number, day, clock[s.arrived % DAY], clock[s.left % DAY]]
    row += (case.staff[0], case.site, s.outcome, s.reason)
    if s.mg is None:
        row += ("", "", "")
    else:
        row += (clock[s.start % DAY], f"{s.mg // 10} mg = 0.{s.per_kg:02} mg/kg", "L")
    row += (clock[(s.start + 12) % DAY], f"{s.second_mg} mg", "R") if s.second_mg else ("", "", "")
    row += (tenths((case.kg * 220462 + 50000) // 100000),)
    yield "im_log", [*row, *_signs(s, chance, oxygen=False)]


def _sl(case: Case, s: Session, chance: Chance) -> Tables:
    day = world_day(s.start // DAY)
    came = s.outcome != "No show"
    row: list[object] = [s.key, case.key, case.course, s.number, day, CLOCK[s.start % DAY], CLOCK[s.end % DAY], case.staff[0]]
    row += (s.outcome, s.reason, "troche" if came else "", "" if s.mg is None else s.mg // 10)
    signs = _signs(s, chance, oxygen=False)
    yield "lozenges", [*row, *signs[:2], *signs[4:]]
    if s.number == 1 and s.mg is not None:
        yield "moniteur", (s.key, day, CLOCK[(s.start - 5) % DAY], "Poids", tenths(case.kg).replace(".", ","))


def _in(case: Case, s: Session, chance: Chance) -> Tables:
    row: list[object] = [s.key, case.key, case.course, s.number, us_day(s.start // DAY), CLOCK[s.start % DAY], CLOCK[s.end % DAY]]
    row += (case.staff[0], case.site, s.outcome, s.reason, "" if s.mg is None else s.mg // 10)
    yield "spravato", [*row, *_signs(s, chance, oxygen=False)]
