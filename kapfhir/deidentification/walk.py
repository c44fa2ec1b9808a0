"""The walk over a resource: each element by the action that the table has for it. What the table does not know is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from kapfhir.fhir.rules.primitives import PRIMITIVES

from .ages import AGE, ASKED, KINDS, NUMBER, subject_of
from .leaves import Leaves, Step
from .measures import write_quantity
from .places import coarsen_address
from .references import Scope
from .table import action_of, age_elements, extensions, is_public_code

MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}
SYSTEM = "https://kapfhir.org/fhir/sid/pseudonym"
REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
VALUED = ("Observation", "Observation.component")
MARKED = frozenset(["date", "dateTime", "instant"])  # that there was a date is told, and rules ask for it
NEEDS = {"Ratio": all, "Composition.section": any, "Observation.referenceRange": any}  # by rat-1, cmp-1 and obs-3
PARTS = {
    "Ratio": ("numerator", "denominator"),
    "Composition.section": ("entry", "section"),
    "Observation.referenceRange": ("low", "high", "text"),
}
DAY = len("2026-01-01")
DEEPEST = 50  # objects in each other
UNKNOWN = "(unknown element)"


class WithheldError(Exception):
    """A resource can't leave: without this it would say something else, or be no resource. The text is a code."""

    def __init__(self, code: str, kind: str = "") -> None:
        super().__init__(code)
        self.kind = kind


