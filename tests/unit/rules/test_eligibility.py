"""Eligibility: what speaks against ketamine, with a dose and without one."""

import csv
from dataclasses import replace
from datetime import date

import pytest
from rules_desk import (
    after,
    both_sides,
    consent,
    dose,
    esketamine,
    find,
    judged_in,
    patient,
    rules,
    screening,
    session,
    taking,
)

from kapfhir.data import mappings_folder
from kapfhir.model.care import Diagnosis, Resistance
from kapfhir.model.history import Allergy, Trial
from kapfhir.model.people import Clinic, PregnancyCheck
from kapfhir.model.pre_dose import PreDoseCheck
from kapfhir.model.rems import RemsForm
from kapfhir.model.screening import Finding as Criterion
from kapfhir.model.screening import Override
from kapfhir.model.values import Key, Ref
from kapfhir.rules.eligibility import AGAINST, BIPOLAR, CONTROLLABLE, PREGNANT

DOSED = session()
EARLIER = after(days=-30).date()


def illness(disorder, **rest):
    return Diagnosis(Key("DX"), Ref("P"), rest.pop("recorded", EARLIER), disorder, **rest)


def resistant(**rest):
    return illness("treatment-resistant-depression", resistance=Resistance(resistant=True, **rest))


def allergy(substance="ketamine", **rest):
    return Allergy(Key("AL"), Ref("P"), substance, **rest)


def born(year, month=1, day=5):
    return patient(birth_date=date(year, month, day))


def expecting(days, status="pregnant"):
    return patient(pregnancy=(PregnancyCheck(Key("1"), after(days=days).date(), status),))


def tried(key, **rest):
    return taking("sertraline", purpose="prior-trial", status="completed", key=key, trial=Trial(outcome="none", **rest))


CONTROL = ("uncontrolled-hypertension", "uncontrolled-seizures")


def checked(criterion, presence, **rest):
    return replace(screening(**rest), findings=(Criterion(Key("1"), criterion, presence),))


def clinic(rems):
    return Clinic(Key("S"), "Clinic", rems=rems)


