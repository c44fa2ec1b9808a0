"""One map against the types of its concept and the columns of its table; what passes is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from kapfhir.errors import Problem
from kapfhir.mapping.located import Problems, Text, near
from kapfhir.model.before import Sensitivity
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import Field, fields_of
from kapfhir.model.values import Absent, Code, Key, Ref
from kapfhir.sources.export import Export

from .cells import Cells, Kinds, memo_of
from .columns import WHOLE_ROW, Columns
from .fill import Cell, Node, Plan, checkboxes, first_field, getter, has_fields
from .grammar import ROW, Line, Map, Step
from .local import LocalTables
from .names import seed_of, stand_for
from .references import References


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of one map. Without a plan it has faults, or TODO lines, or there is no export."""

    map: Map
    filled: frozenset[str]
    blocked: bool
    plan: Plan | None
    lines: frozenset[str] = frozenset()  # the paths that lines fill
    lacks: tuple[tuple[str, Problem], ...] = ()  # paths that another map of the concept must fill, and what to say if none does


@dataclass(slots=True)
class Target:
    """What a line fills."""

    node: Node
    field: Field
    kinds: Kinds
    loses: str
    item: Any  # WHOLE_ROW, or the path of a named item
    owner: Node  # the record or item that the node belongs to


def check_map(
    parsed: Map, export: Export | None, tables: LocalTables, references: References, zone: str | None, problems: Problems
) -> Checked:
    """All faults of one map, in `problems`; and its plan, if it has none."""
    return _MapCheck(parsed, export, tables, references, zone, problems).check()


