"""Lines hung on the tree of elements: every path checked against the R4 definitions."""

from __future__ import annotations

from dataclasses import dataclass, field

from kapfhir.fhir.facts import Element, Facts
from kapfhir.mapping.codes import Extension
from kapfhir.mapping.located import Problems, Text, near

from .grammar import Line, Repeat, Rule, Step

AUTOMATIC = ("id", "identifier", "text", "resourceType")  # what every resource gets without a line


@dataclass(slots=True)
class Branch:
    """One element that a map fills: with a value (rule) or with elements of its own (branches)."""

    at: Text
    element: Element
    slice: str
    type: str  # "" while a choice is open
    path: str
    rule: Rule | None = None
    branches: Branches = field(default_factory=dict)
    extension: Extension | None = None
    place: str = ""  # the path with the names of its items: `Observation.component[systolic].code`


Branches = dict[tuple[str, str], Branch]


@dataclass(slots=True)
class Grower:
    facts: Facts
    extensions: dict[str, Extension]
    problems: Problems

    def grow(self, lines: tuple[Line, ...], type_name: str, path: str, at: Text, *, top: bool = False) -> Branches:
        """The branches under an element of this type; its faults go to problems."""
        root: Branches = {}
        for line in lines:
            self._hang(line, root, type_name, path)
        self._require(root, type_name, path, at, top=top)
        return root

    def _hang(self, line: Line, level: Branches, type_name: str, path: str) -> None:
        branch: Branch | None = None
        for i, step in enumerate(line.steps):
            branch = self._step(step, level, type_name, path, branch)
            if branch is None:
                return
            path, last = branch.path, i == len(line.steps) - 1
            if branch.rule is not None or (last and branch.branches):
                first = branch.at if branch.rule is not None else next(iter(branch.branches.values())).at
                self._say(line.at, "never-acts", f"this line can never act: {path} is filled by line {first.line}")
                return
            if last:
                branch.rule = line.rule
                if isinstance(line.rule, Repeat):
                    if not branch.element.many:
                        self._say(line.at, "not-a-list", f"{path} is no list: `each` needs one")
                    branch.branches = self.grow(line.rule.lines, branch.type, path, line.at)
            elif branch.type == "" or not self.facts.elements(branch.type):
                why = "is a choice: name its type" if branch.type == "" else f"is {branch.type}: it has no elements"
                self._say(line.steps[i + 1].name, "unknown-element", f"{path} {why}")
                return
            type_name, level = branch.type, branch.branches

    def _step(self, step: Step, level: Branches, type_name: str, path: str, outer: Branch | None) -> Branch | None:
        known = self.facts.elements(type_name)
        element, here = known.get(step.name), f"{path}.{step.name}"
        if element is None:
            self._say(step.name, "unknown-element", f"{path} has no element '{step.name}'", near(step.name, known))
            return None
        key = (str(step.name), step.slice)
        if key in level:
            return level[key]
        if step.slice and not element.many:
            self._say(step.name, "not-a-list", f"{here} is no list: it has no part '{step.slice}'")
            return None
        other = next((b for b in level.values() if element.choice and b.element.choice == element.choice), None)
        if other is not None:
            self._say(
                step.name,
                "two-of-a-choice",
                f"{here} and {other.element.name} (line {other.at.line}) are one choice, {element.choice}",
            )
            return None
        types = element.types
        branch = Branch(step.name, element, step.slice, types[0] if len(types) == 1 else "", here)
        branch.place = f"{outer.place if outer is not None else path}.{step.name}" + (f"[{step.slice}]" if step.slice else "")
        if step.name == "extension":
            name = f"{outer.slice}.{step.slice}" if outer is not None and outer.extension else step.slice
            branch.extension = self.extensions.get(name)
            if branch.extension is None:
                self._say(
                    step.name, "unknown-extension", f"codes/extensions.csv has no extension '{name}'", near(name, self.extensions)
                )
                return None
            branch.type = branch.extension.type
        level[key] = branch
        return branch

    def _require(self, level: Branches, type_name: str, path: str, at: Text, *, top: bool) -> None:
        filled = {b.element.choice or b.element.name for b in level.values()}
        for name, element in self.facts.elements(type_name).items():
            wanted = element.choice or name
            automatic = (top and name in AUTOMATIC) or (type_name == "Extension" and name == "url")
            if element.required and name == wanted and wanted not in filled and not automatic:
                self._say(at, "missing-element", f"{path}.{wanted} is required: no line fills it")
        for branch in level.values():
            if branch.branches and not isinstance(branch.rule, Repeat):
                self._require(branch.branches, branch.type, branch.path, branch.at, top=False)

    def _say(self, at: Text, code: str, text: str, hint: str = "") -> None:
        self.problems.say(at, code, text, hint)
