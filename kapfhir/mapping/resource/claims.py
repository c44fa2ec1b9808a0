"""The profiles that the resources of a slot claim: decided from the map as far as that goes, the rest asked of each resource.

A slot names its profiles. Ours (`kap-...`) hold in every realm and by the map alone. Those of US Core hold in its realm, and
only for a resource that has what they ask for: most of it stands in the map, as constants and as fields that are never missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kapfhir.fhir.facts import Facts
from kapfhir.fhir.profile_rules import ALWAYS, ANSWERS, has
from kapfhir.fhir.profiles import Need, Profile, load_profiles, stand_in
from kapfhir.mapping.located import near
from kapfhir.model.fields import Field, fields_of
from kapfhir.realms import US_CORE, Realm

from .grammar import Constant, Copy, Either, Repeat, Slot
from .parts import Part, Whole
from .references import Target
from .tree import Branch, Branches

BASE = "https://kapfhir.org/fhir/StructureDefinition/"
OURS = {
    "kap-dosing-administration": "MedicationAdministration",
    "kap-dosing-session": "Procedure",
    "kap-integration-encounter": "Encounter",
    "kap-scale-score": "Observation",
}
Note = Callable[[str, str, str], None]  # profile, element, place of the slot: one more resource that may not claim it


@dataclass(frozen=True, slots=True)
class Fill:
    """An element that must be there: what stands where nobody knows it. `names`: any of them answers."""

    names: tuple[str, ...]
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Claims:
    """`always`: urls that every resource of the slot may claim. `asked`: profiles, with what each resource is asked for."""

    always: tuple[str, ...] = ()
    asked: tuple[tuple[Profile, tuple[Need, ...]], ...] = ()
    fills: tuple[Fill, ...] = ()

    def without_fills(self, resource: dict[str, Any]) -> dict[str, Any]:
        """A resource as it was before elements were filled that nobody knows."""
        filled = {fill.key for fill in self.fills if fill.key in resource and resource[fill.key] == fill.value}
        return {key: value for key, value in resource.items() if key not in filled} if filled else resource

    def finish(self, place: str, note: Note) -> Callable[[dict[str, Any]], None] | None:
        """What is left to do with each new resource; None: nothing."""
        if not self.asked and not self.fills:
            return None

        def finish(resource: dict[str, Any]) -> None:
            for fill in self.fills:
                if not any(has(resource, name) for name in fill.names):
                    resource[fill.key] = fill.value
            urls = list(self.always)
            for profile, needs in self.asked:
                lacking = [need for need in needs if not need.met(resource)]
                if lacking:
                    note(profile.name, lacking[0].element, place)
                else:
                    urls.append(profile.url)
            if len(urls) > len(self.always):
                resource["meta"] = {**resource["meta"], "profile": urls}

        return finish


@dataclass(slots=True)
class Deciding:
    """What is known of the resources of one slot before there are any."""

    slot: Slot
    target: Target
    whole: Whole
    branches: Branches
    parts: list[Part]
    facts: Facts
    targets: dict[str, dict[str, Target]]

    def claims(self, realm: Realm) -> Claims:
        always: list[str] = []
        asked: list[tuple[Profile, tuple[Need, ...]]] = []
        fills: dict[str, Fill] = {}
        known = load_profiles() if any(name not in OURS for name in self.slot.profiles) else {}
        for name in self.slot.profiles:
            kind = OURS.get(name) or (known[name].type if name in known else "")
            if kind != self.slot.resource:
                text = (
                    f"'{name}' is a profile of {kind}, not of {self.slot.resource}" if kind else f"there is no profile '{name}'"
                )
                self.slot.problems.say(name, "unknown-profile", text, "" if kind else near(name, [*OURS, *known]))
            elif name in OURS:
                always.append(f"{BASE}{name}")
            elif realm == US_CORE:
                needs = [need for need in known[name].needs if not self._met(need)]
                filling = [(need, self._fill(need, known[name])) for need in needs]
                fills |= {fill.key: fill for _, fill in filling if fill}
                left = tuple(need for need, fill in filling if not fill)
                if left:
                    asked.append((known[name], left))
                else:
                    always.append(known[name].url)
        return Claims(tuple(always), tuple(asked), tuple(fills.values()))

    def _fill(self, need: Need, profile: Profile) -> Fill | None:
        found = stand_in(need, profile, self.facts)
        return Fill(ANSWERS.get(need.value, (need.path,)) if need.kind == "rule" else (need.path,), *found) if found else None

    def _met(self, need: Need) -> bool:
        """Whether every resource of this slot meets it, whatever the record lacks."""
        outer, _, inner = need.path.partition(".")
        if need.kind == "there":
            return self._each_has(outer, inner) if inner else self._sure(outer)
        if need.kind == "rule":
            return need.value in ALWAYS or any(self._sure(name) for name in ANSWERS.get(need.value, ()))
        if need.kind == "targets":
            return not inner and self._leads_to(outer) <= set(need.value)
        if need.kind == "types":
            stem = outer.removesuffix("[x]")
            keys = {b.element.name for b in self.branches.values() if b.element.choice == outer}
            return keys <= {stem + kind[0].upper() + kind[1:] for kind in need.value}
        if need.kind == "most":
            group = self._group(outer)
            return not inner and len(group) <= need.value and not any(self._several(branch) for branch in group)
        shown = {"text": {"status": "generated"}} | self.whole.wants | self.whole.constants
        return outer in shown and need.met(shown)

    def _group(self, name: str) -> list[Branch]:
        return [b for b in self.branches.values() if name in (b.element.name, b.element.choice)]

    def _sure(self, name: str) -> bool:
        return name == "identifier" or any(self._is_sure(branch) for branch in self._group(name))

    def _is_sure(self, branch: Branch) -> bool:
        rule = branch.rule
        if isinstance(rule, Constant):
            return True
        if isinstance(rule, Either):
            return self._is_there(rule.other)
        if isinstance(rule, Copy):
            return self._is_there(rule)
        if isinstance(rule, Repeat):
            return False
        inner = list(branch.branches.values())
        return all(isinstance(b.rule, Constant) for b in inner) or any(
            self._is_sure(b) for b in inner if not isinstance(b.rule, Constant)
        )

    def _is_there(self, rule: Copy) -> bool:
        if rule.field is None:  # a slot of this record: sure where it has neither `when` nor items of its own
            own = self.targets[self.target.name.concept].get(str(rule.slot))
            return own is not None and own.when is None and own.each == self.target.each[: len(own.each)]
        f = self._field(rule)
        return f is not None and not f.many and (not f.optional or (rule.up == 0 and f.name == self.slot.when))

    def _field(self, rule: Copy) -> Field | None:
        level = self.target.levels[rule.up] if rule.up < len(self.target.levels) else None
        return fields_of(level).get(str(rule.field)) if level is not None else None

    def _several(self, branch: Branch) -> bool:
        f = self._field(branch.rule) if isinstance(branch.rule, Copy) and branch.rule.field else None
        return isinstance(branch.rule, Repeat) or (f is not None and f.many)

    def _each_has(self, outer: str, inner: str) -> bool:
        """Whether each item of a list has this element: it is a constant beside the value, or the one value there is."""
        for branch in self._group(outer):
            lines = {b.element.name: b for b in branch.branches.values()}
            values = [b for b in lines.values() if not isinstance(b.rule, Constant)]
            if inner not in lines or (lines[inner] in values and len(values) > 1 and not self._is_sure(lines[inner])):
                return False
        return True

    def _leads_to(self, name: str) -> set[str]:
        """The types that a reference leads to; an unknown one where that can't be told."""
        by_system = {t.system: t.name.resource for slots in self.targets.values() for t in slots.values()}
        systems = [part.systems for part in self.parts if part.key == name]
        return {by_system.get(one, "?") for some in systems for one in some} if all(systems) else {"?"}
