"""The quick way from a row to a part of a record: one Python function per map, straight on, for rows in which nothing is wrong.

It does what `Node.fill` does, and leaves a row with a bad cell to it: there the cell is told. No text of a map becomes code: the
source is made of names that stand here, of quoted names of the model's own fields, and of numbers; the rest is bound to a name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kapfhir.sources.table import Row

from .fill import FROM, INACTIVE, Node, Origins, Partial, Say, Shows, first_field
from .formats import Bad

Fill = Callable[[Row, Say, Origins], Partial]


def compile_fill(root: Node) -> Fill:
    """The same function as `root.fill`, quicker."""
    source = _Source()
    source.write(root, "out", "  ")
    names = source.names | {"slow": root.fill, "Bad": Bad, "INACTIVE": INACTIVE}
    lines = ["def fill(row, say, origins):", " try:", *source.lines, "  return out", " except Bad:", "  pass"]
    lines.append(" return slow(row, say, origins)")
    exec(compile("\n".join(lines), "<fill>", "exec"), names)  # noqa: S102  see above: no text of a map is in it
    made: Fill = names["fill"]
    return made


class _Source:
    """Lines of source, and what their names stand for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}

    def bind(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def fresh(self) -> str:
        return f"v{len(self.lines)}"

    def write(self, node: Node, var: str, at: str, more: str = "") -> None:
        """The lines that put what a row says of a node into a dict named `var`; `more`: further items of that dict."""
        sure = [f"{name!r}: {self.bind(memo)}[row[{place}]]" for name, place, memo, _ in node.quick]
        sure += [f"{c.name!r}: {self.bind(c.get)}(row)" for c in node.cells if not c.line.where]
        self.lines.append(f"{at}{var} = {{{', '.join([*sure, *([more] if more else [])])}}}")
        for cell in (c for c in node.cells if c.line.where):
            value = self.fresh()
            self.lines.append(f"{at}{value} = {self.bind(cell.get)}(row)")
            self.lines.append(f"{at}if {value} is not INACTIVE: {var}[{cell.name!r}] = {value}")
        for name, part in node.parts.items():
            inner = self.fresh()
            self.write(part, inner, at)
            tests = [f"{inner}.get({field!r}) is not None" for field in sorted(part.filled() - part.constants.keys())]
            self.lines.append(f"{at}if {' or '.join(tests) or 'False'}: {var}[{name!r}] = {inner}")
        for name, items in node.named.items():
            self._write_named(name, items, var, at)
        for name, item in node.rows.items():
            self._write_rows(name, item, var, at)
        if node.constants:
            self.lines.append(f"{at}{var}.update({self.bind(node.constants)})")

    def _write_named(self, name: str, items: dict[Any, Node], var: str, at: str) -> None:
        shown, item = self.fresh(), f"{self.fresh()}i"
        self.lines.append(f"{at}{shown} = {{}}")
        for key, node in items.items():
            bound, inside = self.bind(key), at
            if isinstance(node.shows, Shows):
                tests = [f"row[{place}].strip() not in {self.bind(empty)}" for place, empty in node.shows.own]
                self.lines.append(f"{at}if {' or '.join(tests)}:")
                inside += " "
            self.write(node, item, inside, f"{first_field(node.kind)!r}: {bound}, {FROM!r}: origins")
            self.lines.append(f"{inside}{shown}[{bound}] = {item}")
        self.lines.append(f"{at}if {shown}: {var}[{name!r}] = {shown}")

    def _write_rows(self, name: str, node: Node, var: str, at: str) -> None:
        item = self.fresh()
        first = first_field(node.kind)
        self.write(node, item, at, f"{FROM!r}: origins")
        self.lines.append(f"{at}{item}k = {item}.get({first!r}, INACTIVE)")
        self.lines.append(f"{at}if {item}k is None: return slow(row, say, origins)")
        self.lines.append(f"{at}if {item}k is not INACTIVE: {var}[{name!r}] = {{{item}k: {item}}}")
