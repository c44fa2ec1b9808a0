"""What happens to one patient of a cohort: how it starts, the sessions, how the scores go. The tables are written elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .chance import Chance
from .clock import DAY
from .parameters import number, parameters, span

FLOWERS = ("Aster", "Bellflower", "Clover", "Dahlia", "Edelweiss", "Foxglove", "Gentian", "Heather", "Iris", "Jasmine")
ROUTES = ("IV", "IV", "IV", "IM", "SL", "IN")
STAFF = {  # by site: prescriber, nurse, anesthesia, two therapists
    "DT": ("Test-Birch 01", "Test-Birch 02", "Test-Birch 03", "Test-Birch 04", "Test-Birch 05"),
    "WS": ("Test-Birch 06", "Test-Birch 07", "Test-Birch 08", "Test-Birch 09", "Test-Birch 10"),
}
OPEN, LAST = date(2021, 1, 4).toordinal(), 1000  # a Monday; courses start within so many days
WORDS = {"F33.2": "Recurrent depression, severe", "F33.1": "Recurrent depression, moderate", "F32.2": "Depression, severe"}


@dataclass(slots=True)
class Session:
    """A dosing session. Amounts in tenths of mg, moments as in `clock`."""

    key: str
    number: int
    start: int
    minutes: int
    outcome: str = "Completed"
    reason: str = ""
    mg: int | None = None
    per_kg: int | None = None  # hundredths of mg/kg
    second_mg: int | None = None  # mg, twelve minutes after the first
    pressures: list[tuple[int, int]] = field(default_factory=list)  # before, at 40 minutes or at the peak, at the end
    rates: list[int] = field(default_factory=list)
    steps: list[tuple[int, int, int]] = field(default_factory=list)  # from, to, tenths of mg
    early: int = 30  # minutes from arrival to the dose
    late: int = 60  # minutes from its end until the patient leaves

    @property
    def end(self) -> int:
        return self.start + self.minutes

    @property
    def arrived(self) -> int:
        return self.start - self.early

    @property
    def left(self) -> int:
        return self.end + self.late


@dataclass(slots=True)
class Case:
    """A patient with a course. Scores as (before, after, later) the course."""

    key: str
    number: int
    family: str
    given: str
    sex: str
    born: int  # the day
    kg: int  # tenths
    cm: int
    site: str
    route: str
    first: int  # the first dose
    days: tuple[int, ...]
    disorders: tuple[str, ...]
    phq: tuple[int, int, int]
    gad: tuple[int, int, int]
    madrs: tuple[int, int, int]
    pcl: tuple[int, int, int] | None
    suicidality: tuple[int, int]
    staff: tuple[str, str, str, str, str]  # prescriber, nurse, anesthesia, therapist, second therapist
    asked: tuple[str, str]  # the first PHQ-9 and the first C-SSRS
    dropped: bool = False
    sessions: list[Session] = field(default_factory=list)

    @property
    def course(self) -> str:
        return f"C-{self.key[2:]}"

    @property
    def intake(self) -> int:
        """The day of the intake."""
        return self.first // DAY - 12

    @property
    def end(self) -> int:
        """The day of the last dose."""
        return self.first // DAY + self.days[-1]


def case(seed: str, number_of: int) -> tuple[Case, Chance]:
    """Patient `number_of` of the cohort of this seed, whatever the number of others; and the chance that goes on from here."""
    chance = Chance(f"{seed}|{number_of}")
    route = chance.pick(ROUTES)
    old = chance.happens(120)
    site = chance.pick(("DT", "WS"))
    site = "DT" if route == "IN" else site  # the one that is certified for it
    start = (OPEN + chance.between(0, LAST)) * DAY
    start = (start + DAY if (start // DAY) % 7 == 0 else start) + chance.between(36, 60) * 15  # 9:00 to 15:00, no Sunday
    born = start // DAY - 365 * (chance.between(65, 82) if old else chance.between(20, 64)) - chance.between(0, 364)
    traumatic = chance.happens(number("trauma"))
    disorders: tuple[str, ...] = (chance.pick(("F33.2", "F33.2", "F33.1", "F32.2")),)
    disorders += ("F43.12",) if traumatic else ("F41.1",) if chance.happens(400) else ()
    disorders += ("I10",) if chance.happens(180 if old else 60) else ()
    found = Case(
        key=f"P-{number_of:06}",
        number=number_of,
        family=f"Test-{chance.pick(FLOWERS)}",
        given=f"{number_of:04}",
        sex=chance.pick("FFFFFMMMMX"),
        born=born,
        kg=chance.between(520, 1080),
        cm=chance.between(152, 195),
        site=site,
        route=route,
        first=start,
        days=parameters()[f"days_{route.lower()}"],
        disorders=disorders,
        phq=(0, 0, 0),
        gad=(0, 0, 0),
        madrs=(0, 0, 0),
        pcl=None,
        suicidality=(0, 0),
        staff=STAFF[site],
        asked=(f"PHQ-{number_of:06}-1", f"CSSRS-{number_of:06}-1"),
    )
    _scores(found, chance, traumatic=traumatic)
    _sessions(found, chance, old=old)
    return found, chance


def _scores(found: Case, chance: Chance, *, traumatic: bool) -> None:
    """Response, remission, worsening and loss at the published rates; each scale by the class that the patient fell into."""
    route, drawn = found.route.lower(), chance.next() * 1000
    fate = "part"
    if drawn < number(f"remission_{route}"):
        fate = "remission"
    elif drawn < number(f"response_{route}"):
        fate = "response"
    elif drawn >= 1000 - number(f"worse_{route}"):
        fate = "worse"
    lost = fate in ("remission", "response") and chance.happens(number("lost_8_weeks"))

    def way(name: str, remitted: int, most: int) -> tuple[int, int, int]:
        before = chance.between(number(f"{name}_low"), number(f"{name}_high"))
        if fate == "remission":
            after = chance.between(0, min(remitted, before // 2))
        elif fate == "response":
            after = chance.between(min(remitted + 1, before // 2), before // 2)
        elif fate == "worse":
            after = min(most, before + chance.between(1, 4))
        else:
            after = chance.between(before // 2 + 1, before)
        later = chance.between(before * 3 // 4, before) if lost else max(0, min(most, after + chance.between(-1, 1)))
        return before, after, later

    found.phq, found.gad, found.madrs = way("phq", 4, 27), way("gad", 4, 21), way("madrs", 10, 60)
    if traumatic:
        found.pcl = way("pcl", 30, 80)
    if chance.happens(number("suicidality_before")):
        before, drawn = chance.between(1, 2), chance.next() * 1000
        up = drawn >= 1000 - number("suicidality_up")
        found.suicidality = (before, before - 1 if drawn < number("suicidality_down") else before + 1 if up else before)


def _sessions(found: Case, chance: Chance, *, old: bool) -> None:
    route = found.route.lower()
    found.dropped = chance.happens(number("dropped_sl" if route == "sl" else "dropped"))
    if found.dropped:
        found.days = found.days[: chance.between(1, len(found.days) - 1)]
    doses = parameters()["dose_in_old" if route == "in" and old else f"dose_{route}"]
    base = (chance.between(112, 130), chance.between(68, 82), chance.between(60, 80))
    minutes = number(f"minutes_{route}")
    for n, day in enumerate(found.days, 1):
        session = Session(f"S-{found.key[2:]}-{n}", n, found.first + day * DAY, minutes)
        if found.route in ("SL", "IN"):  # their logs know no other times than those of the dose
            session.early = session.late = 0
        found.sessions.append(session)
        drawn = chance.next() * 1000
        if drawn < number("not_come"):
            session.outcome, session.reason = "No show", "Did not come"
            continue
        before = (base[0] + chance.between(-5, 5), base[1] + chance.between(-4, 4))
        pulse = base[2] + chance.between(-4, 4)
        drawn -= number("not_come")
        if drawn < number("too_high"):
            session.outcome, session.reason = "Not given", "BP too high"
            session.pressures, session.rates = [(before[0] + 48, before[1] + 26)], [pulse + 20]
            continue
        _dose(session, found, doses[n - 1], chance, early=drawn - number("too_high") < number("stopped_early"))
        rise, fall = (span("systolic_rise"), span("diastolic_rise")), (span("systolic_after"), span("diastolic_after"))
        session.pressures = [before]
        session.pressures += [(before[0] + chance.between(*up[0]), before[1] + chance.between(*up[1])) for up in (rise, fall)]
        session.rates = [pulse, pulse + chance.between(*span("heart_rate_rise")), pulse + chance.between(-3, 5)]


def _dose(session: Session, found: Case, dose: int, chance: Chance, *, early: bool) -> None:
    if found.route == "IV":
        session.per_kg, session.mg = dose, found.kg * dose // 100
        if early:
            session.outcome, session.reason = "Stopped early", chance.pick(("Nausea", "Asked to stop"))
            session.minutes, session.per_kg, session.mg = 25, None, session.mg * 25 // 40
        elif chance.happens(number("stepped")):
            half = session.mg // 2
            session.steps = [(0, 18, half), (22, 44, session.mg - half)]
            session.minutes = 44
    elif found.route == "IM":
        session.per_kg, session.mg = dose, (found.kg * dose + 500) // 1000 * 10
        session.second_mg = chance.pick(parameters()["second_im"]) if chance.happens(number("second_im_share")) else None
    else:
        session.mg = dose * 10


def depth(session: Session, found: Case) -> int:
    """How strong a dose is, in hundredths of 0.5 mg/kg by vein: what is felt goes with it."""
    share = {"IV": 100, "IM": 90, "SL": 25, "IN": 60}[found.route]  # what reaches the blood, roughly
    given = (session.mg or 0) + (session.second_mg or 0) * 10
    return given * share * 2 // found.kg


def score(path: tuple[int, int, int], done: int, planned: int) -> int:
    """A score after so many of the planned doses: it goes fastest at first."""
    before, after, _ = path
    left = (planned - done) * (planned - done)
    return after + (before - after) * left // (planned * planned)