@dataclass(slots=True)
class Walk(Leaves):
    """One per run."""

    _plans: dict[str, dict[str, Step]] = field(default_factory=dict)
    _depth: int = 0

    def element(self, node: Any, kind: str, path: str, scope: Scope) -> dict[str, Any] | None:
        """What may leave of an object of this type; None if nothing. WithheldError if it is nested deeper than can be written."""
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise WithheldError("not-r4")
            return self._element(node, kind, path, scope)
        finally:
            self._depth -= 1

    def _element(self, node: Any, kind: str, path: str, scope: Scope) -> dict[str, Any] | None:
        if not isinstance(node, dict):
            self.count(path, "dropped")
            return None
        plan = self._plan(kind)
        inner, below = self._inner(node, kind, scope)
        out: dict[str, Any] = {}
        resource = kind in self.facts.resources
        for key, value in node.items():
            base = key.removeprefix("_")
            step = plan.get(base)
            within = inner if below and base.startswith(below) else scope
            if resource and base in ("resourceType", "id", "contained"):
                if key != base:
                    self.count(f"{path}.{base}", "dropped")
                continue  # who takes care of whole resources writes these
            if base in ("modifierExtension", "implicitRules"):
                raise WithheldError("changed-meaning")
            if step is None or (key != base and not step.primitive):
                self.count(f"{path}.{UNKNOWN}", "dropped")
            elif step.primitive:
                if key == base or base not in node:
                    self._primitive(out, node, base, step, _path(path, base), within)
            else:
                self._complex(out, value, base, step, _path(path, base), within)
        if kind in VALUED and _has_value(node) and not _has_value(out):
            out.setdefault("dataAbsentReason", {"coding": [{"system": REASONS, "code": "masked"}]})
        if kind in NEEDS and not NEEDS[kind](name in out for name in PARTS[kind]):
            self._drop(path)
            return None
        return out or None

    @staticmethod
    def _inner(node: dict[str, Any], kind: str, scope: Scope) -> tuple[Scope, tuple[str, ...]]:
        """What holds for the value of a node that says of what it is the value, and the elements for which it holds."""
        if kind not in ASKED or not (tells := subject_of(node, kind)):
            return scope, ()
        return replace(scope, tells=tells), ASKED[kind][1]

    def _complex(self, out: dict[str, Any], value: Any, base: str, step: Step, path: str, scope: Scope) -> None:
        path = step.kind if "." in step.kind and step.kind[: step.kind.index(".")] in self.facts.resources else path
        if step.tells:
            scope = replace(scope, tells=step.tells)
        if isinstance(value, list):
            left = [new for item in value if (new := step.act(item, step, path, scope)) is not None]
        else:
            new = step.act(value, step, path, scope)
            left = [] if new is None else [new]
        if not left and step.masks:
            self.count(path, "masked")
            left = [MASKED]
        if left:
            out[base] = left if step.element.many else left[0]
            self._count_rest(left, step, path)

    def _primitive(self, out: dict[str, Any], node: Mapping[str, Any], base: str, step: Step, path: str, scope: Scope) -> None:
        if step.tells:
            scope = replace(scope, tells=step.tells)
        value, beside = node.get(base), node.get(f"_{base}")
        values = value if isinstance(value, list) else [value]
        besides = beside if isinstance(beside, list) else [beside]
        pairs = []
        for one, other in zip_longest(values, besides):
            new = None if one is None else step.act(one, step, path, scope)
            more = self._beside(other, path, scope)
            if new is None and more is None and one is not None and step.masks:
                if step.element.codes:
                    raise WithheldError("required-code")
                self.count(path, "masked")
                more = MASKED
            if new is not None or more is not None:
                pairs.append((new, more))
        for name, side in ((base, [a for a, _ in pairs]), (f"_{base}", [b for _, b in pairs])):
            if any(one is not None for one in side):
                out[name] = side if step.element.many else side[0]
        self._count_rest(pairs, step, path)

    def _count_rest(self, left: list[Any], step: Step, path: str) -> None:
        """What stood in a list where R4 has one value."""
        if len(left) > 1 and not step.element.many:
            self.counts[path, "dropped"] += len(left) - 1

    def _count_others(self, value: Mapping[str, Any], kind: str, taken: tuple[str, ...], path: str) -> None:
        """What a datatype that is written by hand has besides."""
        for key in value:
            if key not in taken:
                base = key.removeprefix("_")
                self.count(f"{path}.{base if base in self._plan(kind) else UNKNOWN}", "dropped")

    def _beside(self, node: Any, path: str, scope: Scope) -> dict[str, Any] | None:
        """The extensions of a primitive."""
        if not isinstance(node, dict):
            if node is not None:
                self._drop(path)
            return None
        self._count_others(node, "Element", ("extension",), path)
        return self._extensions(node, path, scope)

    def _extensions(self, node: Mapping[str, Any], path: str, scope: Scope) -> dict[str, Any] | None:
        step = self._plan("Element")["extension"]
        out: dict[str, Any] = {}
        if "extension" in node:
            self._complex(out, node["extension"], "extension", step, f"{path}.extension", scope)
        return out or None

    def _plan(self, kind: str) -> dict[str, Step]:
        if kind not in self._plans:
            plan = {}
            for key, element in self.facts.elements(kind).items():
                if key.endswith("[x]"):
                    continue
                action, masks = action_of(kind, element, element.types[0])
                if key == "id" and action == "text":
                    action = "drop"  # the id of an element, not of a resource
                name = element.types[0]
                masks |= element.required or (name in MARKED and action in ("date", "birth") and kind != "Period")
                tells = AGE if name in KINDS and f"{kind}.{element.choice or element.name}" in age_elements() else ""
                plan[key] = Step(element, name, getattr(self, f"_do_{action}"), masks, name in PRIMITIVES, tells)
            self._plans[kind] = plan
        return self._plans[kind]

    def _do_walk(self, value: Any, step: Step, path: str, scope: Scope) -> Any:
        return self.element(value, step.kind, path, scope)

    def _do_period(self, value: Any, step: Step, path: str, scope: Scope) -> Any:
        """Both ends in one manner: a true year beside a shifted day would not be compared rightly."""
        if isinstance(value, dict) and any(isinstance(value.get(n), str) and len(value[n]) < DAY for n in ("start", "end")):
            scope = replace(scope, days=None)
        return self.element(value, step.kind, path, scope)

    def _do_text(self, value: Any, step: Step, path: str, scope: Scope) -> Any:
        if step.kind == "Annotation":
            return self.element(value, step.kind, path, scope) if f"{path}.text" in self.texts else self._drop(path)
        if path in self.texts and isinstance(value, str) and not scope.tells:
            self.count(path, "text-kept")
            return value
        return self._drop(path)

    def _do_coding(self, value: Any, step: Step, path: str, scope: Scope) -> Any:
        if not isinstance(value, dict):
            return self._drop(path)
        system, code = value.get("system"), value.get("code")
        if not (isinstance(system, str) and isinstance(code, str) and is_public_code(system, code)):
            return self._drop(path)
        out = {"system": system, "code": code}
        self._kept(code, path)
        if "display" in value and (shown := self._do_text(value["display"], _plain(step), f"{path}.display", scope)):
            out["display"] = shown
        if isinstance(value.get("userSelected"), bool):
            out["userSelected"] = value["userSelected"]
        self._count_others(value, "Coding", ("display", "extension", *out), path)
        return out | (self._extensions(value, path, scope) or {})

    def _do_quantity(self, value: Any, step: Step, path: str, scope: Scope) -> Any:
        if not isinstance(value, dict) or scope.tells == NUMBER:
            return self._drop(path)
        more = self._extensions(value, path, scope)
        if more and "value" not in value:
            self._count_others(value, step.kind, ("extension",), path)
            return more
        new, done = write_quantity(value, age=step.kind == "Age" or scope.tells == AGE, years_ago=scope.years_ago)
        self.count(path, done)
        if new is None:
            return None
        self._count_others(value, step.kind, ("extension", *new), path)
        if value.get("unit") not in (None, new.get("unit")):
            self.count(f"{path}.unit", "replaced")
        return new | (more or {})

    def _do_address(self, value: Any, _step: Step, path: str, _scope: Scope) -> Any:
        if not isinstance(value, dict):
            return self._drop(path)
        new, done = coarsen_address(value, zips=path == "Patient.address")
        self._count_others(value, "Address", tuple(name for name, what in done.items() if what != "dropped"), path)
        for name, what in done.items():
            if what != "dropped":
                self.count(f"{path}.{name}", "dropped" if new is None else what)
        return new

    def _do_identifier(self, value: Any, _step: Step, path: str, scope: Scope) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("value"), str):
            return self._drop(path)
        out: dict[str, Any] = {}
        if isinstance(value.get("use"), str) and value["use"] in ("usual", "official", "temp", "secondary", "old"):
            out["use"] = value["use"]
        if "type" in value and (kind := self.element(value["type"], "CodeableConcept", f"{path}.type", scope)):
            out["type"] = kind
        self.count(path, "pseudonym")
        self._count_others(value, "Identifier", ("value", "type", *out), path)
        name = f"{value.get('system')}\0{value['value']}"
        return out | {"system": SYSTEM, "value": self.pseudonyms.of("identifier", name)}

    def _do_reference(self, value: Any, step: Step, path: str, scope: Scope) -> Any:
        if not isinstance(value, dict):
            return self._drop(path)
        out: dict[str, Any] = {}
        if target := scope.resolve(value.get("reference")):
            out["reference"] = target
        if isinstance(value.get("type"), str) and value["type"] in self.facts.resources:
            out["type"] = value["type"]
        if "identifier" in value and (known := self._do_identifier(value["identifier"], step, f"{path}.identifier", scope)):
            out["identifier"] = known
        if "display" in value and (shown := self._do_text(value["display"], _plain(step), f"{path}.display", scope)):
            out["display"] = shown
        self.count(path, "pseudonym" if out.keys() - {"type"} else "dropped")
        self._count_others(value, "Reference", ("identifier", "display", *out), path)
        return out if out.keys() - {"type"} else None

    def _do_meta(self, value: Any, _step: Step, path: str, scope: Scope) -> Any:
        if not isinstance(value, dict):
            return self._drop(path)
        out: dict[str, Any] = {}
        plan = self._plan("Meta")
        for name in ("security", "tag"):
            if name in value:
                self._complex(out, value[name], name, plan[name], f"{path}.{name}", scope)
        self._count_others(value, "Meta", ("security", "tag"), path)
        return out or None

    def _do_extension(self, value: Any, _step: Step, path: str, scope: Scope, before: str = "") -> Any:
        url = value.get("url") if isinstance(value, dict) else None
        if not isinstance(url, str) or f"{before}{url}" not in extensions():
            return self._drop(path)
        path = f"{path}({url.rpartition('/')[2]})"
        out: dict[str, Any] = {"url": url}
        for key in value:
            base = key.removeprefix("_")
            step = self._plan("Extension").get(base) if base.startswith("value") else None
            if key == "extension" and isinstance(value[key], list):
                inner = [
                    n for item in value[key] if (n := self._do_extension(item, _step, f"{path}.extension", scope, f"{url}#"))
                ]
                out |= {"extension": inner} if inner else {}
            elif step and step.primitive:
                if key == base or base not in value:
                    self._primitive(out, value, base, step, f"{path}.{base}", scope)
            elif step and key == base:
                self._complex(out, value[key], key, step, f"{path}.{key}", scope)
            elif key != "url":
                self._count_others({key: None}, "Extension", (), path)
        return out if len(out) > 1 else self._drop(path)


def _has_value(node: Mapping[str, Any]) -> bool:
    return any(key.startswith(("value", "_value")) for key in node)


def _path(path: str, base: str) -> str:
    return f"{path}.{base}"


def _plain(step: Step) -> Step:
    """A step for a text inside of a datatype that is written by hand."""
    return Step(step.element, "string", step.act, masks=False, primitive=True)
