"""`= constant` lines: text read as the element's type."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from kapfhir.fhir.facts import Element, Facts
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.located import Problems, Text, near
from kapfhir.mapping.wrong_codes import refusal

CODED = re.compile(r'([\w-]+)#([^\s"]+)(?:\s+"([^"]*)")?$')
OURS = "kap"  # the alias of our own code system
NUMBERS = {"integer": int, "positiveInt": int, "unsignedInt": int, "decimal": Decimal}


def constant(
    text: Text, fhir_type: str, element: Element, path: str, place: str, facts: Facts, codes: Codes, problems: Problems
) -> Any:
    """The value; None, with a problem, when the element can't have it. `place`: the path with the names of its items."""
    if fhir_type in ("Coding", "CodeableConcept"):
        return _coded(text, fhir_type, element, path, place, codes, problems)
    if fhir_type == "" or facts.elements(fhir_type):
        problems.say(
            text,
            "wrong-type",
            f"{path} is {fhir_type or 'an open choice'}: a constant can be a primitive, a Coding or a CodeableConcept",
        )
        return None
    allowed = {code for group in element.codes.values() for code in group}
    if allowed and text not in allowed:
        problems.say(text, "wrong-code", f"'{text}' is not a code of {path}", near(text, allowed))
        return None
    pattern = facts.regex.get(fhir_type)
    if not text or (pattern and not re.fullmatch(pattern, text)):
        problems.say(text, "wrong-type", f"'{text}' is no {fhir_type}, which {path} is")
        return None
    if fhir_type == "boolean":
        return text == "true"
    return NUMBERS[fhir_type](text) if fhir_type in NUMBERS else str(text)


def _coded(text: Text, fhir_type: str, element: Element, path: str, place: str, codes: Codes, problems: Problems) -> Any:
    match = CODED.match(text)
    if match is None:
        problems.say(text, "wrong-type", f"'{text}' is no {fhir_type}: write system#code \"display\"")
        return None
    alias, code, display = match.groups()
    if alias not in codes.systems:
        problems.say(text, "unknown-system", f"codes/systems.csv has no system '{alias}'", near(alias, codes.systems))
        return None
    system = codes.systems[alias]
    if element.codes and code not in element.codes.get(system, ()):
        allowed = sorted(c for group in element.codes.values() for c in group)
        problems.say(text.part(match.start(2)), "wrong-code", f"{system}#{code} is not a code of {path}", near(code, allowed))
        return None
    if alias == OURS and code not in codes.ours:
        problems.say(
            text.part(match.start(2)),
            "wrong-code",
            f"no code table has the code '{code}' of our own system",
            near(code, codes.ours),
        )
        return None
    refused = refusal(alias, system, code, display or "", place)
    if refused is not None:
        problems.say(text.part(match.start(2)), *refused)  # and yet a value: what else is wrong is told too
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return coding if fhir_type == "Coding" else {"coding": [coding]}
