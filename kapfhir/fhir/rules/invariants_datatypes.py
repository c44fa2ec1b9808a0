"""Invariants of the data types."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .invariants import Node, add_rule, has
from .primitives import ABSOLUTE
from .ucum import SYSTEM as UCUM
from .ucum import is_unit

_SIZES = {  # the units that ranges of ours have: what they measure, and how large they are
    **{code: ("time", seconds) for code, seconds in (("s", 1), ("min", 60), ("h", 3600), ("d", 86400), ("wk", 604800))},
    **{code: ("mass", micrograms) for code, micrograms in (("ug", 1), ("mg", 1000), ("g", 10**6), ("kg", 10**9))},
}
QUANTITIES = "Quantity Age Duration Count Distance"


def is_in_order(start: Any, end: Any) -> bool:
    """True if start <= end. Two that differ in precision and agree as far as both go can't be compared, so the answer is no."""
    if len(start) == len(end) == 25 and start[-6:] == end[-6:]:
        return bool(start <= end)
    if len(start) <= 10 or len(end) <= 10:
        shared = min(len(start), len(end), 10)
        if len(start) == len(end):
            return bool(start <= end)
        return bool(start[:shared] < end[:shared])
    return _instant(start) <= _instant(end)


def _instant(text: str) -> Decimal:
    """Seconds of a dateTime with a time; counted by hand, since datetime has no room beyond its first and last day."""
    moment, zone = (text[:-1], "+00:00") if text[-1] == "Z" else (text[:-6], text[-6:])
    day, _, time = moment.partition("T")
    hour, minute, second = time.split(":")
    offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * (-60 if zone[0] == "-" else 60)
    return Decimal((date.fromisoformat(day).toordinal() * 24 + int(hour)) * 3600 + int(minute) * 60 - offset) + Decimal(second)


def _period(node: Node) -> bool:
    return is_in_order(node["start"], node["end"])


def _duration(node: Node) -> bool:
    return node.get("system") == UCUM and has(node, "value")


def _age(node: Node) -> bool:
    if has(node, "value") and not has(node, "code"):
        return False
    return node.get("system", UCUM) == UCUM and not ("value" in node and node["value"] <= 0)


def _count(node: Node) -> bool:
    whole = "value" not in node or node["value"] == int(node["value"])
    return (
        (has(node, "code") or not has(node, "value"))
        and node.get("system", UCUM) == UCUM
        and node.get("code", "1") == "1"
        and whole
    )


def _distance(node: Node) -> bool:
    return (has(node, "code") or not has(node, "value")) and node.get("system", UCUM) == UCUM


def _range(node: Node) -> bool:
    low, high = node["low"], node["high"]
    if "value" not in low or "value" not in high:
        return True
    first, last = (_SIZES.get(end.get("code", "")) if end.get("system") == UCUM else None for end in (low, high))
    if first is not None and last is not None and first[0] == last[0]:
        return bool(low["value"] * first[1] <= high["value"] * last[1])
    if low.get("code") != high.get("code") or low.get("system") != high.get("system") or low.get("unit") != high.get("unit"):
        return True
    return bool(low["value"] <= high["value"])


def _offset(node: Node) -> bool:
    return "when" in node and not {"C", "CM", "CD", "CV"} & set(node["when"])


def _full_uri(node: Node) -> bool:
    return node.get("system") != "urn:ietf:rfc:3986" or ABSOLUTE.fullmatch(node["value"]) is not None


def _unit(node: Node) -> bool:
    return node.get("system") != UCUM or is_unit(node["code"])


def _absolute(name: str) -> Any:
    return lambda node: ABSOLUTE.fullmatch(node[name]) is not None


def has_no_label_twice(meta: Node) -> bool:
    labels = [(label.get("system"), label.get("code")) for label in meta["security"]]
    return len(labels) == len(set(labels))