CASES = [
    case
    for rule, (criteria, disorders) in AGAINST.items()
    for case in (
        *((rule, (DOSED, screening(criterion)), True) for criterion in criteria),
        *((rule, (DOSED, illness(disorder)), True) for disorder in disorders),
        (rule, screening(criteria[0]), False),
        (rule, (DOSED, screening(criteria[0], days=1)), False),
        (rule, (DOSED, screening("minor")), False),
    )
]
CASES += [
    *(
        case
        for rule, disorder, criterion in (("E01", "hypertension", CONTROL[0]), ("E14", "epilepsy", CONTROL[1]))
        for case in (
            (f"{rule}-unknown", (DOSED, illness(disorder)), True),
            (f"{rule}-unknown", (DOSED, illness(disorder, label=f"{disorder}, long known")), True),
            (f"{rule}-unknown", (DOSED, illness(disorder, label=f"{disorder}, Controlled")), False),
            (f"{rule}-unknown", (DOSED, illness(disorder, label=f"{disorder}, poorly controlled")), False),
            (f"{rule}-unknown", (DOSED, illness(disorder), checked(criterion, "absent")), False),
            (f"{rule}-unknown", (DOSED, illness(disorder), checked(criterion, "present")), False),
            (f"{rule}-unknown", (DOSED, illness(disorder), checked(criterion, "unknown")), True),
            (f"{rule}-unknown", (DOSED, illness(disorder), checked("mania", "absent")), True),
            (f"{rule}-unknown", (DOSED, illness(disorder), checked(criterion, "absent", days=1)), True),
            (f"{rule}-unknown", (DOSED, illness(disorder, status="resolved")), False),
            (f"{rule}-unknown", (DOSED, illness(disorder, recorded=after(days=1).date())), False),
            (f"{rule}-unknown", illness(disorder), False),
            (rule, (DOSED, illness(disorder)), False),
            (rule, (DOSED, illness(disorder, label=f"{disorder}, controlled")), False),
            (rule, (DOSED, illness(disorder, label=f"Uncontrolled {disorder}")), True),
            (rule, (DOSED, illness(disorder, label=f"{disorder}, not well controlled")), True),
            (rule, (DOSED, illness("mdd", label="mood controlled, sleep not")), False),
        )
    ),
    ("E03", (DOSED, illness("mdd-single-psychotic", status="resolved")), False),
    ("E03", (DOSED, illness("mdd-single-psychotic", recorded=after(days=1).date())), False),
    ("E05", (DOSED, allergy()), True),
    ("E05", (DOSED, allergy("midazolam")), False),
    ("E05", (DOSED, allergy(status="resolved")), False),
    ("E05", (DOSED, screening("hypersensitivity")), True),
    ("E05", allergy(), False),
    ("E05", (DOSED, illness("ketamine-allergy")), True),
    ("E05", (DOSED, illness("anesthetic-allergy")), False),
    ("E06", (DOSED, illness("pregnant")), True),
    ("E06", (DOSED, illness("pregnancy-test-positive", recorded=after(days=-300).date())), True),
    ("E06", (DOSED, illness("pregnant", recorded=after(days=-301).date())), False),
    ("E06", (DOSED, illness("pregnant", recorded=after(days=1).date())), False),
    ("E06", (DOSED, expecting(-300)), True),
    ("E06", (DOSED, expecting(-301)), False),
    ("E06", (DOSED, expecting(1)), False),
    ("E06", (DOSED, expecting(-1, "not-pregnant")), False),
    ("E06", (DOSED, screening("lactation")), True),
    ("E06", session(pre_dose=PreDoseCheck(after(-10), pregnancy="pregnant")), True),
    ("E07", (born(2008), DOSED), False),
    ("E07", (born(2008, 1, 6), DOSED), True),
    ("E07", born(2010), False),
    ("E07-young", (born(2010), DOSED), False),
    ("E07-young", (born(2010, 1, 6), DOSED), True),
    ("E08", (DOSED, illness("bipolar-2")), True),
    *(("E08", (DOSED, illness(disorder)), True) for disorder in BIPOLAR),
    ("E08", (DOSED, screening("bipolar")), True),
    ("E08", (DOSED, illness("bipolar-2"), taking("Lithium carbonate")), False),
    ("E08", (DOSED, illness("bipolar-2"), taking(drug_class="mood-stabilizer")), False),
    ("E08", (DOSED, illness("bipolar-2"), taking("Lithium", status="stopped")), True),
    ("E13", (DOSED, screening("suicidal-intent")), True),
    ("E13", (DOSED, illness("borderline-personality", severity="severe")), True),
    ("E13", (DOSED, illness("borderline-personality", severity="moderate")), False),
    ("E15", (DOSED, screening(decision="deferred")), True),
    ("E15", (DOSED, screening(decision="not-eligible")), True),
    ("E15", (DOSED, screening()), False),
    ("E15", (DOSED, screening(decision="cleared-with-conditions")), False),
    ("E15", (DOSED, screening(decision="deferred", override=Override("second opinion"))), False),
    ("E15", (DOSED, screening(decision="deferred", days=1)), False),
    ("E15-missing", (DOSED, screening(), session(days=1, key="X")), False),
    ("E15-late", (DOSED, screening()), False),
    ("E15-late", (DOSED, screening(days=0.01)), True),
    ("E15-old", (DOSED, screening(days=-365)), False),
    ("E15-old", (DOSED, screening(days=-366)), True),
    ("E16-trials", (DOSED, resistant(), tried("1"), taking("x", key="9")), True),
    ("E16-trials", (DOSED, resistant(), tried("1"), tried("2")), False),
    ("E16-trials", (DOSED, resistant(), tried("1"), tried("2", adequate_dose=False)), True),
    ("E16-trials", (DOSED, resistant(failed_trials=3), tried("1")), False),
    ("E17", (DOSED, consent(0)), False),
    ("E17", (DOSED, consent(0.001)), True),
    ("E17", (DOSED, consent(type="touch")), True),
    ("E17", (DOSED, consent(status="proposed")), True),
    ("E17", (DOSED, consent(status="declined")), True),
    ("E17", (esketamine(), consent(type="esketamine-rems")), False),
    ("E17", (DOSED, consent(type="esketamine-rems")), True),
    ("E17-ended", (DOSED, consent(valid_until=after(days=-1).date())), True),
    ("E17-ended", (DOSED, consent(valid_until=after().date())), False),
    ("E17-ended", (DOSED, consent(status="withdrawn")), True),
    ("E17-ended", (DOSED, consent(status="withdrawn"), consent(key="C2")), False),
    ("E17-ended", (DOSED, consent()), False),
    ("E18", esketamine(delivery="home"), True),
    ("E18", esketamine(), False),
    ("E18", session(delivery="home"), False),
    ("E18-enrolment", esketamine(), True),
    ("E18-enrolment", (patient(rems_number="R-1"), esketamine()), False),
    ("E18-enrolment", (consent(type="esketamine-rems"), esketamine()), False),
    ("E18-enrolment", esketamine(rems=RemsForm(enrolled=True)), False),
    ("E18-enrolment", DOSED, False),
    ("E18-site", (clinic("certified"), esketamine(clinic="S")), False),
    ("E18-site", (clinic("not-certified"), esketamine(clinic="S")), True),
    ("E18-site", esketamine(), True),
]


