"""The table of rules is whole: every rule of the domain has a row, every row one implementation, every implementation a row."""

import re
from importlib import import_module

import pytest
from rules_desk import judged_in

from kapfhir.advice import all_advice
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.dose_limits import SHIPPED
from kapfhir.rules import catalogue
from kapfhir.rules.story import CHAPTERS
from kapfhir.rules.settings import RuleSettings, limits_of, rules_of
from kapfhir.rules.table import COMPUTED, SEVERITIES, THEMES, all_rules, changes

RULES = all_rules()
DOMAIN = {"S": 30, "E": 18, "P": 16, "M": 15, "I": 13, "O": 13, "T": 6, "G": 3, "V": 1}  # how many each theme of the domain has


def test_every_rule_of_the_domain_has_a_row():
    wanted = {f"{letter}{number:02}" for letter, count in DOMAIN.items() for number in range(1, count + 1)}
    assert {rule.domain for rule in RULES.values()} == wanted
    assert wanted <= RULES.keys()
    assert len(wanted) == 115


def test_every_row_has_one_implementation_and_every_implementation_a_row():
    judged = judged_in(*DOMAIN)
    rooms = (catalogue.DAY, catalogue.STORY, catalogue.PROTOCOL, catalogue.PATIENTS)
    assert sum(map(len, rooms)) == len(judged)
    assert {r.id for r in RULES.values() if not r.by} == judged | set(catalogue.LOST)
    assert judged.isdisjoint(catalogue.LOST)


def test_a_rule_that_the_record_keeps_names_problems_that_there_are():
    told = [code.partition("@")[0] for rule in RULES.values() for code in rule.codes]
    assert len(told) > 25
    assert [code for code in told if code not in all_advice()] == []


def test_a_problem_tells_one_rule():
    codes = [code for rule in RULES.values() for code in rule.codes]
    assert len(set(codes)) == len(codes)


def test_what_is_computed_names_its_function():
    computed = [rule for rule in RULES.values() if rule.severity == COMPUTED]
    assert {r.id for r in computed} == {"S22", "O05", "O06", "O08", "O13", "T01", "T03", "G01", "G02"}
    for rule in computed:
        module, _, name = rule.by[0].partition(":")
        assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_row_is_whole(rule):
    assert rule.id[0] in THEMES
    assert rule.severity in (*SEVERITIES, COMPUTED)
    assert rule.verified in ("verified", "partly", "unverified", "arithmetic")
    assert rule.source
    assert rule.advice.endswith(".")
    assert rule.told.endswith(".")
    assert "{" not in rule.told
    assert set(re.findall(r"\{(\w+)\}", rule.text)) <= rule.numbers.keys()
    assert [concept for concept in rule.about if concept not in CONCEPTS] == []
    assert rule.about or rule.id == "S23"


def test_a_number_that_is_not_told_is_a_tolerance():
    silent = {(r.id, n) for r in RULES.values() for n in r.numbers if f"{{{n}}}" not in r.text}
    assert silent == {("E06", "days"), ("P10", "sessions"), ("S03-future", "days"), ("S09-slip", "percent")}


def test_conditions_of_a_day_name_rules_of_a_day():
    assert catalogue.WAYS.keys() | catalogue.PARTS.keys() <= catalogue.DAY.keys()
    assert catalogue.NEEDS.keys() | catalogue.CHAPTERS.keys() <= catalogue.STORY.keys()
    assert catalogue.HELD.keys() <= catalogue.DAY.keys()
    assert set(catalogue.NEEDS.values()) <= CONCEPTS.keys()
    assert {name for names in catalogue.CHAPTERS.values() for name in names} == set(CHAPTERS)


def test_the_limits_of_the_record_are_the_numbers_of_the_table():
    assert limits_of(dict(RULES)) == SHIPPED


def test_a_configuration_changes_level_and_numbers_and_says_so():
    own = rules_of({"M03": RuleSettings(severity="warning", numbers={"systolic": 170}), "M08": RuleSettings(severity="off")})
    assert own["M03"].told == "The blood pressure reached 170 systolic or 110 diastolic."
    assert changes(own.values()) == [
        "rule changed by the configuration: M03: severity warning instead of safety, systolic 170 mm[Hg] instead of 180",
        "rule changed by the configuration: M08: severity off instead of warning",
    ]
    assert changes(rules_of({"M03": RuleSettings(severity="safety", numbers={"systolic": 180})}).values()) == []
    assert changes(RULES.values()) == []
