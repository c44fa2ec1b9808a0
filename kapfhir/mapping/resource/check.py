"""A map's lines against the concept's types and the element's types: what passes is compiled on the spot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kapfhir.fhir.facts import Element, Facts
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.located import Problems, Text, near
from kapfhir.model.fields import Field, fields_of, is_item, is_there_with
from kapfhir.model.values import Absent, Code
from kapfhir.realms import INTERNATIONAL, US_CORE, Realm

from .claims import Deciding
from .constants import constant
from .convert import PREFERRED, QUANTITIES, Pair, becoming, codings, pair, rows_for
from .forms import typed
from .grammar import ITSELF, Constant, Copy, Either, Map, Repeat, Slot
from .marks import marks
from .parts import Part, chosen, copied, either, nested, repeated, together, told_apart
from .references import References, Target, identity
from .slots import SlotPlan, Words
from .tree import Branch, Branches, Grower

Level = type | Field  # a class of records or items, or a field that holds plain values
Levels = tuple[Level, ...]


@dataclass(slots=True)
class Checker:
    """Checks one map; `targets` holds the slots of all maps by concept."""

    facts: Facts
    codes: Codes
    targets: dict[str, dict[str, Target]]
    problems: Problems  # of the file at hand
    whole: bool = True  # is every map there?
    realm: Realm = INTERNATIONAL
    settled: set[tuple[Level, str]] = field(default_factory=set)  # fields that a resource always there reads back
    walked: set[tuple[Level, str]] = field(default_factory=set)  # lists and parts that have slots of their own
    read: set[tuple[Level, str]] = field(default_factory=set)  # by the slot at hand
    reads: dict[str, set[tuple[Level, str]]] = field(default_factory=dict)  # by each slot
    words: list[Words] = field(default_factory=list)
    references: References = field(init=False)

    def check(self, source: Map) -> list[SlotPlan]:
        slots = self.targets[source.concept]
        self.walked = {(t.levels[-1 - i], name) for t in slots.values() for i, name in enumerate(t.each)}
        plans = [plan for slot in source.slots.values() if (plan := self._slot(slot, slots.get(slot.name)))]
        self.problems = source.problems
        if not any(slot.problems.found for slot in source.slots.values()):  # else these would only repeat them
            self._require_all_read(source, slots)
        return plans

    def _require_all_read(self, source: Map, slots: dict[str, Target]) -> None:
        """Every field must come back: by a slot that is there whenever the field is, or by every slot that tells of its owner."""
        kinds = {kind for read in self.reads.values() for kind, _ in read if isinstance(kind, type)} | {
            kind for t in slots.values() for kind in t.levels
        }
        for kind in sorted(kinds, key=lambda c: c.__name__):
            tell = [n for n, t in slots.items() if kind in t.levels]
            for f in fields_of(kind).values():
                one: tuple[Level, str] = (kind, f.name)
                readers = [n for n in self.reads if one in self.reads[n]]
                sure = any(is_there_with(source.slots[n].when, f, kind) for n in readers if kind is slots[n].levels[0])
                free = f.derived or f.stays or f.name == "key" or one in self.walked
                if free or sure or (readers and set(tell) <= set(readers)):
                    continue
                lost = f" where there is no {' or '.join(readers)}" if readers else ": no line carries it one to one"
                self.problems.say(source.concept, "never-read", f"{kind.__name__}.{f.name} can't be read back{lost}")

    def _slot(self, slot: Slot, target: Target | None) -> SlotPlan | None:
        if target is None:
            return None
        self.problems = slot.problems
        self.references = References(self.targets, target, self.problems, self.whole)
        self.words, self.read = [], set()
        self.reads[slot.name] = self.read
        if slot.when:
            f = fields_of(target.levels[0]).get(slot.when)
            if f is None:
                self.problems.say(
                    slot.when,
                    "unknown-field",
                    f"{target.levels[0].__name__} has no field '{slot.when}'",
                    near(slot.when, fields_of(target.levels[0])),
                )
            elif not f.optional:
                self.problems.say(
                    slot.when, "never-acts", f"`when` can never act: {target.levels[0].__name__}.{slot.when} is never missing"
                )
        grower = Grower(self.facts, self.codes.extensions, self.problems)
        lines = (*slot.lines, *slot.us_core) if self.realm == US_CORE and slot.us_core else slot.lines
        branches = grower.grow(lines, slot.resource, slot.resource, slot.name, top=True)
        identifier = self.facts.elements(slot.resource)["identifier"]
        first = Part(
            "identifier",
            identifier.many,
            make=lambda w, scope: identity(w, scope, target, target)[1],
            wants={"system": target.system},
        )
        for branch in branches.values():
            if branch.element.name in ("id", "text") or (branch.element.name == "identifier" and not identifier.many):
                self.problems.say(
                    branch.at, "never-acts", f"this line can never act: every resource gets its {branch.element.name} by itself"
                )
        parts = self._parts(branches, target.levels, top=str(slot.when or ""))
        for part in parts:
            if part.key == "identifier" and part.claim and not told_apart(part, first):
                self.problems.say(
                    slot.name,
                    "not-told-apart",
                    f"{slot.resource}.identifier looks like the resource's own when it is read: give it a constant system",
                )
        whole = together([first, *parts])
        decide = Deciding(slot, target, whole, branches, parts, self.facts, self.targets)
        if (
            lines is not slot.lines and not self.problems.found
        ):  # what a realm adds is no mark: the other's resources are read, too
            said = list(self.words)
            plain = self._parts(grower.grow(slot.lines, slot.resource, slot.resource, slot.name, top=True), target.levels)
            whole, self.words = replace(whole, wants=together([first, *plain]).wants), said
        if not slot.when:
            self.settled |= {r for r in self.read if r[0] is target.levels[0]}
        return SlotPlan(
            target,
            f"{self.problems.file}:{slot.name.line}",
            slot.title,
            str(slot.when) if slot.when else None,
            whole,
            tuple(self.words),
            decide.claims(self.realm),
        )

    def _parts(self, branches: Branches, levels: Levels, top: str | None = None) -> list[Part]:
        out: list[tuple[Branch, Part]] = []
        for branch in branches.values():
            part = self._part(branch, levels)
            if part is None:
                continue
            if branch.element.many:
                for other, earlier in out:
                    if (
                        other.element.name == branch.element.name
                        and (part.claim or earlier.claim)
                        and not told_apart(part, earlier)
                    ):
                        both = f"{branch.path}[{branch.slice}] and [{other.slice}]"
                        text = f"{both} look alike when they are read: give each a constant"
                        self.problems.say(branch.at, "not-told-apart", text)
            out.append((branch, part))
            rule = branch.rule
            if top is not None and branch.element.required and isinstance(rule, Copy) and rule.field and rule.field != top:
                f = self._field(rule.field, levels[rule.up])
                assert f is not None
                if f.optional and not f.defaulted:
                    self.problems.say(
                        branch.at,
                        "missing-element",
                        f"{branch.path} is required, but {_name(levels[rule.up])}.{f.name} may be missing",
                    )
        return [part for _, part in out]

    def _part(self, branch: Branch, levels: Levels) -> Part | None:
        rule, element = branch.rule, branch.element
        if branch.extension:
            key = "value" + branch.type[0].upper() + branch.type[1:]
            element = Element(key, (branch.type,), True, False, {}, ("Resource",))
        if isinstance(rule, Constant):
            value = constant(rule.text, branch.type, element, branch.path, branch.place, self.facts, self.codes, self.problems)
            if branch.extension and value is not None:
                value = {"url": branch.extension.url, element.name: value}
            return None if value is None else Part(branch.element.name, branch.element.many, constant=value, wants=marks(value))
        if isinstance(rule, Repeat):
            return self._repeat(rule, branch, element, levels)
        if isinstance(rule, Copy):
            return self._copy(rule, branch, element, levels)
        if isinstance(rule, Either):
            return self._either(rule, branch, element, levels)
        parts = self._parts(branch.branches, levels)
        if branch.extension:  # one with parts of its own
            parts.insert(0, Part("url", False, constant=branch.extension.url, wants=branch.extension.url))
        return nested(branch.element.name, branch.element.many, together(parts))

    def _either(self, rule: Either, branch: Branch, element: Element, levels: Levels) -> Part | None:
        """A slot of ours where it is there, else a field, which that slot must read back too."""
        if not (element.choice and element.choice == element.name and "Reference" in element.types):
            self.problems.say(rule.slot.at, "wrong-type", f"{branch.path} is no open choice with a reference")
            return None
        reference = Element(element.key("Reference"), ("Reference",), False, False, {}, element.targets, element.choice)
        way = self.references.own(rule.slot, replace(branch, type="Reference", element=reference), reference)
        target = self.references.targets[self.references.here.name.concept].get(str(rule.slot.slot))
        assert isinstance(rule.other.field, Text)
        f = self._field(rule.other.field, levels[0])
        if way is None or target is None or f is None or way.make is None:
            return None
        one: tuple[Level, str] = (levels[0], f.name)
        if not target.when or one not in self.reads.get(target.name.slot, ()):
            text = f"'{rule.slot.slot}' must stand above, with a `when`, and read '{f.name}' back"
            self.problems.say(rule.slot.at, "never-read", text)
            return None
        other = self._choice(rule.other, f, levels[0], branch, element)
        if other is None:
            return None
        self.read.add(one)
        return either(reference.name, way.make, other, target.when)

    def _repeat(self, rule: Repeat, branch: Branch, element: Element, levels: Levels) -> Part | None:
        f = self._field(rule.each, levels[0])
        if f is None:
            return None
        if not f.many or f.derived:
            self.problems.say(rule.each, "wrong-type", f"'{rule.each}' is no list")
            return None
        item = is_item(f.types[0])
        said, read = list(self.words), set(self.read)
        inner = self._parts(branch.branches, (f.types[0] if item else f, *levels))
        if not item and inner and not any(part.claim or part.take for part in inner):
            self.problems.say(rule.each, "never-read", f"no line reads '{rule.each}' back: one of them must be `.`")
        self.words = said  # the narrative speaks of the item of the slot only
        owner = levels[0]
        assert isinstance(owner, type)
        self.read -= {one for one in self.read - read if isinstance(one[0], Field)}  # a plain value is read with its list
        settled = (owner, f.name) in self.settled | self.walked
        if settled:
            self.read &= read
        else:
            self.read.add((owner, f.name))
        part = repeated(element.name, f.name, f.types[0] if item else None, together(inner))
        return replace(part, claim=None) if settled else part

    # -------------------------------------------------------------------------------------------- fields

    def _field(self, name: Text, owner: Level) -> Field | None:
        if isinstance(owner, Field):  # a list of plain values: its one field is the value itself
            if name == ITSELF:
                return replace(owner, name=ITSELF, many=False, optional=False)
            self.problems.say(name, "unknown-field", f"'{owner.name}' holds plain values, named `.` here")
            return None
        known = fields_of(owner)
        if name not in known:
            self.problems.say(name, "unknown-field", f"{owner.__name__} has no field '{name}'", near(name, known))
            return None
        return known[name]

    def _copy(self, rule: Copy, branch: Branch, element: Element, levels: Levels) -> Part | None:
        if rule.field is None:
            return self.references.own(rule, branch, element)
        if rule.up >= len(levels):
            self.problems.say(rule.at, "unknown-field", f"'{rule.at}': there is no owner so far up")
            return None
        owner = levels[rule.up]
        f = self._field(rule.field, owner)
        if f is None:
            return None
        if f.many and not branch.element.many:
            self.problems.say(rule.at, "wrong-type", f"{_name(owner)}.{f.name} is a list: {branch.path} takes one value")
            return None
        part: Part | None = None
        if f.refers:
            way = self.references.other(rule, f, branch, element)
            if way:
                part = self._filled(rule, f, branch, element, way.pair, way.systems)
                part = replace(part, make=way.make) if way.make else part
        elif element.choice and element.choice == element.name:
            part = self._choice(rule, f, owner, branch, element)
        else:
            found = self._pair(rule, f.types, owner, branch.type, branch, element)
            part = self._filled(rule, f, branch, element, found) if found else None
            if part and branch.type == "Coding" and element.many and not f.many:
                found = codings(f.types[0], element, self.codes)
                part = replace(self._filled(rule, f, branch, element, found), spread=True)
            if found and rule.up == 0 and f.name != ITSELF:
                self.words.append((f, found.words))
        if part is None or f.derived or (owner, f.name) in self.settled:
            return part and replace(part, claim=None, take=None)
        if part.claim or part.take:
            self.read.add((owner, f.name))
        return part

    def _filled(
        self, rule: Copy, f: Field, branch: Branch, element: Element, way: Pair, systems: frozenset[str] = frozenset()
    ) -> Part:
        """The part for a field whose pair is known; an extension wraps each value in its url."""
        wants = None
        if branch.extension:
            url, key, there, back = branch.extension.url, element.name, way.there, way.back
            way = Pair(
                lambda w, v: w.beside({"url": url}, key, there(w, v)),
                back and (lambda node: back(node[key])),
                way.words,
            )
            wants = {"url": url}
            systems = frozenset()
        return copied(branch.element.name, branch.element.many, rule.up, f, way, wants=wants, systems=systems)

    def _pair(
        self, rule: Copy, kinds: tuple[type, ...], owner: Level, fhir_type: str, branch: Branch, element: Element
    ) -> Pair | None:
        found = pair(kinds, element, fhir_type, self.codes)
        if found is None:
            kind = next((k for k in kinds if pair((k,), element, fhir_type, self.codes) is None), kinds[0])
            text = f"{_name(owner)}.{rule.field} is {kind.__name__}: it can't become {branch.path}"
            self.problems.say(rule.at, "wrong-type", f"{text}, which is {fhir_type or 'an open choice'}{becoming(kind)}")
            return None
        return found if all(self._coded(rule, kind, fhir_type, branch, element) for kind in kinds) else None

    def _coded(self, rule: Copy, kind: type, fhir_type: str, branch: Branch, element: Element) -> bool:
        """False, with a fault, where the table of a code has nothing that the element may take."""
        if issubclass(kind, Code) and not (issubclass(kind, Absent) and fhir_type in QUANTITIES):
            uri = fhir_type in ("uri", "url", "canonical")
            fit = {r.code for r in rows_for(kind, element, self.codes, uri=uri)}
            missing = sorted({r.code for r in self.codes.table(kind)} - fit)
            if missing or not fit:
                named = ", ".join(f"'{c}'" for c in missing) or "any code"
                self.problems.say(
                    rule.at, "wrong-code", f"the table of {kind.__name__} gives {branch.path} nothing it may take for {named}"
                )
                return False
        return True

    def _choice(self, rule: Copy, f: Field, owner: Level, branch: Branch, element: Element) -> Part | None:
        by_type: dict[type, tuple[str, Pair]] = {}
        for kind in f.types:
            fits = [t for t in element.types if pair((kind,), element, t, self.codes)]
            fits = [t for t in PREFERRED if t in fits][:1] or fits
            if len(fits) != 1:
                what = (
                    f"{kind.__name__} could become {' or '.join(fits)}: name one"
                    if fits
                    else f"{kind.__name__} can't become {branch.path}, which is {' or '.join(element.types)}"
                )
                self.problems.say(rule.at, "wrong-type", f"{_name(owner)}.{f.name}: {what}")
                return None
            found = self._pair(rule, (kind,), owner, fits[0], branch, element)
            if found is None:
                return None
            by_type[kind] = (element.key(fits[0]), found)
        if len({(key, found.fits) for key, found in by_type.values()}) < len(by_type):
            self.problems.say(rule.at, "wrong-type", f"{_name(owner)}.{f.name}: its types can't be told apart in {branch.path}")
            return None
        if rule.up == 0 and f.name != ITSELF:
            self.words.append((f, typed(tuple(by_type), [pair.words for _, pair in by_type.values()])))
        return chosen(rule.up, f, by_type)


def _name(owner: Level) -> str:
    return owner.name if isinstance(owner, Field) else owner.__name__
