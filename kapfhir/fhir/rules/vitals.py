"""The vital-signs profiles of R4 core, which a code alone brings into force, whatever meta.profile says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.shared import SharedList, SharedObject

from .invariants import codings, has
from .ucum import SYSTEM as UCUM

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
CATEGORY = ("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile: the coding it demands, the units it takes, and the codes that imply it."""

    name: str
    code: str  # LOINC
    units: frozenset[str]
    loinc: frozenset[str]
    snomed: frozenset[str]


def _profile(name: str, code: str, units: str, loinc: str, snomed: str) -> Profile:
    return Profile(name, code, frozenset(units.split()), frozenset([code, *loinc.split()]), frozenset(snomed.split()))


PROFILES = (  # in the order in which HL7's validator asks
    _profile("vitalspanel", "85353-1", "", "", "46680005"),
    _profile("resprate", "9279-1", "/min", "76170-0 76172-6 76171-8 19840-8 33438-3 76270-8 11291-2", ""),
    _profile(
        "heartrate",
        "8867-4",
        "/min",
        "60978-4 73795-7 73799-9 76476-1 76477-9 8889-8 8890-6 8891-4 8892-2 8893-0 40443-4 55425-3 68999-2 11328-2 "
        "69000-8 8886-4",
        "249043002 444981005 399017001 251670001 429525003 429614003",
    ),
    _profile(
        "oxygensat",
        "2708-6",
        "%",
        "19224-5 20564-1 2709-4 2710-2 2713-6 51733-4 59408-5 59417-6 89276-0 97549-0",
        "103228002 442349007 442476006 442440005 431314004 442734002 713194001",
    ),
    _profile(
        "bodytemp",
        "8310-5",
        "Cel [degF]",
        "60834-9 60835-6 60836-4 60838-0 60955-2 61009-7 75539-7 75987-8 76010-8 76011-6 76278-1 8309-7 8328-7 8329-5 "
        "8330-3 8331-1 8332-9 8333-7 8334-5 91371-5 98657-0 98663-8",
        "386725007 276885007 300076005 1222808002 364246006 307047009 708499008 431598003 698831002 698832009 415882003 "
        "415974002 415929009 415945006",
    ),
    _profile(
        "bodyheight",
        "8302-2",
        "cm [in_i]",
        "3137-7 3138-5 8306-3 8308-9",
        "1153637007 1162419008 50373000 1162418000 1230278008 1162392001 1162417005",
    ),
    _profile("headcircum", "9843-4", "cm [in_i]", "8287-5", "363812007 169876006 1269262007 363811000"),
    _profile(
        "bodyweight",
        "29463-7",
        "g kg [lb_av]",
        "3141-9 3142-7 75292-3 79348-9 8350-1 8351-9",
        "60621009 735395000 425024002 424927000 784399000 1162416001 1162415002",
    ),
    _profile("bmi", "39156-5", "kg/m2", "59574-4 89270-3", ""),
    _profile(
        "bp",
        "85354-9",
        "mm[Hg]",
        "35094-2 8459-0 76534-7 55284-4 8480-6",
        "86290005 271625008 271306003 75367002 251076008 163033001 163035008 386534000 386536003 271649006 271650006 "
        "407556006 407554009 716579001 399304008",
    ),
)
IMPLIED: dict[tuple[Any, Any], Profile] = {}
for _p in reversed(PROFILES):
    IMPLIED.update({(LOINC, c): _p for c in _p.loinc} | {(SNOMED, c): _p for c in _p.snomed})
VALUES = frozenset(key for key in load_facts().elements("Observation") if key.startswith("value"))
PRESSURES = (("8480-6", "systolic"), ("8462-4", "diastolic"))


def implied_profile(observation: dict[str, Any]) -> Profile | None:
    """The profile that the code of this Observation brings into force. LOINC is asked before SNOMED CT."""
    found = [IMPLIED[pair] for pair in codings(observation.get("code")) if pair in IMPLIED]
    return min(found, key=PROFILES.index) if found else None


def keeps_vitals(observation: dict[str, Any]) -> bool:
    """True if no implied profile is broken. The plain forms are answered here; the rest is left to the walk's own words."""
    code = observation["code"]
    if code.__class__ is SharedObject:
        profile, coded = code.known.get(_profile_of) or code.known.setdefault(_profile_of, _profile_of(code))
    else:
        profile, coded = _profile_of(code)
    return profile is None or (coded and _is_plain(observation, profile)) or next(find_vital_faults(observation), None) is None


def _profile_of(code: dict[str, Any]) -> tuple[Profile | None, bool]:
    """The implied profile, and whether the code has its coding once."""
    codes = tuple([(c.get("system"), c.get("code")) for c in code.get("coding", ())])
    profile = _by_codes.get(codes, UNASKED)
    if profile is UNASKED:
        if len(_by_codes) > 5000:
            _by_codes.clear()
        profile = _by_codes[codes] = implied_profile({"code": code})
    return profile, profile is not None and codes.count((LOINC, profile.code)) == 1


UNASKED = Profile("", "", frozenset(), frozenset(), frozenset())
_by_codes: dict[tuple[tuple[Any, Any], ...], Profile | None] = {}


