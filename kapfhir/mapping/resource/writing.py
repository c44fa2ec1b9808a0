"""Source text of the write direction: one Python function per concept, straight on, with every value computed once.

A block is a stretch of lines that knows one item: the body of the function knows the record, a loop in it knows one dose. What
follows from an item stands in its block, however many elements and slots ask for it.

Text of a map can't become code. The source is made of names that stand here, of the names of the model's own fields, and of
quoted names of elements; whatever else maps and code tables say is bound to a name (see `bind`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from kapfhir.fhir.shared import SharedList, share
from kapfhir.mapping.kept import Kept

MOST = 2_000  # objects of which it is kept what was made of them
CONDITIONAL = re.compile(r'(v[0-9]+) = (.+) if (v[0-9]+ is not None) else (?:None|"")')
MADE_HERE = re.compile(r" *(?:for )?(v[0-9]+) (?:= |in )")
VARIABLE, TESTED = re.compile(r"\bv[0-9]+\b"), re.compile(r"\b(v[0-9]+) is not None")


@dataclass(slots=True, eq=False)
class Block:
    """Lines under one head. `inner` are blocks that more lines may come to: they follow at the end."""

    head: str = ""
    test: str = ""  # holds inside
    outer: Block | None = None
    lines: list[str | Block] = field(default_factory=list)
    inner: list[Block] = field(default_factory=list)
    known: dict[str, Value] = field(default_factory=dict)  # by expression

    def within(self) -> Iterator[Block]:
        """The block and those around it."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.outer

    def entails(self, test: str) -> bool:
        return not test or test == self.test or (self.outer is not None and self.outer.entails(test))

    def text(self, indent: str = "") -> Iterator[str]:
        yield indent + self.head
        for line in [*self.lines, *self.inner]:
            if isinstance(line, Block):
                yield from line.text(indent + " ")
            else:
                yield f"{indent} {line}"


@dataclass(frozen=True, slots=True)
class Value:
    """An expression. `block` is where it has a name; None: it has none, and is used once. `test` must hold before it is used.
    `shared`: it is a shared part, or a constant.
    """

    source: str
    block: Block | None = None
    test: str = ""
    shared: bool = False

    def __str__(self) -> str:
        return self.source


def _uses(lines: Iterable[str]) -> Counter[str]:
    return Counter(name for line in lines for name in VARIABLE.findall(line))


def _sink(block: Block, everywhere: Counter[str]) -> None:
    """What is there if a test holds, and is used only by the block that acts if it holds, is reckoned in that block."""
    blocks = [line for line in [*block.lines, *block.inner] if isinstance(line, Block)]
    within = [(inner, _uses(inner.text())) for inner in blocks]
    for number in reversed(range(len(block.lines))):
        line = block.lines[number]
        found = CONDITIONAL.fullmatch(line) if isinstance(line, str) else None
        if found is None:
            continue
        name, expression, test = found.groups()
        uses = everywhere[name] - 1
        for inner, used in within:
            if inner.test == test and used[name] == uses:
                inner.lines.insert(0, f"{name} = {expression}")
                used.update(_uses([f"{name} = {expression}"]))
                everywhere.subtract(_uses([test]))
                block.lines[number] = ""
                break
    block.lines = [line for line in block.lines if line]
    for inner in blocks:
        _sink(inner, everywhere)


class Made(Kept):
    """What was made of objects that recur, by the object itself."""

    def of(self, item: Any) -> Any:
        return self.get(id(item), (None, None))[1]

    def keep(self, key: Any, made: Any) -> Any:
        super().keep(id(key), (key, made))  # the object is kept too, so its id stays its own
        return made


Scope = tuple[Value, ...]
Form = Callable[["Writer", Value], str]  # the expression that a value becomes


