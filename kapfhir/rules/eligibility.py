"""Eligibility (domain D.2): what speaks against ketamine, and a dose was given all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .facts import Dose, Illness
from .story import Found, Story, first
from .table import Numbers

CLEARED = ("cleared", "cleared-with-conditions")
BIPOLAR = (
    *("bipolar-1", "bipolar-2", "bipolar-unspecified", "bipolar-hypomanic", "bipolar-manic-psychotic"),
    *("bipolar-depressed-moderate", "bipolar-depressed-severe", "bipolar-depressed-psychotic"),
)
PREGNANT = ("pregnant", "pregnancy-test-positive")
# criteria of a screening, and disorders of a problem list, that meet a rule; not those of which the diagnosis alone does not say
# enough, such as an epilepsy or a hypertension that may be under control
AGAINST: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "E01": (("uncontrolled-hypertension",), ("hypertensive-urgency", "hypertensive-emergency")),
    "E02": (
        ("recent-myocardial-infarction", "unstable-angina", "heart-failure", "arrhythmia"),
        ("unstable-angina", "acute-mi", "recent-mi", "heart-failure"),
    ),
    "E03": (
        ("active-psychosis", "schizophrenia"),
        (
            *("psychosis", "brief-psychosis", "schizophrenia", "mdd-single-psychotic", "mdd-recurrent-psychotic"),
            *("mdd-severe-psychotic", "bipolar-depressed-psychotic", "bipolar-manic-psychotic"),
        ),
    ),
    "E04": (
        ("aneurysm", "arteriovenous-malformation", "intracerebral-hemorrhage"),
        (
            *("aneurysm", "aortic-aneurysm", "aortic-aneurysm-unruptured", "cerebral-aneurysm", "intracranial-aneurysm"),
            *("avm", "cerebral-avm", "congenital-avm"),
        ),
    ),
    "E08-mania": (("mania",), ("mania", "hypomania", "bipolar-hypomanic", "bipolar-manic-psychotic")),
    "E09": (
        ("substance-use", "ketamine-misuse"),
        (
            *("alcohol-abuse", "alcohol-dependence", "alcohol-use-disorder", "opioid-abuse", "opioid-dependence"),
            *("opioid-use-disorder", "hallucinogen-abuse", "substance-abuse", "other-substance-abuse"),
            *("ketamine-harmful-use", "ketamine-dependence"),
        ),
    ),
    "E10": (
        ("raised-intracranial-pressure", "raised-intraocular-pressure"),
        ("raised-intracranial-pressure", "benign-intracranial-hypertension", "glaucoma"),
    ),
    "E11": (("hyperthyroidism",), ("hyperthyroidism", "thyrotoxicosis")),
    "E12": (
        ("hepatic-impairment", "abnormal-liver-function", "urinary-symptoms"),
        ("interstitial-cystitis", "hepatic-failure"),
    ),
    "E14": (("porphyria", "uncontrolled-seizures", "severe-respiratory-disease", "sleep-apnea"), ("porphyria",)),
}


def _against(criteria: tuple[str, ...], disorders: tuple[str, ...]) -> Callable[[Story, Numbers], Found]:
    wanted = set(criteria)

    def found(story: Story, n: Numbers) -> Found:  # noqa: ARG001
        for check in story.checks:
            if check.day <= story.last_day and not wanted.isdisjoint(check.present):
                yield check
        for illness in story.illnesses:
            if illness.active and illness.day <= story.last_day and illness.disorder in disorders:
                yield illness

    return found


# what a diagnosis does not say by itself: the criterion of a screening, or the words of the clinic, say whether it is controlled
CONTROLLABLE = {"E01": ("hypertension", "uncontrolled-hypertension"), "E14": ("epilepsy", "uncontrolled-seizures")}


def _uncontrolled(rule: str) -> Callable[[Story, Numbers], Found]:
    """As against ketamine as the others of the rule, where the words of the diagnosis say so."""
    others, (disorder, _) = _against(*AGAINST[rule]), CONTROLLABLE[rule]

    def found(story: Story, n: Numbers) -> Found:
        yield from others(story, n)
        yield from (i for i in _lasting(story, disorder) if i.controlled is False)

    return found


def _perhaps_uncontrolled(rule: str) -> Callable[[Story, Numbers], Found]:
    disorder, criterion = CONTROLLABLE[rule]

    def found(story: Story, n: Numbers) -> Found:  # noqa: ARG001
        if any(criterion in (*check.present, *check.absent) for check in story.checks if check.day <= story.last_day):
            return
        yield from (i for i in _lasting(story, disorder) if i.controlled is None)

    return found


def _lasting(story: Story, disorder: str) -> Iterator[Illness]:
    """The active diagnoses of a disorder that were there at the last dose."""
    return (i for i in story.illnesses if i.disorder == disorder and i.active and i.day <= story.last_day)


def hypersensitive(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    if story.doses:
        yield from story.intolerances
        yield from _against(("hypersensitivity",), ("ketamine-allergy",))(story, {})


def pregnant(story: Story, n: Numbers) -> Found:
    days, person = n["days"], story.person
    known = person.pregnant if person else ()
    if person and any(0 <= dose.day - day <= days for dose in story.doses for day in known):
        yield person
    yield from (c for c in story.checks if c.day <= story.last_day and {"pregnancy", "lactation"} & set(c.present))
    for illness in story.illnesses:
        if illness.disorder in PREGNANT and illness.active and any(0 <= d.day - illness.day <= days for d in story.doses):
            yield illness
    yield from (d for d in story.doses if d.pregnant)


def young(story: Story, n: Numbers) -> Found:
    age = story.age(story.doses[0].day) if story.doses else None
    if age is not None and age < n["years"] and story.person:
        yield story.person


def bipolar_without_stabilizer(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    if any(m.stabilizer and m.active for m in story.medicines):
        return
    yield from _against(("bipolar",), BIPOLAR)(story, {})


def severe_personality_disorder(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    yield from _against(("severe-personality-disorder", "suicidal-intent"), ())(story, {})
    for illness in story.illnesses:
        severe = illness.disorder == "borderline-personality" and illness.severity == "severe"
        if severe and illness.active and illness.day <= story.last_day:
            yield illness


def not_cleared(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    """The last decision before a dose is what counts."""
    for dose in story.doses:
        before = [c for c in story.checks if c.decision is not None and _comes_first(c.at, c.day, timed=c.timed, dose=dose)]
        if before and before[-1].decision not in CLEARED and not before[-1].overridden:
            yield before[-1]
            return


def never_screened(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    if story.doses and not story.checks:
        yield story.doses[0]


def screened_late(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    if story.doses and story.checks:
        earliest, dose = story.checks[0], story.doses[0]
        if not _comes_first(earliest.at, earliest.day, timed=earliest.timed, dose=dose):
            yield earliest


def screened_long_ago(story: Story, n: Numbers) -> Found:
    for dose in story.doses:
        days = [c.day for c in story.checks if c.day <= dose.day]
        if days and dose.day - max(days) > n["days"]:
            yield dose
            return


def few_trials(story: Story, n: Numbers) -> Found:
    tried = sum(m.trial for m in story.medicines)
    yield from (i for i in story.illnesses if i.resistant and not i.counted and tried < n["trials"])


def no_consent(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    """Of each dose that none covers."""
    signed = [f for f in story.forms if f.signed is not None and f.status not in ("proposed", "declined")]
    for dose in story.doses:
        types = ("ketamine-off-label", "esketamine-rems") if dose.drug == "esketamine" else ("ketamine-off-label",)
        if not any(
            f.type in types and f.day is not None and _comes_first(f.signed, f.day, timed=f.timed, dose=dose) for f in signed
        ):
            yield dose


def consent_ended(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    """A form that ended before a dose which no other form covers; one that was withdrawn, nobody knows when, counts as ended."""
    forms = [f for f in story.forms if f.type == "ketamine-off-label" and f.day is not None and f.status != "proposed"]
    for form in forms:
        for dose in story.doses:
            others = any(f is not form and f.day <= dose.day and not _has_ended(f.status, f.until, dose) for f in forms if f.day)
            if form.day is not None and form.day <= dose.day and _has_ended(form.status, form.until, dose) and not others:
                yield form
                break


def at_home(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    yield from (d for d in story.doses if d.nasal and d.home)


def not_enrolled(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    known = story.person is not None and story.person.rems
    if known or any(f.type == "esketamine-rems" and f.status == "signed" for f in story.forms):
        return
    yield from first(d for d in story.doses if d.nasal and not d.enrolled)


def not_certified(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    def certified(dose: Dose) -> bool:
        frame = story.frames.get(dose.course or "")
        return story.around.certified.get(dose.clinic or (frame.clinic if frame else None) or "", False)

    yield from first(d for d in story.doses if d.nasal and not certified(d))


def _comes_first(at: float | None, day: int, *, timed: bool, dose: Dose) -> bool:
    """On the same day it does, unless both have a time of day that says otherwise."""
    if at is not None and timed and dose.timed:
        return at <= dose.start
    return day <= dose.day


def _has_ended(status: str, until: int | None, dose: Dose) -> bool:
    return until < dose.day if until is not None else status in ("withdrawn", "expired", "declined")


STORY: dict[str, Callable[[Story, Numbers], Found]] = {rule: _against(*what) for rule, what in AGAINST.items()} | {
    "E01": _uncontrolled("E01"),
    "E01-unknown": _perhaps_uncontrolled("E01"),
    "E05": hypersensitive,
    "E06": pregnant,
    "E07": young,
    "E07-young": young,
    "E08": bipolar_without_stabilizer,
    "E13": severe_personality_disorder,
    "E14": _uncontrolled("E14"),
    "E14-unknown": _perhaps_uncontrolled("E14"),
    "E15": not_cleared,
    "E15-missing": never_screened,
    "E15-late": screened_late,
    "E15-old": screened_long_ago,
    "E16-trials": few_trials,
    "E17": no_consent,
    "E17-ended": consent_ended,
    "E18": at_home,
    "E18-enrolment": not_enrolled,
    "E18-site": not_certified,
}
