"""The short way from a row to what it says, where nothing is wrong with it: one straight Python function per map.

It gives what `Node.fill` gives, with two differences. A part or item that one row can make alone is made at once, and stands
where its values would. And nothing is told: where a cell is bad or an item can't be made, that is raised (Bad, DetourError,
ImpossibleError), and who asked goes the long way, which finds out what there is to tell.

Text of a map can't become code. The source is made of names that stand here, of the names of the model's own fields, and of the
numbers of columns; whatever else a map says is bound to a name (see `_bind`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from kapfhir.mapping.kept import Kept
from kapfhir.model.making import maker_of
from kapfhir.sources.table import Row

from .fill import INACTIVE, Cell, Node, Partial, first_field
from .grammar import ROW
from .shape import Path, Shape

Shortcut = Callable[[Row], Partial]
Entry = tuple[str, str, str]  # a field, the expression of its value, and the test that it is there


class DetourError(Exception):
    """Something is, or may be, wrong with a row."""


def write_shortcuts(roots: Sequence[Node], shape: Shape) -> list[Shortcut]:
    """For each map of a concept, the function from a row to its part of a record."""
    paths = [set(_paths(root)) | (set() if shape.required <= root.filled() | {"key"} else set(_added(root))) for root in roots]
    others = [set[Path]().union(*paths[:n], *paths[n + 1 :]) for n in range(len(paths))]
    return [_Writer(shared).function(root, shape) for root, shared in zip(roots, others, strict=True)]


def _paths(node: Node, path: Path = ()) -> Iterator[Path]:
    """Of the parts, lists and named items."""
    inner = [((*path, name), part) for name, part in node.parts.items()]
    inner += [((*path, name, str(key)), item) for name, items in node.named.items() for key, item in items.items()]
    inner += [((*path, name), item) for name, item in node.rows.items()]
    for here, part in inner:
        yield here
        yield from _paths(part, here)
    yield from ((*path, name) for name in node.named)


def _added(root: Node) -> Iterator[Path]:
    """Of the lists whose items the rows name, in a map that adds to records: it may speak of any item of another map."""
    yield from ((name, ROW) for name in root.rows)
    for name, part in root.parts.items():
        yield from ((name, *path) for path in _added(part))


class _Writer:
    """`shared`: the parts and items that other maps fill too, or may fill; they are not made of one row."""

    def __init__(self, shared: set[Path]) -> None:
        self.shared = shared
        self.bound: dict[str, Any] = {"Detour": DetourError, "INACTIVE": INACTIVE}
        self.names: dict[int, str] = {}
        self.lines = ["def fill(r):"]
        self.depth, self.count = 1, 0

    def source(self, root: Node, shape: Shape) -> str:
        out, _ = self._loose(root, shape, (), {})
        self._line(f"return {out}")
        return "\n".join(self.lines)

    def function(self, root: Node, shape: Shape) -> Shortcut:
        exec(compile(self.source(root, shape), "<source map>", "exec"), self.bound)  # noqa: S102 no text of a map stands in it
        return self.bound["fill"]  # type: ignore[no-any-return]

    # ------------------------------------------------------------------------------------------------ records, parts, items

    def _loose(self, node: Node, shape: Shape, path: Path, own: dict[str, str]) -> tuple[str, str]:
        """What a row says of a node, as a dict; and the test that it says anything."""
        cells = self._cells(node, "INACTIVE")
        inner = list(self._inner(node, shape, path, made=False))
        sure = {c.name: v for c, v in cells if not c.wanted} | self._constants(node) | own
        out = self._name(_dict(sure))
        for name, value, test in [(c.name, v, f"{v} is not INACTIVE") for c, v in cells if c.wanted] + inner:
            self._line(f"if {test}: {out}[{name!r}] = {value}")
        said = [f"{v} is not None{f' and {v} is not INACTIVE' if c.wanted else ''}" for c, v in cells]
        return out, " or ".join([*said, *(test for *_, test in inner)])

    def _made(self, node: Node, shape: Shape, path: Path, own: dict[str, str]) -> tuple[str, str]:
        """The part or item itself, and the test that it is there: a part is None where the row says nothing of it."""
        entries = [(cell.name, value, f"{value} is not None") for cell, value in self._cells(node, "None")]
        entries += self._inner(node, shape, path, made=True)
        needed = {name: value for name, value, _ in entries if name in shape.required}
        given, kind = self._constants(node) | own | needed, self._bind(maker_of(node.kind))
        out = self._name("None")
        with self._only("" if own else " or ".join(test for *_, test in entries)):
            if needed:
                self._line(f"if {' or '.join(f'{value} is None' for value in needed.values())}: raise Detour")
            rest = [entry for entry in entries if entry[0] not in needed]
            if shape.complete is None:
                defaults = {f.name: f.default for f in fields(node.kind)}
                for name, value, test in rest:
                    plain = defaults[name] is None
                    given[name] = value if plain else f"{value} if {test} else {self._bind(defaults[name])}"
                self._line(f"{out} = {kind}({', '.join(f'{name}={value}' for name, value in given.items())})")
            else:
                self._line(f"given = {_dict(given)}")
                for name, value, test in rest:
                    self._line(f"if {test}: given[{name!r}] = {value}")
                self._line(f"{self._bind(shape.complete)}(given)")
                self._line(f"{out} = {kind}(**given)")
        return out, f"{out} is not None"

    def _inner(self, node: Node, shape: Shape, path: Path, *, made: bool) -> Iterator[Entry]:
        """The parts and lists within a node; for one that is `made`, lists are tuples."""
        for name, part in node.parts.items():
            value, test = self._part(part, shape.inside[name][0], (*path, name), {})
            if test:  # constants alone say nothing
                yield name, value, test
        for name, items in node.named.items():
            of = shape.inside[name][0]
            out = self._name("[]" if made else "{}")
            for key in sorted(items, key=of.order):
                item, bound = items[key], self._bind(key)
                shown = " or ".join(f"r[{place}].strip() not in {self._bind(empty)}" for place, empty in item.own)
                with self._item(item, of, (*path, name, str(key)), {first_field(item.kind): bound}, shown) as value:
                    self._line(f"{out}.append({value})" if made else f"{out}[{bound}] = {value}")
            yield name, f"tuple({out})" if made else out, out
        for name, item in node.rows.items():
            of, here = shape.inside[name][0], (*path, name)
            if here not in self.shared and is_alone(item, of):
                value, test = self._made(item, of, here, {})
                self._line(f"if {value} is None: raise Detour")  # there is no key
                yield name, f"{{{value}.{first_field(item.kind)}: {value}}}", test
                continue
            value, _ = self._loose(item, of, here, {})
            out = self._name(f"{value}.get({first_field(item.kind)!r}, INACTIVE)")
            self._line(f"if {out} is None: raise Detour")
            yield name, f"{{{out}: {value}}}", f"{out} is not INACTIVE"

    @contextmanager
    def _item(self, node: Node, shape: Shape, path: Path, own: dict[str, str], shown: str) -> Iterator[str]:
        """Lines that act for a named item, where the row shows it. Of a class of which few differ, one that was made of the same
        cells stands for all.
        """
        looked_up = all(cell.memo is not None and not cell.wanted for cell in node.cells)
        if not (getattr(node.kind, "recurs", False) and looked_up and self._is_alone(node, shape, path, own)):
            with self._only(shown):
                yield self._part(node, shape, path, own)[0]
            return
        kept, places = self._bind(Kept()), [f"r[{cell.place}]" for cell in node.cells]
        cells = places[0] if len(places) == 1 else f"({', '.join(places)})"
        out = self._name(f"{kept}.get({cells})")
        with self._only(f"{out} is None{shown and f' and ({shown})'}"):
            made, _ = self._made(node, shape, path, own)
            self._line(f"{out} = {kept}.keep({cells}, {made})")
        with self._only(f"{out} is not None"):
            yield out

    def _part(self, node: Node, shape: Shape, path: Path, own: dict[str, str]) -> tuple[str, str]:
        return (self._made if self._is_alone(node, shape, path, own) else self._loose)(node, shape, path, own)

    def _is_alone(self, node: Node, shape: Shape, path: Path, own: dict[str, str]) -> bool:
        added = any((*path[:depth], ROW) in self.shared for depth in range(1, len(path)))
        return path not in self.shared and not added and is_alone(node, shape, own.keys())

    # ------------------------------------------------------------------------------------------------ lines

    def _cells(self, node: Node, unwanted: str) -> list[tuple[Cell, str]]:
        return [(cell, self._cell(cell, unwanted)) for cell in node.cells]

    def _cell(self, cell: Cell, unwanted: str) -> str:
        value = f"{self._bind(cell.memo)}[r[{cell.place}]]" if cell.memo is not None else f"{self._bind(cell.read)}(r)"
        return self._name(f"{value} if {self._bind(cell.wanted)}(r) else {unwanted}" if cell.wanted else value)

    def _constants(self, node: Node) -> dict[str, str]:
        return {name: self._bind(value) for name, value in node.constants.items()}

    def _bind(self, thing: Any) -> str:
        """The name of a constant or function."""
        name = self.names.setdefault(id(thing), f"c{len(self.names)}")
        self.bound[name] = thing
        return name

    def _name(self, expression: str) -> str:
        """A new variable."""
        self.count += 1
        self._line(f"v{self.count} = {expression}")
        return f"v{self.count}"

    def _line(self, text: str) -> None:
        self.lines.append(" " * self.depth + text)

    @contextmanager
    def _only(self, test: str) -> Iterator[None]:
        """Lines that act where the test holds; always, if there is none."""
        if test:
            self._line(f"if {test}:")
        self.depth += bool(test)
        yield
        self.depth -= bool(test)


def is_alone(node: Node, shape: Shape, own: Collection[str] = ()) -> bool:
    """True if one row can make this part or item, and another could only make the same.

    Where a field has a default, rows that differ could make the same; where a line has a `where`, rows make it together.
    """
    inner = [(part, shape.inside[name][0]) for name, part in node.parts.items()]
    items = [(item, shape.inside[name][0]) for name, named in node.named.items() for item in named.values()]
    return (
        not node.rows
        and not shape.pointers
        and shape.required <= node.filled() | set(own)
        and not any(cell.wanted or cell.name in shape.defaulted for cell in node.cells)
        and all(is_alone(part, of) and (part.cells or part.parts or part.named) for part, of in inner)
        and all(is_alone(item, of, (first_field(item.kind),)) for item, of in items)
    )


def _dict(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name!r}: {value}" for name, value in entries.items()) + "}"
