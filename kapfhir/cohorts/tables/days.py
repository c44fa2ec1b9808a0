"""The day of a dose, beside its log: checks, room, mind, the vial, phases, what was watched, discharge, the REMS form."""

from __future__ import annotations

from kapfhir.cohorts.chance import Chance
from kapfhir.cohorts.clock import DAY, iso, iso_day, tenths
from kapfhir.cohorts.story import Case, Session, depth

from .clinic import Tables
from .columns import Row

WHERE = {"IV": "Office", "IM": "Office", "SL": "Home", "IN": "Office"}
DEEP = ((40, "none"), (75, "empathogenic"), (100, "psycholytic"), (125, "out-of-body"), (999, "ego-dissolution"))
RELEASED = "no-driving;no-alcohol;no-legal-decisions;emergency-number"


def day(case: Case, session: Session, chance: Chance) -> Tables:
    """All that is written down on the day of a session to which the patient came."""
    if session.outcome == "No show":
        return
    given = session.mg is not None
    home = case.route == "SL"
    yield "session_day", _day(case, session, chance, given=given, home=home)
    prescriber, nurse, _, therapist, _ = case.staff
    yield "session_staff", (session.key, therapist if home else nurse, "lead-therapist" if home else "monitoring-provider")
    if not home:
        yield "session_staff", (session.key, therapist, "lead-therapist")
    if session.number == 1:
        yield "session_labs", (session.key, 1, "urine-drug-screen", iso(session.arrived), "negative")
        if case.sex == "F":
            yield "session_labs", (session.key, 2, "pregnancy-test", iso(session.arrived), "negative")
    if not given:
        return
    yield from _vials(case, session, chance)
    yield from _course_of(case, session, chance)
    yield from _watch(case, session, chance)
    yield from _discharge(case, session, chance, home=home, prescriber=prescriber, nurse=nurse)
    if case.route == "IN":
        yield from _rems(session, chance)