class Writer:
    """Writes one function of one argument."""

    def __init__(self) -> None:
        self.bound: dict[str, Any] = {}
        self.block = self.body = Block("def build(v):")
        self.argument = Value("v", self.body)
        self._names: dict[int, str] = {}
        self._tables: dict[str, tuple[dict[Any, Any], str]] = {}  # of an expression that looks up: the table, and what in it
        self._made: dict[tuple[int, str], dict[Any, Any]] = {}
        self._values: dict[str, Value] = {}  # by name
        self._lists: dict[str, bool] = {}  # names of shared lists; True: used within a loop
        self._count = 0

    def source(self, returned: str) -> str:
        """The text, without what nothing uses; what only one block uses stands in it."""
        _sink(self.body, _uses([*self.body.text(), returned]))
        lines = [*self.body.text(), f" return {returned}"]
        text = "\n".join(lines)
        uses, tested = Counter(VARIABLE.findall(text)), Counter(TESTED.findall(text))
        for number, line in enumerate(lines):
            name, _, expression = line.strip().partition(" = ")
            if name in self._lists and uses[name] - tested[name] <= 2 and not self._lists[name]:
                lines[number] = line.replace(f"= {self.bind(SharedList)}([", "= ([")  # used once: a plain list is made sooner
        for number, line in reversed([*enumerate(lines)]):
            name, _, expression = line.strip().partition(" = ")
            if expression and uses[name] == 1:
                uses.subtract(VARIABLE.findall(line))
                lines[number] = line.replace(line.strip(), "pass")
        return "\n".join(lines)

    def function(self, returned: str) -> Callable[[Any], Any]:
        """What was written, compiled."""
        exec(compile(self.source(returned), "<resource map>", "exec"), self.bound)  # noqa: S102 no text of a map stands in it
        return self.bound["build"]  # type: ignore[no-any-return]

    def bind(self, thing: Any) -> str:
        """The name of a constant, table or function."""
        name = self._names.setdefault(id(thing), f"c{len(self._names)}")
        self.bound[name] = thing
        return name

    # ------------------------------------------------------------------------------------------------ lines

    def line(self, text: str) -> None:
        self.block.lines.append(text)

    def name(self, expression: str, block: Block | None = None) -> str:
        """A new variable."""
        self._count += 1
        (block or self.block).lines.append(f"v{self._count} = {expression}")
        return f"v{self._count}"

    def derive(
        self, of: Value, expression: str, *, optional: bool = False, otherwise: str = "None", shared: bool = False
    ) -> Value:
        """What follows from a value, and is there if that is; `optional`: or None even so; `otherwise`: this instead."""
        if expression == of.source:
            return of
        shared = shared or expression in self._tables
        if of.block is None:
            return Value(f"({expression})", None, f"({expression}) is not None" if optional else of.test, shared)
        found = of.block.known.get(expression)
        if found is None:
            known = self._values.get(expression) if otherwise == "None" else None
            name = known or self.name(f"{expression} if {of.test} else {otherwise}" if of.test else expression, of.block)
            test = f"{name} is not None" if optional else of.test if otherwise == "None" else ""
            found = of.block.known[expression] = Value(str(name), of.block, test, known.shared if known else shared)
            self._values[found.source] = found
            if expression in self._tables:
                self._tables[found.source] = self._tables[expression]
        return found

    def look_up(self, table: dict[Any, Any], key: Value | str) -> str:
        """The entry of a table of shared parts."""
        expression = f"{self.bind(table)}[{key}]"
        self._tables[expression] = table, str(key)
        return expression

    def labelled(self, label: str, words: str) -> str:
        """Words with a label before them."""
        return self._folded(words, label, lambda word: label + word) or f"{label!r} + {words}"

    def beside(self, constants: dict[str, Any], element: str, value: str) -> str:
        """An object of constants and one value."""
        pairs = "".join(f"{key!r}: {self.bind(share(constant))}, " for key, constant in constants.items())
        folded = self._folded(value, f"{constants} {element}", lambda part: {**constants, element: part})
        return folded or f"{{{pairs}{element!r}: {value}}}"

    def _folded(self, looked_up: str, name: str, around: Callable[[Any], Any]) -> str:
        """What stands around an entry of a table, made once for each entry. Empty where the value is not looked up."""
        if looked_up not in self._tables:
            return ""
        entries, key = self._tables[looked_up]
        made = self._made.setdefault((id(entries), name), {k: share(around(part)) for k, part in entries.items()})
        return self.look_up(made, key)

    # ------------------------------------------------------------------------------------------------ blocks

    @contextmanager
    def inside(self, block: Block) -> Iterator[None]:
        """Lines go on there."""
        before, self.block = self.block, block
        yield
        self.block = before

    @contextmanager
    def only(self, test: str) -> Iterator[None]:
        """Lines that act where the test holds."""
        if self.block.entails(test):
            yield
            return
        block = Block(f"if {test}:", test, self.block)
        with self.inside(block):
            yield
        self.block.lines.append(block)

    @contextmanager
    def each(self, items: Value) -> Iterator[Value]:
        """Lines that act for each item."""
        block, item = self._loop(items, self.block)
        with self.inside(block):
            yield item
        self.block.lines.append(block)

    @contextmanager
    def recalled(self, item: Value) -> Iterator[tuple[str, Value]]:
        """Lines that make something of an item, and give it this name; what was made of the same object before has it already.

        Where they turn out to speak of more than the item, they act each time.
        """
        kept = self.bind(Made(MOST))
        name = self.name(f"{kept}.of({item})")
        with self.only(f"{name} is None"):
            block = self.block
            yield name, Value(item.source, block)
            self.line(f"{kept}.keep({item}, {name})")
        lines = list(block.text())
        if _uses(lines).keys() - {item.source, name} - {found[1] for line in lines if (found := MADE_HERE.match(line))}:
            block.head, block.test = "if True:", ""

    def item(self, of: Value, *, many: bool) -> Value:
        """Each of several, or the one if it is there, in a block that stays open."""
        assert of.block is not None
        if many:
            block, item = self._loop(of, of.block)
        else:
            block = Block(f"if {of.test}:", of.test, of.block)
            item = Value(of.source, block)
        of.block.inner.append(block)
        return item

    def _loop(self, items: Value, outer: Block) -> tuple[Block, Value]:
        self._count += 1
        block = Block(f"for v{self._count} in {items}:", "", outer)
        return block, Value(f"v{self._count}", block)

    # ------------------------------------------------------------------------------------------------ JSON

    def node(self, constants: dict[str, Any], entries: list[tuple[str, Value]]) -> Value:
        """An object; it is there if one of the entries is: constants never stand alone beside missing values."""
        if len(entries) == 1 and entries[0][1].source in self._tables:
            ((element, value),) = entries
            return Value(self.beside(constants, element, value.source), value.block, value.test, shared=True)
        tested = [(f"{key!r}", value, self._test(value)) for key, value in entries]
        tests = list(dict.fromkeys(test for _, _, test in tested))
        lead = tested if len(tests) == 1 else list(takewhile(lambda entry: not entry[2], tested))
        pairs = [f"**{self.bind({key: share(value) for key, value in constants.items()})}"] if constants else []
        start = "{" + ", ".join(pairs + [f"{key}: {value}" for key, value, _ in lead]) + "}"
        if len(tests) == 1:
            return Value(start, None, tests[0])
        sure = "" in tests
        name = self.name(start if sure else "None")
        with self.only("" if sure else " or ".join(tests)):
            if not sure:
                self.line(f"{name} = {start}")
            for key, value, test in tested[len(lead) :]:
                self.line(f"{f'if {test}: ' if test else ''}{name}[{key}] = {value}")
        return Value(name, None, "" if sure else f"{name} is not None")

    def array(self, members: list[tuple[Value, bool]]) -> Value:
        """A list of values, and of lists (True) that are spread out in it; it is there if one of them is."""
        if len(members) == 1:
            value, spread = members[0]
            if not spread and (folded := self._folded(value.source, "list", lambda part: [part])):
                return Value(folded, value.block, value.test, shared=True)
            if spread:
                return value
        blocks = [value.block for value, spread in members if value.block is not None and value.shared and not spread]
        if blocks and all(value.shared and not spread for value, spread in members):
            return self._shared_list(members, min(blocks, key=[*self.block.within()].index))
        return self._list(members)

    def _list(self, members: list[tuple[Value, bool]]) -> Value:
        if len(members) == 1:
            value, _ = members[0]
            return Value(f"[{value}]", None, value.test)
        items, tests = [], []
        for value, spread in members:
            test, some = self._test(value), value.source if spread else f"[{value}]"
            items.append(f"*({some} if {test} else ())" if test else f"*{some}" if spread else value.source)
            tests.append(test)
        return Value(f"[{', '.join(items)}]", None, "" if "" in tests else " or ".join(tests))

    def _shared_list(self, members: list[tuple[Value, bool]], block: Block) -> Value:
        """A list of shared parts is made where the innermost of them is, once for all who want it."""
        often = any(inner.head.startswith("for") for inner in takewhile(lambda inner: inner is not block, self.block.within()))
        with self.inside(block):
            whole = self._list(members)
            test, expression = self._test(whole), f"{self.bind(SharedList)}({whole})"
            if expression not in block.known:
                name = self.name(f"{expression} if {test} else None" if test else expression)
                block.known[expression] = Value(name, block, f"{name} is not None" if test else "", shared=True)
            found = block.known[expression]
            self._lists[found.source] = often or self._lists.get(found.source, False)
            return found

    def _test(self, value: Value) -> str:
        """What must still be asked here."""
        return "" if self.block.entails(value.test) else value.test