class _MapCheck:
    def __init__(
        self,
        parsed: Map,
        export: Export | None,
        tables: LocalTables,
        references: References,
        zone: str | None,
        problems: Problems,
    ) -> None:
        self.map, self.problems = parsed, problems
        self.columns = Columns(parsed, export, problems)
        self._check_head()
        held = _zone(str(parsed.zone or zone or ""))
        decimal, empty = str(parsed.decimal or "."), frozenset({"", *parsed.empty})
        told = parsed.zone is not None and held is None
        self.cells = Cells(held, export is not None and not told, decimal, empty, tables, references, problems)
        self.filled: dict[tuple[str, ...], Text] = {}
        self.inner: list[tuple[str, Node, Text]] = []  # items and parts, with the place of their first line
        self.own: dict[tuple[str, ...], tuple[Node, list[tuple[str, frozenset[str]]]]] = {}  # named items and what they read
        self.references: list[Cell] = []
        self.moved: list[tuple[Line, Target]] = []  # moments with `plus`
        self.lacks: list[tuple[str, Problem]] = []

    def check(self) -> Checked:
        kind = CONCEPTS.get(self.map.concept)
        if kind is None:
            if self.map.concept:
                text = f"unknown concept '{self.map.concept}'"
                self.problems.say(self.map.concept, "unknown-concept", text, near(self.map.concept, CONCEPTS))
            return Checked(self.map, frozenset(), blocked=True, plan=None)
        root = Node(kind)
        for line in self.map.lines:
            target = self._target(line, root)
            if target is not None and not line.todo:
                self._value(line, target)
        self._require_keys(root)
        self._require_nominal()
        wanted = self.columns.where(self.map.where)
        tried = {str(line.steps[0].name) for line in self.map.lines}
        blocked = self.cells.blocked or any(p.code == "todo" for p in self.problems.found)
        ready = not self.problems.found and not blocked and self.columns.header
        plan = self._plan(root, wanted) if ready else None
        return Checked(
            self.map, frozenset(tried), blocked, plan, frozenset(str(line.at) for line in self.map.lines), tuple(self.lacks)
        )

    def _plan(self, root: Node, wanted: Any) -> Plan:
        assert self.columns.table is not None, "there is a header"
        for item, (node, columns) in self.own.items():
            node.own = self.columns.own(item, columns)
        key = next(c for c in root.cells if c.name == "key")
        root.cells = [c for c in root.cells if c.name != "key"]
        used, zone = tuple(self.columns.used), self.cells.zone
        required = {f.name for f in fields_of(root.kind).values() if not f.optional and not f.derived}
        return Plan(
            self.map.file,
            str(self.map.concept),
            self.columns.table.name,
            self.columns.dialect,
            used,
            self.columns.places,
            len(self.columns.header or ()),
            root,
            key,
            tuple(self.references),
            wanted,
            required <= root.filled() | {"key"},
            not self.map.delta,
            self.map.lines,
            self.map.where,
            seed_of(self.map, used, zone, self.cells.references),
            tuple(map(str, self.map.precedence)),
            self.map.stand_in,
        )

    def _check_head(self) -> None:
        zone, encoding, delimiter = self.map.zone, self.map.encoding, self.map.delimiter
        if zone is not None and _zone(zone) is None:
            self.problems.say(zone, "unknown-zone", f"'{zone}' is no time zone", near(zone, available_timezones()))
        if encoding is not None and self.columns.table is None and not _is_encoding(encoding):
            self.problems.say(encoding, "unknown-encoding", f"'{encoding}' is no encoding", "use utf-8, cp1252 or latin-1")
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
            self.problems.say(delimiter, "wrong-word", "a delimiter is one character, and no quote")

    def _require_keys(self, root: Node) -> None:
        """A record is told by its key; an item or part without one of its required fields could never be made."""
        keys = [line for line in self.map.lines if line.at == "key"]
        alone = not self.map.where and all(line.todo or line.constant is not None for line in self.map.lines)  # one record
        if any(line.where or (line.constant is not None and not alone) for line in keys):
            self.problems.say(keys[0].at, "missing-key", "the key of a record comes from a column, on every row")
        if not keys:
            text = f"no line fills `key`: it tells one {root.kind.__name__} from another"
            self.problems.say(self.map.concept, "missing-key", text)
        for path, node, at in self.inner:
            tried = {
                line.at.removeprefix(path).split(".")[0].split("[")[0] for line in self.map.lines if line.at.startswith(path)
            }
            named = {first_field(node.kind)} if path.endswith("].") and f"[{ROW}]" not in path else set()
            required = {f.name for f in fields_of(node.kind).values() if not f.optional and not f.derived}
            for name in sorted(required - tried - named):
                text = f"{path}{name} is required: no line fills it"
                if f"[{ROW}]" in path:
                    self.problems.say(at, "missing-field", text)
                else:  # rows of another map may give the same item, or part, the rest
                    problem = Problem(self.problems.file, at.line, str(at.column), "missing-field", text)
                    self.lacks.append((f"{path}{name}", problem))

    def _require_nominal(self) -> None:
        """A moment that was reckoned must not look like one that was read from a clock."""
        for line, target in self.moved:
            owner, beside = target.node is target.owner, (*line.path[:-1], "nominal")
            if owner and "nominal" in fields_of(target.owner.kind) and beside not in self.filled:
                text = f"`plus` gives a nominal time: say `{line.at.rpartition('.')[0]}.nominal: = true`"
                self.problems.say(line.plus or line.at, "nominal-time", text)

    def _target(self, line: Line, root: Node) -> Target | None:
        node = owner = root
        loses, path = "record", list[str]()
        item: Any = WHOLE_ROW
        for i, step in enumerate(line.steps[:-1]):
            found = self._field(node, step)
            if found is None:
                return None
            kind = next((k for k in found.types if has_fields(k)), found.types[0])
            if not has_fields(kind):
                text = f"{node.kind.__name__}.{step.name} is {kind.__name__}: it has no fields of its own"
                self.problems.say(step.name, "not-a-part", text)
                return None
            if found.many != (step.item is not None):
                name = (
                    f"a list: name an item, `{step.name}[...]`, or `{step.name}[*]` for one per row" if found.many else "no list"
                )
                self.problems.say(step.name, "wrong-step", f"{node.kind.__name__}.{step.name} is {name}")
                return None
            path.append(str(step.name))
            if tuple(path) in self.filled:
                self._twice(line, tuple(path))
                return None
            if found.many:
                assert step.item is not None
                path.append(str(step.item))
                owner = node = self._item(node, step, kind)
                loses, item = "item", WHOLE_ROW if step.item == ROW else tuple(path)
                if isinstance(item, tuple):
                    self.own.setdefault(item, (owner, []))
            else:
                node, loses = node.parts.setdefault(str(step.name), Node(kind)), "field" if found.optional else loses
            if all(node is not n for _, n, _ in self.inner):
                self.inner.append(
                    (line.at[: len(line.at) - sum(len(_spelt(s)) + 1 for s in line.steps[i + 1 :]) + 1], node, line.at)
                )
        return self._leaf(line, node, owner, loses, (*path, str(line.steps[-1].name)), item)

    def _leaf(self, line: Line, node: Node, owner: Node, loses: str, path: tuple[str, ...], item: Any) -> Target | None:
        step = line.steps[-1]
        found = self._field(node, step)
        if found is None:
            return None
        plain = tuple(k for k in found.types if not has_fields(k))
        if step.item is not None:
            text = f"'{line.at}' is {'an item' if found.many else 'no list'}: fill its fields, or the whole list without [...]"
            self.problems.say(step.name, "wrong-step", text)
        elif not plain:
            names = " ".join(f.name for f in fields_of(found.types[0]).values() if not f.derived)
            self.problems.say(step.name, "not-a-value", f"'{line.at}' is {found.types[0].__name__}: fill its fields ({names})")
        elif path in self.filled or found.name in node.parts:
            self._twice(line, path)
        elif isinstance(item, tuple) and path[-1] == first_field(node.kind) and node is owner:
            self.problems.say(line.at, "never-acts", f"this line can never act: [{item[-1]}] gives {path[-1]}")
        else:
            self.filled[path] = line.at
            # a default must not stand for a text that can't be read: what it would say is not what the row says
            kept = "field" if found.optional and (found.many or not found.defaulted) else loses
            if Sensitivity in found.types:  # rather no record than one without its security labels
                kept = loses
            if Absent in found.types and kept == "field":
                kept = "absent"
            kinds = Kinds.of(found, plain, item=node is owner and node.kind not in CONCEPTS.values())
            return Target(node, found, kinds, kept, item, owner)
        return None

    def _field(self, node: Node, step: Step) -> Field | None:
        known = fields_of(node.kind)
        found = known.get(step.name)
        if found is None or found.derived:
            names = [f.name for f in known.values() if not f.derived]
            text = f"{node.kind.__name__} has no field '{step.name}'"
            self.problems.say(step.name, "unknown-field", text, near(step.name, names))
            return None
        return found

    def _twice(self, line: Line, path: tuple[str, ...]) -> None:
        first = next((at.line for filled, at in self.filled.items() if filled[: len(path)] == path), line.at.line)
        self.problems.say(line.at, "duplicate-key", f"'{line.at}' is filled on line {first}")

    def _item(self, node: Node, step: Step, kind: type) -> Node:
        assert step.item is not None
        if step.item == ROW:
            return node.rows.setdefault(str(step.name), Node(kind))
        key_kind = fields_of(kind)[first_field(kind)].types[0]
        items = node.named.setdefault(str(step.name), {})
        key = key_kind(str(step.item))
        if key not in items:
            own = self.cells.tables.codes.own(key_kind) if issubclass(key_kind, Code) else ()
            if own and key not in own:
                self.problems.say(
                    step.item, "wrong-code", f"'{step.item}' is not a code of {key_kind.__name__}", near(step.item, own)
                )
            items[key] = Node(kind)
        return items[key]

    def _value(self, line: Line, target: Target) -> None:
        found, kinds = target.field, target.kinds
        if line.constant is not None:
            self._constant(line, target)
            return
        if line.plus is not None:
            self.moved.append((line, target))
        places = [self.columns.place(column, target.item) for column in line.columns]
        empty = self.cells.empties(line)
        for item, (_, read) in self.own.items():
            if isinstance(target.item, tuple) and target.item[: len(item)] == item:
                read.extend((str(c), empty) for c in line.columns)
        wanted = self.columns.where(line.where)
        if line.split is not None and not found.many:
            self.problems.say(line.split, "never-acts", f"`split` can never act: '{line.at}' is one value")
        if line.pieces and not issubclass(kinds.first, Key | Ref):
            self.problems.say(line.pieces[0], "never-acts", f"a constant among columns is part of a key: '{line.at}' is {kinds}")
        if line.checked:
            self._boxes(line, target, places, wanted)
            return
        parse = self.cells.parse(line, kinds)
        if parse is None or any(p is None for p in places):
            return
        known = [p for p in places if p is not None]
        get, alone = getter(known, parse, line, found, kinds, empty), len(known) == 1 and not found.many and not line.pieces
        if line.convert is not None:
            get, alone = self.cells.converting(line, kinds, parse, known) or get, False
        get = stand_for(get, line, self.map, kinds, known[0], empty, self.cells.references, self.problems)
        memo = memo_of(parse) if alone and not line.people else None
        cell = Cell(found.name, get, line, target.loses, wanted, memo, known[0])
        target.node.add(cell)
        if kinds.target:
            self.references.append(cell)

    def _constant(self, line: Line, target: Target) -> None:
        assert line.constant is not None
        found, kinds = target.field, target.kinds
        if kinds.target:  # a key of another record: that it is known must be asked at every reading
            concept, key = kinds.target, str(line.constant)
            parse = self.cells.pointer(concept, key)
            cell = Cell(found.name, lambda _: (parse(),) if found.many else parse(), line, target.loses)
            target.node.add(cell)
            self.references.append(cell)
            return
        value = self.cells.constant(line.constant, kinds)
        if line.at == "key":
            target.node.add(Cell(found.name, lambda _: value, line, target.loses))
            return
        target.node.constants[found.name] = (value,) if found.many else value

    def _boxes(self, line: Line, target: Target, places: list[int | None], wanted: Any) -> None:
        if not target.field.many or not issubclass(target.kinds.first, Code):
            self.problems.say(line.at, "never-acts", f"`checked` can never act: '{line.at}' is no list of codes")
            return
        boxes = self.cells.checked(line, target.kinds)
        words = {"format": line.formats, "unit": line.unit, "codes": line.codes, "split": line.split, "as": line.parser}
        for word, text in (words | {"convert": line.convert}).items():
            if text:
                self.problems.say(line.at, "never-acts", f"`{word}` can never act: a checkbox is ticked, or it is not")
        known = [(place, column, code) for place, (column, code) in zip(places, boxes, strict=True) if place is not None]
        target.node.add(Cell(target.field.name, checkboxes(known), line, target.loses, wanted))


def _spelt(step: Step) -> str:
    return step.name if step.item is None else f"{step.name}[{step.item}]"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def _is_encoding(name: str) -> bool:
    try:
        return isinstance("".encode(name), bytes)
    except (LookupError, ValueError):
        return False
