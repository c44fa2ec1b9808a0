"""`[findings.RULE]` of the configuration: a clinic's own level and numbers of a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from kapfhir.model.dose_limits import SHIPPED, DoseLimit

from .table import COMPUTED, Rule, all_rules

OFF = "off"
SHORT = re.compile(r"([A-Za-z])-?(\d{1,2})(-[a-z]+)?")  # M3, s-07
LIMITS = {  # the rules whose numbers the record itself keeps to, by the way of giving it
    "iv": "P01-slip",
    "im": "P02-slip",
    "subcutaneous": "P03-slip",
    "sublingual": "P04-slip",
    "buccal": "P04-slip",
    "oral": "P05-slip",
    "intranasal": "P06-slip",
}


def _exact(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


Number = Annotated[Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False)]


class RuleSettings(BaseModel):
    """What holds for one rule instead of what its table says."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    severity: Literal["safety", "error", "warning", "info", "off"] | None = Field(
        default=None, description="how grave it is; `off`: it is not told"
    )
    numbers: dict[str, Number] = Field(default_factory=dict, description="its numbers by name, in the units of the table")


def check_rules(given: dict[str, RuleSettings]) -> dict[str, RuleSettings]:
    """The settings, where each names a rule that there is, and numbers that it has. ValueError for the first that does not."""
    rules = all_rules()
    for name, settings in given.items():
        rule = rules.get(name)
        if rule is None:
            raise ValueError(f"there is no rule '{name}'{_near(name, rules)}")
        if rule.severity == COMPUTED:
            raise ValueError(f"rule {name} says how something is computed: it has no level and no numbers to set")
        for number in settings.numbers:
            if number not in rule.numbers:
                has = f"it has {', '.join(rule.numbers)}" if rule.numbers else "it has none"
                raise ValueError(f"rule {name} has no number '{number}'{_near(number, rule.numbers) or f'; {has}'}")
    return given


RulesByName = Annotated[dict[str, RuleSettings], AfterValidator(check_rules)]


def rules_of(settings: Mapping[str, RuleSettings]) -> dict[str, Rule]:
    """The rules as a clinic has them; what is off is among them, with this as its severity."""
    return {name: _changed(rule, settings[name]) if name in settings else rule for name, rule in all_rules().items()}


def limits_of(rules: Mapping[str, Rule]) -> dict[str, DoseLimit]:
    """The highest dose of each way, as these rules have it; none where the rule is off."""
    limits = {}
    for route, name in LIMITS.items():
        numbers = {} if rules[name].severity == OFF else rules[name].numbers
        limits[route] = replace(SHIPPED[route], per_kg=numbers.get("per_kg"), mg=numbers.get("mg"))
    return limits


def _changed(rule: Rule, own: RuleSettings) -> Rule:
    numbers = {**rule.numbers, **own.numbers}
    severity = own.severity or rule.severity
    told = [f"severity {severity} instead of {rule.severity}"] if severity != rule.severity else []
    for name, number in numbers.items():
        if number != rule.numbers[name]:
            unit = f" {rule.units[name]}" if rule.units[name] else ""
            told.append(f"{name} {number:f}{unit} instead of {rule.numbers[name]:f}")
    return replace(rule, severity=severity, numbers=numbers, changed=tuple(told))


def _near(name: str, known: Mapping[str, object]) -> str:
    if written := SHORT.fullmatch(name):
        name = f"{written[1].upper()}{int(written[2]):02}{written[3] or ''}"
    close = get_close_matches(name, known, 1)
    return f"; did you mean '{close[0]}'?" if close else ""
