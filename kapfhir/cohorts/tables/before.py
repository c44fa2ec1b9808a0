"""What stands before the first dose: the person, the history, consents, screening."""

from __future__ import annotations

from kapfhir.cohorts.chance import Chance
from kapfhir.cohorts.clock import CLOCK, DAY, iso, iso_day, tenths
from kapfhir.cohorts.parameters import number
from kapfhir.cohorts.story import WORDS, Case

from .clinic import Tables
from .columns import Row

BORN = {"F": "female", "M": "male", "X": "undisclosed", "U": "unknown"}
FEELS = {"F": ("woman", "she/her"), "M": ("man", "he/him"), "X": ("non-binary", "they/them"), "U": ("undisclosed", "")}
KETAMINE = "off-label;schedule-iii;alternatives;risks-dissociation;risks-blood-pressure;no-driving;escort-required;no-guarantee"
CRITERIA = ("uncontrolled-hypertension", "recent-myocardial-infarction", "active-psychosis", "mania", "pregnancy")
DRUGS = (("ssri", "Sertraline", 100), ("snri", "Venlafaxine", 150), ("other-antidepressant", "Bupropion", 300))


def client_more(case: Case) -> Row:
    """What the table of clients says beside names and addresses."""
    identity, pronouns = FEELS[case.sex]
    rems = f"R{case.number:06}" if case.route == "IN" else ""
    member = f"M{case.number:07}" if case.number % 3 else ""
    mail = f"{case.key.lower()}@example.org"
    preferred = f"T{case.number}" if case.number % 4 == 0 else ""
    race = ("White", "Black", "Asian", "")[case.number % 4]
    ethnicity = "Hispanic" if case.number % 5 == 0 else "Not Hispanic"
    tongue = "es" if case.number % 9 == 0 else "en"
    return [mail, preferred, f"E{case.number:06}", rems, member, tongue, identity, BORN[case.sex], pronouns, race, ethnicity]


def person(case: Case, chance: Chance) -> Tables:
    """Measurements, pregnancy, contacts, insurance."""
    key, day = case.key, iso_day(case.intake)
    yield "body", (key, "1", day, case.cm, "", "measured")
    yield "body", (key, "2", day, "", tenths(case.kg), "stated" if case.route == "SL" else "measured")
    if case.sex == "F":
        yield "pregnancy", (key, "1", day, "not-pregnant", "urine-test" if case.route != "SL" else "self-report")
    yield "contacts", (key, "1", "escort" if case.route != "SL" else "chaperone", f"Test-Clover {case.number:04}", "555-555-0190")
    if case.number % 2:
        yield "contacts", (key, "2", "emergency-contact", f"Test-Dahlia {case.number:04}", "555-555-0191")
    yield "insurance", (key, "Example Health Plan", chance.pick(("PPO", "HMO", "")), "", "no" if case.route == "IN" else "yes")


def diagnosis_more(case: Case, n: int) -> Row:
    """What the problem list says beside code and dates, of the diagnosis at this place."""
    code = case.disorders[n - 1]
    depressed, by = code.startswith(("F32", "F33", "F34")), case.staff[0]
    words = WORDS.get(code, "")
    role = "primary-indication" if n == 1 else "comorbidity"
    heavy = "severe" if code in ("F33.2", "F32.2") else "moderate"
    if not (depressed and n == 1):
        return [words, role, heavy, by, "", "", "", "", ""]
    failed = 2 + case.number % 3
    return [words, role, heavy, by, "primary", "yes", failed, "current-episode", ""]


