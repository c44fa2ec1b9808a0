"""Interactions of drugs: by class, by code, by a whole word of the clinic's own text, and only beside a dose."""

import csv

import pytest
from rules_desk import after, both_sides, esketamine, judged_in, rules, session, taking

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.model.before import DrugClass
from kapfhir.model.pre_dose import PreDoseCheck
from kapfhir.model.rems import RemsForm
from kapfhir.model.values import Drug
from kapfhir.rules.interactions import FILE, STABILIZER, meets

DOSED = session()
DAY = after().date()
ROWS = [row for row in csv.DictReader(FILE.read_text("utf-8").splitlines()) if row["rule"] not in (STABILIZER, "I13")]


def day(number):
    return after(days=number).date()


def took(*drugs, **rest):
    return session(pre_dose=PreDoseCheck(after(-10), medications_taken=drugs, **rest))


def by_row(row):
    if row["kind"] == "class":
        return taking(drug_class=row["value"])
    return taking(row["value"].title() + " 10 mg") if row["kind"] == "word" else taking("x", drug=row["value"])


CASES = [(row["rule"], (DOSED, by_row(row)), True) for row in ROWS]
CASES += [(rule, (DOSED, taking("vitamin")), False) for rule in sorted({row["rule"] for row in ROWS})]
CASES += [
    ("I01", taking("lorazepam"), False),
    ("I01", (DOSED, taking("Lorazepamum")), False),
    ("I01", (DOSED, taking("lorazepam", status="stopped")), False),
    ("I01", (DOSED, taking("lorazepam", purpose="prior-trial")), False),
    ("I01", (DOSED, taking("lorazepam", started=day(0))), True),
    ("I01", (DOSED, taking("lorazepam", started=day(1))), False),
    ("I01", (DOSED, taking("lorazepam", status="stopped", ended=day(0))), True),
    ("I01", (DOSED, taking("lorazepam", status="stopped", ended=day(-1))), False),
    ("I01", took("Ativan 1 mg"), True),
    ("I01", esketamine(rems=RemsForm(benzodiazepine=True)), True),
    ("I01", esketamine(rems=RemsForm(benzodiazepine=False)), False),
    ("I03", esketamine(rems=RemsForm(maoi=True)), True),
    ("I04", esketamine(rems=RemsForm(stimulant=True)), True),
    ("I05", esketamine(rems=RemsForm(opioid=True)), True),
    ("I05", took(substance_use=True, substances=("alcohol",)), True),
    ("I11", (esketamine(), taking("vitamin")), True),
    ("I11", (esketamine(), taking(drug_class="ssri")), False),
    ("I11", (DOSED, taking("vitamin")), False),
    ("I11", esketamine(), False),
    ("I12", (DOSED, taking(drug_class="ssri", status="stopped", ended=day(-30))), True),
    ("I12", (DOSED, taking(drug_class="ssri", status="stopped", ended=day(-31))), False),
    ("I12", (DOSED, taking(drug_class="ssri", status="stopped", ended=day(1))), False),
    ("I13", (DOSED, taking("psilocybin", last_taken=day(-7))), True),
    ("I13", (DOSED, taking("psilocybin", last_taken=day(-8))), False),
    ("I13", (DOSED, taking(drug_class="ketamine-prior", last_taken=day(-7))), True),
    ("I13", (DOSED, taking(drug_class="other-psychedelic", ended=day(-2), status="stopped")), True),
    ("I13", (DOSED, taking("psilocybin")), False),
    ("I13", took(substance_use=True, substances=("LSD",)), True),
]


@pytest.mark.parametrize(("rule", "records", "found"), CASES)
def test_rule(rule, records, found):
    made = tuple(records if isinstance(records, tuple) else (records,))
    assert (rule in rules(*made)) is found


def test_every_rule_is_tried_on_both_sides():
    assert both_sides(CASES) == (judged_in("I"), judged_in("I"))


def test_classes_and_drugs_are_ours():
    codes = Codes(MapFolder.over(None))
    known = {"class": set(codes.own(DrugClass)), "drug": set(codes.own(Drug))}
    strange = [row for row in csv.DictReader(FILE.read_text("utf-8").splitlines()) if row["kind"] in known]
    assert len(strange) > 8
    assert [row for row in strange if row["value"] not in known[row["kind"]]] == []


def test_a_drug_may_meet_several_rules():
    assert meets(None, None, "lamotrigine and lorazepam") == ("I01", "I02")
    assert meets(None, "mood-stabilizer", "") == ()