def _size(node: Node) -> bool:
    data = "".join(node["data"].split())
    return bool(len(data) // 4 * 3 - data.count("=") == node["size"])


def _not_negative(name: str) -> Any:
    return lambda node: Decimal(node[name]) >= 0


def _with(name: str) -> Any:
    return lambda node: has(node, name)


add_rule(QUANTITIES, "qty-3", "has a code but no system", _with("system"), needs="code", by_keys=True)
add_rule(
    QUANTITIES,
    "bad-unit",
    "has a code that is not of UCUM",
    _unit,
    needs="system code",
    hint="mm[Hg], ug, h, kg: not mmHg, mcg, hr, kgs",
)
add_rule(
    QUANTITIES + " Identifier",
    "relative-system",
    "has a system that is no absolute URI",
    _absolute("system"),
    needs="system",
)
add_rule(  # R4 says only of an Identifier that its system is absolute, and UCUM's is
    "Coding", "relative-system", "has a system that is no absolute URI", _absolute("system"), needs="system", severity="warning"
)
add_rule("Coding", "bad-unit", "has the system of UCUM and a code that is not of it", _unit, needs="system code")
add_rule(
    "ActivityDefinition Questionnaire PlanDefinition StructureDefinition CodeSystem ValueSet",
    "relative-url",
    "has a canonical url that is not absolute",
    _absolute("url"),
    needs="url",
)
add_rule("Meta", "duplicate-label", "has a security label twice", has_no_label_twice, needs="security")
add_rule("Duration", "drt-1", "has a code but not both a value and the system of UCUM", _duration, needs="code")
add_rule("Age", "age-1", "has no code of UCUM, or a value that is not above zero", _age)
add_rule("Count", "cnt-3", "is not a whole number with the UCUM code 1", _count)
add_rule("Distance", "dis-1", "has no code of UCUM", _distance)
add_rule(
    "Period", "per-1", "starts after its end, or the two can't be compared, since one is less precise", _period, needs="start end"
)
add_rule("Range", "rng-2", "has a low above its high", _range, needs="low high")
add_rule(
    "Ratio",
    "rat-1",
    "has one of numerator and denominator without the other, or neither and no extension",
    lambda node: has(node, "numerator") == has(node, "denominator") and (has(node, "numerator") or "extension" in node),
    by_keys=True,
)
add_rule("Attachment", "attachment-size", "has a size that is not that of its data", _size, needs="data size")
add_rule("Attachment", "att-1", "has data but no contentType", _with("contentType"), needs="data", by_keys=True)
add_rule("ContactPoint", "cpt-2", "has a value but no system", _with("system"), needs="value", by_keys=True)
add_rule(
    "Identifier", "not-a-uri", "has the system of URIs and a value that is not an absolute URI", _full_uri, needs="system value"
)
add_rule("Timing.repeat", "tim-1", "has a duration but no durationUnit", _with("durationUnit"), needs="duration", by_keys=True)
add_rule("Timing.repeat", "tim-2", "has a period but no periodUnit", _with("periodUnit"), needs="period", by_keys=True)
add_rule("Timing.repeat", "tim-4", "has a negative duration", _not_negative("duration"), needs="duration")
add_rule("Timing.repeat", "tim-5", "has a negative period", _not_negative("period"), needs="period")
add_rule("Timing.repeat", "tim-6", "has a periodMax but no period", _with("period"), needs="periodMax", by_keys=True)
add_rule("Timing.repeat", "tim-7", "has a durationMax but no duration", _with("duration"), needs="durationMax", by_keys=True)
add_rule("Timing.repeat", "tim-8", "has a countMax but no count", _with("count"), needs="countMax", by_keys=True)
add_rule("Timing.repeat", "tim-9", "has an offset without a when that takes one", _offset, needs="offset")
add_rule("Timing.repeat", "tim-10", "has both timeOfDay and when", lambda _: False, needs="timeOfDay when", by_keys=True)
add_rule(
    "Expression",
    "exp-1",
    "has neither expression nor reference",
    lambda n: has(n, "expression") or has(n, "reference"),
    by_keys=True,
)
for _type, _key in (("DataRequirement.codeFilter", "drq-1"), ("DataRequirement.dateFilter", "drq-2")):
    add_rule(_type, _key, "needs one of path and searchParam", lambda n: has(n, "path") != has(n, "searchParam"), by_keys=True)
add_rule("TriggerDefinition", "trd-1", "has both timing and data", lambda _: False, needs="data timing[x]", by_keys=True)
add_rule("TriggerDefinition", "trd-2", "has a condition but no data", _with("data"), needs="condition", by_keys=True)
add_rule(
    "TriggerDefinition",
    "trd-3",
    "lacks what its type needs: a name, a timing or data",
    lambda n: (
        (n.get("type") != "named-event" or has(n, "name"))
        and (n.get("type") != "periodic" or has(n, "timing[x]"))
        and (not str(n.get("type", "")).startswith("data-") or has(n, "data"))
    ),
)