def history(case: Case, chance: Chance) -> Tables:
    """Trauma, drugs and trials, earlier treatments, allergies."""
    key, day, today = case.key, case.intake, iso_day(case.intake)
    traumatic = next((n for n, code in enumerate(case.disorders, 1) if code.startswith("F43")), 0)
    if traumatic:
        ace, labels = chance.between(2, 8), "sexual-trauma;restricted" if case.number % 4 == 0 else "restricted"
        yield "trauma", (f"{key}-D{traumatic}", "yes", chance.pick(("yes", "no")), "no", "no", "", ace, labels)
    kind, drug, mg = chance.pick(DRUGS)
    for n, outcome in ((1, "none"), (2, "partial")):
        since = day - 500 + 180 * n
        was, name, dose = DRUGS[(n + case.number) % 3]
        trial = (outcome, "yes", chance.between(6, 12), "", "", "", "")
        ends = (iso_day(since), iso_day(since + 80), today, "inefficacy", "")
        yield (
            "medications",
            (f"{key}-M{n}", key, "prior-trial", "completed", "", was, name, dose, "PO", "daily", *ends, "", "", "", *trial),
        )
    now = (iso_day(day - 120), "", today, "", "")
    nothing = ("",) * 7
    yield "medications", (f"{key}-M3", key, "current", "active", "", kind, drug, mg, "PO", "daily", *now, "", "", "", *nothing)
    if chance.happens(number("benzodiazepine")):
        taken = iso(case.first - 3 * DAY)
        held = ("", "benzodiazepine", "Lorazepam", "0.5", "PO", "as needed", *now, 24, 24, taken, *nothing)
        yield "medications", (f"{key}-M4", key, "hold-before-dosing", "active", *held)
    if case.number % 7 == 0:
        said = ("", "", "", chance.between(1, 6), "yes", "none", "substance-use")
        yield (
            "medications",
            (f"{key}-M5", key, "current", "not-taken", "Ketamine", "ketamine-prior", *("",) * 5, "", today, *("",) * 5, *said),
        )
    if case.number % 3 == 0:
        what, words = (("tms", ""), ("cbt", ""), ("ect", "ECT, right unilateral"))[case.number // 3 % 3]
        came = "partial" if what == "tms" else "none"
        yield "earlier_treatments", (f"{key}-T1", key, what, words, iso_day(day - 700), iso_day(day - 640), came, "")
    by = case.staff[0]
    if case.number % 5 == 0:
        known = ("active", "confirmed", "allergy", "medication", "low", "", today, by, "")
        yield "allergies", (f"{key}-A1", key, "ondansetron", "", *known)
        yield "reactions", (f"{key}-A1", "Nausea", "mild")
    else:
        yield "allergies", (f"{key}-A1", key, "none-known", "", "", "", "", "", "", "", today, by, "")


def consents(case: Case, chance: Chance) -> Tables:
    """Treatment, psychotherapy, telehealth or REMS, and what was declined."""
    key, day, nurse = case.key, case.intake, case.staff[1]
    signed, until = iso(day * DAY + 645), iso_day(day + 365)
    kinds = [("ketamine-off-label", KETAMINE) if case.route != "IN" else ("esketamine-rems", "risks-dissociation;no-driving")]
    kinds += [("psychotherapy", "confidentiality;withdrawal-right")]
    kinds += [("at-home-dosing", "emergency-plan;escort-required"), ("telehealth", "")] if case.route == "SL" else []
    for n, (kind, items) in enumerate(kinds, 1):
        form = (case.site, "3", "en", f"consent-{kind}.pdf", items, iso_day(day), until)
        yield "consents", (f"{key}-C{n}", key, kind, "signed", signed, "", "", nurse, *form)
    if chance.happens(300):
        yield "consents", (f"{key}-C9", key, "recording", "declined", *("",) * 4, case.site, *("",) * 6)


def screening(case: Case, chance: Chance) -> Tables:
    """The visit that clears a patient, its criteria and laboratory tests."""
    key, day = f"SCR-{case.key[2:]}", case.intake
    pressed = "I10" in case.disorders
    start = 600 + chance.between(0, 8) * 15
    vital: list[object] = [f"{chance.between(112, 132)}/{chance.between(68, 84)}", chance.between(58, 84), chance.between(95, 99)]
    vital += (chance.between(12, 18), tenths(chance.between(974, 989)), tenths(case.kg), case.cm)
    who = case.staff[0]
    decided = (
        ("cleared-with-conditions", who, "Pressure below 140/90 before each dose", "")
        if pressed
        else ("cleared", who, "", "No criterion is met")
    )
    override = ("", "", "")
    screens = ";".join(case.asked)
    visit = (iso_day(day), CLOCK[start], CLOCK[start + 50], case.site, 2 if pressed else 1)
    yield "screenings", (key, case.key, who, *visit, *decided, *override, *vital, screens)
    for n, criterion in enumerate(CRITERIA, 1):
        if criterion != "pregnancy" or case.sex == "F":
            known = ("Hypertension, controlled", f"{case.key}-D{len(case.disorders)}") if pressed and n == 1 else ("", "")
            yield "screening_findings", (key, n, criterion, "absent", "", *known)
    yield "screening_labs", (key, 1, "alt", iso_day(day - 3), chance.between(12, 38))
    yield "screening_labs", (key, 2, "ast", iso_day(day - 3), chance.between(12, 36))