def _day(case: Case, s: Session, chance: Chance, *, given: bool, home: bool) -> Row:
    peak = iso(s.start + 25) if given else ""
    remote = ("Example Video", f"Test-Clover {case.number:04}") if home else ("", "")
    row: list[object] = [s.key, "induction", s.number, iso(s.start), peak, WHERE[case.route], f"{case.key}-D1", *remote]
    clear = ("cleared" if given else "not-cleared", case.staff[0], "yes", chance.between(4, 9), chance.between(2, 4), "yes")
    held = "Lorazepam" if case.number % 5 == 0 else ""
    fertile = "not-pregnant" if case.sex == "F" else "not-applicable"
    row += (iso(s.arrived + s.early // 2), *clear, held, "", "no", "", fertile, "yes", "", "", "")
    music = ("yes", chance.pick(("ambient", "classical", "drone")), f"PL-{s.number}", "no")
    row += ("yes", "dim", "bed" if home else "recliner", "no", "yes", "yes", *music, "yes", chance.between(20, 23))
    row += ("yes" if home else "no", "continuous", "no", "")
    row += (chance.pick(("To let go", "To rest", "To understand")), chance.between(30, 95), chance.between(2, 6))
    row += (chance.between(2, 7), "yes" if s.number == 1 else "", chance.between(5, 10))
    if not given:
        return [*row, *("",) * 12]
    shaken = case.pcl is not None and s.number > 1
    row += ("completed", case.staff[3], chance.pick(("supportive", "parts work; somatic", "ACT")), chance.between(20, 60))
    row += ("yes" if shaken else "no", "yes" if shaken and case.number % 2 else "no" if shaken else "", "", "")
    felt = next(name for most, name in DEEP if depth(s, case) <= most)
    return [*row, felt, chance.between(0, 4), chance.between(0, 5), iso(s.start + (15 if home else 6))]


def _vials(case: Case, s: Session, chance: Chance) -> Tables:
    prescriber, nurse, anesthesia, *_ = case.staff
    lot = f"L{s.start // DAY // 60:05}"
    gone = iso_day(s.start // DAY // 60 * 60 + 540)
    order = f"RX-{case.key[2:]}"
    if case.route in ("SL", "IN"):
        sprayed = case.route == "IN"
        row: list[object] = [s.key, 1, "primary", order, prescriber, "", "yes", f"{case.site}-SPRAY" if sprayed else "", ""]
        row += ("", "", "", "", "" if sprayed else 10, "" if sprayed else "swallowed")
        yield "vials", [*row, "nasal-device" if sprayed else "troche", lot, gone, "", "", "", "", "", "", ""]
        return
    wide = case.route == "IV"
    strength = 50 if wide else 100
    for n, mg in ((1, s.mg or 0), (2, (s.second_mg or 0) * 10)):
        if not mg:
            continue
        drawn = (mg * 1000 // strength + 5) // 10  # thousandths of mL, to hundredths
        waste = chance.between(1, 8) * 10
        wasted = (waste // 10, nurse, "mixed with charcoal", "rest of the vial")
        infused = ("sodium chloride 0.9 %", 100) if wide else ("", "")
        volume = f"{drawn // 1000}.{drawn % 1000:03}" if mg * 1000 % strength == 0 else ""
        how = ("actual", volume, strength, *infused, "", "", "vial", lot, gone, f"V{s.start // DAY:06}{case.number % 100:02}")
        pump = f"{case.site}-PUMP" if wide else ""
        kind = "primary" if n == 1 else "supplemental"
        vial = ("yes" if s.number % 3 == 1 else "no", chance.between(3, 20), *wasted)
        yield "vials", (s.key, n, kind, order, prescriber, anesthesia if wide else nurse, "no", pump, *how, *vial)


def _course_of(case: Case, s: Session, chance: Chance) -> Tables:
    key, nurse = s.key, case.staff[1]
    deep = (s.start + 10, s.start + 20, s.start + 35, s.end)
    for phase, start, end in (
        ("arrival", s.arrived, s.start),
        ("onset", s.start, deep[0]),
        ("peak", deep[1], deep[2]),
        ("recovery", s.end, s.left),
    ):
        if start < end:
            yield "phases", (key, phase, iso(start), iso(end))
    yield "timeline", (key, 1, "dose", iso(s.start), "", nurse)
    kind, what = chance.pick(
        (("music-change", "Quieter music"), ("observation", "Calm, eyes closed"), ("touch", "Hand held, as agreed"))
    )
    yield "timeline", (key, 2, kind, iso(s.start + chance.between(12, 30)), what, case.staff[3])


def _watch(case: Case, s: Session, chance: Chance) -> Tables:
    if case.route == "SL":
        for n in range(1, s.minutes // 15):
            yield "chaperone", (s.key, n, iso(s.start + 15 * n), "Resting, breathes calmly")
        for which, at in (("pre", s.start), ("post", s.end)):
            yield "watch", (s.key, which, iso(at), "", "", "", "manual", "HOME-CUFF", "left-wrist", "sitting")
        return
    sprayed = case.route == "IN"
    middle = ("peak", s.start + 30) if case.route == "IM" else ("min40", s.start + 40)
    first, last = ("pre", s.start if sprayed else s.arrived), ("post", s.end if sprayed else s.left)
    for which, at in (first, middle, last)[: len(s.pressures)]:
        carbon = chance.between(34, 42) if case.route == "IV" else ""
        warm = tenths(chance.between(974, 989)) if which == "pre" else ""
        rhythm = "sinus" if case.route == "IV" else ""
        yield "watch", (s.key, which, iso(at), warm, carbon, rhythm, "monitor", f"{case.site}-MON", "left-arm", "reclined")
    calm = max(0, 5 - depth(s, case) // 60)
    yield "sedation", (s.key, 1, "moaa-s", 5, iso(s.arrived), "pre-dose")
    yield "sedation", (s.key, 2, "moaa-s", calm, iso(s.start + 30), "during")
    yield "sedation", (s.key, 3, "moaa-s", 5, iso(s.left), "discharge")


def _discharge(case: Case, s: Session, chance: Chance, *, home: bool, prescriber: str, nurse: str) -> Tables:
    well = ("yes",) * 8
    came = (f"Test-Clover {case.number:04}", chance.pick(("partner", "friend", "sibling")))
    way = "at-home" if home else "escort"
    follow = iso((s.start // DAY + 1) * DAY + 600)
    yield "discharges", (s.key, *well, iso(s.left - s.late // 4), *came, way, RELEASED, follow, prescriber if home else nurse)


def _rems(s: Session, chance: Chance) -> Tables:
    day = s.start // DAY
    first = "yes" if s.number == 1 else "no"
    asked = ("yes", "no", "no", "no", "no", "no", f"L{day // 60:05}")
    slept = chance.happens(230)
    apart = chance.happens(410)
    sleepy = ("yes", chance.between(20, 40), chance.between(60, 95)) if slept else ("no", "", "")
    away = ("yes", chance.between(15, 30), chance.between(60, 100)) if apart else ("no", "", "")
    sent = iso((day + chance.between(0, 5)) * DAY + 1010)
    yield "rems", (s.key, sent, first, *asked, chance.between(90, 120), "yes", "yes", *sleepy, *away, "no", "no", "")
