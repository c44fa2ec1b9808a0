"""The course and what is ordered for it: team, goals, scales that are due, prescriptions."""

from __future__ import annotations

from kapfhir.cohorts.chance import Chance
from kapfhir.cohorts.clock import DAY, iso, iso_day
from kapfhir.cohorts.story import Case

from .clinic import Tables
from .columns import Row

ORDER = {  # route -> form, strength mg, per mL, making, pharmacy, to, labelling
    "IV": ("vial", 50, 1, "manufactured", "", "clinic", "off-label"),
    "IM": ("vial", 100, 1, "manufactured", "", "clinic", "off-label"),
    "SL": ("troche", "", "", "compounded", "Example Compounding Pharmacy", "home", "off-label"),
    "IN": ("nasal-device", 28, "0.2", "manufactured", "", "clinic", "on-label"),
}
ROUTE = {"IV": "iv", "IM": "im", "SL": "sublingual", "IN": "intranasal"}


def course_more(case: Case, done: int, *, running: bool = False) -> Row:
    """What the table of courses says beside status and dates."""
    place = "at-home-course" if case.route == "SL" else "outpatient-course"
    reason = "" if running else ("patient-choice" if case.dropped else "course-completed")
    return [f"PROT-{case.route}", place, "cycle-dosing" if running else "", done, reason, "last-before-first-dose", 30]


def course(case: Case, chance: Chance) -> Tables:
    """Team, goals, due scales."""
    key, prescriber, nurse, _, therapist, second = case.course, *case.staff
    for who, role in ((prescriber, "prescriber"), (therapist, "lead-therapist"), (nurse, "monitoring-provider")):
        yield "course_team", (key, who, role)
    if case.number % 3 == 0:
        yield "course_team", (key, second, "co-therapist")
    due = iso_day(case.end + 28)
    yield "course_goals", (key, 1, "Less depressed", "treatment-goal", "active", "phq-9", 4, due)
    yield (
        "course_goals",
        (
            key,
            2,
            chance.pick(("Back to work", "To sleep through", "To feel close again")),
            "patient-intention",
            "accepted",
            "",
            "",
            "",
        ),
    )
    yield "course_due", (key, "phq-9", "done", due)
    yield "course_due", (key, "pcl-5" if case.pcl else "gad-7", "waived" if case.dropped else "done", due)


def orders(case: Case) -> Tables:
    """One order for the course, of the largest dose that is planned."""
    form, mg, ml, making, pharmacy, to, label = ORDER[case.route]
    most = max([(s.mg or 0) for s in case.sessions], default=0)
    dose = f"{most // 10}.{most % 10}" if most else ""
    limit = {"IV": 100, "IM": 150, "SL": 400, "IN": 84}[case.route]
    booster = 30 if case.route == "IM" else ""
    quantity = 10 if case.route == "SL" else ""
    how = "Hold under the tongue for ten minutes" if case.route == "SL" else ""
    drug = "Esketamine" if case.route == "IN" else "Ketamine"
    placed = (f"RX-{case.key[2:]}", case.key, case.staff[0], iso(case.intake * DAY + 690), "completed", drug, case.course)
    what = (f"{case.key}-D1", form, mg, ml, making, pharmacy, ROUTE[case.route], dose, limit, booster, how, quantity)
    yield "prescriptions", (*placed, *what, 0, to, label)