@pytest.mark.parametrize(("rule", "records", "found"), CASES)
def test_rule(rule, records, found):
    assert (rule in rules(*(records if isinstance(records, tuple) else (records,)))) is found


def test_who_was_never_screened_in_a_clinic_that_screens():
    other = screening()
    stranger = session(key="X")
    stranger = type(stranger)(**{**{n: getattr(stranger, n) for n in stranger.__dataclass_fields__}, "patient": Ref("Q")})
    (found,) = (f for f in find(DOSED, stranger, other) if f.rule == "E15-missing")
    assert (found.patient, found.key) == ("Q", "X")


def test_every_rule_is_tried_on_both_sides():
    found, not_found = both_sides(CASES)
    assert (found | {"E15-missing"}, not_found) == (judged_in("E"), judged_in("E"))


def test_each_dose_without_consent_is_told():
    doses = [session(dose(days=d), days=d) for d in (0, 3, 7)]
    assert [f.key for f in find(*doses, consent(5)) if f.rule == "E17"] == ["D0", "D3"]


NO_RULE = {
    *(
        "acute-stress-reaction",
        "adjustment-depressed",
        "anxiety-unspecified",
        "complex-ptsd",
        "depression-unspecified",
        "dysthymia",
    ),
    *(
        "dissociative-disorder",
        "gad",
        "ocd",
        "ocd-mixed",
        "panic-disorder",
        "prolonged-grief",
        "ptsd",
        "ptsd-acute",
        "ptsd-chronic",
    ),
    *("social-phobia", "treatment-resistant-depression", "depression-screening-encounter", "delirium", "dementia"),
    *("suicidal-ideation", "suicide-risk", "self-harm-history", "suicidal-behavior-history", "suicide-attempt-history"),
    *("alcohol-dependence-remission", "opioid-dependence-remission"),
    *("old-mi", "angina-other", "anesthetic-allergy", "anesthetic-adverse-effect"),  # not said: how it is
}


def test_every_disorder_meets_a_rule_or_is_known_to_meet_none():
    """A disorder that is added to the code table must be looked at here too."""
    with (mappings_folder() / "codes" / "disorder.csv").open(encoding="utf-8", newline="") as file:
        there = {row["code"] for row in csv.DictReader(file)}
    judged = {d for _, disorders in AGAINST.values() for d in disorders}
    judged |= {*BIPOLAR, *PREGNANT, "ketamine-allergy", "borderline-personality"} | {d for d, _ in CONTROLLABLE.values()}
    depressions = {d for d in there if d.startswith("mdd")} - judged
    assert depressions
    assert there - judged - depressions == NO_RULE
    assert judged <= there
