"""Lines of Python that become a compiled check. No text of a resource ever stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from kapfhir.fhir.facts import Element
from kapfhir.fhir.shared import SharedList, SharedObject


class Writer:
    """Lines of a function `check(d, depth)`, and the objects that they name."""

    def __init__(self) -> None:
        self.lines = ["def check(d, depth):"]
        self.names: dict[str, Any] = {"Decimal": Decimal, "SharedObject": SharedObject, "SharedList": SharedList}
        self.level = 1
        self._known: dict[int, str] = {}
        self._count = 0

    def add(self, line: str) -> None:
        self.lines.append("    " * self.level + line)

    def fail_unless(self, condition: str) -> None:
        self.add(f"if not ({condition}):")
        self.lines.append("    " * (self.level + 1) + "return False")

    @contextmanager
    def indented(self, head: str = "") -> Iterator[None]:
        if head:
            self.add(head)
        self.level += 1
        yield
        self.level -= 1

    @contextmanager
    def unless_known(self, var: str, shared: type, question: object, *, outermost: bool = False) -> Iterator[None]:
        """Code that looks at a value, unless that is a shared one that was found right by this question."""
        kind, asked = shared.__name__, self.constant(question)
        at = "depth == 0 and " if outermost else ""  # parts within parts would add up to any depth
        with self.indented(f"if not ({at}{var}.__class__ is {kind} and {asked} in {var}.known):"):
            yield
            self.add(f"if {var}.__class__ is {kind}: {var}.known[{asked}] = True")

    def constant(self, value: Any) -> str:
        """The name of an object in the function."""
        if id(value) not in self._known:
            name = f"c{len(self._known)}"
            self._known[id(value)] = name
            self.names[name] = value  # also keeps it alive, so that its id stays its own
        return self._known[id(value)]

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def compile(self, title: str) -> Callable[..., bool]:
        self.add("return True")
        source = "\n".join(self.lines)
        exec(compile(source, f"<check of {title}>", "exec"), self.names)  # noqa: S102 - written above, from the definitions alone
        check: Callable[..., bool] = self.names["check"]
        return check


WriteType = Callable[[Writer, str, Element], None]
_functions: dict[tuple[WriteType, str], Callable[..., Any]] = {}


def apart(w: Writer, write: WriteType, element: Element, about: str = "") -> str:
    """The name of a function for what is seldom asked: compiled once, and not again wherever it may be asked."""
    if (write, about) not in _functions:
        inner = Writer()
        write(inner, "d", element)
        _functions[write, about] = inner.compile(f"any {write.__name__.removeprefix('_write_any_')} {about}")
    return w.constant(_functions[write, about])