def _is_plain(observation: dict[str, Any], profile: Profile) -> bool:
    """One category, a day or more, a Patient, and a value (two for a blood pressure) in the right unit."""
    try:
        category = observation["category"]
        if category.__class__ is SharedList:
            named = category.known.get(_is_vital) or category.known.setdefault(_is_vital, _is_vital(category))
        else:
            named = _is_vital(category)
        return (
            named
            and len(observation["effectiveDateTime"]) >= 10
            and observation["subject"]["reference"].startswith("Patient/")
            and _has_plain_values(observation, profile)
        )
    except (IndexError, KeyError, ValueError):
        return False


def _is_vital(categories: list[dict[str, Any]]) -> bool:
    """Is vital-signs the one category?"""
    (category,) = categories
    (coding,) = category["coding"]
    return bool(coding["code"] == "vital-signs" and coding["system"] == CATEGORY[0])


def _has_plain_values(observation: dict[str, Any], profile: Profile) -> bool:
    if "component" not in observation:
        return "valueQuantity" in observation and profile.name != "bp" and _is_measured(observation, profile)
    if profile.name != "bp" or not VALUES.isdisjoint(observation):
        return False
    pair = observation["component"]
    return len(pair) == 2 and _is_part(pair[0], "8480-6", profile) and _is_part(pair[1], "8462-4", profile)


def _is_part(part: dict[str, Any], code: str, profile: Profile) -> bool:
    (coding,) = part["code"]["coding"]
    if coding["code"] != code or coding["system"] != LOINC:
        return False
    return _is_measured(part, profile) if "valueQuantity" in part else "dataAbsentReason" in part


def _is_measured(node: dict[str, Any], profile: Profile) -> bool:
    value = node["valueQuantity"]
    return value["code"] in profile.units and value["system"] == UCUM and "value" in value and "unit" in value


def find_vital_faults(observation: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(path below Observation, problem code, text) of each fault against the implied profile."""
    profile = implied_profile(observation)
    if profile is None:
        return
    name = f"as a vital sign ({profile.name})"
    if sum(CATEGORY in codings(category) for category in observation.get("category", ())) != 1:
        yield "category", "vital-category", f"lacks the one category vital-signs that it needs {name}"
    if sum(pair == (LOINC, profile.code) for pair in codings(observation["code"])) != 1:
        yield "code", "vital-code", f"lacks the coding {profile.code} of LOINC that it needs {name}"
    if not has(observation, "subject"):
        yield "subject", "missing-element", f"is missing: required {name}"
    yield from _effective(observation, name)
    if has(observation, "component"):
        for number, component in enumerate(observation["component"]):
            if not (has(component, "value[x]") or has(component, "dataAbsentReason")):
                yield f"component[{number}]", "vs-3", "has neither a value nor a dataAbsentReason"
    elif not has(observation, "hasMember") and not (has(observation, "value[x]") or has(observation, "dataAbsentReason")):
        yield "", "vs-2", "has neither a value nor a dataAbsentReason"
    if profile.name == "vitalspanel":
        if has(observation, "value[x]"):
            yield "", "vital-value", f"has a value, which it may not {name}"
        if not has(observation, "hasMember"):
            yield "hasMember", "missing-element", f"is missing: required {name}"
    elif profile.name == "bp":
        yield from _pressure(observation, profile, name)
    elif has(observation, "value[x]"):
        yield from _quantity(observation, "", profile, name)
    elif profile.name == "bmi":
        yield "valueQuantity", "missing-element", f"is missing: required {name}"


def _effective(observation: dict[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
    if "effectiveDateTime" in observation:
        if len(observation["effectiveDateTime"]) < 10:
            yield "effectiveDateTime", "vs-1", "is not precise to the day"
    elif not ("effectivePeriod" in observation or "_effectiveDateTime" in observation):
        yield "effective[x]", "missing-element", f"is missing or neither dateTime nor Period: required {name}"
    reference = str(observation.get("subject", {}).get("reference", ""))
    if "/" in reference and not reference.startswith("urn:") and "Patient" not in reference.split("/"):
        yield "subject", "wrong-target", f"must be a Patient {name}"


def _pressure(observation: dict[str, Any], profile: Profile, name: str) -> Iterator[tuple[str, str, str]]:
    if has(observation, "value[x]"):
        yield "", "vital-value", f"has a value of its own, which it may not {name}"
    for code, word in PRESSURES:
        found = [(n, c) for n, c in enumerate(observation.get("component", ())) if (LOINC, code) in codings(c.get("code"))]
        if len(found) != 1:
            yield "component", "vital-component", f"lacks the one {word} component ({code}) that it needs {name}"
        for number, component in found:
            if has(component, "value[x]"):
                yield from _quantity(component, f"component[{number}].", profile, name)


def _quantity(node: dict[str, Any], path: str, profile: Profile, name: str) -> Iterator[tuple[str, str, str]]:
    value = node.get("valueQuantity")
    if value is None:
        yield f"{path}value[x]", "vital-value", f"is no Quantity, as it must be {name}"
        return
    for key in ("value", "unit"):
        if not has(value, key):
            yield f"{path}valueQuantity.{key}", "missing-element", f"is missing: required {name}"
    if value.get("system") != UCUM or value.get("code") not in profile.units:
        yield (
            f"{path}valueQuantity.code",
            "vital-unit",
            f"is not {' or '.join(sorted(profile.units))} of UCUM, as it must be {name}",
        )
